"""What lies on each POP3 server and what became of it here, by UID (RFC 1939 section 7).

UIDs are bytes: servers send what they like. A message that the user deleted keeps its line, so that
it is not fetched again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mailclient.store.database import Database
from mailclient.store.times import from_seconds, to_seconds


class EntryState(Enum):
    """How far a message on the server is."""

    STORED = "stored"
    DELETE_ASKED = "delete-asked"  # DELE was sent; only QUIT makes it true
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; `message_id` is the stored message's id, None once the user has deleted it."""

    uid: bytes
    size: int
    sha256: bytes
    state: EntryState
    message_id: int | None
    first_seen: datetime


class Ledger:
    """The table of what was met on the servers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, account_id: int) -> dict[bytes, Entry]:
        """Every line of an account by its UID."""
        return {
            uid: Entry(uid, size, sha256, EntryState(state), message_id, from_seconds(first))
            for uid, size, sha256, state, message_id, first in self._database.rows(
                "SELECT uid, size, sha256, state, message_id, first_seen FROM ledger"
                " WHERE account_id = ?",
                (account_id,),
            )
        }

    def record(self, account_id: int, entry: Entry) -> None:
        """Write a line, in place of one with the same UID."""
        self._database.run(
            "INSERT OR REPLACE INTO ledger"
            " (account_id, uid, size, sha256, state, message_id, first_seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (account_id, entry.uid, entry.size, entry.sha256, entry.state.value, entry.message_id,
             to_seconds(entry.first_seen)),
        )  # fmt: skip

    def mark(self, account_id: int, uids: Sequence[bytes], state: EntryState) -> None:
        """Note how far these messages are."""
        self._database.run_many(
            "UPDATE ledger SET state = ? WHERE account_id = ? AND uid = ?",
            [(state.value, account_id, uid) for uid in uids],
        )

    def absent(
        self, account_id: int, gone_uids: Sequence[bytes], now: datetime, before: datetime
    ) -> None:
        """Note what the server no longer lists; forget what it has not listed since `before`."""
        with self._database.write():
            self._database.run_many(
                "UPDATE ledger SET absent_since = ifnull(absent_since, ?), state = ?"
                " WHERE account_id = ? AND uid = ?",
                [(to_seconds(now), EntryState.GONE.value, account_id, uid) for uid in gone_uids],
            )
            self._database.run(
                "DELETE FROM ledger WHERE account_id = ? AND absent_since < ?",
                (account_id, to_seconds(before)),
            )

    def present(self, account_id: int, uids: Sequence[bytes]) -> None:
        """Note that the server lists these after all."""
        self._database.run_many(
            "UPDATE ledger SET absent_since = NULL, state = ?"
            " WHERE account_id = ? AND uid = ? AND absent_since IS NOT NULL",
            [(EntryState.STORED.value, account_id, uid) for uid in uids],
        )
