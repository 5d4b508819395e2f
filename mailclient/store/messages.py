"""Messages: where they lie, what a list shows, what was found out. Their bytes are in `bodies`.

A message is visible from the commit of its bytes on, with what its header says; understanding it
adds the rest. What was found out may be lost with the power and is then found out again: only the
bytes, the place and the flags cannot be made anew, and those are written with FULL durability.
"""

from __future__ import annotations

import json
import logging
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mailclient.errors import NotFound
from mailclient.message.address import normalise
from mailclient.message.envelope import Envelope
from mailclient.message.tree import parse
from mailclient.store.bodies import BodyTable, Spool, mark
from mailclient.store.database import Database, Durability
from mailclient.store.people import PeopleTable
from mailclient.store.rows import (
    COLUMNS,
    MessageRow,
    Processed,
    Processing,
    read_row,
    storable,
    write_people,
)
from mailclient.store.search import SearchIndex, Words
from mailclient.store.tags import TagTable
from mailclient.store.threads import Place, ThreadTable
from mailclient.store.times import from_seconds, to_seconds

__all__ = ["MessageRow", "MessageTable", "Processed", "Processing"]

log = logging.getLogger(__name__)

AT_ONCE = 500  # ids that `pending` gives at a time
AHEAD = timedelta(days=1)  # a date further ahead than this of its arrival is not believed
_IN_WORK = "processing <> 'ready'"  # says to the engine that the small index will do
_HERE = "id IN (SELECT value FROM json_each(?))"
_ADD = (
    "INSERT INTO messages (account_id, folder_id, body_id, date, received, size, unread,"
    " processing, whole_size, sender, message_id, subject, from_, to_)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_BEFORE = (
    "SELECT messages.id, received, thread <> 0, role, understood.message_row IS NOT NULL"
    " FROM messages JOIN folders ON folders.id = folder_id"
    " LEFT JOIN understood ON understood.message_row = messages.id"
    " WHERE messages.id IN (SELECT value FROM json_each(?)) ORDER BY messages.id"
)
_FOUND_OUT = (
    "UPDATE messages SET date = ?, snippet = ?, attachments = ?, processing = ?, state = ?,"
    " encryption = ?, signature = ?, sender = ?, message_id = ?, subject = ?, from_ = ?, to_ = ?,"
    " thread = ?, base = ?, orphan = ? WHERE id = ?"
)


