"""Looking a store through: all of it when asked, the likeliest places within a limit at the start.

The cipher signs every page, so a page that has changed is found by reading it. After a clean end
nothing is looked at. After a cut the small tables and the newest mail are, then the rest for as
long as the limit allows: a million messages start as quickly as ten.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import apsw

from mailclient.errors import MailError, NotFound
from mailclient.store.bodies import BodyTable
from mailclient.store.database import Database

AT_START_SECONDS = 0.5
NEWEST = 20
SMALL = ("accounts", "secrets", "folders", "settings", "keys", "outbox", "outbox_recipients")
LARGE = ("ledger", "messages", "bodies", "understood", "body_chunks")
_STEPS = 1000  # of the engine's machine between two looks at the clock


def quick(database: Database, seconds: float = AT_START_SECONDS) -> str:
    """What is found wrong within that time; "" if nothing is."""
    end = time.monotonic() + seconds
    try:
        with database.read() as connection:
            connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            try:
                return _look(database, connection)
            finally:
                connection.set_progress_handler(None)
    except MailError as problem:
        return problem.detail or problem.text


def _look(database: Database, connection: apsw.Connection) -> str:
    try:
        problem = _tables(connection, SMALL) or _newest(database, connection)
        return problem or _tables(connection, LARGE)
    except apsw.InterruptError:
        return ""


def _tables(connection: apsw.Connection, names: tuple[str, ...]) -> str:
    for name in names:
        for (found,) in connection.execute(f"PRAGMA quick_check({name})"):
            if found != "ok":
                return f"{name}: {found}"
    return ""


def _newest(database: Database, connection: apsw.Connection) -> str:
    newest: list[tuple[Any, ...]] = connection.execute(
        "SELECT id FROM messages WHERE size <= 1000000 ORDER BY id DESC LIMIT ?", (NEWEST,)
    ).fetchall()
    bodies = BodyTable(database)
    for (id,) in newest:
        try:
            bodies.verify(id)
        except MailError as problem:
            return problem.text
    return ""


def damaged_messages(database: Database) -> Iterator[int]:
    """The messages whose bytes have changed or cannot be read, over the whole store."""
    bodies = BodyTable(database)
    for (id,) in database.rows("SELECT id FROM messages ORDER BY id"):
        try:
            bodies.verify(id)
        except NotFound:
            continue  # deleted meanwhile
        except MailError:
            yield id
