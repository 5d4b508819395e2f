"""The queue of what is to be sent: each step is durable before it is taken.

QUEUED and DEFERRED wait, SENDING is on its way, SENT, FAILED and UNCERTAIN are ends. What was cut
past the final dot is uncertain and never sent again by itself; an end is left only by `retry`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from mailclient.errors import BadInput, NotFound
from mailclient.store.database import Database
from mailclient.store.rows import storable
from mailclient.store.times import from_seconds, to_seconds

KEEP_SENT = timedelta(days=30)
PAUSE = timedelta(minutes=15)  # before a recipient that was put off is tried again
_CUT = {
    "DOT_PENDING": "The program was stopped while the server was about to confirm this message.",
    "DONE": "The program was stopped just after the server had taken this message.",
}


class OutState(Enum):
    """How far a message, or one of its recipients, is."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    SENT = "sent"


WAITING = (OutState.QUEUED, OutState.DEFERRED)


@dataclass(frozen=True, slots=True)
class NewOut:
    """A message for the queue; `sent_copy` is what goes to Sent, empty for a further copy."""

    account_id: int
    message_id: str
    subject: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    sent_copy: bytes
    encryption: str
    signature: str
    created: datetime
    not_before: datetime

    def __post_init__(self) -> None:
        if not self.recipients:
            raise BadInput("The message has no recipient.", "Say who it goes to.")


@dataclass(frozen=True, slots=True)
class OutRecipient:
    """One recipient, with the server's last reply about it."""

    address: str
    state: OutState
    code: int = 0
    reason: str = ""

    @property
    def waiting(self) -> bool:
        """Whether the message is still to be sent to this recipient."""
        return self.state in WAITING


@dataclass(frozen=True, slots=True)
class OutItem:
    """A message in the queue, or one that has left it."""

    id: int
    account_id: int
    message_id: str
    subject: str
    sender: str
    recipients: tuple[OutRecipient, ...]
    attempts: int
    not_before: datetime
    created: datetime
    encryption: str
    signature: str
    state: OutState
    problem: str


