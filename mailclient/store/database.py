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

from mailclient.cancel import CancelToken
from mailclient.errors import MailError, StoreDamaged, StoreLocked
from mailclient.store import migrations
from mailclient.store.checkpoints import Checkpoints
from mailclient.store.cipher import cipher_for
from mailclient.store.engine import Access, connect, full, integrity, log_of, part, translated
from mailclient.store.readers import Readers, stoppable

__all__ = ["Database", "Durability", "translated"]

log = logging.getLogger(__name__)

APPLICATION_ID = 0x6D61696C
WRITER_CACHE_KIB = 16 * 1024
WAL_KEPT_BYTES = 64 * 1024 * 1024

Values = tuple[str | int | bytes | None, ...]


class Durability(Enum):
    """What a commit promises when the power fails."""

    FULL = "full"
    REBUILDABLE = "normal"


class Database:
    """An open store file; safe to use from any thread."""

    def __init__(
        self, path: Path, key: bytes, clock: Callable[[], datetime], vfs: str, read_only: str
    ) -> None:
        self.path = path
        self.clock = clock
        self.read_only = read_only
        self._lock = threading.RLock()
        self._writing = translated(path, self._fail)
        self._reading = translated(path)
        self._owner: int | None = None
        self._failed = ""
        reading = Access.FROZEN if read_only else Access.READ
        cipher = cipher_for(path)
        self._readers = Readers(lambda: connect(path, key, reading, vfs, cipher))
        self._closed = False
        self._durability = Durability.FULL
        writing = Access.FROZEN if read_only else Access.MAKE
        self._writer = connect(path, key, writing, vfs, cipher)
        self._checkpoints = Checkpoints(self._writer, self.alone)

    @classmethod
    def open(
        cls,
        path: Path,
        key: bytes,
        *,
        clock: Callable[[], datetime],
        vfs: str = "unix",
        read_only: str = "",
    ) -> Database:
        """Open or make the file and bring its tables up to date.

        `read_only` is a sentence that says why nothing can be written; `vfs` is what lies under
        the cipher. Raises StoreDamaged (also for a newer version, or a key that does not fit),
        StoreFull, StoreLocked.
        """
        with translated(path):
            if not read_only:
                path.touch(mode=0o600)
            database = cls(path, key, clock, vfs, read_only)
            try:
                database._look() if read_only else database._prepare()
            except (apsw.Error, MailError):
                database._abandon()
                raise
        return database

    def _look(self) -> None:
        """See that the tables are today's, where they cannot be made so."""
        version = int(self._writer.pragma("user_version") or 0)
        if version < len(migrations.STEPS):
            raise StoreLocked(
                "The store is of an older version and cannot be brought up to date, because "
                f"nothing can be written. {self.read_only}",
                "Copy the profile to a place that can be written.",
                str(self.path),
            )
        migrations.migrate(self._writer, self.path)

    def _abandon(self) -> None:
        """Close without touching the file any more."""
        self._writer.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        self._writer.close(True)

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
        if writer.pragma("application_id") != APPLICATION_ID:
            writer.pragma("application_id", APPLICATION_ID)

    # Writing

    @contextmanager
    def write(
        self, durability: Durability = Durability.FULL, *, alone: bool = True
    ) -> Iterator[apsw.Connection]:
        """One transaction of the one writer; inside another one of the same thread, a part of it.

        What is raised inside takes all of it back, and for a part that is not `alone` also what is
        around it. Raises StoreFull, StoreDamaged, StoreLocked.
        """
        with self._lock, self._writing:
            self._may_write()
            if self._owner is not None:
                with part(self._writer, alone=alone):
                    yield self._writer
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
            self._checkpoints.committed()

    @contextmanager
    def alone(self) -> Iterator[apsw.Connection]:
        """The writer outside of any transaction, for what rewrites the whole file."""
        with self._lock, self._writing:
            self._may_write()
            yield self._writer

    def _may_write(self) -> None:
        """Raise StoreLocked or StoreDamaged where nothing can be written, or no more."""
        if self.read_only:
            raise StoreLocked(
                f"Nothing can be changed in this profile. {self.read_only}",
                "Reading, searching and exporting still work.",
                str(self.path),
            )
        if self._failed:
            raise StoreDamaged(
                "The disk failed while the store was written; nothing more is written now.",
                "Look at the disk, then start the program again.",
                self._failed,
            )

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
    def read(self, cancel: CancelToken | None = None) -> Iterator[apsw.Connection]:
        """A connection that cannot write; inside `write` of this thread, the writer itself.

        Fetch all rows before leaving. Raises StoreDamaged, StoreLocked, Cancelled.
        """
        with self._reading:
            if self._owner == threading.get_ident():
                yield self._writer
                return
            with self._readers.one() as reader:
                if cancel is None:
                    yield reader
                    return
                cancel.check()
                with stoppable(reader, cancel):
                    yield reader

    # One statement

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        if self._owner == threading.get_ident():
            with self._reading:
                return self._writer.execute(sql, values).fetchall()
        with self._reading, self._readers.one() as reader:
            return reader.execute(sql, values).fetchall()

    def row(self, sql: str, values: Values = ()) -> tuple[Any, ...] | None:
        """The first row of a question, or None."""
        return next(iter(self.rows(sql, values)), None)

    def run(self, sql: str, values: Values = ()) -> int:
        """Change something in a transaction of its own, or as a part of the one around it; returns
        the id of a row that was added. It is whole or not at all."""
        if self._owner == threading.get_ident():
            with self._writing:
                self._still_open()
                self._writer.execute(sql, values)
                return self._writer.last_insert_rowid()
        with self.write() as connection:
            connection.execute(sql, values)
            return connection.last_insert_rowid()

    def run_many(self, sql: str, values: Iterable[Values]) -> None:
        """Change something once for each set of values."""
        if self._owner == threading.get_ident():
            with self._writing:
                self._still_open()
                self._writer.executemany(sql, values)
            return
        with self.write() as connection:
            connection.executemany(sql, values)

    def _still_open(self) -> None:
        """Raise StoreFull if the engine has taken the transaction back by itself."""
        if not self._writer.in_transaction:
            raise full(self.path)

    # The whole

    def check(self) -> str:
        """Look through the whole file; "" if it is whole, else what is wrong with it."""
        try:
            with self.read() as connection:
                return integrity(connection)
        except (StoreDamaged, StoreLocked) as problem:
            return problem.detail or problem.text

    def close(self, *, keep_log: bool = False) -> bool:
        """Move everything into the file and close it; False if that was done before.

        With `keep_log`, and after a failed disk, nothing is moved: the next start reads what did
        reach the log.
        """
        self._checkpoints.wait()
        with self._lock:
            if self._closed:
                return False
            self._closed = True
            self._readers.close()
            if self._failed or keep_log:
                self._abandon()
                return True
            try:
                if not self.read_only:
                    self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            except apsw.Error as problem:
                log.warning("The store was closed without a checkpoint: %s", problem)
            self._writer.close(True)
        return True

    @property
    def whole(self) -> bool:
        """Whether a closed store lies in its file alone, with nothing left beside it."""
        return self._closed and not self._failed and not log_of(self.path).exists()
