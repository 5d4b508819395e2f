"""People one has written with, for completing addresses as they are typed."""

from __future__ import annotations

from collections.abc import Sequence

from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.store.database import Database
from mailclient.store.folders import Role
from mailclient.store.rows import MOST_PEOPLE, storable

WRITTEN_TO = 10  # somebody written to counts as much as ten letters from somebody
UNCOUNTED = frozenset({Role.JUNK.value, Role.DRAFTS.value, Role.TRASH.value})


class PeopleTable:
    """The table of people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def met(self, envelope: Envelope, role: str, seconds: int) -> None:
        """Count the people of a message that lies in a folder with that role."""
        if role in UNCOUNTED:
            return
        sent = role == Role.SENT.value
        people = (*envelope.to, *envelope.cc, *envelope.bcc) if sent else envelope.from_
        self._database.run_many(
            "INSERT INTO people (address, written, name, uses, last) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (address) DO UPDATE SET uses = uses + excluded.uses,"
            " name = iif(excluded.name = '', name, excluded.name),"
            " last = max(last, excluded.last)",
            [
                (
                    storable(one.key),
                    storable(one.address),
                    storable(one.name),
                    WRITTEN_TO if sent else 1,
                    seconds,
                )
                for one in people[:MOST_PEOPLE]
                if "@" in one.address
            ],
        )

    def know(self, people: Sequence[Address]) -> None:
        """Take in people from an address book; who is known already keeps what is counted."""
        self._database.run_many(
            "INSERT INTO people (address, written, name, uses, last) VALUES (?, ?, ?, 1, 0)"
            " ON CONFLICT (address) DO UPDATE SET name = iif(name = '', excluded.name, name)",
            [
                (storable(one.key), storable(one.address), storable(one.name))
                for one in people
                if "@" in one.address
            ],
        )

    def used(self, prefix: str, limit: int) -> tuple[Address, ...]:
        """People whose address, or a word of whose name, begins so; the likeliest first."""
        wanted = storable(prefix).strip()
        for special in "\\%_":
            wanted = wanted.replace(special, f"\\{special}")
        if not wanted:
            return ()
        return tuple(
            Address(name, address)
            for name, address in self._database.rows(
                "SELECT name, written FROM people WHERE address LIKE ?1 || '%' ESCAPE '\\'"
                " OR name LIKE ?1 || '%' ESCAPE '\\' OR name LIKE '% ' || ?1 || '%' ESCAPE '\\'"
                " ORDER BY uses DESC, last DESC, address LIMIT ?2",
                (wanted, limit),
            )
        )
