"""The encrypted file: transactions, readers, faults in words, upkeep, and what a kill leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from mailclient.errors import BadInput, MailError, StoreDamaged, StoreFull, StoreLocked
from mailclient.store import migrations
from mailclient.store.database import Database, Durability, translated
from tests.unit.store.box import Clock

KEY = bytes(range(32))
ADD = "INSERT INTO settings (key, value) VALUES (?, ?)"
ALL = "SELECT key FROM settings ORDER BY key"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database.open(path, KEY, clock=Clock())
    yield opened
    opened.close()


def names(database: Database) -> list[str]:
    return [row[0] for row in database.rows(ALL)]


def begin_and_fail(database: Database, problem: Exception) -> None:
    """Change something, then fail before the end."""
    with database.write():
        database.run(ADD, ("begun", "1"))
        raise problem


def fill(database: Database, rows: list[tuple[str, str]]) -> None:
    """Add rows in one transaction, going on after the first fault as a careless caller might."""
    with database.write():
        first: StoreFull | None = None
        for row in rows:
            try:
                database.run(ADD, row)
            except StoreFull as problem:
                first = first or problem
        if first is not None:
            raise first


def test_nothing_of_it_is_readable_on_the_disk(path: Path, database: Database) -> None:
    database.run(ADD, ("a secret plan", "meet at the boathouse"))
    wal = path.with_name("store.db-wal").read_bytes()
    database.close()
    for content in (wal, path.read_bytes()):
        assert b"boathouse" not in content
        assert b"SQLite format" not in content
        assert b"CREATE TABLE" not in content


def test_what_was_committed_is_there_after_opening_again(path: Path, database: Database) -> None:
    database.run(ADD, ("one", "1"))
    database.close()
    again = Database.open(path, KEY, clock=Clock())
    assert names(again) == ["one"]
    assert again.check() == ""
    again.close()


def test_what_is_raised_inside_takes_all_of_it_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        begin_and_fail(database, ZeroDivisionError())
    assert names(database) == []
    database.run(ADD, ("two", "2"))
    assert names(database) == ["two"]


def test_an_inner_part_can_fail_alone(database: Database) -> None:
    with database.write():
        database.run(ADD, ("kept", "1"))
        with pytest.raises(ZeroDivisionError):
            begin_and_fail(database, ZeroDivisionError())
        database.run(ADD, ("also kept", "3"))
    assert names(database) == ["also kept", "kept"]


def fail_with_what_is_around(database: Database) -> None:
    with database.write(alone=False):
        database.run(ADD, ("inside", "2"))
        raise ZeroDivisionError


def go_on_after_it(database: Database) -> None:
    with database.write():
        database.run(ADD, ("before", "1"))
        with pytest.raises(ZeroDivisionError):
            fail_with_what_is_around(database)
        database.run(ADD, ("after", "3"))


def fail_around_one_that_went_well(database: Database) -> None:
    with database.write():
        with database.write(alone=False):
            database.run(ADD, ("inside", "2"))
        raise ZeroDivisionError


def test_a_part_that_does_not_stand_alone_takes_back_what_is_around_it(database: Database) -> None:
    with pytest.raises(StoreFull):
        go_on_after_it(database)
    assert names(database) == []


def test_a_part_that_does_not_stand_alone_goes_with_the_part_around_it(database: Database) -> None:
    with database.write():
        database.run(ADD, ("kept", "1"))
        with pytest.raises(ZeroDivisionError):
            fail_around_one_that_went_well(database)
    assert names(database) == ["kept"]


def test_the_writing_thread_sees_its_own_changes_and_others_do_not(database: Database) -> None:
    seen: list[list[str]] = []
    with database.write():
        database.run(ADD, ("one", "1"))
        assert names(database) == ["one"]
        other = threading.Thread(target=lambda: seen.append(names(database)))
        other.start()
        other.join()
    assert seen == [[]]
    assert names(database) == ["one"]


def test_readers_cannot_write(database: Database) -> None:
    with (
        pytest.raises(StoreLocked, match="cannot be opened for writing"),
        database.read() as connection,
    ):
        connection.execute(ADD, ("one", "1"))
    assert names(database) == []


def test_many_threads_write_one_after_the_other(database: Database) -> None:
    def write(number: int) -> None:
        for at in range(20):
            with database.write():
                database.run(ADD, (f"{number:02}-{at:02}", "x"))
                assert f"{number:02}-{at:02}" in names(database)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 160
    assert database.check() == ""


def test_a_full_durable_commit_follows_one_that_need_not_last(database: Database) -> None:
    with database.write(Durability.REBUILDABLE) as connection:
        assert connection.pragma("synchronous") == 1
        database.run(ADD, ("one", "1"))
    with database.write() as connection:
        assert connection.pragma("synchronous") == 2


def test_a_full_disk_is_told_and_costs_only_what_was_being_written(database: Database) -> None:
    database.run(ADD, ("before", "1"))
    with database.write() as connection:
        pages = connection.pragma("page_count")
        connection.pragma("max_page_count", pages + 4)
    many = [(f"{number}", "x" * 3000) for number in range(200)]
    with pytest.raises(StoreFull, match="no room"):
        fill(database, many)
    assert names(database) == ["before"]
    with database.write() as connection:
        connection.pragma("max_page_count", pages + 1000)
    database.run(ADD, ("after", "1"))
    assert names(database) == ["after", "before"]


def test_after_a_failed_disk_nothing_more_is_written(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreDamaged, match="disk failed"):
        begin_and_fail(database, apsw.IOError("disk I/O error"))
    with pytest.raises(StoreDamaged, match="nothing more is written"):
        database.run(ADD, ("two", "2"))
    assert names(database) == []
    assert "takes no more writes" in caplog.text


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (apsw.FullError, StoreFull),
        (apsw.IOError, StoreDamaged),
        (apsw.CorruptError, StoreDamaged),
        (apsw.NotADBError, StoreDamaged),
        (apsw.BusyError, StoreLocked),
        (apsw.LockedError, StoreLocked),
        (apsw.CantOpenError, StoreLocked),
        (apsw.ReadOnlyError, StoreLocked),
        (apsw.TooBigError, BadInput),
    ],
)
def test_each_fault_of_the_engine_is_told_in_words(
    raised: type[Exception], told: type[MailError], path: Path
) -> None:
    with pytest.raises(told) as caught, translated(path):
        raise raised("engine's words")
    assert caught.value.text.endswith(".")
    assert "engine" not in caught.value.text


def test_a_mistake_of_the_program_stays_a_bug(database: Database) -> None:
    with pytest.raises(apsw.SQLError):
        database.rows("SELECT no_such_column FROM settings")


def test_another_key_opens_nothing_and_changes_nothing(path: Path, database: Database) -> None:
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="damaged"):
        Database.open(path, bytes(32), clock=Clock())
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"\x00" * 8192])
def test_a_file_that_is_no_store_is_named_and_kept(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        Database.open(path, KEY, clock=Clock())
    assert path.read_bytes() == content


def test_each_flipped_byte_is_found_by_the_check(path: Path, database: Database) -> None:
    for number in range(60):
        database.run(ADD, (f"{number}", "x" * 500))
    database.close()
    whole = path.read_bytes()
    for at in range(5000, len(whole), len(whole) // 23):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            damaged = Database.open(path, KEY, clock=Clock())
        except StoreDamaged:
            continue
        assert damaged.check() != "", f"byte {at}"
        damaged.close()


def test_a_truncated_store_is_found_out(path: Path, database: Database) -> None:
    for number in range(60):
        database.run(ADD, (f"{number}", "x" * 500))
    database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        opened = Database.open(path, KEY, clock=Clock())
    except StoreDamaged as problem:
        found = problem.text
    else:
        found = opened.check()
        opened.close()
    assert found != ""


def test_a_closed_store_says_so(database: Database) -> None:
    assert database.close()
    assert not database.close()
    with pytest.raises(StoreLocked, match="closed"):
        database.rows(ALL)
    with pytest.raises(StoreLocked, match="closed"):
        database.run(ADD, ("one", "1"))


# Versions


def test_a_store_of_a_newer_version_is_refused_unchanged(path: Path, database: Database) -> None:
    with database.write() as connection:
        connection.pragma("user_version", 99)
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="newer version"):
        Database.open(path, KEY, clock=Clock())
    assert path.read_bytes() == before


def test_a_step_and_its_number_commit_together_after_a_copy(path: Path) -> None:
    def add(connection: apsw.Connection) -> None:
        connection.execute("CREATE TABLE extra (x INTEGER NOT NULL) STRICT")

    def fail(connection: apsw.Connection) -> None:
        connection.execute("DROP TABLE settings")
        raise apsw.FullError("no room")

    database = Database.open(path, KEY, clock=Clock())
    database.run(ADD, ("one", "1"))
    version = len(migrations.STEPS)
    writer = database._writer
    with pytest.raises(apsw.FullError):
        migrations.migrate(writer, path, (*migrations.STEPS, add, fail))
    assert writer.pragma("user_version") == version + 1
    assert names(database) == ["one"]
    migrations.migrate(writer, path, (*migrations.STEPS, add))
    database.close()
    copy = path.with_name(f"store.db.version-{version}")
    assert b"SQLite format" not in copy.read_bytes()
    kept = Database.open(copy, KEY, clock=Clock())
    assert names(kept) == ["one"]
    assert kept.row("SELECT 1 FROM sqlite_schema WHERE name = 'extra'") is None
    kept.close()


def test_all_tables_are_strict_or_the_index(database: Database) -> None:
    loose = database.rows(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND NOT strict AND name NOT LIKE 'words%' AND name NOT LIKE 'sqlite_%'"
    )
    assert loose == []


# Kills

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mailclient.store.database import Database
database = Database.open(Path(sys.argv[1]), bytes(range(32)), clock=lambda: datetime.now(UTC))
number = int(sys.argv[2])
while True:
    with database.write():
        for half in "ab":
            database.run(
                "INSERT INTO settings (key, value) VALUES (?, ?)",
                (f"{number:06}{half}", "x" * 2000),
            )
    print(number, flush=True)
    number += 1
"""


def test_a_kill_loses_no_commit_and_leaves_none_half(path: Path) -> None:
    told = -1
    for round in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(round * 10_000)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for _ in range(20 * (round + 1)):
            told = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        database = Database.open(path, KEY, clock=Clock())
        here = names(database)
        assert f"{told:06}b" in here
        assert {name[:-1] for name in here if name.endswith("a")} == {
            name[:-1] for name in here if name.endswith("b")
        }
        assert database.check() == ""
        database.close()
