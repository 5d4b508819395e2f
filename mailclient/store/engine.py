"""The engine under the store: how a connection is made, and its faults in the user's words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from urllib.parse import quote

import apsw

from mailclient.errors import BadInput, MailError, StoreDamaged, StoreFull, StoreLocked
from mailclient.store.cipher import Cipher, cipher_for

MIB = 1024 * 1024
ROOM = 64 * MIB  # two batches of mail, once in the log and once in the file, and some to spare
READER_CACHE_KIB = 8 * 1024


class Access(Enum):
    """What a connection may do with the file, and how it keeps out of the way of others.

    FROZEN is for a file that nobody can write: nothing is locked, and nothing is made beside it.
    """

    MAKE = "make"
    WRITE = "write"
    READ = "read"
    FROZEN = "frozen"


def connect(
    path: Path, key: bytes, access: Access, vfs: str = "unix", cipher: Cipher | None = None
) -> apsw.Connection:
    """Open the encrypted file; `vfs` is what lies under the cipher. Raises what the engine raises.

    The `cipher` is to be given where somebody has the file open already.

    Nothing is read yet: whether the key fits shows with the first question.
    """
    cipher = cipher or cipher_for(path)
    name, flags = str(path), apsw.SQLITE_OPEN_READWRITE
    if access is Access.MAKE:
        flags |= apsw.SQLITE_OPEN_CREATE
    elif access is Access.FROZEN:
        flags = apsw.SQLITE_OPEN_READONLY
        if log_of(path).exists():
            vfs = "unix-none"  # a lock cannot be had on what may not be written
        else:
            flags |= apsw.SQLITE_OPEN_URI
            name = f"file:{quote(name)}?immutable=1"
    connection = apsw.Connection(name, flags=flags, vfs=f"multipleciphers-{vfs}")
    connection.set_busy_timeout(5000)
    connection.pragma("cipher", cipher.value)
    connection.pragma("key", f"raw:{key.hex()}")
    for setting, value in (
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        ("recursive_triggers", 0),
    ):
        connection.pragma(setting, value)
    if access is Access.FROZEN:
        connection.pragma("locking_mode", "EXCLUSIVE")  # its index of the log lies in memory
    if access in (Access.READ, Access.FROZEN):
        connection.pragma("cache_size", -READER_CACHE_KIB)
        connection.pragma("wal_autocheckpoint", 0)  # one connection alone moves pages
        connection.pragma("query_only", 1)
    return connection


@contextmanager
def part(connection: apsw.Connection, *, alone: bool = True) -> Iterator[None]:
    """A part of the open transaction, which can be taken back alone; it may have parts again.

    One that is not `alone` costs no statement, and takes the transaction back when it fails.
    """
    if alone:
        connection.execute("SAVEPOINT part")
    whole = False
    try:
        yield
        whole = True
    finally:
        # a full disk takes all of it back by itself
        if connection.in_transaction and not alone:
            if not whole:
                connection.execute("ROLLBACK")
        elif connection.in_transaction:
            if not whole:
                connection.execute("ROLLBACK TO part")
            connection.execute("RELEASE part")


def integrity(connection: apsw.Connection) -> str:
    """Look through the whole file; "" if it is whole, else what is wrong with it."""
    found = [
        str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"
    ]
    found += [
        f"a row of {table} refers to a row of {parent} that is not there"
        for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
    ]
    return "; ".join(found)


def log_of(path: Path) -> Path:
    """The file beside a store that holds its newest changes."""
    return path.with_name(f"{path.name}-wal")


def full(path: Path) -> StoreFull:
    """The fault of a full disk, with how much room there is and how much is needed."""
    try:
        free = f"{shutil.disk_usage(path.parent).free // MIB} MB are free there"
    except OSError:
        free = "it cannot be seen how much is free there"
    return StoreFull(
        "There is no room left on the disk of the profile; what was being stored was taken back.",
        f"Make at least {ROOM // MIB} MB of room ({free}), then try again. "
        "Nothing was deleted on a server.",
        str(path),
    )


def ignore(why: str) -> None:
    """For reading: a failed disk is told, but locks nothing."""


class translated:  # noqa: N801  # it is used as a statement
    """Turns the engine's faults inside it into ours; a mistake of this program stays a bug.

    One may be used again and again, also inside itself: it is around each statement.
    """

    __slots__ = ("_failed", "_path")

    def __init__(self, path: Path, failed: Callable[[str], None] = ignore) -> None:
        self._path = path
        self._failed = failed

    def __enter__(self) -> None:
        """Nothing has to be prepared."""

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, apsw.Error | PermissionError):
            found = _fault(self._path, problem, self._failed)
            if found is not None:
                raise found from problem


def _fault(
    path: Path, problem: apsw.Error | PermissionError, failed: Callable[[str], None]
) -> MailError | None:
    """What has happened, in the user's words; None where it is a bug."""
    match problem:
        case apsw.FullError():
            return full(path)
        case apsw.IOError():
            if getattr(problem, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
                return full(path)
            failed(str(problem))
            return StoreDamaged(
                "The disk failed while the store was used.",
                "Look at the disk, then start the program again.",
                f"{path}: {problem}",
            )
        case apsw.CorruptError() | apsw.NotADBError() | apsw.FormatError():
            return damaged(path, str(problem))
        case apsw.BusyError() | apsw.LockedError() | apsw.ProtocolError():
            return StoreLocked(
                "The store is in use by another program.", "Close it, then try again.", str(path)
            )
        case (
            apsw.CantOpenError()
            | apsw.ReadOnlyError()
            | apsw.PermissionsError()
            | PermissionError()
        ):
            return StoreLocked(
                "The store cannot be opened for writing.",
                "Look at the rights of the profile's folder.",
                str(path),
            )
        case apsw.ConnectionClosedError():
            return StoreLocked("The store is closed.", "Open the profile again.")
        case apsw.TooBigError():
            return BadInput("The message is too large to be stored.")
    return None


def damaged(path: Path, what: str) -> StoreDamaged:
    """The fault of a store whose bytes have changed."""
    return StoreDamaged(
        "The store is damaged, or it is not the one that belongs to this profile's key.",
        "'mailclient store salvage' makes a new one of all that can be read, and keeps this one "
        "beside it; 'mailclient store restore FILE' takes a backup. Mail that is still on the "
        "server comes again.",
        f"{path}: {what}",
    )
