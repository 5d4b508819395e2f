"""BER and DER (X.690), as mail needs them: read strictly and within limits, written as DER. Pure.

Mail programs write lengths that are not said beforehand and strings in pieces, so that DER alone
does not do. What is not whole, too deep or in too many pieces is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

INTEGER, OCTETS, NULL, OID, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31
CONSTRUCTED = 0x20
DEEPEST = 24
MOST_NODES = 200_000  # of one reading
_LONGEST_OID = 64


class Malformed(ValueError):
    """The bytes are not what they should be."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value: its identifier octet, its content, and all of its bytes."""

    tag: int
    body: memoryview
    raw: memoryview
    depth: int

    @property
    def is_der(self) -> bool:
        """Whether its own length was said beforehand."""
        return self.raw[1] != 0x80

    def children(self) -> tuple[Node, ...]:
        """The values inside; raises Malformed."""
        if not self.tag & CONSTRUCTED:
            raise Malformed("a plain value has nothing inside")
        return tuple(_all(self.body, self.depth + 1, [MOST_NODES]))

    def octets(self, tag: int = OCTETS) -> bytes:
        """The bytes of a string in one piece or in several; raises Malformed."""
        if self.tag == tag:
            return bytes(self.body)
        if self.tag != tag | CONSTRUCTED:
            raise Malformed("a string of bytes was expected")
        return b"".join(_pieces(self.body, self.depth + 1, [MOST_NODES]))

    def integer(self) -> int:
        """Its number; raises Malformed."""
        if self.tag != INTEGER or not self.body:
            raise Malformed("a number was expected")
        return int.from_bytes(self.body, "big", signed=True)

    def oid(self) -> str:
        """Its object identifier in the form 1.2.3; raises Malformed."""
        if self.tag != OID or not 0 < len(self.body) <= _LONGEST_OID or self.body[-1] & 0x80:
            raise Malformed("an object identifier was expected")
        numbers: list[int] = []
        value = 0
        for octet in self.body:
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                numbers.append(value)
                value = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(str(one) for one in (first, numbers[0] - 40 * first, *numbers[1:]))


def read(data: bytes) -> Node:
    """The one value in `data`; blanks behind it are passed over. Raises Malformed."""
    node, end = _one(memoryview(data), 0, 0, [MOST_NODES])
    if bytes(data[end : end + 64]).strip(b"\r\n \x00"):
        raise Malformed("something stands behind it")
    return node


def _all(data: memoryview, depth: int, left: list[int]) -> Iterator[Node]:
    at = 0
    while at < len(data):
        node, at = _one(data, at, depth, left)
        yield node


def _pieces(data: memoryview, depth: int, left: list[int]) -> Iterator[memoryview]:
    """The plain strings of which another one is made."""
    for node in _all(data, depth, left):
        if node.tag == OCTETS:
            yield node.body
        elif node.tag == OCTETS | CONSTRUCTED:
            yield from _pieces(node.body, depth + 1, left)
        else:
            raise Malformed("a string holds something else")


def _one(data: memoryview, at: int, depth: int, left: list[int]) -> tuple[Node, int]:
    """The value at a place, and where the next one stands."""
    left[0] -= 1
    if depth > DEEPEST or left[0] < 0:
        raise Malformed("it is too deep or has too many parts")
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise Malformed("it ends in the middle")
    tag, length, start = data[at], data[at + 1], at + 2
    if length == 0x80:
        return _without_length(data, at, depth, left)
    if length > 0x80:
        size = length & 0x7F
        if size > 4 or start + size > len(data):
            raise Malformed("a length is too long")
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    end = start + length
    if end > len(data):
        raise Malformed("it ends in the middle")
    return Node(tag, data[start:end], data[at:end], depth), end


def _without_length(data: memoryview, at: int, depth: int, left: list[int]) -> tuple[Node, int]:
    """A value that goes on until two zeros (X.690 section 8.1.3.6)."""
    tag = data[at]
    if not tag & CONSTRUCTED:
        raise Malformed("a plain value needs a length")
    next_at = at + 2
    while bytes(data[next_at : next_at + 2]) != b"\x00\x00":
        _, next_at = _one(data, next_at, depth + 1, left)
    return Node(tag, data[at + 2 : next_at], data[at : next_at + 2], depth), next_at + 2


# Writing


def value(tag: int, *parts: bytes) -> bytes:
    """A value in DER."""
    size = sum(len(one) for one in parts)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(octets)]) + octets
    return b"".join((bytes([tag]), length, *parts))


def oid(text: str) -> bytes:
    """The content of an object identifier that is given in the form 1.2.3."""
    first, second, *rest = (int(one) for one in text.split("."))
    out = bytearray()
    for number in (40 * first + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return bytes(out)
