"""How people are written: never a name alone where it matters, and no name that plays tricks.

Pure: text in, text out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailclient.message.address import Address

# Characters that turn the direction of text or cannot be seen; a name needs none of them.
_TRICKS = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+\.[^\s<>\"'(),;:]+")


def plain(text: str) -> str:
    """`text` without characters that turn or hide parts of it, on one line."""
    return " ".join(_TRICKS.sub("", text).split())


def pretends(person: Address) -> bool:
    """Whether the display name holds an address that is not the person's own."""
    own = person.address.casefold()
    return any(found.casefold() != own for found in _ADDRESS.findall(plain(person.name)))


def short(person: Address) -> str:
    """The name for a list; the address where there is no name, or one that pretends."""
    name = plain(person.name)
    if not name or pretends(person):
        return plain(person.address)
    return name


def full(person: Address) -> str:
    """Name and address, as they are copied: Ann <ann@example.org>."""
    name = plain(person.name)
    address = plain(person.address)
    return f"{name} <{address}>" if name else address


def several(people: Sequence[Address]) -> str:
    """A few names for a list."""
    return ", ".join(short(person) for person in people[:6])


def file_name(name: str) -> str:
    """A name that a file can be proposed under."""
    kept = "".join("_" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in plain(name))
    return kept.strip(". ")[:120] or "unnamed"
