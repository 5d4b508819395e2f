"""How a profile was left, where it lies, and what a start makes of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailclient.account import Account, Identity
from mailclient.errors import StoreFull, StoreLocked
from mailclient.paths import Profile
from mailclient.store import Store, check, place, swap
from mailclient.store import store as opening
from mailclient.store.database import Database
from mailclient.store.engine import full
from mailclient.store.lock import Ended, ProfileLock
from tests.unit.store.box import Box, Clock, MemoryKeyring

WHY = "It lies on a disk that cannot be written."


@pytest.fixture
def cut_off(profile: Profile, keyring: MemoryKeyring, clock: Clock) -> Callable[[], None]:
    """Fill a store and end as a kill does: nothing is closed, nothing is noted."""

    def cut() -> None:
        store = Store.open(profile, passphrase=None, keyring=keyring, clock=clock)
        account = store.accounts.add(Account((Identity("me@example.org", "Me"),)))
        box = Box(store, clock, account)
        for number in range(30):
            box.put(b"Subject: %d\r\n\r\n%s\r\n" % (number, b"word " * 500))
        store.database.close(keep_log=True)
        store._lock.release()

    return cut


def ended(profile: Profile) -> Ended:
    lock = ProfileLock(profile.lock)
    try:
        return lock.ended
    finally:
        lock.release()


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 4
    path.write_bytes(raw)


def test_a_closed_store_is_left_cleanly_and_a_cut_one_is_not(
    profile: Profile, reopen: Callable[[], Store], cut_off: Callable[[], None]
) -> None:
    assert ended(profile) is Ended.NEVER
    store = reopen()
    store.close()
    assert ended(profile) is Ended.CLEANLY
    cut_off()
    assert ended(profile) is Ended.CUT
    assert reopen().notices == ()


def test_after_a_clean_end_nothing_is_looked_at(
    reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    reopen().close()
    monkeypatch.setattr(check, "quick", lambda database: pytest.fail("it was looked at"))
    reopen()


def test_damage_after_a_cut_opens_the_store_for_reading_with_the_reason(
    profile: Profile,
    reopen: Callable[[], Store],
    cut_off: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    cut_off()
    log = profile.store.with_name("store.db-wal")
    reopen().close()
    assert not log.exists()
    lock = ProfileLock(profile.lock)
    lock.note(Ended.CUT)
    lock.release()
    log.touch()
    before = profile.store.read_bytes()
    for page in range(1, 16):
        flip(profile.store, len(before) - page * 4096 + 100)
    damaged = profile.store.read_bytes()
    store = reopen()
    assert "It is damaged" in store.read_only
    assert store.read_only in store.notices
    assert store.accounts.all() != ()
    with pytest.raises(StoreLocked, match="Nothing can be changed"):
        store.settings._database.run("DELETE FROM settings")
    store.close()
    assert profile.store.read_bytes() == damaged
    assert ended(profile) is Ended.CUT
    assert "found damaged" in caplog.text


def test_a_log_that_is_gone_is_told(
    profile: Profile,
    reopen: Callable[[], Store],
    cut_off: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    reopen().close()
    cut_off()
    profile.store.with_name("store.db-wal").unlink()
    store = reopen()
    assert store.read_only == ""
    assert "newest changes" in store.notices[0]
    assert "newest changes" in caplog.text


def test_the_look_at_the_start_ends_in_time(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open(tmp_path / "store.db", bytes(32), clock=clock)
    database.run_many(
        "INSERT INTO settings (key, value) VALUES (?, ?)",
        [(str(number), "x" * 100) for number in range(100_000)],
    )
    looks = count()
    monkeypatch.setattr(check, "time", SimpleNamespace(monotonic=lambda: next(looks)))
    assert check.quick(database, seconds=0.5) == ""
    assert next(looks) == 2, (
        "the clock was looked at when it began, and it ended with the next look"
    )
    assert check.quick(database, seconds=1e9) == ""
    assert next(looks) > 100
    database.close()


def test_a_second_program_is_told_that_the_profile_is_in_use(
    profile: Profile, store: Store, keyring: MemoryKeyring, clock: Clock
) -> None:
    with pytest.raises(StoreLocked, match="in use by another"):
        Store.open(profile, passphrase=None, keyring=keyring, clock=clock)


# Where nothing can be written


@pytest.mark.parametrize("cleanly", [True, False])
def test_a_store_that_cannot_be_written_is_read_and_refuses_changes(
    cleanly: bool,
    profile: Profile,
    reopen: Callable[[], Store],
    cut_off: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cut_off()
    if cleanly:
        reopen().close()
    before = {path.name: path.read_bytes() for path in profile.folder.iterdir()}
    monkeypatch.setattr(place, "unwritable", lambda folder, store: WHY)
    store = reopen()
    assert store.read_only == WHY
    folders = [folder.id for folder in store.folders.all()]
    assert [len(store.bodies.raw(id)) > 2500 for id in store.messages.ids_in(folders)] == [
        True
    ] * 30
    with pytest.raises(StoreLocked, match="cannot be written") as caught:
        store.messages.set_flags([1], flagged=True)
    assert "Reading, searching and exporting still work" in caught.value.advice
    store.close()
    after = {path.name: path.read_bytes() for path in profile.folder.iterdir()}
    assert {name: after[name] for name in before} == before
    assert WHY in caplog.text


def test_a_full_disk_leaves_the_mail_readable(
    profile: Profile,
    reopen: Callable[[], Store],
    cut_off: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cut_off()
    real = Database.open

    def without_room(path: Path, key: bytes, **how: object) -> Database:
        if not how.get("read_only"):
            raise full(path)
        return real(path, key, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(opening.Database, "open", without_room)
    store = reopen()
    assert "no room left" in store.read_only
    assert "MB of room" in store.read_only
    assert store.database.row("SELECT count(*) FROM messages") == (30,)
    assert "for reading only" in caplog.text


def test_a_full_disk_without_a_store_is_told(
    profile: Profile, reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_room(path: Path, key: bytes, **how: object) -> Database:
        raise full(path)

    monkeypatch.setattr(opening.Database, "open", without_room)
    with pytest.raises(StoreFull, match="no room left"):
        reopen()


# Putting a store in place


@pytest.mark.parametrize("done", range(4))
def test_a_swap_that_was_cut_off_is_finished_at_the_next_start(done: int, profile: Profile) -> None:
    profile.store.write_bytes(b"old")
    log = profile.store.with_name("store.db-wal")
    log.write_bytes(b"old log")
    next = profile.store.with_name("store.db.next")
    next.write_bytes(b"new")
    aside = profile.store.with_name("store.db.aside-1")
    if done > 0:
        log.replace(aside.with_name("store.db.aside-1-wal"))
    if done > 1:
        profile.store.replace(aside)
    if done > 2:
        next.replace(profile.store)
    swap.finish(profile)
    assert profile.store.read_bytes() == b"new"
    assert not log.exists()
    assert aside.read_bytes() == b"old"
    assert aside.with_name("store.db.aside-1-wal").read_bytes() == b"old log"


def test_a_store_that_was_not_finished_is_swept(profile: Profile) -> None:
    profile.store.write_bytes(b"old")
    made = swap.making(profile)
    made.write_bytes(b"half")
    profile.vault.with_name("vault.json.next").write_bytes(b"{}")
    assert swap.finish(profile) is None
    assert profile.store.read_bytes() == b"old"
    assert [path.name for path in profile.folder.iterdir()] == ["store.db"]


def test_a_kill_at_the_very_end_of_closing_is_no_loss(
    profile: Profile, reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    reopen().close()
    lock = ProfileLock(profile.lock)
    lock.note(Ended.CLOSING)
    lock.release()
    monkeypatch.setattr(check, "quick", lambda database: pytest.fail("it was looked at"))
    store = reopen()
    assert store.notices == ()


def test_a_profile_on_a_network_disk_is_warned_of(
    reopen: Callable[[], Store],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(place, "read_mounts", lambda: (place.Mount(Path("/"), "nfs4"),))
    store = reopen()
    assert "network disk (NFS)" in store.notices[0]
    assert "network disk" in caplog.text
