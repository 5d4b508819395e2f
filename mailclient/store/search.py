"""Finding messages: the index over everything readable, decrypted text included.

The newest that fit are found by looking at the newest messages first, more and more of them; only
where too few of those fit is everything looked at. So a word that is in nearly every message
is answered as quickly as one that is in a few: there the index itself is quicker.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from mailclient.cancel import CancelToken
from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.store.beginnings import FEW, MANY, whole_words
from mailclient.store.condition import (
    Among,
    Condition,
    before,
    condition_of,
    indexed,
    match_of,
    parted,
)
from mailclient.store.database import Database
from mailclient.store.query import Node, read_query
from mailclient.store.query_fields import ATTACHED, index_text
from mailclient.store.rows import storable

LONGEST_TEXT = 1_000_000
MOST_RANKED = 20_000  # the newest of what fits; to weigh a million takes seconds
LATEST = 1 << 62  # seconds; no date is later
WINDOWS = (1_000, 16_000)  # so many of the newest messages are looked at before all are
HOPELESS = 32  # where so many times more than were found are too few, more of the newest are, too
# All that a query asks for is in this index, a tenth of the table; rows are never read.
_FROM = "SELECT id FROM messages INDEXED BY messages_for_search"
_NEWEST = "ORDER BY date DESC, id DESC"
# How much a word counts by where it stands, in the order of the index's columns.
_WEIGHTS = "6.0, 3.0, 2.0, 8.0, 1.0, 2.0, 0.5"


class Order(Enum):
    """How what was found is sorted."""

    NEWEST = "newest"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class Found:
    """How many messages fit, and the ids of the first of them."""

    count: int
    ids: array[int]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where is looked: in these folders, or everywhere where there are none; `keep` are listed
    though they do not fit (any more)."""

    folders: tuple[int, ...] = ()
    keep: tuple[int, ...] = ()


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Words:
    """What is indexed of a message; `files` is the text inside its attachments."""

    id: int
    envelope: Envelope
    text: str
    attachments: Sequence[str]
    files: str = ""