class MessageTable:
    """The tables of messages and of what was found out about them."""

    def __init__(
        self,
        database: Database,
        bodies: BodyTable,
        index: SearchIndex,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._bodies = bodies
        self._index = index
        self.people = PeopleTable(database)
        self.tags = TagTable(database)
        self.threads = ThreadTable(database)
        self._clock = clock

    # Coming in

    def store_raw(
        self,
        account_id: int,
        folder_id: int,
        raw: bytes | Spool,
        *,
        unread: bool,
        received: datetime,
        whole_size: int = 0,
    ) -> int:
        """Keep a message that is still to be understood; returns its id.

        Where `raw` is only its head, `whole_size` is what all of it has, in bytes.
        """
        if isinstance(raw, Spool):
            spool = raw
        else:
            spool = self._bodies.spool(len(raw))
            spool.write(raw)
        seen = _head(spool.head)
        with self._database.write(alone=False):
            return self._database.run(
                _ADD,
                (
                    account_id,
                    folder_id,
                    spool.finish(),
                    _sorted_by(seen.date, to_seconds(received)),
                    to_seconds(received),
                    spool.size,
                    int(unread),
                    Processing.NEW.value,
                    whole_size,
                    *_shown(seen),
                ),
            )

    def complete(self, id: int, spool: Spool) -> None:
        """Put the whole of a message in the place of its head; raises NotFound."""
        with self._database.write():
            row = self._database.row("SELECT body_id FROM messages WHERE id = ?", (id,))
            if row is None:
                raise NotFound(f"There is no message {id}.", "It may have been deleted.")
            self._database.run(
                "UPDATE messages SET body_id = ?, size = ?, whole_size = 0, processing = ?"
                " WHERE id = ?",
                (spool.finish(), spool.size, Processing.NEW.value, id),
            )
            self._database.run("DELETE FROM bodies WHERE id = ?", (row[0],))

    def processed(self, every: Mapping[int, Processed]) -> None:
        """Keep what was found out about messages, with the index, in one transaction; nothing is
        done for one that was deleted meanwhile."""
        with self._database.write(Durability.REBUILDABLE):
            rows = self._database.rows(_BEFORE, (_list(every),))
            by_subject = self.threads.by_subject
            words = []
            for id, received, placed, role, again in rows:
                found = every[id]
                seen = found.envelope or _head(next(self._bodies.chunks(id), b""))
                date = _sorted_by(seen.date, received)
                place = self.threads.find(id, seen, date, placed=placed, by_subject=by_subject)
                self._write(id, found, seen, date, place)
                if not again:
                    self.people.met(seen, role, date)
                words.append(Words(id, seen, found.text, found.attachments))
            self._index.put(words)

    def _write(self, id: int, found: Processed, seen: Envelope, date: int, place: Place) -> None:
        self._database.run(
            _FOUND_OUT,
            (
                date,
                storable(found.snippet),
                len(found.attachments),
                found.processing.value,
                found.state,
                found.encryption,
                found.signature,
                *_shown(seen),
                place.thread,
                place.base,
                int(place.orphan),
                id,
            ),
        )
        self._database.run(
            "INSERT OR REPLACE INTO understood (message_row, checked, verdict, problems, opened)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                id,
                to_seconds(self._clock()),
                storable(found.verdict),
                json.dumps(found.problems),
                found.opened,
            ),
        )
        if found.files:
            self._database.run("INSERT OR IGNORE INTO to_index (message_row) VALUES (?)", (id,))

    def pending(self) -> tuple[int, ...]:
        """Messages that are still to be understood, oldest first, some at a time."""
        return self._ids(f"processing = 'new' AND {_IN_WORK} ORDER BY id LIMIT ?", (AT_ONCE,))

    def waiting(self) -> tuple[int, ...]:
        """Messages that wait for a key."""
        return self._ids(f"processing = 'waiting' AND {_IN_WORK} ORDER BY id")

    def reprocess(self, ids: Sequence[int]) -> None:
        """Have messages understood anew."""
        self._change("UPDATE messages SET processing = 'new'", ids)

    # Reading

    def get(self, id: int) -> MessageRow:
        """One row; raises NotFound."""
        found = self.page([id])
        if not found:
            raise NotFound(f"There is no message {id}.", "It may have been deleted.")
        return found[0]

    def page(self, ids: Sequence[int]) -> tuple[MessageRow, ...]:
        """The rows of these messages in this order; those that are gone are left out."""
        found = {
            row[0]: read_row(row)
            for row in self._database.rows(
                f"SELECT {COLUMNS} FROM messages WHERE {_HERE}", (_list(ids),)
            )
        }
        return tuple(found[id] for id in ids if id in found)

    def folders_of(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The folders that these messages lie in."""
        sql = f"SELECT DISTINCT folder_id FROM messages WHERE {_HERE}"
        return tuple(row[0] for row in self._database.rows(sql, (_list(ids),)))

    def ids_in(self, folder_ids: Sequence[int], limit: int = -1) -> array[int]:
        """The messages in these folders, newest first, at most `limit` where that is given; one
        scan of the index, no row is read."""
        marks = ", ".join("?" * len(folder_ids))
        where = f"folder_id IN ({marks})" if len(folder_ids) != 1 else "folder_id = ?"
        sql = f"SELECT id FROM messages WHERE {where} ORDER BY date DESC, id DESC LIMIT ?"
        with self._database.read() as connection:
            return array("q", (row[0] for row in connection.execute(sql, (*folder_ids, limit))))

    def by_message_id(self, message_id: str) -> tuple[int, ...]:
        """The messages with this Message-ID, oldest first."""
        return self._ids("message_id = ? AND message_id <> '' ORDER BY id", (message_id,))

    def by_hash(self, account_id: int, sha256: bytes) -> int | None:
        """The message of an account that has exactly these bytes."""
        row = self._database.row(  # CROSS and +: else each message of the account is looked at
            "SELECT messages.id FROM bodies CROSS JOIN messages ON body_id = bodies.id"
            " WHERE mark = ? AND sha256 = ? AND +account_id = ? LIMIT 1",
            (mark(sha256), sha256, account_id),
        )
        return None if row is None else int(row[0])

    def signed_by(self, addresses: Sequence[str]) -> tuple[int, ...]:
        """The messages of these senders that carry a signature, good or not."""
        return self._ids(
            "sender IN (SELECT value FROM json_each(?)) AND signature <> 'none' ORDER BY id",
            (json.dumps([normalise(one) for one in addresses]),),
        )

    def has_signed(self, address: str) -> bool:
        """Whether a message of this sender with a good signature is here."""
        where = "sender = ? AND signature = 'good' AND signature <> 'none' LIMIT 1"
        return bool(self._ids(where, (storable(normalise(address)),)))

    def verdict(self, id: int) -> str:
        """The verdict as JSON; raises NotFound."""
        return str(_understood(self._database, id, "verdict"))

    def opened(self, id: int) -> bytes | None:
        """What was decrypted, where that is kept."""
        row = self._database.row("SELECT opened FROM understood WHERE message_row = ?", (id,))
        found: bytes | None = None if row is None else row[0]
        return found

    def problems(self, id: int) -> tuple[str, ...]:
        """What was tolerated when the message was understood; raises NotFound."""
        return tuple(json.loads(_understood(self._database, id, "problems")))

    def checked(self, id: int) -> datetime:
        """When the verdict was reached; raises NotFound."""
        return from_seconds(_understood(self._database, id, "checked"))

    # Changing

    def set_flags(
        self,
        ids: Sequence[int],
        *,
        unread: bool | None = None,
        flagged: bool | None = None,
        answered: bool | None = None,
        forwarded: bool | None = None,
    ) -> None:
        """Set the flags that are given."""
        flags = {
            "unread": unread,
            "flagged": flagged,
            "answered": answered,
            "forwarded": forwarded,
        }
        changes = [f"{name} = {int(on)}" for name, on in flags.items() if on is not None]
        if changes:
            self._change(f"UPDATE messages SET {', '.join(changes)}", ids)

    def move(self, ids: Sequence[int], folder_id: int) -> None:
        """Put messages into a folder; its account becomes theirs. Raises NotFound."""
        row = self._database.row("SELECT account_id FROM folders WHERE id = ?", (folder_id,))
        if row is None:
            raise NotFound("This folder is not there any more.")
        self._change(
            "UPDATE messages SET folder_id = ?, account_id = ?", ids, (folder_id, int(row[0]))
        )

    def delete(self, ids: Sequence[int]) -> None:
        """Delete messages for good, with their bytes and all that was found out."""
        self._change("DELETE FROM messages", ids)

    def _change(self, sql: str, ids: Sequence[int], values: tuple[int, ...] = ()) -> None:
        self._database.run(f"{sql} WHERE {_HERE}", (*values, _list(ids)))

    def _ids(self, where: str, values: tuple[str | int, ...] = ()) -> tuple[int, ...]:
        rows = self._database.rows(f"SELECT id FROM messages WHERE {where}", values)
        return tuple(row[0] for row in rows)


def _understood(database: Database, id: int, column: str) -> Any:
    row = database.row(f"SELECT {column} FROM understood WHERE message_row = ?", (id,))
    if row is None:
        raise NotFound(f"Message {id} has not been looked at yet.", "Try again in a moment.")
    return row[0]


def _list(ids: Iterable[int]) -> str:
    return json.dumps(list(ids))


def _head(head: bytes) -> Envelope:
    """The envelope in a header; a header too strange to be read never keeps a message out."""
    try:
        return parse(head).envelope
    except (ValueError, LookupError, TypeError, RecursionError):
        log.exception("A header could not be read")
        return Envelope()


def _shown(seen: Envelope) -> tuple[str, str, str, str, str]:
    """Columns: who sent it, its Message-ID, its subject, from and to whom it is."""
    return (
        storable(seen.from_[0].key) if seen.from_ else "",
        storable(seen.message_id),
        storable(seen.subject),
        write_people(seen.from_),
        write_people((*seen.to, *seen.cc)),
    )


def _sorted_by(date: datetime | None, received: int) -> int:
    """The time that a message is sorted by: its own, unless it lies in the future."""
    if date is None:
        return received
    seconds = to_seconds(date)
    return seconds if seconds <= received + AHEAD.total_seconds() else received
