"""D6 and D8: the file of the store is damaged. What can be read stays, the rest comes again."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.faults import disk_people as people
from tests.faults.oracle import plain
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

LETTERS = 40
PAGE = 4096
Damage = Callable[[Path, random.Random], None]


def flip_a_byte(store: Path, chance: random.Random) -> None:
    with store.open("r+b") as file:
        at = chance.randrange(100, store.stat().st_size)
        file.seek(at)
        one = file.read(1)
        file.seek(at)
        file.write(bytes([one[0] ^ (1 << chance.randrange(8))]))


def blank_a_page(store: Path, chance: random.Random) -> None:
    with store.open("r+b") as file:
        file.seek(chance.randrange(store.stat().st_size // PAGE) * PAGE)
        file.write(bytes(PAGE))


def cut_the_end(store: Path, chance: random.Random) -> None:
    size = store.stat().st_size
    with store.open("r+b") as file:
        file.truncate(chance.randrange(size // 2, size))


def empty_it(store: Path, chance: random.Random) -> None:
    store.write_bytes(b"")


def write_something_else(store: Path, chance: random.Random) -> None:
    store.write_bytes(b"this is no store at all\n" * 4000)


DAMAGES: tuple[Damage, ...] = (
    flip_a_byte,
    blank_a_page,
    cut_the_end,
    empty_it,
    write_something_else,
)


@case("D6", "a damaged store: told in a sentence, put aside, salvaged, and the rest comes again")
def damaged_store(bench: Bench) -> None:
    with people.person(bench, "--leave-on-server", "yes") as bob:
        sent = set()
        for number in range(LETTERS):
            raw = people.letter(number, number * 400)
            bench.servers.deliver("bob", raw)
            sent.add(people.digest(raw))
        bob.ok("receive")
        kept = bench.folder / "kept"
        folder = people.profile_of(bob).folder
        shutil.copytree(folder, kept)
        for cycle in range(bench.cycles * len(DAMAGES)):
            damage = DAMAGES[cycle % len(DAMAGES)]
            damage(people.profile_of(bob).store, bench.chance)
            bench.tries["damages"] += 1
            _made_good(bob, sent, f"{cycle}: {damage.__name__}")
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)


def _made_good(bob: Person, sent: set[str], where: str) -> None:
    profile = people.profile_of(bob)
    damaged = profile.store.read_bytes()
    checked = bob.run("store", "check")
    assert checked.returncode == 1, where
    plain(checked.stderr)
    for command in (("list",), ("receive",)):
        done = bob.run(*command)
        assert done.returncode == 0 or done.stderr, where
        assert "Traceback" not in done.stderr, where
        if done.returncode:
            plain(done.stderr)
    damaged = damaged if profile.store.read_bytes() == damaged else profile.store.read_bytes()
    salvaged = bob.run("store", "salvage", "--json")
    if salvaged.returncode != 0:
        plain(salvaged.stderr)
        assert profile.store.read_bytes() == damaged, where
        return
    aside = re.search(r'"aside": "(.*)"', salvaged.stdout)
    assert aside, where
    assert Path(aside[1]).read_bytes() == damaged, where
    assert bob.run("store", "check").returncode == 0, where
    if not bob.json("account", "list")["accounts"]:
        return  # the accounts were lost with the file; nothing can come again by itself
    bob.run("receive")
    with people.opened(bob) as store:
        found = people.stored(store)
    assert set(found) == sent, f"{where}: {len(sent - set(found))} have not come again"
    assert max(found.values()) == 1, f"{where}: twice"


@case("D6", "the file with the newest changes is removed after a kill: told, and mail comes again")
def newest_changes_removed(bench: Bench) -> None:
    with people.person(bench, "--leave-on-server", "yes") as bob:
        sent = set()
        for number in range(LETTERS):
            raw = people.letter(number, number * 400)
            bench.servers.deliver("bob", raw)
            sent.add(people.digest(raw))
        bob.run("receive", crash_at="after_commit:1")
        log = people.profile_of(bob).store.with_name("store.db-wal")
        assert log.exists()
        log.unlink()
        told = bob.json("doctor")["findings"]
        assert any("newest changes" in one["text"] for one in told)
        assert bob.json("receive")["accounts"][0]["problems"] == []
        with people.opened(bob) as store:
            assert set(people.stored(store)) == sent


@case("D8", "a message whose bytes have changed is told of, and never deleted on the server")
def changed_bytes(bench: Bench) -> None:
    with people.person(bench, "--leave-on-server", "yes") as bob:
        for number in range(5):
            bench.servers.deliver("bob", people.letter(number))
        bob.ok("receive")
        with people.opened(bob) as store:
            store.database.run(
                "UPDATE body_chunks SET data = zeroblob(length(data)) WHERE id = 3<<20"
            )
        checked = bob.run("store", "check")
        assert checked.returncode == 1
        plain(checked.stderr)
        assert "1 messages" in checked.stderr
        shown = bob.run("show", "3")
        assert shown.returncode == 1
        plain(shown.stderr)
        assert "changed" in shown.stderr
        bob.ok("account", "set", bob.address, "leave-on-server=no")
        bob.run("receive")
        assert len(people.on_server(bob)) == 1
        bob.ok("store", "salvage")
        bob.ok("receive")
        with people.opened(bob) as store:
            assert len(people.stored(store)) == 5
        assert len(people.on_server(bob)) == 0
