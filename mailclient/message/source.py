"""Where the bytes of a message lie: in memory, or in a store that gives them in pieces.

`bytes` is a Source. Who reads one asks for small ranges, never for the whole of a large message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

PIECE = 64 * 1024


class Source(Protocol):
    """Bytes that can be measured, cut and looked through."""

    def __len__(self) -> int:
        """How many bytes there are."""

    def __getitem__(self, cut: slice, /) -> bytes:
        """The bytes from `cut.start` to `cut.stop`, without a step."""

    def find(self, what: bytes, start: int, end: int, /) -> int:
        """Where `what` stands first in the range; -1 if nowhere."""


def pieces(source: Source, start: int, end: int, size: int = PIECE) -> Iterator[bytes]:
    """The bytes of a range, some at a time."""
    return (source[at : min(at + size, end)] for at in range(start, end, size))
