"""Mail files give back what was written into them, however it is cut into pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.services.mailfiles import mbox_entry, messages_in

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
    found = [b"".join(pieces) for pieces in messages_in(path)]
    assert [one.rstrip(b"\n") for one in found] == [one.rstrip(b"\n") for one in LETTERS]
    assert found[0] == LETTERS[0]


@given(lines, st.integers(1, 6))
def test_how_it_is_cut_changes_nothing(words: list[bytes], size: int) -> None:
    raw = b"".join(words)
    assert written(raw, size) == written(raw, len(raw) + 1)


def test_a_message_that_nobody_reads_does_not_hide_the_next(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    path.write_bytes(b"".join(written(raw, 100) for raw in LETTERS[:3]))
    assert len(list(messages_in(path))) == 3
