"""D1 and D7: kill -9 at any time. The oracle is the bench: what it has put on the server."""

from __future__ import annotations

import math
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailclient.errors import StoreLocked
from mailclient.store import Store
from tests.faults import disk_people as people
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

EACH = 12  # new letters on the server before each kill
START_SECONDS = 2.0
KILLED = -signal.SIGKILL


def killed_while_it_works(one: Person, imports: Path, chance: random.Random) -> list[str]:
    """Run the worker, kill it at a chance moment, and give what it said until then."""
    log = one.home / "said"
    with log.open("w") as said, (one.home / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.faults.disk_worker"),
                *(str(people.profile_of(one).folder), people.passphrase_of(one), str(one.gnupg)),
                *(str(chance.random()), str(imports)),
            ],
            stdout=said,
            stderr=errors,
        )
        pause = threading.Event()
        while process.poll() is None and not log.read_text().startswith("ready"):
            pause.wait(0.01)
        pause.wait(chance.choice((0.002, 0.05, 0.3, 1.0)) * chance.random())
        process.kill()
        assert process.wait() == KILLED, (one.home / "errors").read_text()
    assert "Traceback" not in (one.home / "errors").read_text()
    return log.read_text().split("\n")


@case("D1", "killed at any time while it receives, files, indexes, deletes and imports")
def killed_at_any_time(bench: Bench) -> None:
    chance = bench.chance
    slowest = START_SECONDS if bench.by_the_clock else math.inf
    imports = bench.folder / "imports"
    imports.mkdir()
    ever: set[str] = set()
    deleted: set[str] = set()
    for number in range(20):
        raw = people.letter(number, number * 50, "Import")
        (imports / f"{number}.eml").write_bytes(raw)
        ever.add(people.digest(raw))
    with people.person(bench, "--leave-on-server", chance.choice(("yes", "no"))) as bob:
        for cycle in range(bench.cycles * 5):
            for number in range(EACH):
                raw = people.letter(cycle * EACH + number, chance.choice((10, 3000, 40_000)))
                bench.servers.deliver("bob", raw)
                ever.add(people.digest(raw))
            said = killed_while_it_works(bob, imports, chance)
            bench.tries["kills"] += 1
            deleted |= {line[2:] for line in said if line.startswith("- ")}
            where = f"cycle {cycle}: {said[-5:]}"
            look_after_kill(bob, ever, deleted, imports, where, slowest=slowest)
        assert bob.json("receive")["accounts"][0]["problems"] == []
        bob.ok("import", str(imports), "--folder", "Old")
        with people.opened(bob) as store:
            found = people.stored(store)
            assert set(found) >= ever - deleted
            assert store.messages.pending() == ()
            twice = {one: count for one, count in found.items() if count > 1}
            assert not twice, f"{len(twice)} messages are here twice"


def look_after_kill(
    bob: Person, ever: set[str], deleted: set[str], imports: Path, where: str, *, slowest: float
) -> None:
    """What must hold after each kill: nothing lost, nothing twice, quick to start, whole."""
    safe = set(people.on_server(bob)) | {people.digest(f.read_bytes()) for f in imports.iterdir()}
    began = time.process_time()  # of its own work, whatever else the machine does
    with people.opened(bob) as store:
        assert time.process_time() - began < slowest, where
        assert store.read_only == "", where
        assert store.notices == (), where
        found = people.stored(store)
        assert store.database.check() == "", where
        counted = [(folder.total, folder.unread) for folder in store.folders.all()]
        real = store.database.rows(
            "SELECT (SELECT count(*) FROM messages WHERE folder_id = folders.id),"
            " (SELECT count(*) FROM messages WHERE folder_id = folders.id AND unread = 1)"
            " FROM folders"
        )
        assert Counter(counted) == Counter(real), where
    lost = ever - deleted - safe - set(found)
    assert not lost, f"{where}: {len(lost)} lost"
    assert max(found.values(), default=1) == 1, f"{where}: twice"


# Upkeep and versions

KILL_WITHIN = 1.2  # seconds after the start; a rekey of the small store needs about as much


@case("D1", "killed while it restores, salvages, compacts or takes a new key: the old or the new")
def killed_in_upkeep(bench: Bench) -> None:
    chance = bench.chance
    with people.person(bench, "--leave-on-server", "yes") as bob:
        for number in range(150):
            bench.servers.deliver("bob", people.letter(number, 5000))
        bob.ok("receive")
        with people.opened(bob) as store:
            before = people.stored(store)
        backup = bench.folder / "backup"
        bob.ok("store", "backup", str(backup))
        new = bob.secret("new-passphrase", "another passphrase")
        kept = bench.folder / "kept"
        shutil.copytree(people.profile_of(bob).folder, kept)
        for _ in range(bench.cycles * 6):
            command = chance.choice(
                (
                    ("store", "restore", str(backup)),
                    ("store", "salvage"),
                    ("store", "compact"),
                    ("store", "rekey", "--new-passphrase-file", str(new)),
                )
            )
            folder = people.profile_of(bob).folder
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)
            point = chance.choice(("", "", "before_swap:1", "after_swap:1"))
            _killed(bob, command, point, chance)
            bench.tries["kills"] += 1
            with _with_either(bob, "another passphrase") as store:
                assert people.stored(store) == before, command
                assert store.database.check() == "", command
                assert store.read_only == "", command


def _killed(bob: Person, command: tuple[str, ...], point: str, chance: random.Random) -> None:
    if point:
        bob.run(*command, crash_at=point)
        return
    process = subprocess.Popen(
        bob.command(*command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    threading.Event().wait(0.3 + KILL_WITHIN * chance.random())
    process.kill()
    process.wait()


@contextmanager
def _with_either(bob: Person, other: str) -> Iterator[Store]:
    """The store by the old passphrase or by the new one."""
    profile = people.profile_of(bob)
    try:
        store = Store.open(
            profile, passphrase=people.passphrase_of(bob), keyring=None, clock=people.now
        )
    except StoreLocked:
        store = Store.open(profile, passphrase=other, keyring=None, clock=people.now)
    try:
        yield store
    finally:
        store.close()
