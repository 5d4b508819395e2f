"""The benchmark itself works: it fetches, checks what was fetched, and tells. No clock decides."""

from __future__ import annotations

import json
import socket
import threading
from argparse import Namespace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import index, million, openpgp, parse, plot, pop3, report, smtp, start
from tests.benchmarks.delay import delayed
from tests.benchmarks.growth import Growth
from tests.benchmarks.mailbox import Content, messages
from tests.benchmarks.measure import Figures, RunFailed, run
from tests.benchmarks.report import Line, Table


def test_a_small_run_fetches_everything_and_tells_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = pop3.Options(
        messages=(30,), delays=(0,), names=("raw", "complete", "fetch", "poplib"), repeat=1
    )
    found = pop3.measure(options)
    report.write(tmp_path / "found.json", found)
    document = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert document["failures"] == []
    [table] = document["tables"]
    assert (table["messages"], table["delay_ms"]) == (30, 0)
    assert [len(one["runs"]) for one in table["contestants"]] == [1, 1, 1, 1]
    assert all(one["median"]["memory"] > 0 for one in table["contestants"])
    assert table["contestants"][0]["to_raw"] == 1
    assert [one["how"] for one in document["times"]] == ["steps", "side"]
    assert all(one["first_visible_after_log_in"] > 0 for one in document["times"])
    assert document["proxy"]["ratio"] > 0
    printed = capsys.readouterr().out
    assert "| mailclient receive |" in printed
    assert "30 messages" in printed


def test_each_start_is_run_as_often_as_was_asked_for_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start.main(Namespace(repeat=1, json=tmp_path / "found.json"))
    document = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert all(one["least_cpu"] > 0 and one["memory"] > 0 for one in document["lines"])
    printed = capsys.readouterr().out
    assert "| `mailclient list` |" in printed
    assert len(printed.splitlines()) == len(document["lines"]) + 2


@pytest.mark.parametrize("server", smtp.SERVERS)
def test_a_small_run_hands_everything_over_and_tells_it(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("raw", "chunking", "session", "queue", "nodelay")
    options = smtp.Options(messages=4, delays=(0,), servers=(server,), names=names, repeat=1)
    found = smtp.measure(options)
    assert found["failures"] == []
    [table] = found["tables"]
    assert [one["name"] for one in table["contestants"]] == list(names)
    assert [len(one["runs"]) for one in table["contestants"]] == [1] * len(names)
    assert table["contestants"][0]["to_raw"] == 1
    printed = capsys.readouterr().out
    assert "| mailclient outbox send |" in printed
    assert f"4 messages, 0.1 MB, 0 ms added, to {server}" in printed


def test_the_mailbox_is_the_same_each_time_and_has_the_sizes_of_real_mail() -> None:
    first, second = Content.of(messages(200)), Content.of(messages(200))
    assert first == second
    assert 20_000 < first.size / first.messages < 60_000
    sizes = sorted(len(one) for one in messages(200))
    assert sizes[100] < 10_000 < 200_000 < sizes[-1]


def test_a_command_that_fails_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="gone wrong"):
        run(["sh", "-c", "echo gone wrong >&2; exit 3"], tmp_path)


def test_the_time_of_children_counts(tmp_path: Path) -> None:
    figures, said = run(["sh", "-c", "echo $(seq 1 200000 | sort | wc -l)"], tmp_path)
    assert said.strip() == "200000"
    assert figures.cpu > 0
    assert figures.seconds > 0
    assert figures.memory > 1_000_000


def test_the_proxy_passes_on_every_byte_of_both_ways_and_both_ends() -> None:
    sent = bytes(range(256)) * 20_000
    listener = socket.create_server(("127.0.0.1", 0))

    def echo() -> None:
        sock, _ = listener.accept()
        with sock:
            while data := sock.recv(65536):
                sock.sendall(data)

    def give() -> None:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)

    server = threading.Thread(target=echo)
    server.start()
    with listener, delayed(listener.getsockname()[1], 10) as port:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            writer = threading.Thread(target=give)
            writer.start()
            came = b""
            while data := sock.recv(65536):
                came += data
            writer.join()
        server.join()
    assert came == sent


