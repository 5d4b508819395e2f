"""The bytes of messages, exactly as received: in pieces, their hash checked at each reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from mailclient.errors import NotFound, StoreDamaged
from mailclient.store.database import Database
from mailclient.store.times import to_seconds

PIECE = 1024 * 1024
FORGOTTEN = timedelta(days=1)


class Spool:
    """Takes a message in as it comes; invisible until a message is made of it.

    Up to a piece stays in memory. What is more goes to the store piece by piece, so that a message
    of any size needs no more memory than one piece.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._hash = sha256()
        self._held = bytearray()
        self._body_id = 0
        self.size = 0

    @property
    def sha256(self) -> bytes:
        """The digest of what was written so far."""
        return self._hash.digest()

    def write(self, data: bytes) -> None:
        """Take in the next bytes."""
        self._hash.update(data)
        self._held += data
        self.size += len(data)
        while len(self._held) > PIECE:
            self._flush(PIECE)

    def _flush(self, length: int) -> None:
        piece = bytes(self._held[:length])
        del self._held[:length]
        with self._database.write():
            if not self._body_id:
                self._body_id = self._database.run(
                    "INSERT INTO bodies (sha256, size, begun, complete) VALUES (x'', 0, ?, 0)",
                    (to_seconds(self._clock()),),
                )
            self._database.run(
                "INSERT INTO chunks (body_id, data) VALUES (?, ?)", (self._body_id, piece)
            )

    def finish(self) -> int:
        """Make the body whole, inside the transaction that makes its message; returns its id."""
        self._flush(len(self._held))
        self._database.run(
            "UPDATE bodies SET sha256 = ?, size = ?, complete = 1 WHERE id = ?",
            (self.sha256, self.size, self._body_id),
        )
        return self._body_id

    def abort(self) -> None:
        """Drop what was written."""
        if self._body_id:
            self._database.run("DELETE FROM bodies WHERE id = ? AND complete = 0", (self._body_id,))
            self._body_id = 0


class BodyTable:
    """The tables of bodies and their pieces."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def spool(self, size_hint: int = 0) -> Spool:
        """Begin to take in a message."""
        return Spool(self._database, self._clock)

    def raw(self, id: int) -> bytes:
        """The bytes of the message `id`; raises NotFound, or StoreDamaged if they have changed."""
        row = self._database.row(
            "SELECT bodies.id, bodies.sha256 FROM messages JOIN bodies ON bodies.id = body_id"
            " WHERE messages.id = ?",
            (id,),
        )
        if row is None:
            raise NotFound(f"There is no message {id}.", "It may have been deleted.")
        pieces = self._database.rows(
            "SELECT data FROM chunks WHERE body_id = ? ORDER BY id", (row[0],)
        )
        raw = pieces[0][0] if len(pieces) == 1 else b"".join(piece for (piece,) in pieces)
        if sha256(raw).digest() != row[1]:
            raise StoreDamaged(
                f"The stored bytes of message {id} have changed; the disk may be failing.",
                "Restore a backup of the profile.",
            )
        whole: bytes = raw
        return whole

    def verify(self, id: int) -> None:
        """Read a message back; raises NotFound or StoreDamaged."""
        self.raw(id)

    def sweep(self) -> None:
        """Drop what a crash has left half written, a day after it began."""
        before = to_seconds(self._clock() - FORGOTTEN)
        if self._database.row(
            "SELECT 1 FROM bodies WHERE sha256 = x'' AND complete = 0 AND begun < ? LIMIT 1",
            (before,),
        ):
            self._database.run(
                "DELETE FROM bodies WHERE sha256 = x'' AND complete = 0 AND begun < ?", (before,)
            )
