"""The queue of what is to be sent: each step is durable before it is taken.

Each recipient has a state of its own. Who waits (QUEUED, DEFERRED) is tried; SENT, FAILED and
UNCERTAIN are ends. What was cut past the final dot is uncertain and never sent again by itself; an
end is left only by the user, or by proof of what has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from mailclient.errors import BadInput
from mailclient.store.database import Database
from mailclient.store.outbox_bytes import DRAFT, RAW, SENT, further
from mailclient.store.outbox_rows import (
    WAITING,
    Answer,
    NewCopy,
    NewOut,
    OutItem,
    OutRecipient,
    OutState,
)
from mailclient.store.outbox_steps import OutboxSteps
from mailclient.store.outbox_table import OutboxTable
from mailclient.store.rows import storable
from mailclient.store.times import to_seconds

__all__ = ["Answer", "NewCopy", "NewOut", "OutItem", "OutRecipient", "OutState", "Outbox"]


class Outbox(OutboxTable):
    """What goes into the queue, and what the user decides about it; `steps` are those of a try."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__(database, clock)
        self.steps = OutboxSteps(self)

    def queue(self, new: NewOut) -> int:
        """Put a message into the queue; returns its id."""
        later = None if new.later is None else to_seconds(new.later)
        columns: dict[str, str | int | None] = {
            "account_id": new.account_id,
            "message_id": new.message_id,
            "subject": storable(new.subject),
            "sender": new.sender,
            "state": OutState.QUEUED.value,
            "created": to_seconds(new.created),
            "not_before": to_seconds(new.not_before),
            "later": later,
            "since": to_seconds(new.created) if later is None else later,
            "encryption": new.encryption,
            "signature": new.signature,
            "key": new.key,
            "content": new.content,
            "reports": int(new.reports),
        }
        marks = ", ".join("?" * len(columns))
        with self.database.write():
            id = self.database.run(
                f"INSERT INTO outbox ({', '.join(columns)}) VALUES ({marks})",
                tuple(columns.values()),
            )
            draft = self.bytes.keep(id, DRAFT, new.draft)
            self.database.run(
                "INSERT INTO outbox_bytes (outbox_id, raw, sent_copy, draft)"
                " VALUES (?, x'', x'', ?)",
                (id, draft),
            )
            self._put(id, new.copies, new.sent_copy)
            people = [(who, copy) for copy, one in enumerate(new.copies) for who in one.recipients]
            self.database.run_many(
                "INSERT INTO outbox_recipients (outbox_id, position, address, copy, state)"
                " VALUES (?, ?, ?, ?, 'queued')",
                [(id, at, who, copy) for at, (who, copy) in enumerate(people)],
            )
        return id

    def _put(self, id: int, copies: Sequence[NewCopy], sent_copy: bytes) -> None:
        """Keep what goes out, and of the copy for Sent what it has in front of that."""
        raw = copies[0].raw
        ends_so = sent_copy.endswith(raw)
        head = sent_copy[: len(sent_copy) - len(raw)] if ends_so else None
        self.database.run(
            "UPDATE outbox_bytes SET raw = ?, sent_copy = ?, sent_head = ? WHERE outbox_id = ?",
            (
                self.bytes.keep(id, RAW, raw),
                self.bytes.keep(id, SENT, b"" if ends_so else sent_copy),
                head,
                id,
            ),
        )
        self.database.run_many(
            "INSERT OR REPLACE INTO outbox_copies (outbox_id, copy, raw) VALUES (?, ?, ?)",
            [
                (id, copy, self.bytes.keep(id, further(copy), one.raw))
                for copy, one in enumerate(copies)
                if copy
            ],
        )

    def renew(self, id: int, copies: Sequence[NewCopy], sent_copy: bytes) -> None:
        """Put other bytes in the place of those that nobody has seen yet; raises BadInput once it
        was tried, or NotFound."""
        with self.database.write():
            if self.get(id).tried:
                raise BadInput("The message was on its way already; it stays as it is.")
            self._put(id, copies, sent_copy)

    def postpone(self, id: int, later: datetime) -> None:
        """Keep it until a time; raises BadInput if it does not wait, or NotFound."""
        with self.database.write():
            if self.get(id).state not in WAITING:
                raise BadInput("The message does not wait to be sent any more.")
            now = to_seconds(self.clock())
            when = to_seconds(later)
            self.set(id, later=when, ahead=0, since=when, not_before=now)

    def retry(self, id: int, *, doubtful: bool = False) -> None:
        """Have it tried at once for those who wait, were refused, or (`doubtful`) may have got it
        already. Raises BadInput if there are none, or NotFound."""
        states = [*WAITING, OutState.FAILED, *([OutState.UNCERTAIN] if doubtful else [])]
        with self.database.write():
            _may_be_tried(self.get(id), states)
            marks = ", ".join("?" * len(states))
            self.database.run(
                "UPDATE outbox_recipients SET state = 'queued', code = 0, reason = '', reply = ''"
                f" WHERE outbox_id = ? AND state IN ({marks})",
                (id, *(one.value for one in states)),
            )
            now = to_seconds(self.clock())
            self.set(id, not_before=now, later=None, ahead=0, since=now, needs_user=0, problem="")
            self.stand(id)

    def settle(self, id: int, answers: Sequence[Answer]) -> bool:
        """Note what has become of recipients of whom nobody knew; says whether there were such."""
        with self.database.write():
            doubtful = {one.address for one in self.get(id).those(OutState.UNCERTAIN)}
            known = [one for one in answers if one.address in doubtful]
            if known:
                self.steps.answered(id, known)
        return bool(known)

    def go_on(self, id: int) -> None:
        """Its waiting is counted from now on; raises NotFound."""
        self.set(self.get(id).id, since=to_seconds(self.clock()))

    def remove(self, id: int) -> None:
        """Take a message out; raises BadInput once it is on its way or was sent, or NotFound."""
        with self.database.write():
            if self.get(id).state in (OutState.SENDING, OutState.SENT):
                raise BadInput("The message is on its way already and cannot be held back.")
            self.database.run("DELETE FROM outbox WHERE id = ?", (id,))


def _may_be_tried(item: OutItem, states: Sequence[OutState]) -> None:
    if item.state is OutState.SENDING:
        raise BadInput("The message is on its way already.")
    if not item.those(*states):
        if item.those(OutState.UNCERTAIN):
            raise BadInput(
                "It is not known whether this message has arrived; sent again it may come twice.",
                "Ask whether it is there. If it is, settle it; if not, say that it may come twice.",
            )
        raise BadInput("Everyone has got this message.")
