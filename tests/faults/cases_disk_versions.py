"""D7: an older program meets a newer store, and a kill meets a migration."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailclient.errors import StoreDamaged
from mailclient.store import migrations
from mailclient.store.database import Database
from mailclient.store.engine import Access, connect
from tests.faults.oracle import plain
from tests.faults.registry import Bench, case

KEY = bytes(range(32))
ROWS = 3000
MIGRATE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mailclient.store import migrations
from mailclient.store.database import Database

def step(connection):
    connection.execute("CREATE TABLE extra (key TEXT NOT NULL, value TEXT NOT NULL) STRICT")
    connection.execute("INSERT INTO extra SELECT key, value FROM settings")
    connection.execute("UPDATE settings SET value = 'new ' || value")

migrations.STEPS = (*migrations.STEPS, step)
print("ready", flush=True)
Database.open(Path(sys.argv[1]), bytes(range(32)), clock=lambda: datetime.now(UTC)).close()
print("done", flush=True)
"""
"""A version that is still to come: its step changes every row."""


def clock() -> datetime:
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@case("D7", "killed at any point of a migration: the old version or the new, and a copy before it")
def killed_while_migrating(bench: Bench) -> None:
    whole = bench.folder / "whole.db"
    database = Database.open(whole, KEY, clock=clock)
    database.run_many(
        "INSERT INTO settings (key, value) VALUES (?, ?)",
        [(f"{number:05}", "x" * 1500) for number in range(ROWS)],
    )
    database.close()
    took = _migrated(whole.with_name("timed.db"), whole, None)
    ends = set()
    for cycle in range(bench.cycles * 6):
        path = bench.folder / f"store-{cycle}.db"
        _migrated(path, whole, took * 1.1 * bench.chance.random())
        bench.tries["kills"] += 1
        ends.add(_either_version(path, f"cycle {cycle}"))
        assert _migrated(path, None, None) > 0
        assert _either_version(path, f"cycle {cycle}, again") == len(migrations.STEPS) + 1
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
    assert ends


def _migrated(path: Path, whole: Path | None, kill_after: float | None) -> float:
    """Start the newer program on a copy; kill it so many seconds after it began to migrate."""
    if whole is not None:
        shutil.copy(whole, path)
    process = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    began = time.monotonic()
    if kill_after is not None:
        threading.Event().wait(kill_after)
        process.kill()
    process.communicate()
    if kill_after is None:
        assert process.returncode == 0
    return time.monotonic() - began


def _either_version(path: Path, where: str) -> int:
    """Everything is of one version; from the newer one on there is the copy of the older."""
    connection = connect(path, KEY, Access.WRITE)
    try:
        version = int(str(connection.pragma("user_version")))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], where
        values = {str(row[0])[:4] for row in connection.execute("SELECT value FROM settings")}
        count = connection.execute("SELECT count(*) FROM settings").fetchall()[0][0]
        extra = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"
        ).fetchall()[0][0]
    finally:
        connection.close(True)
    new = version == len(migrations.STEPS) + 1
    assert count == ROWS, where
    assert (values, extra) == (({"new "}, 1) if new else ({"xxxx"}, 0)), where
    if new:
        _is_older_copy(path.with_name(f"{path.name}.version-{version - 1}"), where)
    return version


def _is_older_copy(copy: Path, where: str) -> None:
    kept = Database.open(copy, KEY, clock=clock)
    try:
        assert kept.check() == "", where
        assert len(kept.rows("SELECT key FROM settings")) == ROWS, where
    finally:
        kept.close()


@case("D7", "a store of a newer version is refused in a sentence, and not changed")
def newer_version(bench: Bench) -> None:
    path = bench.folder / "store.db"
    database = Database.open(path, KEY, clock=clock)
    with database.write() as connection:
        connection.pragma("user_version", len(migrations.STEPS) + 1)
    database.close()
    before = path.read_bytes()
    for read_only in ("", "It lies on a disk that cannot be written."):
        with pytest.raises(StoreDamaged, match="newer version") as caught:
            Database.open(path, KEY, clock=clock, read_only=read_only)
        plain(caught.value.text)
    assert path.read_bytes() == before