def test_the_rate_of_each_thousand_is_told_and_the_last_compared_with_the_first() -> None:
    line = [(1.5, 500), (2.0, 1000), (3.0, 1900), (4.0, 2100), (5.0, 2500)]
    growth = Growth.of(line, 1.0)
    assert growth.rates == (1000.0, 500.0)
    assert growth.ratio == 0.5


def test_ratios_are_of_medians_and_whoever_is_left_out_is_named_with_the_reason() -> None:
    runs = tuple(Figures(seconds, seconds, 10_000_000) for seconds in (1.0, 9.0, 2.0))
    table = Table(
        1000,
        38_000_000,
        20,
        (
            Line("raw", "raw reader", (Figures(1.0, 1.0, 5_000_000),)),
            Line("mpop", "mpop", runs),
            Line("getmail", "getmail6", left_out="not installed"),
        ),
    )
    assert "| mpop | 2.00 |  | 2.00 | 1.00 | 500 | 2.00 | 10 | 3 |" in table.text()
    assert "getmail6 | – | – | – | – | – | – | – | not installed |" in table.text()
    assert table.document()["contestants"][1]["to_raw"] == 2


def test_a_small_run_opens_every_letter_and_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    options = Namespace(messages=3, size=500, keys=4, repeat=1, seed=1, no_fetching=False)
    found = openpgp.measure(options)
    assert set(found["seconds"]) == set(openpgp.CONTESTANTS)
    assert found["reading"]["encrypted_programs_started"] == 0
    assert set(found["fetching"]) == {"alone", "beside"}
    printed = capsys.readouterr().out
    assert "3 letters of 500 bytes, 6 keys" in printed
    assert "| mailclient, on arrival, complete |" in printed


def test_a_store_that_grows_is_measured_at_each_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    told: list[str] = []
    growing = tmp_path / "growing"
    growing.mkdir()
    found = million.measure([20, 60], growing, [], told.append)
    small, large = found["sizes"]
    assert (small["size"], small["import"]["messages"]) == (20, 20)
    # Two were deleted at the first size.
    assert (large["size"], large["import"]["messages"]) == (60, 42)
    for one in found["sizes"]:
        assert one["search"]["queries"]["order"]["count"] == one["size"]
        assert one["window"]["rows"] > 0
        assert one["mark"]["messages"] == one["size"]
        assert one["delete"]["messages"] == one["size"] // 10
        assert one["compact"]["memory"] > 0
    printed = million.table(found)
    assert "| messages | 20 | 60 |" in printed
    assert "–" not in printed
    million.draw(found, tmp_path / "plots")
    for name in ("waits", "rates", "memory"):
        picture = ElementTree.parse(tmp_path / "plots" / f"growth-{name}.svg")
        assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) >= 2


def test_a_picture_has_a_line_for_each_that_has_points() -> None:
    lines = (plot.Line("one", ((10, 1), (1000, 5))), plot.Line("none", ()))
    picture = ElementTree.fromstring(plot.picture("Waits", "messages", "ms", lines))
    assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) == 1


def test_parsers_give_the_same_text_and_their_rates() -> None:
    found = parse.measure(15)
    for corpus in found["corpora"].values():
        assert corpus["same_text"] == 15
        assert corpus["lines"]["mailclient"]["per_second"] > 0
    assert "| mailclient |" in parse.table(found)


@pytest.mark.parametrize("corpus", list(index.corpora().values()), ids=list(index.corpora()))
def test_the_index_is_asked_the_same_as_its_peers(corpus: index.Corpus) -> None:
    found = index.measure(40, corpus)
    lines = found["lines"]
    assert set(lines) == {"mailclient", *(peer.name for peer in index.PEERS)}
    assert lines["mailclient"]["found"][0] > 5
    for line in lines.values():
        if "left_out" not in line:
            assert line["found"][0] == lines["mailclient"]["found"][0]
    assert "| mailclient (encrypted) |" in index.table(found)