class SearchIndex:
    """The full-text index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, every: Iterable[Words]) -> None:
        """Index messages, in place of what was indexed of them before.

        Give many at once, as the last of a transaction: whatever else is written after them makes
        the engine put down what it has gathered, as a piece of the index that is merged later.
        """
        self._database.run_many(
            "INSERT OR REPLACE INTO words"
            " (rowid, sender, recipients, copies, subject, body, attachments, files)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    one.id,
                    _people((*one.envelope.from_, *one.envelope.sender)),
                    _people(one.envelope.to),
                    _people((*one.envelope.cc, *one.envelope.bcc)),
                    _text(one.envelope.subject),
                    _text(one.text[:LONGEST_TEXT]),
                    _text("\n".join([*one.attachments, *[ATTACHED][: len(one.attachments)]])),
                    _text(one.files[:LONGEST_TEXT]),
                )
                for one in every
            ),
        )

    def purge(self) -> None:
        """Take words out of the index that were replaced or deleted; until then they lie in it,
        marked as gone. Takes as long as the whole index is large."""
        self._database.run("INSERT INTO words (words) VALUES ('optimize')")

    def query(
        self,
        text: str,
        *,
        limit: int | None = None,
        scope: Scope = EVERYWHERE,
        order: Order = Order.NEWEST,
        cancel: CancelToken | None = None,
    ) -> Found:
        """The messages that fit a query, of which at most `limit` are named.

        By relevance the newest MOST_RANKED are sorted, and what is older follows by its date.
        Raises BadQuery, Cancelled.
        """
        node = read_query(text, self._database.clock())
        asked = self._asked(scope, whole_words(node, self._database, FEW))
        ids = self._ids(f"{_FROM} WHERE {asked.sql} {_NEWEST}", asked.values, cancel)
        if order is Order.RELEVANCE and (match := parted(node)[0]):
            ids = self._ranked(match, ids[:MOST_RANKED], cancel) + ids[MOST_RANKED:]
        return Found(len(ids), ids if limit is None else ids[: max(limit, 0)])

    def _ranked(self, match: str, ids: array[int], cancel: CancelToken | None) -> array[int]:
        """These messages, newest first, by how well they fit; what is only kept comes last."""
        if not ids:
            return ids
        sql = (
            f"SELECT rowid, bm25(words, {_WEIGHTS}) FROM words WHERE words MATCH ?"
            " AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM json_each(?))"
        )
        values = (match, min(ids), max(ids), json.dumps(ids.tolist()))
        with self._database.read(cancel) as connection:
            scores = dict(connection.execute(sql, values))
        return array("q", sorted(ids, key=lambda id: scores.get(id, 0.0)))  # the lower the better

    def _asked(self, scope: Scope, node: Node) -> Condition:
        """The condition for all that fit: where a state is asked for that is not frequent, for the
        messages in that state alone."""
        if indexed(node) is not None:
            for ids, complete in self._likeliest(scope, node):
                if complete:
                    return _among(ids, scope, node)
        return _in(scope, condition_of(node))

    def newest(
        self,
        text: str,
        limit: int,
        *,
        scope: Scope = EVERYWHERE,
        cancel: CancelToken | None = None,
    ) -> array[int]:
        """The newest messages that fit a query, as many as are wanted and there are.

        Raises BadQuery, Cancelled.
        """
        node = read_query(text, self._database.clock())
        whole = whole_words(node, self._database, MANY)

        def first(asked: Condition) -> array[int]:
            sql = f"{_FROM} WHERE {asked.sql} {_NEWEST} LIMIT ?"
            return self._ids(sql, (*asked.values, limit), cancel)

        for ids, complete in self._likeliest(scope, node):
            found = first(_among(ids, scope, whole))
            if len(found) == limit or complete:
                return found
            if len(found) * HOPELESS < limit or self._few(node, len(found) / len(ids)):
                break
        return first(_in(scope, condition_of(whole_words(node, self._database, FEW))))

    def _few(self, node: Node, share: float) -> bool:
        """Whether all that fits is looked up sooner than the next window is looked at, where such a
        share of the newest fits."""
        row = self._database.row("SELECT sum(total) FROM folders")
        every = 0 if row is None else row[0] or 0
        return match_of(node) is not None and share * every < WINDOWS[-1] / 2

    def _likeliest(self, scope: Scope, node: Node) -> Iterator[tuple[list[int], bool]]:
        """The newest messages of a state or a place that is asked for, more and more of them, and
        whether no others can fit."""
        until = before(node)
        index, where = "messages_by_date", "date < ?"
        values: tuple[str | int, ...] = (LATEST if until is None else until,)
        if (test := indexed(node)) is not None:
            index, where, values = test.index, f"{where} AND {test.sql}", (*values, *test.values)
        elif len(scope.folders) == 1:
            index, where = "messages_by_folder", f"{where} AND folder_id = ?"
            values = (*values, *scope.folders)
        sql = f"SELECT id FROM messages INDEXED BY {index} WHERE {where} {_NEWEST} LIMIT ?"
        for size in WINDOWS:
            newest = [row[0] for row in self._database.rows(sql, (*values, size))]
            yield list({*newest, *scope.keep}), len(newest) < size

    def _ids(
        self, sql: str, values: tuple[str | int, ...], cancel: CancelToken | None
    ) -> array[int]:
        with self._database.read(cancel) as connection:
            return array("q", (row[0] for row in connection.execute(sql, values)))


def _among(ids: Sequence[int], scope: Scope, node: Node) -> Condition:
    """The condition that one of these messages fits a query and lies where is looked."""
    among = Among(ids)
    return among.within(_in(scope, condition_of(node, among)))


def _in(scope: Scope, asked: Condition) -> Condition:
    """The condition with where is looked."""
    sql, values = f"({asked.sql})", asked.values
    if scope.keep:
        marks = ", ".join("?" * len(scope.keep))
        sql, values = f"({sql} OR id IN ({marks}))", (*values, *scope.keep)
    if scope.folders:
        marks = ", ".join("?" * len(scope.folders))
        sql, values = f"{sql} AND folder_id IN ({marks})", (*values, *scope.folders)
    return Condition(sql, values)


def _people(people: Sequence[Address]) -> str:
    return _text("\n".join(f"{one.name} {one.address}" for one in people))


def _text(text: str) -> str:
    return index_text(storable(text))
