"""The log is moved into the file beside the work, never against it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from mailclient.errors import StoreDamaged
from mailclient.store import checkpoints
from mailclient.store.database import Database, Durability
from tests.faults.disk_vfs import Disk, disk
from tests.unit.store.box import Clock

KEY = bytes(range(32))
ADD = "INSERT INTO settings (key, value) VALUES (?, ?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store that was opened before: making its tables has left nothing in the log."""
    file = tmp_path / "store.db"
    Database.open(file, KEY, clock=Clock()).close()
    return file


@pytest.fixture
def often() -> Iterator[None]:
    """A log that is long from its tenth page on."""
    with patch.object(checkpoints, "SOON", 10), patch.object(checkpoints, "AT_ONCE", 100):
        yield


def add(database: Database, name: str, size: int = 100_000) -> None:
    database.run(ADD, (name, "x" * size))


def moves(seen: Disk) -> int:
    """How often the file, and not its log, was written and synced."""
    return sum(one.is_sync and not one.file.endswith("-wal") for one in seen.steps)


@pytest.mark.usefixtures("often")
def test_a_long_log_is_moved_and_the_commit_does_not_wait_for_it(path: Path) -> None:
    with disk("beside") as seen:
        database = Database.open(path, KEY, clock=Clock())
        with database.alone():  # nobody can move while this thread has the lock
            before = moves(seen)
            add(database, "one")
            assert moves(seen) == before
        database._checkpoints.wait()
        assert moves(seen) == before + 1
        assert database.row("SELECT count(*) FROM settings WHERE key = 'one'") == (1,)
        database.close()


@pytest.mark.usefixtures("often")
def test_a_log_that_has_grown_too_long_is_moved_by_the_commit_itself(path: Path) -> None:
    with disk("at-once") as seen:
        database = Database.open(path, KEY, clock=Clock())
        with database.alone():
            before = moves(seen)
            add(database, "one", 1_000_000)
            assert moves(seen) == before + 1
        database.close()


def test_a_short_log_stays_until_the_end(path: Path) -> None:
    with disk("short") as seen:
        database = Database.open(path, KEY, clock=Clock())
        before = moves(seen)
        for number in range(20):
            add(database, f"number {number}", 10)
        database._checkpoints.wait()
        assert moves(seen) == before
        database.close()
        assert moves(seen) == before + 1
        assert database.whole


@pytest.mark.usefixtures("often")
def test_the_store_closes_when_the_move_is_done(path: Path) -> None:
    database = Database.open(path, KEY, clock=Clock())
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with database.alone():
            add(database, "one")
            held.set()
            go.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    closing = threading.Thread(target=database.close)
    closing.start()
    assert not database.whole
    go.set()
    holder.join()
    closing.join()
    assert database.whole
    again = Database.open(path, KEY, clock=Clock())
    assert again.check() == ""
    assert again.row("SELECT key FROM settings WHERE key = 'one'") == ("one",)
    again.close()


@pytest.mark.usefixtures("often")
def test_a_disk_that_fails_while_the_log_is_moved_takes_no_more_writes(path: Path) -> None:
    with disk("failing") as failing:
        database = Database.open(path, KEY, clock=Clock())
        with database.alone():
            add(database, "one")
            failing.fault.kind, failing.fault.after = "write", 0
        database._checkpoints.wait()
        assert failing.fault.hits == 1
        with pytest.raises(StoreDamaged, match="nothing more is written"):
            add(database, "two")
        assert database.row("SELECT count(*) FROM settings WHERE key = 'one'") == (1,)
        failing.fault.after = -1
        database.close()
        again = Database.open(path, KEY, clock=Clock())
        assert again.row("SELECT count(*) FROM settings WHERE key = 'one'") == (1,)
        again.close()


@pytest.mark.usefixtures("often")
def test_many_write_while_the_log_is_moved_again_and_again(path: Path) -> None:
    database = Database.open(path, KEY, clock=Clock())

    def write(name: str) -> None:
        for number in range(40):
            with database.write(Durability.REBUILDABLE if number % 2 else Durability.FULL):
                add(database, f"{name} {number}", 20_000)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.row(
        "SELECT count(*), sum(length(value)) FROM settings WHERE length(value) = 20000"
    ) == (160, 160 * 20_000)
    assert database.check() == ""
    database.close()
    assert database.whole


def test_a_reader_keeps_what_it_sees_while_the_log_is_moved(path: Path) -> None:
    with patch.object(checkpoints, "SOON", 10), patch.object(checkpoints, "AT_ONCE", 20):
        database = Database.open(path, KEY, clock=Clock())
        add(database, "one")
        with database.read() as reader:
            reader.execute("BEGIN")
            count = reader.execute("SELECT count(*) FROM settings").fetchall()
            for number in range(30):
                add(database, f"number {number}")
            assert reader.execute("SELECT count(*) FROM settings").fetchall() == count
            reader.execute("COMMIT")
        assert database.check() == ""
        database.close()
