"""Finding messages: the index over everything readable, decrypted text included."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.store.database import Database
from mailclient.store.query import index_text, read_query
from mailclient.store.rows import storable

LONGEST_TEXT = 1_000_000
# All that a query asks for is in this index, a tenth of the table; rows are never read.
_FROM = "SELECT id FROM messages INDEXED BY messages_for_search"


@dataclass(frozen=True, slots=True)
class Found:
    """How many messages fit, and the ids of the newest of them, newest first."""

    count: int
    ids: array[int]


class SearchIndex:
    """The full-text index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, id: int, envelope: Envelope, text: str, attachments: Sequence[str]) -> None:
        """Index a message, in place of what was indexed of it before."""
        self._database.run(
            "INSERT OR REPLACE INTO words"
            " (rowid, sender, recipients, copies, subject, body, attachments)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                id,
                _people((*envelope.from_, *envelope.sender)),
                _people(envelope.to),
                _people((*envelope.cc, *envelope.bcc)),
                _text(envelope.subject),
                _text(text[:LONGEST_TEXT]),
                _text("\n".join(attachments)),
            ),
        )

    def query(self, text: str, *, limit: int | None = None) -> Found:
        """The messages that fit a query, of which at most `limit` are named; raises BadInput."""
        condition = read_query(text)
        sql = f"{_FROM} WHERE {condition.sql} ORDER BY date DESC, id DESC"
        with self._database.read() as connection:
            ids = array("q", (row[0] for row in connection.execute(sql, condition.values)))
        return Found(len(ids), ids if limit is None else ids[: max(limit, 0)])


def _people(people: Sequence[Address]) -> str:
    return _text("\n".join(f"{one.name} {one.address}" for one in people))


def _text(text: str) -> str:
    return index_text(storable(text))
