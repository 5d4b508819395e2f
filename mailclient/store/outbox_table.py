"""Reading the queue, and the few changes that all of its steps are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from mailclient.errors import NotFound
from mailclient.message.source import Source, pieces
from mailclient.store.bodies import CHUNK
from mailclient.store.database import Database
from mailclient.store.outbox_bytes import DRAFT, RAW, SENT, OutboxBytes, further
from mailclient.store.outbox_rows import OutItem, OutRecipient, OutState, together
from mailclient.store.rows import storable
from mailclient.store.times import from_seconds, to_seconds

LONGEST_PAUSE = timedelta(hours=1)
_COLUMNS = (
    "id, account_id, message_id, subject, sender, attempts, misses, needs_user, not_before, later,"
    " ahead, since, created, encryption, signature, state, problem, key, content,"
    " reports"
)
_WAITING = "state IN ('queued', 'deferred')"
# A message that its author keeps for a time goes by the clock as it was then: `ahead` is by how
# much it was set forward since. What is late by more than a day is not sent unasked.
MUCH_TOO_LATE = timedelta(days=1)
_TIME = "later + max(ahead, 0)"
_NOT_TOO_LATE = (
    f"(attempts > 0 OR misses > 0 OR {_TIME} > ?2 - {int(MUCH_TOO_LATE.total_seconds())})"
)
_RIPE = f"(later IS NULL OR {_TIME} <= ?2 AND {_NOT_TOO_LATE})"
# Further ahead than any pause: the clock was set back.
_DUE = f"{_WAITING} AND {_RIPE} AND needs_user = 0 AND (not_before <= ?2 OR not_before > ?2 + ?3)"


class OutboxTable:
    """The tables of what is to be sent."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self.bytes = OutboxBytes(database)

    # Reading

    def all(self) -> tuple[OutItem, ...]:
        """Everything, oldest first; what was sent stays for a month."""
        return self._find("TRUE")

    def unsent(self) -> tuple[OutItem, ...]:
        """Those that not everyone has got, oldest first."""
        return self._find("state <> 'sent'")

    def due(self, account_id: int, now: datetime | None) -> tuple[OutItem, ...]:
        """What waits and may be sent now; with None all that waits, but for what its author keeps
        for a time of his own."""
        if now is None:
            which = f"account_id = ?1 AND {_WAITING} AND {_RIPE}"
            return self._find(which, account_id, to_seconds(self.clock()))
        longest = int(LONGEST_PAUSE.total_seconds())
        return self._find(f"account_id = ?1 AND {_DUE}", account_id, to_seconds(now), longest)

    def next_time(self) -> datetime | None:
        """When the next of those is due that wait by themselves."""
        row = self.database.row(
            f"SELECT min(max(not_before, coalesce({_TIME}, not_before))) FROM outbox"
            f" WHERE {_WAITING} AND needs_user = 0 AND (later IS NULL OR {_NOT_TOO_LATE})",
            (None, to_seconds(self.clock())),
        )
        return None if row is None or row[0] is None else from_seconds(row[0])

    def planned(self) -> tuple[OutItem, ...]:
        """What waits and is kept for a time, oldest first."""
        return self._find(f"{_WAITING} AND later IS NOT NULL")

    def get(self, id: int) -> OutItem:
        """One message; raises NotFound."""
        found = self._find("id = ?1", id)
        if not found:
            raise gone()
        return found[0]

    def by_key(self, key: str) -> OutItem | None:
        """The message that a draft has become."""
        return next(iter(self._find("key = ?1", key)), None) if key else None

    def by_message_id(self, message_id: str) -> tuple[OutItem, ...]:
        """The messages of that name."""
        return self._find("message_id = ?1", message_id)

    def uncertain(self) -> tuple[OutItem, ...]:
        """The messages of which nobody knows whether somebody has got them."""
        return self._find(
            "id IN (SELECT outbox_id FROM outbox_recipients WHERE state = 'uncertain')"
        )

    def raw(self, id: int, copy: int = 0) -> Source:
        """The bytes that go out; raises NotFound, StoreDamaged."""
        if copy == 0:
            column = self._bytes("SELECT raw FROM outbox_bytes WHERE outbox_id = ?", id)
            return self.bytes.open(id, RAW, column)
        sql = "SELECT raw FROM outbox_copies WHERE outbox_id = ? AND copy = ?"
        return self.bytes.open(id, further(copy), self._bytes(sql, id, copy))

    def to_send(self, id: int, copy: int = 0) -> Source:
        """The bytes that go out now; raises StoreDamaged where they are not here as a whole."""
        found = self.raw(id, copy)
        return found if len(found) else self.bytes.lost()

    def sent_copy(self, id: int) -> Iterator[bytes]:
        """The copy for Sent, piece by piece; none where it is there already.

        Mostly it is what goes out, with the line in front that names those in Bcc.
        """
        row = self.database.row(
            "SELECT sent_copy, sent_head, raw FROM outbox_bytes WHERE outbox_id = ?", (id,)
        )
        if row is None:
            raise gone()
        own, head, raw = row
        whole = self.bytes.open(id, *((SENT, own) if head is None else (RAW, raw)))
        yield head or b""
        yield from pieces(whole, 0, len(whole), CHUNK)

    def draft(self, id: int) -> bytes:
        """What it is reopened from; empty once everyone has it."""
        column = self._bytes("SELECT draft FROM outbox_bytes WHERE outbox_id = ?", id)
        found = self.bytes.open(id, DRAFT, column)
        return found[: len(found)]

    # Changing

    def set(self, id: int, **columns: str | int | None) -> None:
        """Change columns of one message."""
        marks = ", ".join(f"{name} = ?" for name in columns)
        self.database.run(f"UPDATE outbox SET {marks} WHERE id = ?", (*columns.values(), id))

    def say(self, id: int, why: str) -> None:
        """Note in words how it stands."""
        self.set(id, problem=storable(why))

    def stand(self, id: int) -> None:
        """Let the message stand as its recipients do; what everyone has is not kept any more."""
        state = together(one.state for one in self.get(id).recipients)
        self.set(id, state=state.value)
        if state is OutState.SENT:
            self.say(id, "")
            self.database.run("DELETE FROM outbox_copies WHERE outbox_id = ?", (id,))
            self.database.run(
                "UPDATE outbox_bytes SET raw = x'', draft = x'' WHERE outbox_id = ?", (id,)
            )
            self.bytes.drop(id)

    # Inside

    def _bytes(self, sql: str, *values: int) -> bytes:
        row = self.database.row(sql, values)
        if row is None:
            raise gone()
        found: bytes = row[0]
        return found

    def _find(self, which: str, *values: str | int) -> tuple[OutItem, ...]:
        return tuple(
            self._item(row)
            for row in self.database.rows(
                f"SELECT {_COLUMNS} FROM outbox WHERE {which} ORDER BY id", values
            )
        )

    def _item(self, row: tuple[Any, ...]) -> OutItem:
        found = dict(zip(_COLUMNS.replace(" ", "").split(","), row, strict=True))
        recipients = self.database.rows(
            "SELECT address, state, code, reason, reply, copy FROM outbox_recipients"
            " WHERE outbox_id = ? ORDER BY position",
            (found["id"],),
        )
        later = found["later"]
        return OutItem(
            **{
                **found,
                "recipients": tuple(
                    OutRecipient(address, OutState(state), code, reason, reply, copy)
                    for address, state, code, reason, reply, copy in recipients
                ),
                "needs_user": bool(found["needs_user"]),
                "reports": bool(found["reports"]),
                "not_before": from_seconds(found["not_before"]),
                "later": None if later is None else from_seconds(later),
                "ahead": timedelta(seconds=found["ahead"]),
                "since": from_seconds(found["since"]),
                "created": from_seconds(found["created"]),
                "state": OutState(found["state"]),
            }
        )


def gone() -> NotFound:
    """What there is no more to be done with."""
    return NotFound("This message is not waiting in the outbox any more.")
