"""What an OpenPGP message is made of, seen from outside: which packets, of which version. Pure.

It tells the form that GnuPG does not read (RFC 9580: version 6, Argon2) from damage, and is a
second look at what GnuPG takes for one encrypted message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PKESK, SIGNATURE, SKESK, SED, MARKER, SEIPD, OCB, PADDING = 1, 2, 3, 9, 10, 18, 20, 21
KEY, SECRET_KEY, SUBKEY, SECRET_SUBKEY = 6, 5, 14, 7
_KEYS = frozenset({KEY, SECRET_KEY, SUBKEY, SECRET_SUBKEY})
_BEFORE = frozenset({PKESK, SKESK, MARKER, PADDING})
_CONTAINERS = frozenset({SED, SEIPD, OCB})
_ARGON2 = 4
MOST = 10_000  # packets that are looked at


@dataclass(frozen=True, slots=True)
class Seen:
    """A packet: its kind, and the first bytes of its body."""

    tag: int
    start: bytes

    @property
    def version(self) -> int:
        """Its first byte, which is the version for most kinds."""
        return self.start[0] if self.start else 0


def seen(packets: bytes) -> tuple[Seen, ...] | None:
    """The packets in binary data; None where they do not end where the data do."""
    try:
        return tuple(_walk(packets))
    except (ValueError, IndexError):
        return None


def is_one_message(packets: bytes) -> bool:
    """Whether it is one encrypted container, with keys to it before it and nothing behind."""
    found = seen(packets)
    if not found:
        return False
    *before, last = found
    return last.tag in _CONTAINERS and all(one.tag in _BEFORE for one in before)


def is_newer(packets: bytes) -> bool:
    """Whether some part of it is of the form of RFC 9580 that GnuPG does not read."""
    return any(_is_newer(one) for one in seen(packets) or ())


def is_newer_key(packets: bytes) -> bool:
    """Whether there is a key of version 6 in it."""
    return any(one.tag in _KEYS and one.version >= 6 for one in seen(packets) or ())


def _is_newer(one: Seen) -> bool:
    match one.tag:
        case 1 | 2 | 5 | 6 | 7 | 14:
            return one.version >= 6
        case 3:  # version 4: version, cipher, and how the passphrase becomes a key
            return one.version >= 6 or (one.version == 4 and one.start[2:3] == bytes([_ARGON2]))
        case 18:
            return one.version == 2
        case _:
            return False


def _walk(data: bytes) -> Iterator[Seen]:
    at = count = 0
    while at < len(data):
        count += 1
        first = data[at]
        if not first & 0x80 or count > MOST:
            raise ValueError("no packet")
        if first & 0x40:
            tag, start, at = first & 0x3F, *_new(data, at + 1)
        else:
            tag, start, at = first >> 2 & 0x0F, *_old(data, at)
        yield Seen(tag, start)


def _old(data: bytes, at: int) -> tuple[bytes, int]:
    """The first bytes of a body with a head of old, and where it ends (section 4.2.2)."""
    width = (1, 2, 4, 0)[data[at] & 3]
    start = at + 1 + width
    end = start + int.from_bytes(data[at + 1 : start], "big") if width else len(data)
    return _checked(data, start, end)


def _new(data: bytes, at: int) -> tuple[bytes, int]:
    """The same for a new head; a body may come in pieces (section 4.2.1.4)."""
    begun = b""
    while 224 <= data[at] < 255:
        piece, at = _checked(data, at + 1, at + 1 + (1 << (data[at] & 0x1F)))
        begun = begun or piece
    first = data[at]
    if first < 192:
        piece, end = _checked(data, at + 1, at + 1 + first)
    elif first < 224:
        size = (first - 192 << 8) + data[at + 1] + 192
        piece, end = _checked(data, at + 2, at + 2 + size)
    else:
        size = int.from_bytes(data[at + 1 : at + 5], "big")
        piece, end = _checked(data, at + 5, at + 5 + size)
    return begun or piece, end


def _checked(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    if end > len(data):
        raise ValueError("cut off")
    return data[start : min(end, start + 8)], end
