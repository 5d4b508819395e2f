"""A copy of the whole store in one file: the encrypted database, and behind it how it is unlocked.

The copy is taken while the store is in use, looked through, and named only when it is on the disk.
The key-check file follows the last page; what is encrypted stays so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mailclient.errors import BadInput, StoreDamaged
from mailclient.store.cipher import preferred
from mailclient.store.database import Database
from mailclient.store.engine import Access, connect, full, translated
from mailclient.store.vault import Unlocked

PAGE = 4096
LONGEST = 3 * PAGE  # of a key-check file with its mark
MARK = b"mailclient key check\n"
MOVED = b"mailclient moved profile\n"  # in place of it, where the store is to be moved


def write(database: Database, key: bytes, document: bytes, target: Path) -> int:
    """Write a backup to a new file; returns its size. Raises BadInput, StoreFull, StoreDamaged."""
    made = beside(target)
    try:
        copy(database, key, made)
        return finish(made, document, target)
    finally:
        made.unlink(missing_ok=True)


def beside(target: Path) -> Path:
    """Where a new file is written before it has its name; raises BadInput where it cannot be."""
    made = target.with_name(f"{target.name}.part")
    if target.exists():
        raise BadInput(f"{target} is there already.", "Choose another name.")
    try:
        made.unlink(missing_ok=True)
        made.touch(mode=0o600)
        made.unlink()
    except OSError as problem:
        missing = not target.parent.exists()
        raise BadInput(
            f"There is no folder {target.parent}."
            if missing
            else f"Nothing can be written in {target.parent}: {problem.strerror}.",
            "Choose another place.",
        ) from problem
    return made


def finish(made: Path, document: bytes, target: Path, mark: bytes = MARK) -> int:
    """Put a store's key-check file behind it, and name it once it is on the disk; its size.

    Raises BadInput.
    """
    try:
        made.chmod(0o600)
        with made.open("ab") as file:
            file.write(mark + document)
            file.flush()
            os.fsync(file.fileno())
        made.rename(target)
        return target.stat().st_size
    except OSError as problem:
        raise BadInput(
            f"{target} cannot be written: {problem.strerror}.", "Choose another place."
        ) from problem


def copy(database: Database, key: bytes, target: Path) -> None:
    """Write all of a store, as it is now, to a new file with the same key, and look it through.

    Raises StoreFull, StoreDamaged, StoreLocked.
    """
    with translated(target), database.read() as connection:
        connection.pragma("query_only", 0)  # it forbids the copy too
        with suppress(OSError):  # the engine tells it better, where nothing can be written
            target.touch(mode=0o600)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        finally:
            connection.pragma("query_only", 1)
    look(target, key)


def look(path: Path, key: bytes) -> None:
    """Raise StoreDamaged if a file is no whole store with that key."""
    with translated(path):
        connection = connect(path, key, Access.READ)
        try:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        finally:
            connection.close(True)
    if found != ["ok"]:
        raise StoreDamaged("The copy of the store is not whole.", "Try again.", str(path))


def document_of(path: Path, mark: bytes = MARK) -> bytes:
    """The key-check file that a backup carries; raises BadInput if it carries none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LONGEST))
            tail = file.read()
    except OSError as problem:
        raise BadInput(
            f"{path} cannot be read: {problem.strerror}.", "Look at its name and its rights."
        ) from problem
    _, found, document = tail.rpartition(mark)
    if not found:
        what, wrote = _WRITTEN_BY[mark]
        raise BadInput(
            f"{path} is no {what}, or its end is missing.",
            f"Name a file that '{wrote}' has written.",
        )
    return document


_WRITTEN_BY = {
    MARK: ("backup of a profile", "mailclient store backup"),
    MOVED: ("profile that was packed to be moved", "mailclient profile export"),
}


def unpack(path: Path, target: Path, mark: bytes = MARK) -> None:
    """The store in a backup, as a file; raises StoreFull."""
    size = path.stat().st_size - len(mark) - len(document_of(path, mark))
    try:
        with path.open("rb") as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, 1024 * 1024)
            file.truncate(size)
        target.chmod(0o600)
    except OSError as problem:
        raise full(target) from problem


def change_key(path: Path, old: bytes, new: bytes) -> None:
    """Encrypt a store that is not open anew, with the cipher that this machine is quick at.

    Raises StoreFull, StoreDamaged.
    """
    with translated(path):
        connection = connect(path, old, Access.WRITE)
        try:
            connection.pragma("journal_mode", "DELETE")
            connection.pragma("cipher", preferred().value)
            connection.pragma("rekey", f"raw:{new.hex()}")
        finally:
            connection.close(True)
    look(path, new)


def made_current(path: Path, unlocked: Unlocked, clock: Callable[[], datetime]) -> int:
    """Bring an unpacked store up to date and look all of it through; its messages.

    Raises StoreDamaged.
    """
    database = Database.open(path, unlocked.key, clock=clock)
    try:
        if problem := database.check():
            raise StoreDamaged("The backup is damaged.", "Take another one.", problem)
        row = database.row("SELECT count(*) FROM messages")
        return int(row[0]) if row else 0
    finally:
        database.close()
