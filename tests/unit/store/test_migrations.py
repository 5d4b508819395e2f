"""From each version of the store that there ever was to today's: the same tables, nothing lost, and
a copy of how it was. The index is no part of it: it is made again from the bytes."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from mailclient.store import migrations
from mailclient.store.engine import Access, connect, integrity

KEY = bytes(range(32))
TODAY = len(migrations.STEPS)
ROWS = """
INSERT INTO accounts (id, address, details) VALUES (1, 'me@example.org', '{}');
INSERT INTO folders (id, account_id, name, role) VALUES (1, 1, 'Inbox', 'inbox');
INSERT INTO folders (id, account_id, name, role) VALUES (2, 1, 'Trash', 'trash');
INSERT INTO bodies (id, size, sha256, mark, complete)
    VALUES (1, 3, x'01', 7, 1), (2, 3, x'02', 8, 1);
INSERT INTO body_chunks (id, data) VALUES (1 << 20, x'616263'), (2 << 20, x'646566');
INSERT INTO messages (id, account_id, folder_id, body_id, date, received, size, unread, processing,
    attachments, message_id, subject) VALUES
    (1, 1, 1, 1, 100, 100, 3, 1, 'ready', 1, '<a@x>', 'One'),
    (2, 1, 1, 2, 200, 200, 3, 0, 'ready', 0, '<b@x>', 'Two');
INSERT INTO understood (message_row, checked, verdict, problems) VALUES (1, 1, '{}', '[]');
INSERT INTO tags (tag, message_row) VALUES ('work', 2);
INSERT INTO people (address, written, name, uses, last) VALUES ('a@x', 'a@x', 'Ann', 3, 9);
INSERT INTO outbox (id, account_id, message_id, subject, sender, state, created, not_before,
    encryption, signature)
    VALUES (1, 1, '<o@x>', 'Out', 'me@example.org', 'queued', 5, 5, 'none', 'none');
INSERT INTO outbox_recipients (outbox_id, position, address, state) VALUES (1, 0, 'b@x', 'queued');
INSERT INTO outbox_bytes (outbox_id, raw, sent_copy) VALUES (1, x'61', x'62');
INSERT INTO ledger (account_id, uid, size, sha256, state, message_row, first_seen)
    VALUES (1, x'75', 3, x'01', 'stored', 1, 100);
INSERT INTO settings (key, value) VALUES ('receive.minutes', '7');
"""
ASKED = {
    "SELECT address, details FROM accounts": [("me@example.org", "{}")],
    "SELECT name, unread, total FROM folders ORDER BY id": [("Inbox", 1, 2), ("Trash", 0, 0)],
    "SELECT id, data FROM body_chunks ORDER BY id": [(1 << 20, b"abc"), (2 << 20, b"def")],
    "SELECT id, subject, unread, message_id FROM messages ORDER BY id": [
        (1, "One", 1, "<a@x>"),
        (2, "Two", 0, "<b@x>"),
    ],
    "SELECT message_row, verdict FROM understood": [(1, "{}")],
    "SELECT tag, message_row FROM tags": [("work", 2)],
    "SELECT name, uses FROM people": [("Ann", 3)],
    "SELECT subject, state FROM outbox": [("Out", "queued")],
    "SELECT address, state FROM outbox_recipients": [("b@x", "queued")],
    "SELECT raw FROM outbox_bytes": [(b"a",)],
    "SELECT uid, message_row FROM ledger": [(b"u", 1)],
    "SELECT message_row FROM to_index": [(1,)],
    "SELECT value FROM settings WHERE key = 'receive.minutes'": [("7",)],
}


def opened(path: Path) -> apsw.Connection:
    return connect(path, KEY, Access.MAKE)


def schema(connection: apsw.Connection) -> set[tuple[str, str]]:
    """The columns, indexes and triggers that there are."""
    found = {
        (name, kind)
        for name, kind in connection.execute(
            "SELECT name, type FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
        )
    }
    for table in [name for name, kind in found if kind == "table" and not name.startswith("words")]:
        found |= {
            (f"{table}.{column}", f"{type} {not_null} {default}")
            for column, type, not_null, default in connection.execute(
                'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', (table,)
            )
        }
    return found


@pytest.mark.parametrize("version", range(1, TODAY))
def test_a_store_of_each_older_version_becomes_one_of_today(tmp_path: Path, version: int) -> None:
    fresh = opened(tmp_path / "fresh.db")
    migrations.migrate(fresh, tmp_path / "fresh.db")
    path = tmp_path / "store.db"
    old = opened(path)
    migrations.migrate(old, path, migrations.STEPS[:version])
    old.execute(ROWS)
    before = schema(old)
    old.close()

    store = opened(path)
    migrations.migrate(store, path)
    assert store.pragma("user_version") == TODAY
    assert schema(store) == schema(fresh)
    assert integrity(store) == ""
    for sql, rows in ASKED.items():
        assert store.execute(sql).fetchall() == rows, sql
    store.execute("DELETE FROM messages WHERE id = 1")  # every trigger still fits its tables
    assert store.execute("SELECT count(*) FROM body_chunks").fetchall() == [(1,)]
    assert store.execute("SELECT unread, total FROM folders WHERE id = 1").fetchall() == [(0, 1)]
    store.close()
    fresh.close()

    beside = path.with_name(f"store.db.version-{version}")
    assert beside.stat().st_mode & 0o77 == 0
    copy = opened(beside)
    assert copy.pragma("user_version") == version
    assert schema(copy) == before
    assert copy.execute("SELECT count(*) FROM messages").fetchall() == [(2,)]
    copy.close()


def test_a_store_of_today_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = opened(path)
    migrations.migrate(store, path)
    migrations.migrate(store, path)
    store.close()
    assert not list(tmp_path.glob("*.version-*"))
