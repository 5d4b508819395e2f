"""An OpenPGP smartcard (version 3.4 of its specification) in memory, down to its bytes.

It takes an Ed25519 key to sign and an X25519 key to decrypt, keeps count of wrong PINs and blocks
itself as a card does. The reader that it is put into is in `card_reader`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ATR = bytes.fromhex("3BDA18FF81B1FE751F030031F573C001600090001C")
APPLICATION = bytes.fromhex("D27600012401")
IDENTITY = APPLICATION + bytes.fromhex("0304FFFE123456780000")
PIN, ADMIN_PIN = "123456", "12345678"
TRIES = 3

OK = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
NOT_ALLOWED = b"\x69\x82"
BLOCKED = b"\x69\x83"
NOT_FOUND = b"\x6a\x82"
NO_DATA = b"\x6a\x88"
NOT_SUPPORTED = b"\x6d\x00"

_LONGEST = 254  # bytes of an answer; the rest is fetched
_HISTORICAL = bytes.fromhex("0031F573C00160009000")
_CAPABILITIES = bytes.fromhex("7C 00 00 FF 08 00 00 FF 00 00".replace(" ", ""))
_ED25519 = bytes.fromhex("16 2B06010401DA470F01".replace(" ", ""))
_X25519 = bytes.fromhex("12 2B060104019755010501".replace(" ", ""))
_SLOTS = {0xB6: 0, 0xB8: 1, 0xA4: 2}  # of the templates: to sign, to decrypt, to log in


@dataclass(slots=True)
class Counter:
    """A PIN and the tries that are left."""

    pin: bytes
    left: int = TRIES


@dataclass(slots=True)
class Card:
    """What lies on the card, and what was shown to it since it was put in."""

    pins: dict[int, Counter] = field(
        default_factory=lambda: {1: Counter(PIN.encode()), 3: Counter(ADMIN_PIN.encode())}
    )
    objects: dict[int, bytes] = field(default_factory=dict)
    signing: Ed25519PrivateKey | None = None
    decrypting: X25519PrivateKey | None = None
    signatures: int = 0
    shown: set[int] = field(default_factory=set)  # 0x81 to sign, 0x82 to decrypt, 0x83 to change
    _chain: bytes = b""
    _rest: bytes = b""

    @property
    def tries_left(self) -> int:
        """How many wrong PINs it still bears."""
        return self.pins[1].left

    def power(self) -> None:
        """It was put in, or reset: nothing has been shown to it yet."""
        self.shown.clear()
        self._chain = self._rest = b""

    def answer(self, command: bytes) -> bytes:
        """The answer to one command (ISO 7816-4)."""
        if len(command) < 4:
            return WRONG_LENGTH
        kind, instruction, first, second = command[:4]
        if instruction == 0xC0:
            return self._piece()
        data = _data_of(command)
        if kind & 0x10:  # there is more to come
            self._chain += data
            return OK
        data, self._chain = self._chain + data, b""
        out = self._done(instruction, first << 8 | second, data)
        if len(out) <= _LONGEST + 2:
            return out
        self._rest = out[:-2]
        return self._piece()

    def _piece(self) -> bytes:
        piece, self._rest = self._rest[:_LONGEST], self._rest[_LONGEST:]
        return piece + (bytes((0x61, min(len(self._rest), 0xFF))) if self._rest else OK)

    def _done(self, instruction: int, which: int, data: bytes) -> bytes:
        match instruction:
            case 0xA4:
                return OK if which >> 8 == 4 and data and IDENTITY.startswith(data) else NOT_FOUND
            case 0xCA:
                return self._get(which)
            case 0x20:
                return self._verify(which & 0xFF, data)
            case 0xDA:
                return self._put(which, data)
            case 0xDB:
                return self._take_key(data)
            case 0x47:
                return self._public_key(data) if which == 0x8100 else NOT_SUPPORTED
            case 0x2A if which == 0x9E9A:
                return self._sign(data)
            case 0x2A if which == 0x8086:
                return self._decrypt(data)
        return NOT_SUPPORTED

    # Data objects

    def _get(self, tag: int) -> bytes:
        found = self._object(tag)
        return NO_DATA if found is None else found + OK

    def _object(self, tag: int) -> bytes | None:
        match tag:
            case 0x4F:
                return IDENTITY
            case 0x5F52:
                return _HISTORICAL
            case 0x65:
                return _tlv(0x5B, self.objects.get(0x5B, b"")) + _tlv(0x5F2D, b"en")
            case 0x7A:
                return _tlv(0x93, self.signatures.to_bytes(3, "big"))
            case 0xC4:
                left = self.pins[1].left, 0, self.pins[3].left
                return bytes((1, 127, 127, 127, *left))
            case 0x6E:
                return (
                    _tlv(0x4F, IDENTITY)
                    + _tlv(0x5F52, _HISTORICAL)
                    + _tlv(0x73, b"".join(self._discretionary()))
                )
            case 0x5E | 0x5F50:
                return self.objects.get(tag, b"")
        return None

    def _discretionary(self) -> Iterator[bytes]:
        status = self._object(0xC4)
        assert status is not None
        yield _tlv(0xC0, _CAPABILITIES)
        yield _tlv(0xC1, _ED25519) + _tlv(0xC2, _X25519) + _tlv(0xC3, _ED25519)
        yield _tlv(0xC4, status)
        yield _tlv(0xC5, b"".join(self.objects.get(tag, bytes(20)) for tag in (0xC7, 0xC8, 0xC9)))
        yield _tlv(0xC6, bytes(60))
        yield _tlv(0xCD, b"".join(self.objects.get(tag, bytes(4)) for tag in (0xCE, 0xCF, 0xD0)))

    def _put(self, tag: int, data: bytes) -> bytes:
        if 0x83 not in self.shown:
            return NOT_ALLOWED
        self.objects[tag] = data
        return OK

    # Keys

    def _take_key(self, data: bytes) -> bytes:
        if 0x83 not in self.shown:
            return NOT_ALLOWED
        [(_, template)] = list(_items(data))
        parts = list(_items(template))
        slot = _SLOTS[parts[0][0]]
        secret = next(value for tag, value in parts if tag == 0x5F48)
        if slot == 0:
            self.signing = Ed25519PrivateKey.from_private_bytes(secret)
        elif slot == 1:  # an OpenPGP number, the highest byte first
            self.decrypting = X25519PrivateKey.from_private_bytes(secret[::-1])
        return OK

    def _public_key(self, data: bytes) -> bytes:
        key = (self.signing, self.decrypting, None)[_SLOTS.get(data[0], 2)]
        if key is None:
            return NO_DATA
        point = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _tlv(0x7F49, _tlv(0x86, point)) + OK

    def _sign(self, data: bytes) -> bytes:
        if self.signing is None or 0x81 not in self.shown:
            return NOT_ALLOWED
        self.signatures += 1
        return self.signing.sign(data) + OK

    def _decrypt(self, data: bytes) -> bytes:
        if self.decrypting is None or 0x82 not in self.shown:
            return NOT_ALLOWED
        [(_, cipher)] = list(_items(data))
        [(_, public)] = list(_items(cipher))
        [(_, point)] = list(_items(public))
        peer = X25519PublicKey.from_public_bytes(point[-32:])
        return self.decrypting.exchange(peer) + OK

    # PINs

    def _verify(self, which: int, data: bytes) -> bytes:
        counter = self.pins[3 if which == 0x83 else 1]
        if not counter.left:
            return BLOCKED
        if not data:
            return OK if which in self.shown else bytes((0x63, 0xC0 | counter.left))
        if data != counter.pin:
            self.shown.discard(which)
            counter.left -= 1
            return bytes((0x63, 0xC0 | counter.left)) if counter.left else BLOCKED
        counter.left = TRIES
        self.shown.add(which)
        return OK


def _data_of(command: bytes) -> bytes:
    """What a command carries, by its short or its extended length."""
    if len(command) <= 5:
        return b""
    if command[4] == 0 and len(command) > 7:
        length = int.from_bytes(command[5:7], "big")
        return command[7 : 7 + length]
    return command[5 : 5 + command[4]]


def _tlv(tag: int, value: bytes) -> bytes:
    name = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    size = len(value)
    length = bytes((size,)) if size < 0x80 else b"\x81" + bytes((size,))
    if size > 0xFF:
        length = b"\x82" + size.to_bytes(2, "big")
    return name + length + value


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and values in BER-TLV."""
    at = 0
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F:
            tag = tag << 8 | data[at]
            at += 1
        length = data[at]
        at += 1
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        yield tag, data[at : at + length]
        at += length
