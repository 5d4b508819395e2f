"""Searches that were kept under a name: folders whose content is what fits a query."""

from __future__ import annotations

from dataclasses import dataclass

from mailclient.errors import BadInput, NotFound
from mailclient.message.words import clean
from mailclient.store.database import Database
from mailclient.store.query import read_query

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A query with its name."""

    id: int
    name: str
    query: str


class SearchTable:
    """The table of kept searches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[SavedSearch, ...]:
        """Every kept search, by name."""
        rows = self._database.rows("SELECT id, name, query FROM searches ORDER BY name, id")
        return tuple(SavedSearch(*row) for row in rows)

    def named(self, name: str) -> SavedSearch:
        """The search with this name, without regard to case; raises NotFound."""
        row = self._database.row("SELECT id, name, query FROM searches WHERE name = ?", (name,))
        if row is None:
            raise NotFound(f"There is no search called '{name}'.", "'search --saved' lists them.")
        return SavedSearch(*row)

    def keep(self, name: str, query: str) -> SavedSearch:
        """Keep a query under a name, in place of the one that had it before; raises BadInput."""
        name = " ".join(clean(name).split())
        if not name or len(name) > LONGEST_NAME:
            raise BadInput(f"A search needs a name of up to {LONGEST_NAME} letters.")
        if not query.strip():
            raise BadInput("An empty search finds everything and is not kept.", "Type some words.")
        read_query(query)
        self._database.run(
            "INSERT INTO searches (name, query) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET name = excluded.name, query = excluded.query",
            (name, clean(query).strip()),
        )
        return self.named(name)

    def remove(self, id: int) -> None:
        """Forget a search; the messages stay where they are."""
        self._database.run("DELETE FROM searches WHERE id = ?", (id,))
