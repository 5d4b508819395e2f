"""Keys in header fields (Autocrypt 1.1, level 1): read strictly, written briefly. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass

from mailclient.message.address import normalise

FIELD = "Autocrypt"
GOSSIP = "Autocrypt-Gossip"
MOST_GOSSIP = 100  # fields that are looked at in one message
LARGEST = 10 * 1024
_LINE = 72


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one valid field says."""

    address: str
    key: bytes
    prefer_encrypt: bool


def read_field(value: str) -> Announcement | None:
    """Read a field; None if it is not valid (section 2.1)."""
    if len(value) > LARGEST:
        return None
    attributes: dict[str, str] = {}
    for attribute in value.split(";"):
        name, equals, text = attribute.partition("=")
        name = name.strip().lower()
        if not equals or name in attributes:
            return None
        attributes[name] = text.strip()
    critical = {name for name in attributes if not name.startswith("_")}
    if not {"addr", "keydata"} <= critical or critical - {"addr", "keydata", "prefer-encrypt"}:
        return None
    try:
        key = b64decode("".join(attributes["keydata"].split()), validate=True)
    except (Base64Error, ValueError):
        return None
    mutual = attributes.get("prefer-encrypt", "").lower() == "mutual"
    return Announcement(normalise(attributes["addr"]), key, mutual) if key else None


def find_announcement(headers: Sequence[tuple[str, str]], sender: str) -> Announcement | None:
    """The one valid field of the sender; where there are several, none counts (section 2.3)."""
    values = [value for name, value in headers if name.lower() == FIELD.lower()]
    valid = [found for value in values[:10] if (found := read_field(value)) is not None]
    own = [one for one in valid if one.address == normalise(sender)]
    return own[0] if len(own) == 1 and len(valid) == 1 else None


def find_gossip(
    headers: Sequence[tuple[str, str]], people: Sequence[str]
) -> tuple[Announcement, ...]:
    """The keys that a message passes on of those whom it went to ("Key Gossip"); where there are
    several for one address, none counts."""
    values = [value for name, value in headers if name.lower() == GOSSIP.lower()]
    valid = [one for value in values[:MOST_GOSSIP] if (one := read_field(value)) is not None]
    wanted = {normalise(one) for one in people}
    named = [one.address for one in valid]
    return tuple(one for one in valid if one.address in wanted and named.count(one.address) == 1)


def write_field(address: str, key: bytes, *, prefer_encrypt: bool) -> str:
    """The field's value, with spaces where it may be folded; "" if the key is too large."""
    code = b64encode(key).decode("ascii")
    lines = " ".join(code[at : at + _LINE] for at in range(0, len(code), _LINE))
    mutual = " prefer-encrypt=mutual;" if prefer_encrypt else ""
    value = f"addr={address};{mutual} keydata= {lines}"
    return value if len(value) <= LARGEST and address.isascii() else ""
