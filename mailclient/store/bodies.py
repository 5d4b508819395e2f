"""The bytes of messages, exactly as received: written once, their hash checked at each reading.

A small message lies in memory until the transaction that makes it visible. A large one goes to the
disk in chunks as it comes, in short transactions; it belongs to nothing until it is whole, and what
a crash leaves of it is swept at the next start. It is read in chunks again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from mailclient.errors import NotFound, StoreDamaged
from mailclient.message.source import Source
from mailclient.store.database import Database, Durability
from mailclient.store.times import from_seconds

IN_MEMORY = 1024 * 1024
CHUNK = 256 * 1024
HEAD = 256 * 1024  # as much as a header may take
CHUNK_BITS = 20
_ADD = "INSERT INTO bodies (size, sha256, mark, complete) VALUES"


def mark(digest: bytes) -> int:
    """The first eight bytes of a hash as the number that bodies are looked up by."""
    return int.from_bytes(digest[:8], "big", signed=True)


class Spool:
    """Takes a message in as it comes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hash = sha256()
        self._held: list[bytes] = []
        self._held_size = 0
        self._head = b""
        self._body_id = 0
        self._next = 0
        self.size = 0

    @property
    def sha256(self) -> bytes:
        """The digest of what was written so far."""
        return self._hash.digest()

    @property
    def head(self) -> bytes:
        """The beginning of what was written, with the whole header."""
        return self._head or self._together()[:HEAD]

    def write(self, data: bytes) -> None:
        """Take in the next bytes; raises StoreFull."""
        self._hash.update(data)
        self._held.append(data)
        self._held_size += len(data)
        self.size += len(data)
        if self._held_size > IN_MEMORY or (self._body_id and self._held_size >= CHUNK):
            self._head = self.head
            self._to_disk()

    def finish(self) -> int:
        """Make the body whole, inside the transaction that makes its message; returns its id."""
        whole = (self.size, self.sha256, mark(self.sha256))
        if self._body_id:
            self._database.run(
                "UPDATE bodies SET size = ?, sha256 = ?, mark = ?, complete = 1 WHERE id = ?",
                (*whole, self._body_id),
            )
        else:
            self._body_id = self._database.run(f"{_ADD} (?, ?, ?, 1)", whole)
        self._flush(-(-self._held_size // CHUNK))
        return self._body_id

    def abort(self) -> None:
        """Drop what was written, unless a message was made of it."""
        self._held.clear()
        self._held_size = 0
        if self._body_id:
            self._database.run("DELETE FROM bodies WHERE id = ? AND complete = 0", (self._body_id,))
            self._body_id = 0

    def _together(self) -> bytes:
        """What is held, as one piece: most messages came as one."""
        if len(self._held) != 1:
            self._held = [b"".join(self._held)]
        return self._held[0]

    def _to_disk(self) -> None:
        """Move whole chunks to the disk; they need not outlive a crash yet."""
        with self._database.write(Durability.REBUILDABLE) as connection:
            if self._body_id:  # a large one; nobody reads its pages again soon
                connection.pragma("shrink_memory")
            else:
                self._body_id = self._database.run(f"{_ADD} (0, x'', 0, 0)")
            self._flush(self._held_size // CHUNK)

    def _flush(self, count: int) -> None:
        held = self._together()
        first = (self._body_id << CHUNK_BITS) + self._next
        for at in range(count):
            chunk = held[at * CHUNK : (at + 1) * CHUNK]  # all of a small one is the same bytes
            self._database.run(
                "INSERT INTO body_chunks (id, data) VALUES (?, ?)", (first + at, chunk)
            )
        self._next += count
        self._held = [held[count * CHUNK :]]
        self._held_size = len(self._held[0])


class StoredBytes:
    """The bytes of a large message as a Source, of which one chunk is in memory; for any thread.

    A read raises what `chunk` raises, which gives each by its number.
    """

    def __init__(self, size: int, chunk: Callable[[int], bytes]) -> None:
        self._size = size
        self._read = chunk
        self._last = (-1, b"")

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, cut: slice, /) -> bytes:
        start, end, _ = cut.indices(self._size)
        if start >= end:
            return b""
        first, offset = divmod(start, CHUNK)
        pieces = [self._chunk(number) for number in range(first, -(-end // CHUNK))]
        if len(pieces) == 1:
            return pieces[0][offset : offset + end - start]
        return b"".join(pieces)[offset : offset + end - start]

    def find(self, what: bytes, start: int, end: int, /) -> int:
        """Where `what` stands first in the range; -1 if nowhere."""
        end = min(end, self._size)
        while start + len(what) <= end:
            number, offset = divmod(start, CHUNK)
            chunk, before = self._chunk(number), number * CHUNK
            found = chunk.find(what, offset, end - before)
            if found >= 0:
                return before + found
            behind = before + len(chunk)
            seam = max(start, behind - len(what) + 1)
            found = self[seam : min(end, behind + len(what) - 1)].find(what)
            if found >= 0:
                return seam + found
            start = behind
        return -1

    def _chunk(self, number: int) -> bytes:
        last, data = self._last
        if number != last:
            data = self._read(number)
            self._last = (number, data)
        return data


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a body lies, and its first piece: of nearly all that is everything."""

    first: int
    size: int
    digest: bytes
    start: bytes


class BodyTable:
    """The tables of bodies and their chunks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spool(self, size_hint: int = 0) -> Spool:
        """Begin to take in a message of about that size."""
        return Spool(self._database)

    def received(self, id: int) -> datetime:
        """When message `id` came in here; raises NotFound."""
        row = self._database.row("SELECT received FROM messages WHERE id = ?", (id,))
        if row is None:
            raise NotFound(f"There is no message {id}.", "It may have been deleted.")
        return from_seconds(int(row[0]))

    def arrivals(self, ids: Sequence[int]) -> dict[int, datetime]:
        """The same of some messages, in one question; those that are gone are left out."""
        rows = self._database.rows(
            "SELECT id, received FROM messages WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        return {id: from_seconds(int(received)) for id, received in rows}

    def raw(self, id: int) -> bytes:
        """The bytes of message `id`; raises NotFound, or StoreDamaged if they have changed."""
        return b"".join(self.chunks(id))

    def open(self, id: int) -> Source:
        """The bytes of message `id`, to be read in any order: a small message in memory, a large
        one from the disk. The hash is checked here. Raises NotFound, StoreDamaged."""
        row = self._row(id)
        pieces = self._pieces(id, row)
        if row.size <= IN_MEMORY:
            return b"".join(pieces)
        for _ in pieces:
            continue
        return StoredBytes(row.size, lambda number: self._chunk(row.first + number))

    def _chunk(self, id: int) -> bytes:
        row = self._database.row("SELECT data FROM body_chunks WHERE id = ?", (id,))
        if row is None:
            raise NotFound("The message is not there any more.", "It may have been deleted.")
        data: bytes = row[0]
        return data

    def chunks(self, id: int) -> Iterator[bytes]:
        """The bytes of message `id`, piece by piece; their hash is checked after the last one.

        Raises NotFound, StoreDamaged.
        """
        yield from self._pieces(id, self._row(id))

    def _pieces(self, id: int, row: _Row) -> Iterator[bytes]:
        found = sha256(row.start)
        if row.start:
            yield row.start
        for number in range(row.first + 1, row.first - (-row.size // CHUNK)):
            piece = self._database.row("SELECT data FROM body_chunks WHERE id = ?", (number,))
            if piece is None:
                break
            found.update(piece[0])
            yield piece[0]
        if found.digest() != row.digest:
            raise StoreDamaged(
                f"The stored bytes of message {id} have changed; the disk may be failing.",
                "Restore a backup of the profile, or collect the message again if it is still on "
                "the server.",
            )

    def _row(self, id: int) -> _Row:
        row = self._database.row(
            "SELECT bodies.id, bodies.size, bodies.sha256, data FROM messages"
            " JOIN bodies ON bodies.id = messages.body_id"
            f" LEFT JOIN body_chunks ON body_chunks.id = bodies.id << {CHUNK_BITS}"
            " WHERE messages.id = ?",
            (id,),
        )
        if row is None:
            raise NotFound(f"There is no message {id}.", "It may have been deleted.")
        body_id, size, digest, start = row
        return _Row(body_id << CHUNK_BITS, size, digest, start or b"")

    def verify(self, id: int) -> None:
        """Read a message back without keeping it; raises NotFound or StoreDamaged."""
        for _ in self.chunks(id):
            continue

    def sweep(self) -> None:
        """Drop what a crash has left half written; only before anything is being written."""
        if self._database.row("SELECT 1 FROM bodies WHERE complete = 0 LIMIT 1"):
            self._database.run("DELETE FROM bodies WHERE complete = 0")