class Outbox:
    """The table of what is to be sent."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def queue(self, new: NewOut) -> int:
        """Put a message into the queue; returns its id."""
        with self._database.write():
            id = self._database.run(
                "INSERT INTO outbox (account_id, message_id, subject, sender, state, created,"
                " not_before, encryption, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    new.account_id,
                    new.message_id,
                    storable(new.subject),
                    new.sender,
                    OutState.QUEUED.value,
                    to_seconds(new.created),
                    to_seconds(new.not_before),
                    new.encryption,
                    new.signature,
                ),
            )
            self._database.run(
                "INSERT INTO outbox_bytes (outbox_id, raw, sent_copy) VALUES (?, ?, ?)",
                (id, new.raw, new.sent_copy),
            )
            self._database.run_many(
                "INSERT INTO outbox_recipients (outbox_id, position, address, state)"
                " VALUES (?, ?, ?, ?)",
                [(id, at, one, OutState.QUEUED.value) for at, one in enumerate(new.recipients)],
            )
        return id

    # Reading

    def all(self) -> tuple[OutItem, ...]:
        """Everything, oldest first; what was sent stays for a month."""
        return self._find("ORDER BY id", ())

    def due(self, account_id: int, now: datetime | None) -> tuple[OutItem, ...]:
        """What waits and may be sent now; with None, all that waits."""
        return self._find(
            "WHERE account_id = ? AND state IN ('queued', 'deferred') AND not_before <= ?"
            " ORDER BY id",
            (account_id, 2**62 if now is None else to_seconds(now)),
        )

    def get(self, id: int) -> OutItem:
        """One message; raises NotFound."""
        found = self._find("WHERE id = ?", (id,))
        if not found:
            raise _gone()
        return found[0]

    def raw(self, id: int) -> bytes:
        """The bytes that go out; raises NotFound."""
        return self._bytes(id, "raw")

    def sent_copy(self, id: int) -> bytes:
        """The copy for Sent; empty where it is there already, or another item has it."""
        return self._bytes(id, "sent_copy")

    # Steps

    def begin(self, id: int) -> None:
        """Count a try before it is made; raises NotFound if it was taken out meanwhile."""
        with self._database.write() as connection:
            self._database.run(
                "UPDATE outbox SET state = 'sending', phase = '', attempts = attempts + 1,"
                " problem = '' WHERE id = ? AND state IN ('queued', 'deferred')",
                (id,),
            )
            if not connection.changes():
                raise _gone()

    def phase(self, id: int, name: str) -> None:
        """Note how far the talk with the server is."""
        self._database.run("UPDATE outbox SET phase = ? WHERE id = ?", (name, id))

    def finish(self, id: int, results: Sequence[tuple[str, bool, int, str]]) -> None:
        """Note the server's answers: (address, accepted, code, reason) for each recipient."""
        with self._database.write():
            self._database.run_many(
                "UPDATE outbox_recipients SET state = ?, code = ?, reason = ?"
                " WHERE outbox_id = ? AND address = ?",
                [
                    (_outcome(accepted, code).value, code, storable(reason), id, address)
                    for address, accepted, code, reason in results
                ],
            )
            recipients = self.get(id).recipients
            if any(accepted for _, accepted, _, _ in results):
                self._database.run(
                    "UPDATE outbox_bytes SET sent_copy = x'' WHERE outbox_id = ?", (id,)
                )
            if any(one.waiting for one in recipients):
                self.defer(id, self._clock() + PAUSE, _refusals(recipients))
            elif any(one.state is OutState.FAILED for one in recipients):
                self._set(id, OutState.FAILED, _refusals(recipients))
            else:
                self._set(id, OutState.SENT, "")
                self._database.run("UPDATE outbox_bytes SET raw = x'' WHERE outbox_id = ?", (id,))

    def defer(self, id: int, until: datetime, why: str) -> None:
        """Try again later."""
        with self._database.write():
            self._set(id, OutState.DEFERRED, why)
            self._database.run(
                "UPDATE outbox SET not_before = ? WHERE id = ?", (to_seconds(until), id)
            )

    def fail(self, id: int, why: str) -> None:
        """It will not be sent as it is."""
        with self._database.write():
            self._set(id, OutState.FAILED, why)
            self._database.run(
                "UPDATE outbox_recipients SET state = 'failed', reason = ?"
                " WHERE outbox_id = ? AND state IN ('queued', 'deferred')",
                (storable(why), id),
            )

    def uncertain(self, id: int, why: str) -> None:
        """Nobody knows whether the server has taken it."""
        self._set(id, OutState.UNCERTAIN, why)

    def cancel(self, id: int) -> None:
        """Take a message out; raises BadInput once it is on its way or was sent, or NotFound."""
        with self._database.write():
            if self.get(id).state in (OutState.SENDING, OutState.SENT):
                raise BadInput("The message is on its way already and cannot be held back.")
            self._database.run("DELETE FROM outbox WHERE id = ?", (id,))

    def retry(self, id: int, now: datetime) -> None:
        """Have it sent again to those who did not get it; raises BadInput if nobody is left."""
        with self._database.write():
            if self.get(id).state in (OutState.SENDING, OutState.SENT):
                raise BadInput("The message is on its way already, or has been sent.")
            self._set(id, OutState.QUEUED, "")
            self._database.run(
                "UPDATE outbox SET not_before = ? WHERE id = ?", (to_seconds(now), id)
            )
            self._database.run(
                "UPDATE outbox_recipients SET state = 'queued' WHERE outbox_id = ?"
                " AND state <> 'sent'",
                (id,),
            )

    def recover(self, now: datetime) -> None:
        """After a crash: what was cut past the final dot is uncertain, the rest is due again."""
        with self._database.write():
            for phase, problem in _CUT.items():
                self._database.run(
                    "UPDATE outbox SET state = 'uncertain', problem = ?"
                    " WHERE state = 'sending' AND phase = ?",
                    (problem, phase),
                )
            self._database.run(
                "UPDATE outbox SET state = 'queued', not_before = ? WHERE state = 'sending'",
                (to_seconds(now),),
            )
            self._database.run(
                "DELETE FROM outbox WHERE state = 'sent' AND created < ?",
                (to_seconds(now - KEEP_SENT),),
            )

    # Inside

    def _set(self, id: int, state: OutState, why: str) -> None:
        self._database.run(
            "UPDATE outbox SET state = ?, problem = ?, phase = '' WHERE id = ?",
            (state.value, storable(why), id),
        )

    def _bytes(self, id: int, column: str) -> bytes:
        row = self._database.row(f"SELECT {column} FROM outbox_bytes WHERE outbox_id = ?", (id,))
        if row is None:
            raise _gone()
        found: bytes = row[0]
        return found

    def _find(self, rest: str, values: tuple[int, ...]) -> tuple[OutItem, ...]:
        return tuple(
            self._item(row)
            for row in self._database.rows(
                "SELECT id, account_id, message_id, subject, sender, attempts, not_before, created,"
                f" encryption, signature, state, problem FROM outbox {rest}",
                values,
            )
        )

    def _item(self, row: tuple[Any, ...]) -> OutItem:
        id, account_id, message_id, subject, sender, attempts, not_before, created = row[:8]
        encryption, signature, state, problem = row[8:]
        recipients = self._database.rows(
            "SELECT address, state, code, reason FROM outbox_recipients WHERE outbox_id = ?"
            " ORDER BY position",
            (id,),
        )
        return OutItem(
            id=id,
            account_id=account_id,
            message_id=message_id,
            subject=subject,
            sender=sender,
            recipients=tuple(
                OutRecipient(address, OutState(its), code, reason)
                for address, its, code, reason in recipients
            ),
            attempts=attempts,
            not_before=from_seconds(not_before),
            created=from_seconds(created),
            encryption=encryption,
            signature=signature,
            state=OutState(state),
            problem=problem,
        )


def _outcome(accepted: bool, code: int) -> OutState:
    """A reply of the 400s is for later, one of the 500s for good (RFC 5321 section 4.2.1)."""
    if accepted:
        return OutState.SENT
    return OutState.DEFERRED if 400 <= code < 500 else OutState.FAILED


def _refusals(recipients: Sequence[OutRecipient]) -> str:
    """Who did not get it, and what the server said."""
    return " ".join(
        f"{one.address} was {'put off' if one.waiting else 'refused'}: {one.code} {one.reason}."
        for one in recipients
        if one.state in (OutState.DEFERRED, OutState.FAILED)
    )


def _gone() -> NotFound:
    return NotFound("This message is not waiting in the outbox any more.")
