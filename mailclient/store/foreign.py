"""Address books of other programs that are files of SQLite, read and never changed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import apsw

from mailclient.errors import BadInput
from mailclient.message.address import Address
from mailclient.message.words import clean

MOST_CARDS = 100_000
_LONGEST = 300
_CARDS = (
    "SELECT card, name, value FROM properties"
    " WHERE name IN ('DisplayName', 'FirstName', 'LastName', 'PrimaryEmail', 'SecondEmail')"
)


def cards(path: Path) -> tuple[Address, ...]:
    """The people in an address book of Thunderbird; raises BadInput if it cannot be read."""
    found: dict[str, dict[str, str]] = {}
    try:
        connection = apsw.Connection(
            f"file:{quote(str(path))}?immutable=1",
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        )
        try:
            for card, name, value in connection.execute(_CARDS):
                if card in found or len(found) < MOST_CARDS:
                    found.setdefault(str(card), {})[name] = clean(str(value))[:_LONGEST].strip()
        finally:
            connection.close(True)
    except apsw.Error as problem:
        raise BadInput(
            f"The address book {path} cannot be read.",
            "The mail was imported all the same.",
            str(problem),
        ) from problem
    return tuple(person for card in found.values() for person in _people(card))


def _people(card: dict[str, str]) -> tuple[Address, ...]:
    parts = (card.get("FirstName", ""), card.get("LastName", ""))
    name = card.get("DisplayName") or " ".join(part for part in parts if part)
    addresses = (card.get("PrimaryEmail", ""), card.get("SecondEmail", ""))
    return tuple(Address(name, one) for one in addresses if "@" in one)
