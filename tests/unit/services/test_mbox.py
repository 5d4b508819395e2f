"""Mail files give back what was written into them, however it is cut into pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.services.sources.mbox import Dialect, look, mbox_entry, mbox_messages

LETTERS = (
    b"Subject: 1\r\n\r\nFrom here to there 1\r\n>From 2\r\n",
    b"Subject: 2\n\n\n\nFrom nobody Mon Nov 2 2026\n\n",
    b"Subject: 3\n\n" + b"x" * 200_000 + b"From me\n>" + b">" * 1000 + b"From me\nFro\n",
    b"Subject: 4\n\nFrom",
    b"",
)
lines = st.lists(st.sampled_from((b">", b"From ", b"From", b"F", b"\n", b"\r\n", b"x", b" ")))


def written(raw: bytes, size: int) -> bytes:
    return b"".join(mbox_entry(raw[at : at + size] for at in range(0, len(raw), size)))


@pytest.mark.parametrize("size", [1, 3, 1000, 1 << 20])
def test_an_mbox_gives_the_messages_that_were_written(tmp_path: Path, size: int) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(b"".join(written(raw, size) for raw in LETTERS))
    found = [b"".join(pieces) for pieces in mbox_messages(path)]
    assert [one.rstrip(b"\n") for one in found] == [one.rstrip(b"\n") for one in LETTERS]
    assert found[0] == LETTERS[0]


@given(lines, st.integers(1, 6))
def test_how_it_is_cut_changes_nothing(words: list[bytes], size: int) -> None:
    raw = b"".join(words)
    assert written(raw, size) == written(raw, len(raw) + 1)


def test_a_message_that_nobody_reads_does_not_hide_the_next(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(b"".join(written(raw, 100) for raw in LETTERS[:3]))
    assert len(list(mbox_messages(path))) == 3


# The four dialects

PARTS = b"From ann@example.org Mon Nov 23 10:00:00 2026\n"
HEAD = b"Subject: x\n"


def counted(body: bytes) -> bytes:
    return b"%bContent-Length: %d\n\n%b" % (HEAD, len(body), body)


FILES = {
    Dialect.O: [
        (HEAD + b"\n>From here\n", HEAD + b"\nFrom here\n"),
        (HEAD + b"\nplain\n", HEAD + b"\nplain\n"),
    ],
    Dialect.RD: [
        (HEAD + b"\n>From here\n>>From there\n", HEAD + b"\nFrom here\n>From there\n"),
        (HEAD + b"\n>>>From\n", HEAD + b"\n>>>From\n"),
    ],
    Dialect.CL: [
        (counted(b">From here\n\n>From ann 1\n"), None),
        (counted(b"plain\n"), counted(b"plain\n")),
    ],
    Dialect.CL2: [
        (counted(b"text\n\nFrom ann Mon 1\n>From x\n"),) * 2,
        (counted(b"no end of line"),) * 2,
        (counted(b""),) * 2,
    ],
}


@pytest.mark.parametrize("dialect", list(Dialect), ids=lambda one: one.value)
def test_each_dialect_is_told_by_looking_and_undone(tmp_path: Path, dialect: Dialect) -> None:
    path = tmp_path / "mail.mbox"
    letters = FILES[dialect]
    path.write_bytes(b"".join(PARTS + written + b"\n" for written, _ in letters))
    with path.open("rb") as file:
        assert look(file) is dialect
    wanted = [
        raw if raw is not None else as_written.replace(b">From", b"From")
        for as_written, raw in letters
    ]
    assert [b"".join(one) for one in mbox_messages(path)] == wanted


def test_a_length_that_is_not_true_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    for length in (b"3", b"4000", b"999999999999", b"-1", b"x"):
        raw = HEAD + b"Content-Length: " + length + b"\n\nsome text\n"
        path.write_bytes(PARTS + raw + b"\n" + PARTS + raw + b"\n")
        assert [b"".join(one) for one in mbox_messages(path)] == [raw, raw]


def test_the_dialect_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(PARTS + HEAD + b"\n>>From an older answer\n\n")
    [found] = [b"".join(one) for one in mbox_messages(path, Dialect.O)]
    assert found.endswith(b"\n>>From an older answer\n")


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                (b"\n", b"\r\n", b"\r", b"\0", b"From ", b"From a 1\n", b">", b"\xff\xe4", b"x")
            )
        ).map(b"".join),
        min_size=1,
        max_size=4,
    )
)
def test_no_byte_is_lost_or_gained_by_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, letters: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("mbox") / "mail.mbox"
    entries = [b"".join(mbox_entry([raw], ends_open=not raw.endswith(b"\n"))) for raw in letters]
    path.write_bytes(b"".join(entries))
    assert [b"".join(one) for one in mbox_messages(path, Dialect.RD)] == letters
