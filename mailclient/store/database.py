"""The encrypted file: one writer, many readers that cannot write, and the engine's faults in words.

Transactions are short and never wait for the network. What cannot be made again is written with
FULL durability; what can be rebuilt from the bytes of the messages (the index, verdicts) may be
lost with the power, never torn. A store whose disk failed in a write takes no more writes until it
is opened again: what the system says after that is not to be trusted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import apsw

from mailclient.errors import BadInput, MailError, StoreDamaged, StoreFull, StoreLocked
from mailclient.store import migrations

log = logging.getLogger(__name__)

APPLICATION_ID = 0x6D61696C
READER_CACHE_KIB = 16 * 1024
WRITER_CACHE_KIB = 32 * 1024
WAL_KEPT_BYTES = 64 * 1024 * 1024
IDLE_READERS = 8

Values = tuple[str | int | bytes | None, ...]


class Durability(Enum):
    """What a commit promises when the power fails."""

    FULL = "full"
    REBUILDABLE = "normal"


class Database:
    """An open store file; safe to use from any thread."""

    def __init__(self, path: Path, key: bytes, clock: Callable[[], datetime]) -> None:
        self.path = path
        self.clock = clock
        self._key = key
        self._lock = threading.RLock()
        self._depth = 0
        self._owner: int | None = None
        self._failed = ""
        self._readers: list[apsw.Connection] = []
        self._idle = threading.Lock()
        self._closed = False
        self._durability = Durability.FULL
        self._writer = self._connect(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)

    @classmethod
    def open(cls, path: Path, key: bytes, *, clock: Callable[[], datetime]) -> Database:
        """Open or make the file and bring its tables up to date.

        Raises StoreDamaged (also for a newer version, or a key that does not fit), StoreFull,
        StoreLocked.
        """
        with translated(path):
            path.touch(mode=0o600)
            database = cls(path, key, clock)
            try:
                database._prepare()
            except (apsw.Error, MailError):
                database._writer.close()
                raise
        return database

    def _connect(self, flags: int) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), flags=flags)
        connection.set_busy_timeout(5000)
        connection.pragma("cipher", "chacha20")
        connection.pragma("key", f"raw:{self._key.hex()}")
        for name, value in (
            ("foreign_keys", 1),
            ("trusted_schema", 0),
            ("cell_size_check", 1),
            ("recursive_triggers", 0),
        ):
            connection.pragma(name, value)
        return connection

    def _prepare(self) -> None:
        writer = self._writer
        writer.pragma("secure_delete", 0)  # the file is encrypted; freed pages tell nothing
        writer.pragma("cache_size", -WRITER_CACHE_KIB)
        writer.pragma("synchronous", "FULL")
        if writer.pragma("journal_mode", "WAL") != "wal":
            raise StoreLocked(
                "The store cannot be opened for writing safely here.",
                "Keep the profile on a disk of this computer, not on a network folder.",
                str(self.path),
            )
        writer.pragma("journal_size_limit", WAL_KEPT_BYTES)
        migrations.migrate(writer, self.path)
        writer.pragma("application_id", APPLICATION_ID)

    # Writing

    @contextmanager
    def write(self, durability: Durability = Durability.FULL) -> Iterator[apsw.Connection]:
        """One transaction of the one writer; inside another one of the same thread, a part of it.

        What is raised inside takes all of it back. Raises StoreFull, StoreDamaged, StoreLocked.
        """
        with self._lock, translated(self.path, self._fail):
            if self._failed:
                raise StoreDamaged(
                    "The disk failed while the store was written; nothing more is written now.",
                    "Look at the disk, then start the program again.",
                    self._failed,
                )
            if self._owner is not None:
                yield from self._part()
                return
            self._promise(durability)
            self._writer.execute("BEGIN IMMEDIATE")
            self._owner = threading.get_ident()
            try:
                yield self._writer
                self._still_open()
                self._writer.execute("COMMIT")
            finally:
                self._owner = None
                self._roll_back()

    def _part(self) -> Iterator[apsw.Connection]:
        """A part of the transaction that is open, which can be taken back alone."""
        self._depth += 1
        name = f"part_{self._depth}"
        self._writer.execute(f"SAVEPOINT {name}")
        whole = False
        try:
            yield self._writer
            whole = True
        finally:
            self._depth -= 1
            if self._writer.in_transaction:  # a full disk takes all of it back by itself
                if not whole:
                    self._writer.execute(f"ROLLBACK TO {name}")
                self._writer.execute(f"RELEASE {name}")

    def _promise(self, durability: Durability) -> None:
        if durability is not self._durability:
            self._writer.pragma("synchronous", durability.value)
            self._durability = durability

    def _roll_back(self) -> None:
        """Take back a transaction that was not committed, unless the engine has done so."""
        if not self._writer.in_transaction:
            return
        try:
            self._writer.execute("ROLLBACK")
        except apsw.Error as problem:
            self._fail(f"rollback: {type(problem).__name__}")

    def _fail(self, why: str) -> None:
        log.error("The store takes no more writes: %s", why)
        self._failed = why

    # Reading

    @contextmanager
    def read(self) -> Iterator[apsw.Connection]:
        """A connection that cannot write; inside `write` of this thread, the writer itself.

        Fetch all rows before leaving. Raises StoreDamaged, StoreLocked.
        """
        with translated(self.path):
            if self._owner == threading.get_ident():
                yield self._writer
                return
            reader = self._take()
            try:
                yield reader
            finally:
                self._give_back(reader)

    def _take(self) -> apsw.Connection:
        with self._idle:
            if self._closed:
                raise StoreLocked("The store is closed.", "Open the profile again.")
            if self._readers:
                return self._readers.pop()
        reader = self._connect(apsw.SQLITE_OPEN_READWRITE)
        reader.pragma("cache_size", -READER_CACHE_KIB)
        reader.pragma("wal_autocheckpoint", 0)  # one connection alone moves pages
        reader.pragma("query_only", 1)
        return reader

    def _give_back(self, reader: apsw.Connection) -> None:
        with self._idle:
            if not self._closed and len(self._readers) < IDLE_READERS:
                self._readers.append(reader)
                return
        reader.close(True)

    # One statement

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        with self.read() as connection:
            return connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Values = ()) -> tuple[Any, ...] | None:
        """The first row of a question, or None."""
        with self.read() as connection:
            found = connection.execute(sql, values).fetchall()
            return found[0] if found else None

    def run(self, sql: str, values: Values = ()) -> int:
        """Change something in a transaction of its own, or as a part of the one around it; returns
        the id of a row that was added."""
        with self._statement() as connection:
            connection.execute(sql, values)
            return connection.last_insert_rowid()

    def run_many(self, sql: str, values: Iterable[Values]) -> None:
        """Change something once for each set of values."""
        with self._statement() as connection:
            connection.executemany(sql, values)

    @contextmanager
    def _statement(self) -> Iterator[apsw.Connection]:
        """A transaction of its own, or the one around it: a statement is whole or not at all."""
        if self._owner != threading.get_ident():
            with self.write() as connection:
                yield connection
            return
        with translated(self.path, self._fail):
            self._still_open()
            yield self._writer

    def _still_open(self) -> None:
        """Raise StoreFull if the engine has taken the transaction back by itself."""
        if not self._writer.in_transaction:
            raise StoreFull(
                "There was no room left on the disk; what was being stored was taken back.",
                "Make room, then try again.",
                str(self.path),
            )

    # The whole

    def check(self) -> str:
        """Look through the whole file; "" if it is whole, else what is wrong with it."""
        try:
            with self.read() as connection:
                found = [
                    str(row[0])
                    for row in connection.execute("PRAGMA integrity_check(20)")
                    if row[0] != "ok"
                ]
                found += [
                    f"a row of {table} refers to a row of {parent} that is not there"
                    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
                ]
        except (StoreDamaged, StoreLocked) as problem:
            return problem.detail or problem.text
        return "; ".join(found)

    def close(self) -> bool:
        """Move everything into the file and close it; False if that was done before."""
        with self._lock, self._idle:
            if self._closed:
                return False
            self._closed = True
            for reader in self._readers:
                reader.close(True)
            self._readers.clear()
            try:
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            except apsw.Error as problem:
                log.warning("The store was closed without a checkpoint: %s", problem)
            self._writer.close(True)
        return True


def ignore(why: str) -> None:
    """For reading: a failed disk is told, but locks nothing."""


@contextmanager
def translated(path: Path, failed: Callable[[str], None] = ignore) -> Iterator[None]:
    """Turn the engine's faults into ours; what is a mistake of this program stays a bug."""
    try:
        yield
    except apsw.FullError as problem:
        raise StoreFull(
            "There is no room left on the disk; what was being stored was not kept.",
            "Make room, then try again. Nothing was deleted on a server.",
            str(path),
        ) from problem
    except apsw.IOError as problem:
        failed(str(problem))
        raise StoreDamaged(
            "The disk failed while the store was used.",
            "Look at the disk, then start the program again.",
            f"{path}: {problem}",
        ) from problem
    except (apsw.CorruptError, apsw.NotADBError, apsw.FormatError) as problem:
        raise StoreDamaged(
            "The store is damaged, or it is not the one that belongs to this profile's key.",
            "Put the profile back from a backup; mail that is still on the server comes again.",
            f"{path}: {problem}",
        ) from problem
    except (apsw.BusyError, apsw.LockedError, apsw.ProtocolError) as problem:
        raise StoreLocked(
            "The store is in use by another program.", "Close it, then try again.", str(path)
        ) from problem
    except (
        apsw.CantOpenError,
        apsw.ReadOnlyError,
        apsw.PermissionsError,
        PermissionError,
    ) as problem:
        raise StoreLocked(
            "The store cannot be opened for writing.",
            "Look at the rights of the profile's folder.",
            str(path),
        ) from problem
    except apsw.ConnectionClosedError as problem:
        raise StoreLocked("The store is closed.", "Open the profile again.") from problem
    except apsw.TooBigError as problem:
        raise BadInput("The message is too large to be stored.") from problem
