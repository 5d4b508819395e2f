"""The list of the tables, for a store in which it is lost: taken from a new store of today.

A page is encrypted for its number and its key, so a page of another store with the same key fits in
the same place. A store that this version has made keeps its list on the same pages as a new one,
and one that was compacted or restored as a new one that was compacted. In any other the tables are
not where the list says.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mailclient.store.database import Database
from mailclient.store.engine import log_of

PAGE = 4096
PAGES_AT_ONCE = 1024


def patched(
    old: Path, target: Path, key: bytes, clock: Callable[[], datetime], *, compacted: bool
) -> None:
    """Make a copy of a damaged store with the list of tables of a new one; raises StoreFull."""
    pages = old.stat().st_size // PAGE
    donor = target.with_name(f"{target.name}.donor")
    database = Database.open(donor, key, clock=clock)
    try:
        if compacted:
            with database.alone() as writer:
                writer.execute("VACUUM")
        listed = _list_pages(database, pages)
    finally:
        database.close()
    shutil.copyfile(old, target)
    if log_of(old).exists():
        shutil.copyfile(log_of(old), log_of(target))
    with donor.open("rb") as source, target.open("r+b") as file:
        file.truncate(max(old.stat().st_size, donor.stat().st_size))
        for number in listed:
            source.seek((number - 1) * PAGE)
            file.seek((number - 1) * PAGE)
            file.write(source.read(PAGE))
    donor.unlink()


def _list_pages(database: Database, pages: int) -> list[int]:
    """The pages of a new store's list, after it was made as large as the damaged one: how many
    pages there are stands on the first of them."""
    with database.write() as writer:
        found = writer.execute("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'")
        listed = [int(str(row[0])) for row in found.fetchall()]
        writer.execute(
            "WITH RECURSIVE piece (id) AS"
            " (SELECT 1 UNION ALL SELECT id + 1 FROM piece WHERE id <= ?)"
            " INSERT INTO body_chunks (id, data) SELECT id, zeroblob(?) FROM piece",
            (pages // PAGES_AT_ONCE, PAGES_AT_ONCE * PAGE),
        )
        writer.execute("DELETE FROM body_chunks")
    return listed
