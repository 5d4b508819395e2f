"""Our index beside mu and notmuch, over the same mail in one run: rate, size, memory, search.

Ours is encrypted and keeps the letters too; theirs index a Maildir in clear. Theirs are asked by
their commands, as their users do; ours in the process that the window is. Peers that are not
installed are left out, and named.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import mailbox, report
from tests.benchmarks.letters import EVERYWHERE, ME, Letters, write_mbox
from tests.benchmarks.measure import RunFailed, run

PAGE = 50
REPEAT = 5
PASSPHRASE = "of the benchmark"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Mail, and what is asked about it: all three know words and these fields in the same way."""

    name: str
    messages: Callable[[int], Iterator[bytes]]
    queries: tuple[str, ...]


def _letters(count: int) -> Iterator[bytes]:
    letters = Letters()
    return (letters.letter(number) for number in range(count))


def corpora() -> dict[str, Corpus]:
    """Letters of 2 kB, and a mailbox with newsletters and files, as people have it."""
    words = mailbox.vocabulary()
    common, known, seldom = words[0], words[100], words[10_000]
    return {
        "letters": Corpus(
            "letters of 2 kB",
            _letters,
            ("re", "order", "quincunx0", EVERYWHERE, "nowherenowhere", f"{EVERYWHERE} order",
             "eg mc", "subject:ls", "from:example", "subject:eg"),
        ),
        "mailbox": Corpus(
            "messages of 38 kB on average",
            mailbox.messages,
            (common, known, seldom, "nowherenowhere", f"{common} {known}", f"{known} {seldom}",
             words[5000], f"subject:{common}", "from:example", f"subject:{known}"),
        ),
    }  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--corpus", choices=["letters", "mailbox"], default="letters")
    parser.add_argument("--json", type=Path)


@dataclass(frozen=True, slots=True)
class Peer:
    """How a peer makes its index in a folder, where that lies, and how it is asked."""

    name: str
    package: str
    prepare: Callable[[Path, Path], None]
    index: Callable[[Path], list[str]]
    place: str
    ask: Callable[[Path, str], list[str]]

    @property
    def missing(self) -> bool:
        return shutil.which(self.name) is None


def _mu_init(folder: Path, maildir: Path) -> None:
    command = ["mu", "init", f"--muhome={folder / 'mu'}", f"--maildir={maildir}"]
    subprocess.run([*command, f"--my-address={ME}"], check=True, capture_output=True)


def _notmuch_init(folder: Path, maildir: Path) -> None:
    (folder / "notmuch-config").write_text(
        f"[database]\npath={maildir}\n[user]\nname=Me\nprimary_email={ME}\n[new]\ntags=new\n"
    )


def _notmuch(folder: Path, *words: str) -> list[str]:
    return ["notmuch", f"--config={folder / 'notmuch-config'}", *words]


PEERS = (
    Peer(
        "mu",
        "maildir-utils",
        _mu_init,
        lambda folder: ["mu", "index", f"--muhome={folder / 'mu'}", "--quiet"],
        "mu",
        lambda folder, query: [
            *("mu", "find", f"--muhome={folder / 'mu'}", f"--maxnum={PAGE}"),
            *("--sortfield=date", "--reverse", *query.split()),
        ],
    ),
    Peer(
        "notmuch",
        "notmuch",
        _notmuch_init,
        lambda folder: _notmuch(folder, "new", "--quiet"),
        "Maildir/.notmuch",
        lambda folder, query: _notmuch(
            folder, "search", f"--limit={PAGE}", "--sort=newest-first", "--output=messages", query
        ),
    ),
)


def measure(count: int, corpus: Corpus) -> dict[str, Any]:
    """All of them, one after the other."""
    folder = Path(tempfile.mkdtemp(prefix="mc-"))
    try:
        return _measured(folder, count, corpus)
    finally:
        shutil.rmtree(folder)


