"""What the mail takes: by folder, by sender, by year, the largest, the old. Only reads."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import datetime

from mailclient.cancel import CancelToken
from mailclient.store.database import Database
from mailclient.store.times import to_seconds

MOST = 100  # senders and messages that are named


@dataclass(frozen=True, slots=True)
class Taken:
    """What a part of the mail takes, in bytes; `key` is a folder's id, an address, a year."""

    key: str
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """What all of it takes, and which parts take most of it, the largest first."""

    size: int
    count: int
    folders: tuple[Taken, ...]
    senders: tuple[Taken, ...]
    years: tuple[Taken, ...]
    largest: tuple[int, ...]


_BY_FOLDER = "SELECT folder_id, sum(size), count(*) FROM messages GROUP BY folder_id"
_BY_SENDER = (
    "SELECT sender, sum(size), count(*) FROM messages GROUP BY sender"
    f" ORDER BY sum(size) DESC LIMIT {MOST}"
)
_BY_YEAR = (
    "SELECT strftime('%Y', date, 'unixepoch', 'localtime') AS year, sum(size), count(*)"
    " FROM messages GROUP BY year"
)
_LARGEST = f"SELECT id FROM messages ORDER BY size DESC LIMIT {MOST}"


def measured(database: Database, cancel: CancelToken) -> Sizes:
    """Look at every message; raises Cancelled."""
    parts = []
    for sql in (_BY_FOLDER, _BY_SENDER, _BY_YEAR):
        cancel.check()
        found = [Taken(str(key or ""), size, count) for key, size, count in database.rows(sql)]
        parts.append(tuple(sorted(found, key=lambda one: -one.size)))
    cancel.check()
    largest = tuple(row[0] for row in database.rows(_LARGEST))
    folders, senders, years = parts
    return Sizes(
        sum(one.size for one in folders),
        sum(one.count for one in folders),
        folders,
        senders,
        tuple(sorted(years, key=lambda one: one.key, reverse=True)),
        largest,
    )


def older(database: Database, folder_id: int, before: datetime) -> tuple[array[int], int, int]:
    """The messages of a folder that are dated before a time and not starred, newest first; what
    they take in bytes, and how many starred ones are as old."""
    sql = (
        "SELECT id, size, flagged FROM messages WHERE folder_id = ? AND date < ?"
        " ORDER BY date DESC, id DESC"
    )
    rows = database.rows(sql, (folder_id, to_seconds(before)))
    gone = [(id, size) for id, size, flagged in rows if not flagged]
    ids = array("q", (id for id, _ in gone))
    return ids, sum(size for _, size in gone), len(rows) - len(gone)
