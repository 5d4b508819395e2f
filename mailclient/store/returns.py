"""What came back about sent mail, and what was decided about read receipts.

A row is only ever written for a message that was really sent from this profile to that recipient.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from mailclient.message.address import normalise
from mailclient.store.database import Database
from mailclient.store.rows import storable
from mailclient.store.times import from_seconds, to_seconds

_ENVELOPE_ID = re.compile(r"[0-9a-f]{32}")  # the random part of our Message-IDs


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One thing that came back: `kind` is the word of an Action or a Disposition."""

    sent_id: str
    recipient: str
    kind: str
    status: str
    diagnostic: str
    server: str
    at: datetime
    retry_until: datetime | None = None


def _read(row: tuple[Any, ...]) -> ReturnRow:
    sent_id, recipient, kind, status, diagnostic, server, at, until = row
    return ReturnRow(
        sent_id=sent_id,
        recipient=recipient,
        kind=kind,
        status=status,
        diagnostic=diagnostic,
        server=server,
        at=from_seconds(at),
        retry_until=None if until is None else from_seconds(until),
    )


class Decision(Enum):
    """What the user decided about a read receipt that was asked for."""

    SENT = "sent"
    DISMISSED = "dismissed"


class ReturnTable:
    """The tables of what came back, and of read receipts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # What came back

    def take(self, message_row: int, rows: Sequence[ReturnRow]) -> None:
        """Keep what one message reports, in place of what was known from it before."""
        with self._database.write():
            self._database.run("DELETE FROM returned WHERE message_row = ?", (message_row,))
            self._database.run_many(
                "INSERT INTO returned (message_row, sent_id, recipient, kind, status, diagnostic,"
                " server, at, retry_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        message_row,
                        storable(one.sent_id),
                        storable(one.recipient),
                        one.kind,
                        one.status,
                        storable(one.diagnostic),
                        storable(one.server),
                        to_seconds(one.at),
                        None if one.retry_until is None else to_seconds(one.retry_until),
                    )
                    for one in rows
                ],
            )

    def of_sent(self, message_id: str) -> tuple[ReturnRow, ...]:
        """What came back about a sent message, oldest first."""
        return tuple(
            _read(row)
            for row in self._database.rows(
                "SELECT sent_id, recipient, kind, status, diagnostic, server, at, retry_until"
                " FROM returned WHERE sent_id = ? ORDER BY at, id",
                (storable(message_id),),
            )
        )

    def mark_undelivered(self, ids: Collection[int]) -> None:
        """Mark sent messages that did not reach somebody."""
        self._database.run(
            "UPDATE messages SET undelivered = 1 WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )

    # What was sent

    def sent_copies(self, message_id: str) -> tuple[int, ...]:
        """The messages in Sent folders with this Message-ID."""
        return tuple(
            row[0]
            for row in self._database.rows(
                "SELECT messages.id FROM messages JOIN folders ON folders.id = folder_id"
                " WHERE message_id = ? AND message_id <> '' AND role = 'sent' ORDER BY messages.id",
                (storable(message_id),),
            )
        )

    def known_as(self, envelope_id: str) -> str:
        """The Message-ID of what was sent with this name for reports; "" where there is none."""
        if not _ENVELOPE_ID.fullmatch(envelope_id):
            return ""
        row = self._database.row(
            "SELECT message_id FROM outbox WHERE message_id LIKE ? AND reports = 1 LIMIT 1",
            (f"<{envelope_id}@%",),
        )
        return "" if row is None else str(row[0])

    def handed_over_to(self, message_id: str) -> frozenset[str]:
        """Whom the queue has given a message to a server for, normalised."""
        return frozenset(
            normalise(row[0])
            for row in self._database.rows(
                "SELECT outbox_recipients.address FROM outbox"
                " JOIN outbox_recipients ON outbox_id = outbox.id"
                " WHERE message_id = ? AND outbox_recipients.state IN ('sent', 'uncertain',"
                " 'sending')",
                (storable(message_id),),
            )
        )

    # Read receipts

    def decision(self, message_row: int) -> Decision | None:
        """What was decided about the receipt that a message asks for."""
        row = self._database.row(
            "SELECT decision FROM receipts WHERE message_row = ?", (message_row,)
        )
        return None if row is None else Decision(row[0])

    def decide(self, message_row: int, address: str, decision: Decision, at: datetime) -> None:
        """Keep a decision; one that was made stays."""
        self._database.run(
            "INSERT OR IGNORE INTO receipts (message_row, address, decision, at)"
            " VALUES (?, ?, ?, ?)",
            (message_row, normalise(address), decision.value, to_seconds(at)),
        )

    def receipts_since(self, when: datetime) -> int:
        """How many receipts were sent since a time."""
        row = self._database.row(
            "SELECT count(*) FROM receipts WHERE decision = 'sent' AND at >= ?", (to_seconds(when),)
        )
        return 0 if row is None else int(row[0])

    def refuse(self, address: str) -> None:
        """Never ask again for receipts that this sender wants."""
        self._database.run(
            "INSERT OR IGNORE INTO receipt_refusals (address) VALUES (?)", (normalise(address),)
        )

    def is_refused(self, address: str) -> bool:
        """Whether this sender's wishes are not asked about."""
        sql = "SELECT 1 FROM receipt_refusals WHERE address = ?"
        return self._database.row(sql, (normalise(address),)) is not None