def _measured(folder: Path, count: int, corpus: Corpus) -> dict[str, Any]:
    maildir = folder / "Maildir"
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    for number, raw in enumerate(corpus.messages(count)):
        name = f"{1_700_000_000 + number}.{number}.example:2,S"
        (maildir / "cur" / name).write_bytes(raw)
    size = write_mbox(folder / "mail.mbox", corpus.messages(count))
    lines = {"mailclient": _ours(folder, count, corpus)}
    (folder / "mail.mbox").unlink()
    for peer in PEERS:
        lines[peer.name] = {"left_out": f"apt-get install {peer.package}"}
        if not peer.missing:
            lines[peer.name] = _peer(peer, folder, maildir, count, corpus)
    return {
        "surroundings": report.surroundings(),
        "messages": count,
        "corpus": corpus.name,
        "bytes": size,
        "lines": lines,
    }


def _ours(folder: Path, count: int, corpus: Corpus) -> dict[str, Any]:
    """Our import, which stores and indexes; and the questions, in a process that is open."""
    (folder / "gnupg").mkdir(mode=0o700)
    module = "tests.benchmarks.children.at_size"
    command = [sys.executable, "-m", module, str(folder / "profile")]
    figures, printed = run([*command, "import", str(folder / "mail.mbox")], folder)
    taken = json.loads(printed)
    _, printed = run([*command, "ask", str(PAGE), *corpus.queries], folder)
    asked = json.loads(printed)
    return {
        "per_second": 1000 * count / taken["understood_ms"],
        "with_storing_per_second": 1000 * count / taken["ms"],
        "memory": figures.memory,
        "size": sum(one.stat().st_size for one in (folder / "profile").glob("store.db*")),
        "index_size": asked["index_size"],
        **_times(asked["first_ms"]),
        "all": _times(asked["all_ms"]),
        "found": asked["found"],
    }


def _peer(peer: Peer, folder: Path, maildir: Path, count: int, corpus: Corpus) -> dict[str, Any]:
    peer.prepare(folder, maildir)
    figures, _ = run(peer.index(folder), folder)
    times, found = [], []
    for query in corpus.queries:
        command = peer.ask(folder, query)
        each = []
        for _ in range(REPEAT):
            began = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            each.append(1000 * (time.perf_counter() - began))
        if done.returncode not in (0, 2, 4):  # 2, 4: nothing was found
            raise RunFailed(done.stderr)
        times.append(median(each))
        found.append(len(done.stdout.splitlines()) if done.returncode == 0 else 0)
    place = folder / peer.place
    return {
        "per_second": count / figures.seconds,
        "memory": figures.memory,
        "size": sum(one.stat().st_size for one in place.rglob("*") if one.is_file()),
        **_times(times),
        "found": found,
    }


def _times(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": median(ordered), "p95": ordered[round(0.95 * (len(ordered) - 1))]}


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    ours = found["lines"]["mailclient"]
    size = f"{found['bytes'] / 1e6:.0f} MB"
    rows = [
        f"{found['messages']:,} {found['corpus']}, {size}; the newest {PAGE} of each question",
        "",
        "| | index, messages/s | index, MB | peak MB | search p50, ms | p95, ms |",
        "|---|--:|--:|--:|--:|--:|",
        f"| mailclient (encrypted) | {ours['per_second']:,.0f} | {ours['index_size'] / 1e6:.0f} "
        f"| {ours['memory'] / 1e6:.0f} | {ours['p50']:.1f} | {ours['p95']:.1f} |",
        f"| mailclient, all by date and counted | | | | {ours['all']['p50']:.1f} "
        f"| {ours['all']['p95']:.1f} |",
    ]
    for name, line in found["lines"].items():
        if name == "mailclient":
            continue
        if "left_out" in line:
            rows.append(f"| {name} | – | – | – | – | {line['left_out']} |")
            continue
        rows.append(
            f"| {name} | {line['per_second']:,.0f} | {line['size'] / 1e6:.0f} "
            f"| {line['memory'] / 1e6:.0f} | {line['p50']:.1f} | {line['p95']:.1f} |"
        )
    return "\n".join(rows) + "\n"


def main(options: argparse.Namespace) -> None:
    """Measure and print."""
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    found = measure(options.messages, corpora()[options.corpus])
    print(table(found))
    if options.json:
        report.write(options.json, found)
