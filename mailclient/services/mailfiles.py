"""Mail in files: find the messages in mbox files, Maildirs and EML files, and write them.

Reading gives each message's bytes in pieces, so that none is ever in memory whole; writing loses
none of them. In an mbox, lines that begin with `From ` are quoted with `>` on writing (the mboxrd
dialect, which can be undone) and the quoting is undone on reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mailclient.errors import BadInput
from mailclient.message.source import PIECE

_SEPARATOR = re.compile(rb"From \S+.*\d")
_LONGEST_SEPARATOR = 998
_QUOTED = re.compile(rb">(>*From )")
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_BLANK = (b"\n", b"\r\n")
MAILDIR_FOLDERS = ("cur", "new")
MESSAGE_ENDINGS = (".eml", ".mbox", ".mbx")

Pieces = Iterator[bytes]


def messages_in(path: Path) -> Iterator[Pieces]:
    """Every message below `path`, each to be read before the next; raises BadInput, here or while
    one is read, if nothing there can be read as mail."""
    with _readable(path):
        if path.is_dir():
            yield from _in_folder(path)
        elif is_mbox(path):
            yield from mbox_messages(path)
        else:
            yield _of_file(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise BadInput(
            f"{path} cannot be read: {problem.strerror}.", "Look at its name and its rights."
        ) from problem


def _of_file(path: Path) -> Pieces:
    with _readable(path), path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _in_folder(folder: Path) -> Iterator[Pieces]:
    if is_maildir(folder):
        for name in MAILDIR_FOLDERS:
            for file in sorted((folder / name).iterdir()):
                if file.is_file():
                    yield _of_file(file)
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            if entry.name not in (*MAILDIR_FOLDERS, "tmp"):
                yield from _in_folder(entry)
        elif entry.suffix.lower() in MESSAGE_ENDINGS or is_mbox(entry):
            yield from messages_in(entry)


def is_maildir(folder: Path) -> bool:
    """Whether a folder is a Maildir."""
    return all((folder / name).is_dir() for name in MAILDIR_FOLDERS)


def is_mbox(path: Path) -> bool:
    """Whether a file begins as an mbox does."""
    with path.open("rb") as file:
        return _SEPARATOR.match(file.readline(_LONGEST_SEPARATOR)) is not None


def mbox_messages(path: Path) -> Iterator[Pieces]:
    """The messages of an mbox file (RFC 4155), each to be read before the next."""
    with path.open("rb") as file:
        mbox = _Mbox(file)
        message = mbox.message()
        while True:  # the first is what stands before any separator, and no message
            for _ in message:
                continue
            if not mbox.more:
                return
            message = mbox.message()
            yield message


class _Mbox:
    """Reads from separator to separator; `more` says whether one was come to."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._after_blank = True
        self.more = False

    def message(self) -> Pieces:
        """What stands before the next separator, without the blank line that belongs to the mbox,
        and with the quoting undone."""
        held: list[bytes] = []
        size = 0
        for line, begins in self._lines():
            if size > PIECE and line not in _BLANK:
                yield b"".join(held)
                held, size = [], 0
            held.append(_QUOTED.sub(rb"\1", line, count=1) if begins and line[:1] == b">" else line)
            size += len(line)
        if held and held[-1] in _BLANK:
            held.pop()
        yield b"".join(held)

    def _lines(self) -> Iterator[tuple[bytes, bool]]:
        """The lines before the next separator, very long ones in pieces: each, and whether a line
        begins with it."""
        begins, self.more = True, False
        while line := self._file.readline(PIECE):
            separates = begins and self._after_blank and _SEPARATOR.match(line[:_LONGEST_SEPARATOR])
            self._after_blank = begins and line in _BLANK
            if separates:
                self.more = True
                return
            yield line, begins
            begins = line.endswith(b"\n")


def mbox_entry(pieces: Iterable[bytes]) -> Pieces:
    """A message as it stands in an mbox file."""
    yield b"From - Thu Jan  1 00:00:00 1970\n"
    held = end = b""
    line_begins = True  # or nothing but `>` stands before, on this line
    for piece in pieces:
        data = held + piece
        cut = len(data) - next((n for n in (4, 3, 2, 1) if data.endswith(b"From"[:n])), 0)
        data, held = data[:cut], data[cut:]
        if data:
            yield _quoted(data, line_begins=line_begins)
            tail = data[data.rfind(b"\n") + 1 :]
            line_begins = (line_begins or len(tail) < len(data)) and not tail.strip(b">")
            end = data[-1:]
    yield held
    yield b"\n" if not held and end == b"\n" else b"\n\n"


def _quoted(data: bytes, *, line_begins: bool) -> bytes:
    if line_begins:
        return _TO_QUOTE.sub(rb">\1", data)
    return _TO_QUOTE.sub(rb">\1", b"x" + data)[1:]
