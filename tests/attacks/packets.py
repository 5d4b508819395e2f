"""OpenPGP packets made by hand (RFC 9580), for what no honest program would write."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESOCB3
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # older versions have it in its old place
    from cryptography.hazmat.primitives.ciphers.modes import CFB  # type: ignore[no-redef]

PKESK, SIGNATURE, SUBKEY, COMPRESSED, SED, LITERAL = 1, 2, 14, 8, 9, 11
KEY, USER_ID, SEIPD, MDC, AEAD = 6, 13, 18, 19, 20
BINARY, TEXT, STANDALONE, POSITIVE, BINDING, TIMESTAMP = 0x00, 0x01, 0x02, 0x13, 0x18, 0x40
SHA1, SHA256, SHA512 = 2, 8, 10
_NAMES = {SHA1: "sha1", SHA256: "sha256", SHA512: "sha512"}
_ED25519 = bytes.fromhex("092b06010401da470f01")


def packet(tag: int, body: bytes) -> bytes:
    """A packet with the new kind of header and a length of five bytes."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The packets in binary data, as (tag, body)."""
    at = 0
    while at < len(data):
        head = data[at]
        at += 1
        if not head & 0x40:
            size = 1 << (head & 3)
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
            yield head >> 2 & 15, data[at : at + length]
            at += length
            continue
        body = b""
        while True:
            first = data[at]
            if first < 192:
                length, step = first, 1
            elif first < 224:
                length, step = (first - 192 << 8) + data[at + 1] + 192, 2
            elif first == 255:
                length, step = int.from_bytes(data[at + 1 : at + 5], "big"), 5
            else:
                length, step = 1 << (first & 31), 1
            at += step
            body += data[at : at + length]
            at += length
            if not 224 <= first < 255:
                break
        yield head & 63, body


def armored(data: bytes, kind: str = "MESSAGE") -> bytes:
    """Binary data in armor, without a checksum (RFC 9580 section 6.1)."""
    code = b64encode(data)
    lines = b"".join(code[at : at + 64] + b"\r\n" for at in range(0, len(code), 64))
    frame = kind.encode("ascii")
    return (
        b"-----BEGIN PGP " + frame + b"-----\r\n\r\n" + lines + b"-----END PGP " + frame + b"-----"
    )


def binary(armor: bytes) -> bytes:
    """What is inside the first armor of some text."""
    lines = armor[armor.index(b"-----BEGIN") :].replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    return b64decode(lines[: lines.index(b"-----END")].partition(b"\n=")[0])


def literal(text: bytes, *, name: bytes = b"") -> bytes:
    """A literal data packet."""
    return packet(LITERAL, b"b" + bytes([len(name)]) + name + bytes(4) + text)


