"""ASCII armor and cleartext signatures (RFC 9580 sections 6 and 7), read strictly. Pure.

GnuPG gets the binary packets: its own reader takes armor without a checksum for damaged whenever
the length happens to be a multiple of three, accepts text that no signature covers, and has been
the way in for more than one attack.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, encodebytes
from binascii import Error as Base64Error
from dataclasses import dataclass

MESSAGE, SIGNATURE, PUBLIC_KEY = "MESSAGE", "SIGNATURE", "PUBLIC KEY BLOCK"
_SPACE = b" \t\r\n\x0b\x0c\xa0\xc2"  # armor is often pasted, and gets no-break spaces
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*: .*")
_HASH = re.compile(rb"Hash: *[A-Za-z0-9-]+(?: *, *[A-Za-z0-9-]+)*")
_CODE = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_CHECKSUM = re.compile(rb"=[A-Za-z0-9+/]{4}")
_BEGIN_KEYS = re.compile(rb"-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----")
_END = b"-----END PGP "
_SIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----"
_DASHES = b"- "


@dataclass(frozen=True, slots=True)
class SignedText:
    """A text that was signed in the open: what the signature speaks for, with CRLF lines, no blanks
    at their ends and none behind the last, and its binary signature."""

    text: bytes
    signature: bytes


def unarmored(data: bytes, kind: str) -> bytes | None:
    """The packets in `data`, which is one armor of this kind and nothing else; None if it is not.

    A checksum is neither asked for nor looked at (RFC 9580 section 6.1).
    """
    lines = [line.strip(_SPACE) for line in data.strip(_SPACE).split(b"\n")]
    name = kind.encode("ascii")
    if lines[0] != b"-----BEGIN PGP " + name + b"-----":
        return None
    if lines[-1] != b"-----END PGP " + name + b"-----":
        return None
    lines = lines[1:-1]
    while lines and _HEADER.fullmatch(lines[0]):
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if lines and _CHECKSUM.fullmatch(lines[-1]):
        lines.pop()
    code = b"".join(lines)
    if not code or not _CODE.fullmatch(code):
        return None
    try:
        return b64decode(code, validate=True)
    except (Base64Error, ValueError):
        return None


def keys_unarmored(data: bytes) -> bytes:
    """The packets in all armors of keys in `data`, with any text between them; `data` itself where
    there is no armor, or one that is not whole.

    Each line is looked at once: a pattern for all of a block goes back and forth for hours over one
    that somebody has made for that.
    """
    packets: list[bytes] = []
    for block in _BEGIN_KEYS.split(data)[1:]:
        inside, end, _ = block.partition(_END)
        lines = [line.strip(_SPACE) for line in inside.split(b"\n")]
        if not end or b"" not in lines[1:]:
            return data
        code = lines[lines.index(b"", 1) + 1 :]
        try:
            whole = b"".join(line for line in code if not line.startswith(b"="))
            packets.append(b64decode(whole, validate=True))
        except (Base64Error, ValueError):
            return data
    return b"".join(packets) or data


def armored(packets: bytes, kind: str) -> bytes:
    """Packets as text, with the checksum that GnuPG needs where the length is a multiple of three
    (RFC 9580 section 6.1)."""
    checksum = b64encode(_crc24(packets).to_bytes(3, "big"))
    head, end = (b"-----%s PGP %s-----\n" % (word, kind.encode()) for word in (b"BEGIN", b"END"))
    return b"".join((head, b"\n", encodebytes(packets), b"=", checksum, b"\n", end))


def _crc24(data: bytes) -> int:
    """RFC 9580 section 6.1.1."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc & 0xFFFFFF


def signed_text(data: bytes) -> SignedText | None:
    """The text and the signature in `data`, which is one signed text and nothing else.

    None for any header but Hash: what GnuPG calls NotDashEscaped lets text in that is not signed.
    """
    head, _, rest = data.strip(_SPACE).partition(b"\n")
    if head.strip(_SPACE) != _SIGNED:
        return None
    line, more, rest = rest.partition(b"\n")
    while more and line.strip(_SPACE):
        if not _HASH.fullmatch(line.rstrip(b" \t\r")):
            return None
        line, more, rest = rest.partition(b"\n")
    begin = rest.find(b"-----BEGIN PGP SIGNATURE-----")
    if not more or (begin > 0 and rest[begin - 1 : begin] != b"\n") or begin < 0:
        return None
    signature = unarmored(rest[begin:], SIGNATURE)
    lines = [one.rstrip(b" \t\r") for one in rest[:begin].split(b"\n")][:-1]
    if signature is None or any(b"\r" in one or b"\x00" in one for one in lines):
        return None
    if any(one.startswith(b"-") and not one.startswith(_DASHES) for one in lines):
        return None
    return SignedText(b"\r\n".join(one.removeprefix(_DASHES) for one in lines), signature)
