"""Conversations: which messages belong together, kept as they come, in whatever order they come.

Two messages belong together if one names the other, or both name a third (RFC 5256 section 3):
each name is a mark, and a conversation is what marks join. An answer without References may be
joined by its subject. What was joined stays joined when the message between is deleted; a
conversation ends with its last message, and its marks with it.

In each folder the newest message of a conversation is its head (`latest`, kept by triggers): a
list of conversations is the list of heads, one scan of an index. A message whose place was not
looked for yet (thread 0) is a head by itself.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.message.thread import base_subject, references
from mailclient.settings import THREADS_BY_SUBJECT, Setting
from mailclient.store.database import Database, Durability
from mailclient.store.rows import read_people
from mailclient.store.settings import Settings
from mailclient.store.times import from_seconds

AT_ONCE = 200  # messages that `unplaced` gives at a time
SUBJECT_SPAN = int(timedelta(days=30).total_seconds())
FORGOTTEN_AT_ONCE = 2000
_UNTIL = Setting(
    "conversations.until", 0, "Up to this message conversations are being looked for again."
)
WRITERS = 20  # of so many newest messages of a conversation the writers are named

_HEADS = (
    "SELECT id, thread, date FROM messages INDEXED BY messages_heads"
    " WHERE folder_id = ? AND latest = 1"
)
_IN = "(SELECT value FROM json_each(?))"
# A copy in Sent of what is in the folder itself, as a list sends it back, does not count again.
_STATES = f"""
WITH shown (folder) AS (SELECT value FROM json_each(?)),
     beside (folder) AS (SELECT value FROM json_each(?))
SELECT head.id, head.thread, count(*), sum(one.unread), max(one.flagged), max(one.date),
    json_group_array(DISTINCT one.state),
    (SELECT json_group_array(json(from_)) FROM (
        SELECT from_ FROM messages AS written
        WHERE written.thread = head.thread AND written.thread <> 0 AND (
            written.folder_id IN shown OR written.folder_id IN beside)
        ORDER BY written.date DESC LIMIT {WRITERS}))
FROM messages AS head CROSS JOIN messages AS one ON one.thread = head.thread
WHERE head.id IN {_IN} AND head.thread <> 0 AND one.thread <> 0 AND (
    one.folder_id IN shown
    OR one.folder_id IN beside AND NOT EXISTS (
        SELECT 1 FROM messages AS twin WHERE twin.message_id = one.message_id
        AND twin.message_id <> '' AND twin.folder_id IN shown))
GROUP BY head.id
"""
_MEMBERS = f"""
WITH shown (folder) AS (SELECT value FROM json_each(?)),
     beside (folder) AS (SELECT value FROM json_each(?))
SELECT one.id FROM messages AS one
WHERE one.thread IN (SELECT thread FROM messages WHERE id IN {_IN} AND thread <> 0)
AND one.thread <> 0 AND (
    one.folder_id IN shown
    OR one.folder_id IN beside AND NOT EXISTS (
        SELECT 1 FROM messages AS twin WHERE twin.message_id = one.message_id
        AND twin.message_id <> '' AND twin.folder_id IN shown))
