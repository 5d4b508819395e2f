"""Finding messages: the full-text index, decrypted text included, and queries over it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.store.database import Database
from mailclient.store.query import read_query, split_cjk

LONGEST_TEXT = 1_000_000


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
        to = (*envelope.to, *envelope.cc, *envelope.bcc)
        self._database.run(
            "INSERT OR REPLACE INTO search"
            " (rowid, sender, recipients, subject, body, attachments) VALUES (?, ?, ?, ?, ?, ?)",
            (id, _people((*envelope.from_, *envelope.sender)), _people(to),
             split_cjk(envelope.subject), split_cjk(text[:LONGEST_TEXT]),
             split_cjk(" ".join(attachments))),
        )  # fmt: skip

    def query(self, text: str, *, limit: int | None = None) -> Found:
        """The messages that fit a query; raises BadInput."""
        condition = read_query(text)
        sql = f"SELECT id FROM messages WHERE {condition.sql} ORDER BY date DESC, id DESC"
        if limit is None:
            ids = array("q", (row[0] for row in self._database.each(sql, condition.values)))
            return Found(len(ids), ids)
        rows = self._database.rows(f"{sql} LIMIT ?", (*condition.values, limit))
        ids = array("q", (row[0] for row in rows))
        if len(ids) < limit:
            return Found(len(ids), ids)
        count = self._database.row(
            f"SELECT count(*) FROM messages WHERE {condition.sql}", condition.values
        )
        return Found(count[0] if count else 0, ids)


def _people(people: Sequence[Address]) -> str:
    return split_cjk(" ".join(f"{one.name} {one.address}" for one in people))
