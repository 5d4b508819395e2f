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

_CARD = re.compile(r"[0-9A-F]{16,}")  # its serial number (doc/DETAILS, field 15)
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_BRACKETED = re.compile(r"(?:^|.*\s)<([^<>\s@]+@[^<>\s@]+)>$", re.DOTALL)
_BARE = re.compile(r"[^<>\s@\"(),]+@[^<>\s@\"(),]+")
_GONE = frozenset("rein")  # revoked, expired, invalid, never valid
_ALGORITHMS = {"1": "RSA", "16": "Elgamal", "17": "DSA", "18": "ECDH", "19": "ECDSA", "22": "EdDSA"}
_DSA = frozenset({"16", "17", "20"})  # and Elgamal: RFC 9580 section 9.1 wants none of them made
_RSA = frozenset({"1", "2", "3"})
_FEWEST_BITS = 2048
_VALID = {"f": "full", "u": "ultimate"}


@dataclass(slots=True)
class _Key:
    fields: list[str]
    fingerprint: str = ""
    uids: list[tuple[str, str]] = field(default_factory=list)  # validity, text
    has_secret: bool = False
    on_card: bool = False
    parts: list[tuple[list[str], str]] = field(default_factory=list)  # fields, fingerprint


def read_keys(data: bytes, *, absent: str = "#") -> tuple[KeyInfo, ...]:
    """The keys in a listing; secret ones are marked.

    `absent` is the sign of a secret part that is not here. Keys that are only shown all carry it.
    """
    return tuple(_info(key) for key in _keys(data, absent) if key.fingerprint)


def encrypting_subkey(data: bytes) -> str:
    """The fingerprint of the subkey that mail is encrypted to, in the listing of one key: the
    newest that is valid, as GnuPG chooses; "" if there is none."""
    usable = [
        (int(fields[5] or 0), fingerprint)
        for key in _keys(data, "#")
        for fields, fingerprint in key.parts
        if fields[0] == "sub" and "e" in fields[11] and fields[1][:1] not in _GONE
    ]
    return max(usable, default=(0, ""))[1]


def read_grips(data: bytes) -> tuple[str, ...]:
    """The agent's names of the secret parts in a listing."""
    lines = (line.split(":") for line in data.decode("ascii", "replace").split("\n"))
    return tuple(fields[9] for fields in lines if fields[0] == "grp" and len(fields) > 9)


def _keys(data: bytes, absent: str) -> Iterator[_Key]:
    key: _Key | None = None
    part: list[str] = []
    for line in data.decode("utf-8", "replace").split("\n"):
        fields = line.split(":")
        fields += [""] * (20 - len(fields))
        kind = fields[0]
        if kind in ("pub", "sec"):
            if key is not None:
                yield key
            key = _Key(fields)
            key.has_secret = kind == "sec" and fields[14] != absent
            key.on_card = _CARD.fullmatch(fields[14]) is not None
            part = fields
        elif key is not None and kind == "fpr":
            key.fingerprint = key.fingerprint or fields[9].upper()
            key.parts.append((part, fields[9].upper()))
        elif key is not None and kind == "uid":
            key.uids.append((fields[1], _unescaped(fields[9])))
        elif key is not None and kind in ("sub", "ssb"):
            part = fields
            key.has_secret |= kind == "ssb" and fields[14] != absent
            key.on_card |= _CARD.fullmatch(fields[14]) is not None
    if key is not None:
        yield key


def _info(key: _Key) -> KeyInfo:
    fields = key.fields
    # Where the key itself has ended its User IDs are marked so too, and still say whose it was.
    gone = _GONE - {fields[1][:1]}
    present = [text for validity, text in key.uids if validity[:1] not in gone]
    addresses = dict.fromkeys(found for text in present if (found := address_of(text)))
    capabilities = fields[11]
    weak = tuple(fingerprint for part, fingerprint in key.parts if _is_weak(part))
    return KeyInfo(
        fingerprint=key.fingerprint,
        user_ids=tuple(clean(text) for text in present or [text for _, text in key.uids]),
        addresses=tuple(addresses),
        created=_time(fields[5]) or datetime.fromtimestamp(0, UTC),
        expires=_time(fields[6]),
        algorithm=f"{_ALGORITHMS.get(fields[3], fields[3])} {fields[16] or fields[2]}".strip(),
        can_encrypt="E" in capabilities and not _rests_on_a_weak_one(key),
        can_sign="S" in capabilities,
        has_secret=key.has_secret,
        revoked=fields[1] == "r",
        expired=fields[1] == "e",
        disabled="D" in capabilities,
        validity=_validity(validity for validity, _ in key.uids if validity[:1] not in gone),
        weak=weak,
        on_card=key.on_card,
    )


def _is_weak(fields: list[str]) -> bool:
    """Whether the method of a key can be broken: DSA and Elgamal, RSA of few bits (RFC 9580
    section 9.1 and 12)."""
    few = fields[2].isdigit() and int(fields[2]) < _FEWEST_BITS
    return fields[3] in _DSA or (fields[3] in _RSA and few)


def _rests_on_a_weak_one(key: _Key) -> bool:
    """Whether what is encrypted to it would be as weak: its primary key speaks for all the others,
    and GnuPG chooses among those that encrypt."""
    encrypting = [part for part, _ in key.parts if part[0] in ("sub", "ssb") and "e" in part[11]]
    present = [part for part in encrypting if part[1][:1] not in _GONE]
    return any(_is_weak(part) for part in (key.fields, *present))


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
