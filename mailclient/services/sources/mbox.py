"""Files of messages one after the other (RFC 4155), in the four dialects that there are.

They differ in what is done with a line of a message that begins with `From `, which also parts the
messages. mboxo puts `>` before it, mboxrd also before lines that begin with `>From `, `>>From ` and
so on, which can be undone; mboxcl2 leaves it and says in Content-Length how long the message is;
mboxcl does both. Which one a file is in is told by looking: by whether the lengths hold, by whether
a line within them parts nothing, by `>>`. Written is mboxrd; a message without an end of line at
its end is noted in the line before it, so that none loses or gains a byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from mailclient.message.source import PIECE
from mailclient.services.sources.entry import Pieces, readable

_SEPARATOR = re.compile(rb"From \S+.*\d")
_LONGEST_SEPARATOR = 998
_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,12})[ \t]*\r?\n", re.IGNORECASE)
_LONGEST_HEAD = 1024 * 1024
_LOOKED_AT = 64 * 1024 * 1024  # bytes from which the dialect is told
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_BLANK = (b"\n", b"\r\n")
_WRITTEN = b"From - Thu Jan  1 00:00:00 1970\n"
_WRITTEN_OPEN = b"From no-end-of-line@mailclient Thu Jan  1 00:00:00 1970\n"


class Dialect(Enum):
    """How lines that begin with `From ` stand in a file."""

    O = "mboxo"  # noqa: E741  so it is called
    RD = "mboxrd"
    CL = "mboxcl"
    CL2 = "mboxcl2"

    @property
    def counted(self) -> bool:
        """Whether Content-Length says where a message ends."""
        return self in (Dialect.CL, Dialect.CL2)


_QUOTED = {
    Dialect.O: re.compile(rb"^>(From )"),
    Dialect.RD: re.compile(rb"^>(>*From )"),
    Dialect.CL: re.compile(rb"^>(From )"),
    Dialect.CL2: re.compile(rb"^>((?!))"),  # nothing is
}


def is_mbox(path: Path) -> bool:
    """Whether a file begins as an mbox does."""
    with path.open("rb") as file:
        return _SEPARATOR.match(file.readline(_LONGEST_SEPARATOR)) is not None


def mbox_messages(path: Path, dialect: Dialect | None = None) -> Iterator[Pieces]:
    """The messages of an mbox file, each to be read before the next; raises BadInput."""
    with readable(path), path.open("rb") as file:
        mbox = _Mbox(file, dialect or look(file))
        message = mbox.message()
        while True:  # the first is what stands before any separator, and no message
            for _ in message:
                continue
            if not mbox.more:
                return
            message = mbox.message()
            yield message


def look(file: BinaryIO) -> Dialect:
    """The dialect of a file, told from its beginning; it stands at its start afterwards."""
    mbox = _Mbox(file, Dialect.RD)
    held = broke = 0
    bare = quoted = twice = False
    for line, begins in mbox.lines():
        if file.tell() > _LOOKED_AT:
            break
        if begins and mbox.parts(line):
            end = mbox.counted_end()
            held, broke = held + (end is not None), broke + (end is None)
            if end is not None:
                found = _within(file, end)
                bare, quoted = bare or found[0], quoted or found[1]
        elif begins and line.startswith(b">"):
            twice = twice or _QUOTED[Dialect.RD].match(line[1:]) is not None
    file.seek(0)
    if held > broke:
        return Dialect.CL if quoted and not bare else Dialect.CL2
    return Dialect.RD if twice else Dialect.O


def _within(file: BinaryIO, end: int) -> tuple[bool, bool]:
    """Whether there is a line that would part messages before a place, and one that is quoted."""
    bare = quoted = False
    while file.tell() < end and (line := file.readline(min(PIECE, end - file.tell()))):
        bare = bare or line.startswith(b"From ")
        quoted = quoted or line.startswith(b">From ")
    return bare, quoted


class _Mbox:
    """Reads from separator to separator; `more` says whether one was come to."""

    def __init__(self, file: BinaryIO, dialect: Dialect) -> None:
        self._file = file
        self._dialect = dialect
        self._after_blank = True
        self._open = False  # the last end of line of the message is ours
        self.more = False

    def message(self) -> Pieces:
        """What stands before the next separator, without the blank line that belongs to the mbox,
        and with the quoting undone."""
        if self._dialect.counted and self.more and (end := self.counted_end()) is not None:
            yield from self._up_to(end)
            for _ in self._before_next():  # blank lines, which belong to the mbox
                continue
            return
        held: list[bytes] = []
        size = 0
        quoted = _QUOTED[self._dialect]
        for line, begins in self._before_next():
            if size > PIECE and line not in _BLANK:
                yield b"".join(held)
                held, size = [], 0
            held.append(quoted.sub(rb"\1", line, count=1) if begins and line[:1] == b">" else line)
            size += len(line)
        if held and held[-1] in _BLANK:
            held.pop()
        if held and self._is_open:
            held[-1] = held[-1].removesuffix(b"\n")
        yield b"".join(held)

    def _up_to(self, end: int) -> Pieces:
        """The message up to where its length says that it ends."""
        quoted = _QUOTED[self._dialect]
        begins = True
        while (left := end - self._file.tell()) > 0 and (
            line := self._file.readline(min(PIECE, left))
        ):
            yield quoted.sub(rb"\1", line, count=1) if begins and line[:1] == b">" else line
            begins = line.endswith(b"\n")
        self._after_blank = True

    def counted_end(self) -> int | None:
        """Where the message that begins here ends by its Content-Length; None where it has none, or
        none that is true: after it comes the next message, or nothing. Stays here."""
        here = self._file.tell()
        head = length = 0
        while head < _LONGEST_HEAD and (line := self._file.readline(PIECE)):
            head += len(line)
            if line in _BLANK:
                break
            if found := _LENGTH.fullmatch(line):
                length = int(found[1]) + 1  # so that 0 is one too
        end = here + head + length - 1
        true = bool(length) and self._parts_at(end)
        self._file.seek(here)
        return end if true else None

    def _parts_at(self, place: int) -> bool:
        """Whether a message can end at a place."""
        self._file.seek(0, 2)
        if place > self._file.tell():
            return False
        self._file.seek(place)
        line = self._file.readline(_LONGEST_SEPARATOR)
        while line in _BLANK:
            line = self._file.readline(_LONGEST_SEPARATOR)
        return not line or _SEPARATOR.match(line) is not None

    def lines(self) -> Iterator[tuple[bytes, bool]]:
        """All lines from here, very long ones in pieces: each, and whether a line begins with
        it."""
        begins = True
        while line := self._file.readline(PIECE):
            yield line, begins
            begins = line.endswith(b"\n")

    def parts(self, line: bytes) -> bool:
        """Whether a line that begins here parts messages; called with each line that does."""
        found = self._after_blank and _SEPARATOR.match(line[:_LONGEST_SEPARATOR]) is not None
        self._after_blank = line in _BLANK
        return found

    def _before_next(self) -> Iterator[tuple[bytes, bool]]:
        """The lines before the next separator."""
        self._is_open, self._open, self.more = self._open, False, False
        for line, begins in self.lines():
            if begins and self.parts(line):
                self.more, self._open = True, line == _WRITTEN_OPEN
                return
            if not begins:
                self._after_blank = False
            yield line, begins

    _is_open = False


def mbox_entry(pieces: Iterable[bytes], *, ends_open: bool = False) -> Pieces:
    """A message as it stands in an mbox file; `ends_open` is one whose last line has no end."""
    yield _WRITTEN_OPEN if ends_open else _WRITTEN
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
