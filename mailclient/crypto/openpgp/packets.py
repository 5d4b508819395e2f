"""Public keys and signatures as packets (RFC 9580 sections 4.2, 6 and 10): taken apart, never
judged. Pure.

What is not whole ends the reading; nothing here says that a signature is good.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailclient.crypto.openpgp.armor import keys_unarmored

SIGNATURE, PUBLIC_KEY, PUBLIC_SUBKEY, USER_ID, USER_ATTRIBUTE = 2, 6, 14, 13, 17
_SECRET = frozenset({5, 7})


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet with its head: its kind, and all its bytes."""

    tag: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """One public key: itself with what it signs of itself, its User IDs, its subkeys."""

    primary: tuple[Packet, ...]
    user_ids: tuple[Packet, ...]
    subkeys: tuple[Packet, ...]

    @property
    def data(self) -> bytes:
        """The key as it is sent."""
        return b"".join(one.data for one in (*self.primary, *self.user_ids, *self.subkeys))

    def renewed_by(self, other: Certificate) -> Certificate | None:
        """This key with the other's subkeys and revocations and its own User IDs.

        None where the other is another key. A key server may keep the User IDs to itself.
        """
        if other.primary[0] != self.primary[0]:
            return None
        return Certificate(other.primary, self.user_ids, other.subkeys)


def certificates(data: bytes) -> tuple[Certificate, ...]:
    """The public keys in `data`, binary or armored; those with secret parts are left out."""
    found: list[list[Packet]] = []
    for packet in _packets(keys_unarmored(data)):
        if packet.tag == PUBLIC_KEY or packet.tag in _SECRET:
            found.append([])
        if found:
            found[-1].append(packet)
    return tuple(_certificate(one) for one in found if not {p.tag for p in one} & _SECRET)


def _certificate(packets: Sequence[Packet]) -> Certificate:
    names = (USER_ID, USER_ATTRIBUTE)
    first_name = next((at for at, one in enumerate(packets) if one.tag in names), len(packets))
    first_sub = next((at for at, one in enumerate(packets) if one.tag == PUBLIC_SUBKEY), None)
    end = len(packets) if first_sub is None else first_sub
    return Certificate(
        tuple(packets[: min(first_name, end)]), tuple(packets[first_name:end]), tuple(packets[end:])
    )


def holds_signatures_alone(data: bytes) -> bool:
    """Whether there is nothing but whole signature packets in binary data, and at least one."""
    size = 0
    for packet in _packets(data):
        if packet.tag != SIGNATURE:
            return False
        size += len(packet.data)
    return 0 < size == len(data)


def _packets(data: bytes) -> Iterator[Packet]:
    """The packets up to the first that is not whole, or that cannot be part of a key."""
    at = 0
    while at < len(data):
        head = _head(data, at)
        if head is None:
            return
        tag, start, size = head
        if start + size > len(data):
            return
        yield Packet(tag, data[at : start + size])
        at = start + size


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Kind, start and size of what stands at `at`; None where no packet of a key can begin."""
    first = data[at]
    if first & 0xC0 == 0xC0:
        return _new_head(data, at, first & 0x3F)
    if first & 0x80 == 0 or first & 3 == 3:  # no packet, or one without a length
        return None
    octets = 1 << (first & 3)
    start = at + 1 + octets
    return first >> 2 & 0x0F, start, int.from_bytes(data[at + 1 : start], "big")


def _new_head(data: bytes, at: int, tag: int) -> tuple[int, int, int] | None:
    length = data[at + 1 : at + 6]
    if not length or 224 <= length[0] < 255:  # cut off, or in parts, which keys never are
        return None
    if length[0] < 192:
        return tag, at + 2, length[0]
    if length[0] == 255:
        return tag, at + 6, int.from_bytes(length[1:5], "big")
    return (tag, at + 3, (length[0] - 192 << 8) + length[1] + 192) if len(length) > 1 else None