def compressed(data: bytes) -> bytes:
    """A compressed data packet (ZIP)."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packet(COMPRESSED, b"\x01" + deflate.compress(data) + deflate.flush())


def nested(data: bytes, times: int) -> bytes:
    """Compressed again and again."""
    for _ in range(times):
        data = compressed(data)
    return data


# Encryption with a session key that is known


def _cfb(key: bytes, start: bytes, data: bytes) -> bytes:
    cipher = Cipher(AES(key), CFB(start)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _prefix() -> bytes:
    random = secrets.token_bytes(16)
    return random + random[-2:]


def sed(key: bytes, data: bytes) -> bytes:
    """Encrypted with nothing that guards it (tag 9), with the resynchronisation of old."""
    head = _cfb(key, bytes(16), _prefix())
    return packet(SED, head + _cfb(key, head[2:18], data))


def seipd(key: bytes, data: bytes, *, guard: bool = True, right: bool = True) -> bytes:
    """Encrypted with a modification detection code, or with a wrong one, or with none."""
    whole = _prefix() + data
    if guard:
        whole += b"\xd3\x14"
        digest = hashlib.sha1(whole).digest()
        whole += digest if right else bytes(20)
    return packet(SEIPD, b"\x01" + _cfb(key, bytes(16), whole))


def ocb(key: bytes, data: bytes, *, chunk: int = 1024, tamper: int = -1, chunks: int = -1) -> bytes:
    """GnuPG's AEAD packet (tag 20): `tamper` alters one chunk, `chunks` leaves out the last."""
    bits = chunk.bit_length() - 1 - 6
    head = bytes([1, 9, 2, bits])
    start = secrets.token_bytes(15)
    sealer = AESOCB3(key)

    def nonce(index: int) -> bytes:
        number = int.from_bytes(start[7:], "big") ^ index
        return start[:7] + number.to_bytes(8, "big")

    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    out = []
    for index, piece in enumerate(pieces):
        bound = bytes([0xC0 | AEAD]) + head + index.to_bytes(8, "big")
        sealed = sealer.encrypt(nonce(index), piece, bound)
        out.append(bytes([sealed[0] ^ 1]) + sealed[1:] if index == tamper else sealed)
    count = len(pieces).to_bytes(8, "big")
    last = bytes([0xC0 | AEAD]) + head + count + len(data).to_bytes(8, "big")
    end = sealer.encrypt(nonce(len(pieces)), b"", last)
    kept = out if chunks < 0 else out[:chunks]
    return packet(AEAD, head + start + b"".join(kept) + (end if chunks < 0 else b""))


# Keys and signatures


def _number(data: bytes) -> bytes:
    value = int.from_bytes(data, "big")
    return value.bit_length().to_bytes(2, "big") + value.to_bytes((value.bit_length() + 7) // 8)


def _sub(kind: int, data: bytes) -> bytes:
    return bytes([len(data) + 1, kind]) + data


@dataclass(frozen=True, slots=True)
class HandMade:
    """An Ed25519 key (version 4) whose every byte is ours."""

    made: datetime
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def body(self) -> bytes:
        public = self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        stamp = int(self.made.timestamp()).to_bytes(4, "big")
        return b"\x04" + stamp + b"\x16" + _ED25519 + _number(b"\x40" + public)

    @property
    def hashed(self) -> bytes:
        return b"\x99" + len(self.body).to_bytes(2, "big") + self.body

    @property
    def fingerprint(self) -> str:
        return hashlib.sha1(self.hashed).hexdigest().upper()

    def sign(
        self,
        data: bytes,
        kind: int = BINARY,
        *,
        by_hash: int = SHA512,
        at: datetime | None = None,
        more: Sequence[bytes] = (),
    ) -> bytes:
        """A signature packet over some data."""
        stamp = int((at or datetime.now(UTC)).timestamp()).to_bytes(4, "big")
        issuer = bytes.fromhex(self.fingerprint)
        about = _sub(33, b"\x04" + issuer) + _sub(2, stamp) + b"".join(more)
        head = bytes([4, kind, 22, by_hash]) + len(about).to_bytes(2, "big") + about
        digest = hashlib.new(_NAMES[by_hash])
        digest.update(data + head + b"\x04\xff" + len(head).to_bytes(4, "big"))
        made = self.secret.sign(digest.digest())
        aside = _sub(16, issuer[-8:])
        return packet(
            SIGNATURE,
            head
            + len(aside).to_bytes(2, "big")
            + aside
            + digest.digest()[:2]
            + _number(made[:32])
            + _number(made[32:]),
        )

    def certificate(self, user_id: str, *, adopts: HandMade | None = None) -> bytes:
        """The public key, binary; `adopts` is a signing key that it claims unasked."""
        name = user_id.encode("utf-8")
        bound = self.hashed + b"\xb4" + len(name).to_bytes(4, "big") + name
        whole = packet(KEY, self.body) + packet(USER_ID, name)
        whole += self.sign(bound, POSITIVE, at=self.made, more=(_sub(27, b"\x03"),))
        if adopts is not None:
            both = self.hashed + adopts.hashed
            whole += packet(SUBKEY, adopts.body)
            whole += self.sign(both, BINDING, at=self.made, more=(_sub(27, b"\x02"),))
        return whole
