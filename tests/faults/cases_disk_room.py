"""D3: there is no room left. A plain sentence, nothing lost, and all goes on when there is room."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch

import apsw
import pytest

from mailclient.errors import StoreFull
from mailclient.store import migrations
from mailclient.store.database import Database
from tests.faults import disk_people as people
from tests.faults.disk_mounts import remount, small_disk
from tests.faults.oracle import plain
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

KEY = bytes(range(32))
LETTERS = 60  # of 200 kB: more than the small disk holds


def says_what_is_needed(text: str) -> None:
    """The sentence of a full disk: what happened, how much room there is and is needed."""
    plain(text)
    assert "no room left on " in text, text
    assert "MB of room" in text, text
    assert "MB are free" in text, text


def is_whole(one: Person) -> set[str]:
    """What a full store holds; it opens, if need be for reading only."""
    with people.opened(one) as store:
        assert store.database.check() == ""
        found = people.stored(store)
        assert max(found.values(), default=1) == 1
        return set(found)


@case("D3", "the disk is full while mail comes in: told with the room needed, and nothing is lost")
def full_while_receiving(bench: Bench) -> None:
    leave = bench.chance.choice(("yes", "no"))
    with (
        small_disk(bench.folder / "small", bench.chance.choice((6, 8, 9))) as disk,
        people.person(bench, "--leave-on-server", leave, home=disk / "bob") as bob,
    ):
        sent = {people.digest(raw) for raw in _deliver(bench)}
        done = bob.run("receive")
        says_what_is_needed(done.stderr + done.stdout)
        here = is_whole(bob)
        assert here < sent
        assert here | set(people.on_server(bob)) == sent
        again = bob.run("receive")
        says_what_is_needed(again.stderr + again.stdout)
        assert bob.run("list").returncode == 0
        remount(disk, "size=80m")
        assert bob.json("receive")["accounts"][0]["problems"] == []
        assert is_whole(bob) == sent
        assert len(people.on_server(bob)) == (LETTERS if leave == "yes" else 0)


def _deliver(bench: Bench) -> list[bytes]:
    letters = [people.letter(number, 200_000) for number in range(LETTERS)]
    for raw in letters:
        bench.servers.deliver("bob", raw)
    return letters


@case("D3", "the disk is full while mail is imported: what came in stays, the rest comes later")
def full_while_importing(bench: Bench) -> None:
    folder = bench.folder / "old"
    folder.mkdir()
    for number in range(LETTERS):
        (folder / f"{number}.eml").write_bytes(people.letter(number, 200_000))
    sent = {people.digest(file.read_bytes()) for file in folder.iterdir()}
    with (
        small_disk(bench.folder / "small", 8) as disk,
        people.person(bench, "--no-test", home=disk / "bob") as bob,
    ):
        done = bob.run("import", str(folder))
        assert done.returncode == 1
        says_what_is_needed(done.stderr)
        assert is_whole(bob) < sent
        remount(disk, "size=80m")
        bob.ok("import", str(folder))
        assert is_whole(bob) == sent


@case("D3", "the disk is full while a message is written: it is not half queued, and goes later")
def full_while_writing(bench: Bench) -> None:
    attachment = bench.folder / "large.bin"
    attachment.write_bytes(bench.chance.randbytes(9_000_000))
    letter = ("send", "--to", "carol@example.org", "--subject", "large", "--queue-only")
    with (
        small_disk(bench.folder / "small", 8) as disk,
        people.person(bench, "--no-test", home=disk / "bob") as bob,
    ):
        done = bob.run("--offline", *letter, "--encrypt", "no", "--attach", str(attachment))
        assert done.returncode == 1
        says_what_is_needed(done.stderr)
        assert bob.json("outbox")["items"] == []
        remount(disk, "size=80m")
        bob.ok("--offline", *letter, "--encrypt", "no", "--attach", str(attachment))
        assert len(bob.json("outbox")["items"]) == 1


@case("D3", "the disk is full in a migration: the store stays of its version, and is whole")
def full_while_migrating(bench: Bench) -> None:
    def step(connection: apsw.Connection) -> None:
        connection.execute("UPDATE settings SET value = 'new ' || value")

    with small_disk(bench.folder / "small", 8) as disk:
        path = disk / "store.db"
        database = Database.open(path, KEY, clock=_clock)
        database.run_many(
            "INSERT INTO settings (key, value) VALUES (?, ?)",
            [(f"{number:05}", "x" * 1500) for number in range(1500)],
        )
        database.close()
        with patch.object(migrations, "STEPS", (*migrations.STEPS, step)):
            with pytest.raises(StoreFull) as caught:
                Database.open(path, KEY, clock=_clock)
            says_what_is_needed(str(caught.value))
        database = Database.open(path, KEY, clock=_clock)
        assert database.check() == ""
        assert database.row("SELECT count(*) FROM settings WHERE value LIKE 'x%'") == (1500,)
        database.close()
        remount(disk, "size=80m")
        with patch.object(migrations, "STEPS", (*migrations.STEPS, step)):
            database = Database.open(path, KEY, clock=_clock)
        assert database.row("SELECT count(*) FROM settings WHERE value LIKE 'new%'") == (1500,)
        database.close()


def _clock() -> datetime:
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
