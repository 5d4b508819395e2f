"""GnuPG's lists of keys (doc/DETAILS, colon format), read into values. Pure.

An address belongs to a key only if a User ID that has not ended before the key names exactly that
address: as its whole text, or in angle brackets at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mailclient.crypto.api import KeyInfo
from mailclient.message.address import normalise
from mailclient.message.words import clean

_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_BRACKETED = re.compile(r"(?:^|.*\s)<([^<>\s@]+@[^<>\s@]+)>$", re.DOTALL)
_BARE = re.compile(r"[^<>\s@\"(),]+@[^<>\s@\"(),]+")
_GONE = frozenset("rein")  # revoked, expired, invalid, never valid
_ALGORITHMS = {"1": "RSA", "16": "Elgamal", "17": "DSA", "18": "ECDH", "19": "ECDSA", "22": "EdDSA"}
_VALID = {"f": "full", "u": "ultimate"}


@dataclass(slots=True)
class _Key:
    fields: list[str]
    fingerprint: str = ""
    uids: list[tuple[str, str]] = field(default_factory=list)  # validity, text
    has_secret: bool = False


def read_keys(data: bytes, *, absent: str = "#") -> tuple[KeyInfo, ...]:
    """The keys in a listing; secret ones are marked.

    `absent` is the sign of a secret part that is not here. Keys that are only shown all carry it.
    """
    return tuple(_info(key) for key in _keys(data, absent) if key.fingerprint)


def _keys(data: bytes, absent: str) -> Iterator[_Key]:
    key: _Key | None = None
    for line in data.decode("utf-8", "replace").split("\n"):
        fields = line.split(":")
        fields += [""] * (20 - len(fields))
        kind = fields[0]
        if kind in ("pub", "sec"):
            if key is not None:
                yield key
            key = _Key(fields)
            key.has_secret = kind == "sec" and fields[14] != absent
        elif key is not None and kind == "fpr" and not key.fingerprint:
            key.fingerprint = fields[9].upper()
        elif key is not None and kind == "uid":
            key.uids.append((fields[1], _unescaped(fields[9])))
        elif key is not None and kind == "ssb" and fields[14] != absent:
            key.has_secret = True
    if key is not None:
        yield key


def _info(key: _Key) -> KeyInfo:
    fields = key.fields
    # Where the key itself has ended its User IDs are marked so too, and still say whose it was.
    gone = _GONE - {fields[1][:1]}
    present = [text for validity, text in key.uids if validity[:1] not in gone]
    addresses = dict.fromkeys(found for text in present if (found := address_of(text)))
    capabilities = fields[11]
    return KeyInfo(
        fingerprint=key.fingerprint,
        user_ids=tuple(clean(text) for text in present or [text for _, text in key.uids]),
        addresses=tuple(addresses),
        created=_time(fields[5]) or datetime.fromtimestamp(0, UTC),
        expires=_time(fields[6]),
        algorithm=f"{_ALGORITHMS.get(fields[3], fields[3])} {fields[16] or fields[2]}".strip(),
        can_encrypt="E" in capabilities,
        can_sign="S" in capabilities,
        has_secret=key.has_secret,
        revoked=fields[1] == "r",
        expired=fields[1] == "e",
        disabled="D" in capabilities,
        validity=_validity(validity for validity, _ in key.uids if validity[:1] not in gone),
    )


def _validity(validities: Iterable[str]) -> str:
    """What GnuPG thinks of the whole key: the least that it thinks of one of its User IDs."""
    words = {_VALID.get(one[:1], "") for one in validities}
    return next((word for word in ("", "full", "ultimate") if word in words), "")


def address_of(user_id: str) -> str:
    """The address that a User ID names, lower case; "" if it names none."""
    match = _BRACKETED.fullmatch(user_id.strip())
    if match is not None:
        return normalise(match[1])
    return normalise(user_id.strip()) if _BARE.fullmatch(user_id.strip()) else ""


def _unescaped(text: str) -> str:
    """Undo \\x3a and the like; the bytes are UTF-8."""
    if "\\x" not in text:
        return text
    return _ESCAPE.sub(_unescaped_one, text)


def _unescaped_one(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number < 128 else "\ufffd"


def _time(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdigit() and int(text) else None
