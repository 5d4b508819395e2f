"""Where the parts of a multipart stand (RFC 2046 section 5.1.1), and how much may be done for it.

Nothing in here raises. What is over a limit is left as it is, and a sentence says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailclient.message.source import Source

MOST_PARTS = 5_000
MOST_HEADERS = 8 * 1024 * 1024  # bytes, of all parts together
MOST_COPIED = 8 * 1024 * 1024  # bytes of messages that had to be decoded to be looked into

# Work is counted in bytes that are looked through: so much for any message, and so often for each
# byte of a large one. A line that begins like a delimiter and is none costs more than its length.
_WORK = 64 * 1024 * 1024
_PASSES = 16
_FALSE_DELIMITER = 256
_LONGEST_PADDING = 1000  # blanks behind a delimiter
_AFTER_DELIMITER = re.compile(rb"(--)?[ \t]*(?:\r?\n|$)")


class Limits:
    """What all parts of one message share: how much more may be done, and what was wrong."""

    __slots__ = ("copies", "headers", "parts", "problems", "work")

    def __init__(self, size: int) -> None:
        self.parts = MOST_PARTS - 1  # beside the root
        self.headers = MOST_HEADERS
        self.copies = MOST_COPIED
        self.work = _WORK + _PASSES * size
        self.problems: list[str] = []

    def report(self, problem: str) -> None:
        """Say once what was wrong."""
        if problem not in self.problems:
            self.problems.append(problem)

    def take_part(self) -> bool:
        """Whether there may be one more part."""
        self.parts -= 1
        if self.parts < 0:
            self.report(f"The message has more than {MOST_PARTS} parts; not all are read.")
        return self.parts >= 0

    def may_work(self) -> bool:
        """Whether there may be one more step."""
        if self.work < 0:
            self.report("The message is too complex; not all of its parts are read.")
        return self.work >= 0


def ranges(
    source: Source, start: int, end: int, boundary: bytes, limits: Limits
) -> Iterator[tuple[int, int]]:
    """The ranges of the parts in `source[start:end]`, each without the line break that belongs to
    its delimiter."""
    if not boundary:
        limits.report("A multipart has no boundary; it is shown as text.")
        return
    begun = -1
    for line_start, after, closing in _delimiters(source, start, end, b"--" + boundary, limits):
        if 0 <= begun < line_start:  # of two delimiters in a row the second one counts
            line_end = 2 if source[line_start - 2 : line_start] == b"\r\n" else 1
            yield begun, max(begun, line_start - line_end)
        begun = after
        if closing:
            return
    if begun < 0:
        limits.report("A multipart has no parts; it is shown as text.")
    else:
        limits.report("The end of a multipart is missing; the message may be cut off.")
        yield begun, end


def _delimiters(
    source: Source, start: int, end: int, delimiter: bytes, limits: Limits
) -> Iterator[tuple[int, int, bool]]:
    """Each delimiter line: where it starts, where the next line starts, whether it closes."""
    on_new_line = b"\n" + delimiter
    at = start
    first = source[at : min(end, at + len(delimiter))] == delimiter
    limits.work -= end - start
    while limits.may_work() and (first or (at := source.find(on_new_line, at, end) + 1) > 0):
        first = False
        behind = at + len(delimiter)
        match = _AFTER_DELIMITER.match(source[behind : min(behind + _LONGEST_PADDING, end)])
        if match is not None:
            yield at, behind + match.end(), match[1] is not None
        else:
            limits.work -= _FALSE_DELIMITER
        at = behind
