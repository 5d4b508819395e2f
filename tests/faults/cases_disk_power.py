"""D2 and D4: the power fails, and the disk fails, while mail is stored."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import pytest

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.errors import MailError, StoreDamaged
from mailclient.message.envelope import Envelope
from mailclient.services.jobs import Job
from mailclient.settings import KEEP_DECRYPTED
from mailclient.store import checkpoints
from mailclient.store.accounts import AccountTable
from mailclient.store.bodies import BodyTable
from mailclient.store.database import Database
from mailclient.store.folders import FolderTable, Role
from mailclient.store.messages import MessageTable
from mailclient.store.rows import Processed, Processing
from mailclient.store.search import SearchIndex
from tests.faults import disk_people as people
from tests.faults.disk_vfs import Disk, Playback, disk
from tests.faults.oracle import plain
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

KEY = bytes(range(32))
POINTS = 40  # cuts in one cycle
ROUNDS = 30
OFTEN = ((60, 240), (60, 60), (20, 400))  # pages: moved beside the work, in it, in both


def clock() -> datetime:
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Box:
    """The tables over one database, and what it has promised to keep."""

    database: Database
    chance: random.Random
    promised: list[tuple[int, frozenset[bytes]]] = field(default_factory=list)
    here: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bodies = BodyTable(self.database)
        self.messages = MessageTable(
            self.database, self.bodies, SearchIndex(self.database), self.database.clock
        )
        accounts = AccountTable(self.database)
        known = accounts.all()
        account = known[0] if known else accounts.add(Account((Identity("me@example.org", "Me"),)))
        self.place = (account.id, FolderTable(self.database).by_role(account.id, Role.INBOX).id)

    def promise(self, seen: Disk) -> None:
        """What is here now must outlive any cut from now on."""
        self.promised.append((len(seen.steps), frozenset(self.here.values())))

    def receive(self, count: int) -> None:
        """A batch of messages in one transaction, now and then one that goes through the disk."""
        new = {}
        spools = []
        for _ in range(count):
            size = self.chance.choice((200, 4000, 30_000, 1_300_000 if count == 1 else 9_000))
            raw = b"Subject: x\r\n\r\n" + self.chance.randbytes(size)
            spool = self.bodies.spool(len(raw))
            for at in range(0, len(raw), 200_000):
                spool.write(raw[at : at + 200_000])
            spools.append((spool, sha256(raw).digest()))
        with self.database.write():
            for spool, digest in spools:
                id = self.messages.store_raw(*self.place, spool, unread=True, received=clock())
                new[id] = digest
        self.here |= new

    def understand(self) -> None:
        """Commits that may be lost with the power."""
        for id in self.messages.pending()[:5]:
            self.messages.processed({id: UNDERSTOOD})

    def delete(self, seen: Disk) -> None:
        """Delete for good: from now on it need not be there."""
        ids = self.chance.sample(sorted(self.here), min(2, len(self.here)))
        for id in ids:
            del self.here[id]
        self.promise(seen)
        self.messages.delete(ids)


UNDERSTOOD = Processed(
    envelope=Envelope(subject="x"),
    verdict='{"state": "plain"}',
    state="plain",
    encryption="none",
    signature="none",
    snippet="",
    text="some words to be found again " * 20,
    attachments=(),
    opened=b"opened" * 200,
    processing=Processing.READY,
    problems=(),
)


def lived(path: Path, chance: random.Random) -> tuple[Disk, Box]:
    """A store that has received, understood and deleted for a while, its disk remembering all."""
    name = f"remembering-{chance.randrange(1 << 40)}"
    often = chance.choice(OFTEN)  # so that the log is moved many times, beside the work and in it
    with (
        patch.object(checkpoints, "SOON", often[0]),
        patch.object(checkpoints, "AT_ONCE", often[1]),
        disk(name) as seen,
    ):
        database = Database.open(path, KEY, clock=clock)
        with database.write():
            box = Box(database, chance)
        box.promise(seen)
        for _ in range(ROUNDS):
            box.receive(chance.choice((1, 1, 3, 8)))
            box.promise(seen)
            box.understand()
            if chance.random() < 0.2:
                box.delete(seen)
        database.close()
    return seen, box


@case("D2", "after the power failed every acknowledged message is there, and nothing is torn")
def power_fails_at_random(bench: Bench) -> None:
    for cycle in range(bench.cycles):
        chance = random.Random(bench.chance.random())
        folder = bench.folder / f"power-{cycle}"
        folder.mkdir()
        seen, box = lived(folder / "store.db", chance)
        first = box.promised[0][0]
        cuts = sorted(chance.randrange(first, len(seen.steps) + 1) for _ in range(POINTS))
        playback = Playback(seen.steps, chance)
        for cut in cuts:
            wanted = max((one for one in box.promised if one[0] <= cut), key=lambda one: one[0])[1]
            later = [one[1] for one in box.promised if one[0] > cut]
            if later:
                wanted &= later[0]  # what was being deleted may be there or not
            look_after_cut(folder / "after", playback.until(cut), wanted, f"{cycle}: step {cut}")
            bench.tries["power cuts"] += 1
        shutil.rmtree(folder)


def look_after_cut(
    folder: Path, files: dict[str, bytes], wanted: frozenset[bytes], where: str
) -> None:
    """Start on what the disk holds, as the program does."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    database = Database.open(folder / "store.db", KEY, clock=clock)
    try:
        assert database.check() == "", where
        rows = database.rows("SELECT messages.id FROM messages")
        bodies = BodyTable(database)
        found = {sha256(bodies.raw(id)).digest() for (id,) in rows}
        assert wanted <= found, f"{where}: {len(wanted - found)} of {len(wanted)} are lost"
    finally:
        database.close()
        shutil.rmtree(folder)


