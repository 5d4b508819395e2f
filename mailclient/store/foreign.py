"""Address books of other programs that are files of SQLite, read and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from urllib.parse import quote

import apsw

from mailclient.errors import BadInput
from mailclient.message.address import Address
from mailclient.message.words import clean

MOST_CARDS = 100_000
_LONGEST = 300
_MOST_COPIES = 5
_CARDS = (
    "SELECT card, name, value FROM properties"
    " WHERE name IN ('DisplayName', 'FirstName', 'LastName', 'PrimaryEmail', 'SecondEmail')"
)


def cards(path: Path) -> tuple[Address, ...]:
    """The people in an address book of Thunderbird; raises BadInput if it cannot be read."""
    found: dict[str, dict[str, str]] = {}
    try:
        with _opened(path) as connection:
            for card, name, value in connection.execute(_CARDS):
                if card in found or len(found) < MOST_CARDS:
                    found.setdefault(str(card), {})[name] = clean(str(value))[:_LONGEST].strip()
    except (apsw.Error, OSError) as problem:
        raise BadInput(
            f"The address book {path} cannot be read.",
            "The mail was imported all the same.",
            str(problem),
        ) from problem
    return tuple(person for card in found.values() for person in _people(card))


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    """The file as it is now, also while the other program has it open: what that has written last
    is in a log beside it, which only a copy lets us read without a lock or a trace."""
    log = path.with_name(f"{path.name}-wal")
    with ExitStack() as stack:
        if log.exists() and log.stat().st_size:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="mc-")))
            path = _copied(path, log, folder)
            flags, way = apsw.SQLITE_OPEN_READWRITE, ""
        else:
            flags, way = apsw.SQLITE_OPEN_READONLY, "?immutable=1"
        name = f"file:{quote(str(path))}{way}"
        connection = apsw.Connection(name, flags=flags | apsw.SQLITE_OPEN_URI)
        stack.callback(connection.close, True)
        yield connection


def _copied(path: Path, log: Path, folder: Path) -> Path:
    """A copy of a file and its log that fit together: the log may move into the file meanwhile."""
    copy = folder / "copy"
    for _ in range(_MOST_COPIES):
        before = path.stat().st_mtime_ns
        copyfile(path, copy)
        copyfile(log, folder / "copy-wal")
        if path.stat().st_mtime_ns == before:
            break
    return copy


def _people(card: dict[str, str]) -> tuple[Address, ...]:
    parts = (card.get("FirstName", ""), card.get("LastName", ""))
    name = card.get("DisplayName") or " ".join(part for part in parts if part)
    addresses = (card.get("PrimaryEmail", ""), card.get("SecondEmail", ""))
    return tuple(Address(name, one) for one in addresses if "@" in one)
