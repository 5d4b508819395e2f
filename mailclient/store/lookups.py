"""Who was asked for the key of an address, when, and what came of it; so that nobody is asked again
and again. Addresses are compared as they are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailclient.store.database import Database
from mailclient.store.times import from_seconds, to_seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking one source for the key of an address."""

    source: str
    outcome: str
    when: datetime


class LookupTable:
    """The last answer of each source for each address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, address: str) -> tuple[Asked, ...]:
        """What is remembered for an address."""
        rows = self._database.rows(
            "SELECT source, outcome, asked FROM lookups WHERE address = ?", (address,)
        )
        return tuple(Asked(source, outcome, from_seconds(when)) for source, outcome, when in rows)

    def note(self, address: str, asked: Asked) -> None:
        """Remember an answer in place of the one before."""
        self._database.run(
            "INSERT OR REPLACE INTO lookups (address, source, outcome, asked) VALUES (?, ?, ?, ?)",
            (address, asked.source, asked.outcome, to_seconds(asked.when)),
        )
