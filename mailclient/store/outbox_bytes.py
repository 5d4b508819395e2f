"""The bytes of what is to be sent. A large message lies in pieces, so that it is never copied whole
into a row: SQLite would hold it several times for that.

The column of a large one is empty, and its pieces are in `outbox_pieces`.
"""

from __future__ import annotations

from typing import NoReturn

from mailclient.errors import StoreDamaged
from mailclient.message.source import Source
from mailclient.store.bodies import CHUNK, IN_MEMORY, StoredBytes
from mailclient.store.database import Database

RAW, SENT, DRAFT = "raw", "sent", "draft"


def further(copy: int) -> str:
    """The kind of a copy for somebody in Bcc."""
    return f"copy {copy}"


class OutboxBytes:
    """Keeps and gives the bytes of messages in the queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, id: int, kind: str, data: bytes) -> bytes:
        """Put large bytes into pieces, in place of those that are there; returns what is left for
        the column."""
        self.drop(id, kind)
        if len(data) <= IN_MEMORY:
            return data
        view = memoryview(data)
        for start in range(0, len(data), CHUNK):
            self._database.run(
                "INSERT INTO outbox_pieces (outbox_id, kind, start, size, data)"
                " VALUES (?, ?, ?, ?, ?)",
                (id, kind, start, len(data), bytes(view[start : start + CHUNK])),
            )
        return b""

    def open(self, id: int, kind: str, column: bytes) -> Source:
        """The bytes that lie in the column or in pieces; raises StoreDamaged for half of them."""
        if column:
            return column
        count, size, found = self._database.rows(
            "SELECT count(*), max(size), sum(length(data)) FROM outbox_pieces"
            " WHERE outbox_id = ? AND kind = ?",
            (id, kind),
        )[0]
        if not count:
            return b""
        if found != size:
            self.lost()
        return StoredBytes(size, lambda number: self._piece(id, kind, number))

    def _piece(self, id: int, kind: str, number: int) -> bytes:
        row = self._database.row(
            "SELECT data FROM outbox_pieces WHERE outbox_id = ? AND kind = ? AND start = ?",
            (id, kind, number * CHUNK),
        )
        if row is None:
            self.lost()
        data: bytes = row[0]
        return data

    def lost(self) -> NoReturn:
        """Raises StoreDamaged: nothing is ever sent in half, nor empty."""
        raise StoreDamaged(
            "A message in the outbox is not whole any more; it was not sent.", "Write it again."
        )

    def drop(self, id: int, *kinds: str) -> None:
        """Forget bytes of these kinds; without any, all."""
        if not kinds:
            self._database.run("DELETE FROM outbox_pieces WHERE outbox_id = ?", (id,))
        for kind in kinds:
            self._database.run(
                "DELETE FROM outbox_pieces WHERE outbox_id = ? AND kind = ?", (id, kind)
            )