ORDER BY one.date DESC, one.id DESC
"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a list shows of a conversation: `head` is its newest message there, `people` are who
    wrote it, the newest first, each once, `states` those of protection that its messages have."""

    head: int
    thread: int
    count: int
    unread: int
    flagged: bool
    newest: datetime
    people: tuple[Address, ...]
    states: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """The number of a message's conversation, the mark of its subject without prefixes (0: of no
    account), and whether it is an answer that names nothing."""

    thread: int
    base: int
    orphan: bool


class ThreadTable:
    """The conversations of all messages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settings = Settings(database)

    # Coming in

    def place(self, id: int, seen: Envelope, date: int) -> None:
        """Find the conversation of a message that has none, and keep that."""
        found = self.find(id, seen, date, placed=False, by_subject=self.by_subject)
        self._database.run(
            "UPDATE messages SET thread = ?, base = ?, orphan = ? WHERE id = ?",
            (found.thread, found.base, int(found.orphan), id),
        )

    @property
    def by_subject(self) -> bool:
        """Whether an answer that names nothing is joined by its subject."""
        return self._settings.get(THREADS_BY_SUBJECT)

    def find(self, id: int, seen: Envelope, date: int, *, placed: bool, by_subject: bool) -> Place:
        """The conversation of a message, which may join several; in the transaction around.

        Finding it again where it was `placed`, with what was protected inside it say, only adds to
        what it joins. Whoever asks keeps it with the message.
        """
        named = references(seen)
        names = [_mark(one) for one in (seen.message_id, *named) if one]
        joined = {self.thread_of(id)} if placed else set()
        if names:
            sql = f"SELECT DISTINCT thread FROM thread_ids WHERE mark IN {_IN}"
            joined |= {found[0] for found in self._database.rows(sql, (_list(names),))}
        base, orphan = 0, False
        if by_subject:
            said = base_subject(seen.subject)
            base = _mark(f"subject {said.text}") if said.text else 0
            orphan = said.answer and not named
            joined |= self._same_subject(base, orphan=orphan, date=date)
        thread = self._join(joined - {0}) or id
        self._database.run_many(
            "INSERT OR IGNORE INTO thread_ids (mark, thread) VALUES (?, ?)",
            ((name, thread) for name in names),
        )
        return Place(thread, base, orphan)

    def _same_subject(self, base: int, *, orphan: bool, date: int) -> set[int]:
        """The conversations with this subject about this time: for an answer without References
        all of them, else those that such answers began."""
        found: set[int] = set()
        for kind in (0, 1) if orphan else (1,):
            rows = self._database.rows(
                "SELECT DISTINCT thread FROM messages WHERE base = ? AND base <> 0 AND orphan = ?"
                " AND date BETWEEN ? AND ?",
                (base, kind, date - SUBJECT_SPAN, date + SUBJECT_SPAN),
            )
            found |= {row[0] for row in rows}
        return found

    def _join(self, threads: set[int]) -> int:
        """Make one conversation of several, into the largest of them; 0 of none."""
        if len(threads) < 2:
            return next(iter(threads), 0)
        sizes = {one: self._size(one) for one in threads}
        largest = max(sorted(threads), key=lambda one: sizes[one])
        others = json.dumps(sorted(threads - {largest}))
        for table, where in (("messages", " AND thread <> 0"), ("thread_ids", "")):
            self._database.run(
                f"UPDATE {table} SET thread = ? WHERE thread IN {_IN}{where}", (largest, others)
            )
        return largest

    def _size(self, thread: int) -> int:
        row = self._database.row(
            "SELECT count(*) FROM messages WHERE thread = ? AND thread <> 0", (thread,)
        )
        return int(row[0]) if row else 0

    # Anew

    def unplaced(self) -> tuple[int, ...]:
        """Messages that were understood before their conversation was looked for, some at a
        time."""
        rows = self._database.rows(
            "SELECT id FROM messages WHERE thread = 0 AND processing <> 'new' ORDER BY id LIMIT ?",
            (AT_ONCE,),
        )
        return tuple(row[0] for row in rows)

    def forget(self) -> bool:
        """Have the conversation of every message looked for again, some messages at a time; returns
        whether there are more. A kill between two times is gone on from by the next call."""
        with self._database.write(Durability.REBUILDABLE):
            if not self._settings.get(_UNTIL):
                row = self._database.row("SELECT coalesce(max(id), 0) FROM messages")
                self._database.run("DELETE FROM thread_ids")
                self._settings.set(_UNTIL, int(row[0]) if row else 0)
            last = self._settings.get(_UNTIL)
            sql = "SELECT id FROM messages WHERE thread <> 0 AND id <= ? LIMIT ?"
            rows = self._database.rows(sql, (last, FORGOTTEN_AT_ONCE))
            self._database.run(
                f"UPDATE messages SET thread = 0 WHERE id IN {_IN}",
                (_list(row[0] for row in rows),),
            )
            if len(rows) < FORGOTTEN_AT_ONCE:
                self._settings.set(_UNTIL, 0)
            return len(rows) == FORGOTTEN_AT_ONCE

    @property
    def half_forgotten(self) -> bool:
        """Whether `forget` was begun and has not come to its end."""
        return bool(self._settings.get(_UNTIL))

    # Reading

    def heads(self, folders: Sequence[int], limit: int = -1) -> array[int]:
        """The newest message of each conversation in these folders, newest first; of the newest
        `limit` of them where that is given."""
        if not folders:
            return array("q")
        sql = f"{' UNION ALL '.join([_HEADS] * len(folders))} ORDER BY date DESC, id DESC LIMIT ?"
        values = (*folders, limit)
        with self._database.read() as connection:
            if len(folders) == 1:  # no column more is read than is wanted
                one = sql.replace("id, thread, date", "id", 1)
                return array("q", (row[0] for row in connection.execute(one, values)))
            rows = connection.execute(sql, values)
            return array("q", _first_each((id, thread) for id, thread, _ in rows))

    def first_each(self, ids: Sequence[int]) -> array[int]:
        """Of these messages the first of each conversation, in their order."""
        sql = f"SELECT id, thread FROM messages WHERE id IN {_IN}"
        threads = dict(self._database.rows(sql, (json.dumps(list(ids)),)))
        return array("q", _first_each((id, threads.get(id, 0)) for id in ids))

    def states(
        self, heads: Sequence[int], folders: Sequence[int], beside: Sequence[int] = ()
    ) -> dict[int, Conversation]:
        """How the conversations of some messages stand, by message, in one question: counted is
        what lies in `folders`, and `beside` them."""
        rows = self._database.rows(
            _STATES, (_list(folders), _list(set(beside) - set(folders)), _list(heads))
        )
        return {
            row[0]: Conversation(
                head=row[0],
                thread=row[1],
                count=row[2],
                unread=row[3],
                flagged=bool(row[4]),
                newest=from_seconds(row[5]),
                people=_writers(row[7]),
                states=frozenset(json.loads(row[6])),
            )
            for row in rows
        }

    def members(
        self, ids: Sequence[int], folders: Sequence[int], beside: Sequence[int] = ()
    ) -> array[int]:
        """All messages of the conversations of some messages, newest first, in these folders."""
        with self._database.read() as connection:
            return array(
                "q",
                (
                    row[0]
                    for row in connection.execute(
                        _MEMBERS,
                        (_list(folders), _list(set(beside) - set(folders)), _list(ids)),
                    )
                ),
            )

    def thread_of(self, id: int) -> int:
        """The number of the conversation of a message; 0 if that is not known yet."""
        row = self._database.row("SELECT thread FROM messages WHERE id = ?", (id,))
        return int(row[0]) if row else 0


def _first_each(rows: Iterable[tuple[int, int]]) -> Iterator[int]:
    seen: set[int] = set()
    for id, thread in rows:
        if thread not in seen:
            yield id
            if thread:
                seen.add(thread)


def _writers(column: str) -> tuple[Address, ...]:
    """Who wrote, each once, from a list of columns of people."""
    found: dict[str, Address] = {}
    for people in json.loads(column):
        for one in read_people(json.dumps(people))[:1]:
            found.setdefault(one.key, one)
    return tuple(found.values())


def _mark(name: str) -> int:
    """A name as a number that an index holds in little room."""
    digest = sha256(name.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _list(ids: Iterable[int]) -> str:
    return json.dumps(list(ids))
