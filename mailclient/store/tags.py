"""Tags: words that the user gives to messages, compared without case."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mailclient.store.database import Database
from mailclient.store.rows import storable


class TagTable:
    """The table of tags."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, ids: Sequence[int], tag: str) -> None:
        """Give messages a tag."""
        self._database.run(
            "INSERT OR IGNORE INTO tags (tag, message_row)"
            " SELECT ?, id FROM messages WHERE id IN (SELECT value FROM json_each(?))",
            (storable(tag.strip()), json.dumps(list(ids))),
        )

    def all(self) -> tuple[str, ...]:
        """Every tag that a message has, by name."""
        rows = self._database.rows("SELECT DISTINCT tag FROM tags ORDER BY tag")
        return tuple(str(row[0]) for row in rows)

    def remove(self, ids: Sequence[int], tag: str) -> None:
        """Take a tag away."""
        self._database.run(
            "DELETE FROM tags WHERE tag = ? AND message_row IN (SELECT value FROM json_each(?))",
            (storable(tag.strip()), json.dumps(list(ids))),
        )