@case("D4", "a disk that fails in a write or a sync ends all writing; the next start goes on")
def disk_fails(bench: Bench) -> None:
    for cycle in range(bench.cycles * 4):
        chance = random.Random(bench.chance.random())
        path = bench.folder / f"failing-{cycle}.db"
        with disk(f"failing-{cycle}-{chance.randrange(1 << 40)}") as failing:
            database = Database.open(path, KEY, clock=clock)
            with database.write():
                box = Box(database, chance)
            for _ in range(5):
                box.receive(2)
            failing.fault.kind = chance.choice(("write", "sync"))
            failing.fault.after = chance.randrange(12)
            told = _until_it_fails(box)
            bench.tries["failing disks"] += 1
            plain(str(told))
            _takes_no_more(database, box)
            failing.fault.after = -1
            _takes_no_more(database, box)
            assert set(box.here) <= {id for (id,) in database.rows("SELECT id FROM messages")}
            database.close()
            assert not database.whole
        look_after_cut(
            bench.folder / "after",
            {one.name.replace(path.name, "store.db"): one.read_bytes() for one in _files(path)},
            frozenset(box.here.values()),
            f"cycle {cycle}",
        )


@case("D4", "the disk fails while mail is collected: nothing unsaved is deleted on the server")
def disk_fails_while_receiving(bench: Bench) -> None:
    with people.person(bench, "--leave-on-server", "no") as bob:
        ever: set[str] = set()
        for cycle in range(bench.cycles * 3):
            for number in range(30):
                raw = people.letter(cycle * 100 + number, bench.chance.choice((10, 5000)))
                bench.servers.deliver("bob", raw)
                ever.add(people.digest(raw))
            with disk(f"failing-{bench.chance.randrange(1 << 40)}") as failing:
                told = _collected_on(failing, bob, bench.chance)
                bench.tries["failing disks"] += 1
            plain(told)
            safe = set(people.on_server(bob))
            with people.opened(bob) as store:
                assert store.database.check() == "", cycle
                found = people.stored(store)
            assert ever <= safe | set(found), f"cycle {cycle}: lost"
            assert max(found.values(), default=1) == 1, f"cycle {cycle}: twice"
        bob.ok("receive")
        with people.opened(bob) as store:
            assert set(people.stored(store)) == ever


def _collected_on(failing: Disk, bob: Person, chance: random.Random) -> str:
    """Collect until the disk fails; what is told."""
    app = open_profile(
        people.profile_of(bob), passphrase=people.passphrase_of(bob), gnupg_home=bob.gnupg
    )
    failing.fault.kind = chance.choice(("write", "sync"))
    failing.fault.after = chance.randrange(20)
    try:
        with pytest.raises(MailError) as caught:
            _use(app)
    finally:
        app.close()
    assert failing.fault.hits
    return str(caught.value)


def _use(app: App) -> None:
    """Go on until a fault is told."""
    for _ in range(20):
        for account in app.accounts.list():
            app.receive.collect(account, Job(0), stored=lambda: None)
            app.settings.set(KEEP_DECRYPTED, True)


def _files(path: Path) -> list[Path]:
    return [one for one in path.parent.glob(f"{path.name}*") if not one.name.endswith("-shm")]


def _until_it_fails(box: Box) -> StoreDamaged:
    for _ in range(40):
        try:
            box.receive(2)
            box.understand()
        except StoreDamaged as problem:
            return problem
    raise AssertionError("the disk has not failed")


def _takes_no_more(database: Database, box: Box) -> None:
    with pytest.raises(StoreDamaged, match="nothing more is written"):
        box.receive(1)
