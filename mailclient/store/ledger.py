"""What is known of each message on a POP3 server, by its UID (RFC 1939 section 7).

A line is written in the transaction that stores the message, so that nothing is fetched twice and
nothing is deleted on a server that is not here. A line outlives its message: what the user deleted
does not come again. It is forgotten only when the server has not listed it for long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from mailclient.store.database import Database
from mailclient.store.times import from_seconds, to_seconds


class EntryState(Enum):
    """What is here of a message, and what became of the server's copy."""

    SEEN = "seen"  # nothing is here: it was left there by choice
    HEAD = "head"  # only its head is here
    STORED = "stored"
    DELETE_ASKED = "delete-asked"  # the server has not confirmed it
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; `message_id` is the stored message, None once the user has deleted that.

    `head` tells the message from another one of the same name (b"" where nothing is known);
    `doubtful` is one that had not the size that the server claims; `absent` one that the server did
    not list any more.
    """

    uid: bytes
    size: int
    sha256: bytes
    state: EntryState
    message_id: int | None
    first_seen: datetime
    head: bytes = b""
    doubtful: bool = False
    absent: bool = False


_COLUMNS = "uid, size, sha256, state, message_row, first_seen, head, doubtful"
_ABSENT = "absent_since IS NOT NULL"


class Ledger:
    """The table of UIDs."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def known(self, account_id: int) -> dict[bytes, Entry]:
        """Every line of an account by its UID."""
        return {
            row[0]: _read(row)
            for row in self._database.rows(
                f"SELECT {_COLUMNS}, {_ABSENT} FROM ledger WHERE account_id = ?", (account_id,)
            )
        }

    def sizes(self, account_id: int) -> dict[bytes, int]:
        """The size of each message of an account by its UID: a sixth of the memory of all lines."""
        return dict(
            self._database.rows("SELECT uid, size FROM ledger WHERE account_id = ?", (account_id,))
        )

    def collected(self, account_id: int) -> dict[bytes, Entry]:
        """The lines of what came from the server, whole or as a head, by UID."""
        return {
            row[0]: _read(row)
            for row in self._database.rows(
                f"SELECT {_COLUMNS}, {_ABSENT} FROM ledger WHERE account_id = ? AND state != ?",
                (account_id, EntryState.SEEN.value),
            )
        }

    def lines(self, account_id: int, uids: Sequence[bytes]) -> dict[bytes, Entry]:
        """The lines of these UIDs, as far as there are any."""
        question = f"SELECT {_COLUMNS}, {_ABSENT} FROM ledger WHERE account_id = ? AND uid = ?"
        found = (self._database.row(question, (account_id, uid)) for uid in uids)
        return {row[0]: _read(row) for row in found if row is not None}

    def of_message(self, message_id: int) -> tuple[int, Entry] | None:
        """The account and the line of a stored message, if it was collected."""
        row = self._database.row(
            f"SELECT {_COLUMNS}, {_ABSENT}, account_id FROM ledger WHERE message_row = ?",
            (message_id,),
        )
        return None if row is None else (row[-1], _read(row[:-1]))

    def forget(self, account_id: int, uid: bytes) -> None:
        """Strike a line out: the server has given its message another name."""
        self._database.run("DELETE FROM ledger WHERE account_id = ? AND uid = ?", (account_id, uid))

    def record(self, account_id: int, entry: Entry) -> None:
        """Write a line, in place of one with the same UID; a message without a UID has none."""
        if not entry.uid:
            return
        self._database.run(
            f"INSERT OR REPLACE INTO ledger ({_COLUMNS}, account_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.uid,
                entry.size,
                entry.sha256,
                entry.state.value,
                entry.message_id,
                to_seconds(entry.first_seen),
                entry.head,
                int(entry.doubtful),
                account_id,
            ),
        )

    def mark(self, account_id: int, uids: Sequence[bytes], state: EntryState) -> None:
        """Note what became of the server's copies."""
        if uids:
            self._database.run_many(
                "UPDATE ledger SET state = ? WHERE account_id = ? AND uid = ?",
                [(state.value, account_id, uid) for uid in uids],
            )

    def absent(self, account_id: int, gone_uids: Sequence[bytes], before: datetime) -> None:
        """Note which UIDs the server did not list; forget those that it last listed `before`.

        One empty listing forgets nothing: a server that is being repaired lists again later.
        """
        gone = set(gone_uids)
        noted = {
            uid
            for (uid,) in self._database.rows(
                "SELECT uid FROM ledger WHERE account_id = ? AND absent_since IS NOT NULL",
                (account_id,),
            )
        }
        if not gone and not noted:
            return
        now = to_seconds(self._clock())
        with self._database.write():
            self._database.run_many(
                "UPDATE ledger SET absent_since = ? WHERE account_id = ? AND uid = ?",
                [(now, account_id, uid) for uid in gone - noted]
                + [(None, account_id, uid) for uid in noted - gone],
            )
            self._database.run(
                "DELETE FROM ledger WHERE account_id = ? AND absent_since < ?",
                (account_id, to_seconds(before)),
            )


def _read(row: tuple[Any, ...]) -> Entry:
    uid, size, digest, state, message_id, first_seen, head, doubtful, absent = row
    return Entry(
        uid,
        size,
        digest,
        EntryState(state),
        message_id,
        from_seconds(first_seen),
        head,
        bool(doubtful),
        bool(absent),
    )
