"""The engine under the store: how a connection is made, and its faults in the user's words."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from urllib.parse import quote

import apsw

from mailclient.errors import BadInput, StoreDamaged, StoreFull, StoreLocked

MIB = 1024 * 1024
ROOM = 64 * MIB  # two batches of mail, once in the log and once in the file, and some to spare
READER_CACHE_KIB = 16 * 1024


class Access(Enum):
    """What a connection may do with the file, and how it keeps out of the way of others.

    FROZEN is for a file that nobody can write: nothing is locked, and nothing is made beside it.
    """

    MAKE = "make"
    WRITE = "write"
    READ = "read"
    FROZEN = "frozen"


def connect(path: Path, key: bytes, access: Access, vfs: str = "unix") -> apsw.Connection:
    """Open the encrypted file; `vfs` is what lies under the cipher. Raises what the engine raises.

    Nothing is read yet: whether the key fits shows with the first question.
    """
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
    connection.pragma("cipher", "chacha20")
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
def part(connection: apsw.Connection) -> Iterator[None]:
    """A part of the open transaction, which can be taken back alone; it may have parts again."""
    connection.execute("SAVEPOINT part")
    whole = False
    try:
        yield
        whole = True
    finally:
        if connection.in_transaction:  # a full disk takes all of it back by itself
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


@contextmanager
def translated(path: Path, failed: Callable[[str], None] = ignore) -> Iterator[None]:
    """Turn the engine's faults into ours; what is a mistake of this program stays a bug."""
    try:
        yield
    except apsw.FullError as problem:
        raise full(path) from problem
    except apsw.IOError as problem:
        if getattr(problem, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
            raise full(path) from problem
        failed(str(problem))
        raise StoreDamaged(
            "The disk failed while the store was used.",
            "Look at the disk, then start the program again.",
            f"{path}: {problem}",
        ) from problem
    except (apsw.CorruptError, apsw.NotADBError, apsw.FormatError) as problem:
        raise damaged(path, str(problem)) from problem
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


def damaged(path: Path, what: str) -> StoreDamaged:
    """The fault of a store whose bytes have changed."""
    return StoreDamaged(
        "The store is damaged, or it is not the one that belongs to this profile's key.",
        "'mailclient store salvage' makes a new one of all that can be read, and keeps this one "
        "beside it; 'mailclient store restore FILE' takes a backup. Mail that is still on the "
        "server comes again.",
        f"{path}: {what}",
    )
