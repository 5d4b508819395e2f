"""A message on its way out: looked through once, then sent in pieces, never whole in memory.

Only CRLF ends a line here, and no line is longer than a server must take (RFC 5321 section 4.5.3).
What a server could take for the end of a message never reaches one (SMTP smuggling).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailclient.errors import BadInput
from mailclient.message.source import Source, pieces

LONGEST_LINE = 998
CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """A message that may be sent; `size` is what goes out, without dots (RFC 1870 section 3)."""

    source: Source
    size: int
    eight_bit: bool
    utf8_header: bool
    ends: bool  # with a line end of its own

    @classmethod
    def of(cls, source: Source) -> Message:
        """Look through all of it; raises BadInput for what no mail server takes."""
        tail = b""
        eight_bit = utf8_header = False
        in_header = True
        for piece in pieces(source, 0, len(source)):
            *lines, tail = (tail + piece).split(CRLF)
            _require_clean(lines, tail)
            eight_bit = eight_bit or not piece.isascii()
            if in_header:
                in_header = b"" not in lines
                head = [*lines, tail] if in_header else lines[: lines.index(b"")]
                utf8_header = utf8_header or not b"".join(head).isascii()
        ends = not tail
        if tail.endswith(b"\r"):
            raise _unsendable()
        return cls(source, len(source) + (0 if ends else 2), eight_bit, utf8_header, ends)

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """A range as it stands, and after the last byte a line end where there is none."""
        yield from pieces(self.source, start, min(end, len(self.source)))
        if end == self.size and not self.ends:
            yield CRLF

    def stuffed(self) -> Iterator[bytes]:
        """All of it with a dot before each dot that begins a line (RFC 5321 section 4.5.2)."""
        before = CRLF
        for piece in self.pieces(0, self.size):
            joined = before + piece
            yield joined.replace(b"\r\n.", b"\r\n..")[len(before) :]
            before = joined[-2:]


def _require_clean(lines: list[bytes], tail: bytes) -> None:
    """Whole lines, and the beginning of the next; half a line end may stand behind that."""
    tail = tail.removesuffix(b"\r")
    text = b"".join(lines) + tail
    if b"\r" in text or b"\n" in text:
        raise _unsendable()
    if max(map(len, (*lines, tail))) > LONGEST_LINE:
        raise _unsendable()


def _unsendable() -> BadInput:
    return BadInput("The message holds lines that no mail server takes; it was not sent.")
