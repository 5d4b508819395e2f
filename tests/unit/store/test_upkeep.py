"""Backup, restore, compact, rekey and salvage: whole or not at all, and nothing is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.errors import BadInput, StoreDamaged, StoreLocked
from mailclient.paths import Profile
from mailclient.services.upkeep import Upkeep
from mailclient.store import Store
from mailclient.store.folders import Role
from mailclient.store.keyrings import Keyring
from mailclient.store.ledger import Entry, EntryState
from tests.unit.store.box import Box, Clock, MemoryKeyring

LETTERS = 40


def filled(store: Store, clock: Clock) -> dict[int, bytes]:
    """An account with letters, and their bytes by their ids."""
    account = store.accounts.add(Account((Identity("me@example.org", "Me"),)))
    box = Box(store, clock, account)
    letters = {}
    for number in range(LETTERS):
        raw = f"Subject: Letter {number}\r\n\r\n{'word ' * (number * 60)}\r\n".encode()
        letters[box.put(raw, unread=number % 2 == 0)] = raw
    store.messages.set_flags([1, 2], flagged=True)
    store.database.run("INSERT INTO tags (tag, message_row) VALUES ('work', 3)")
    store.vault.set_password(account.id, "incoming", "secret")
    return letters


def bytes_of(store: Store) -> dict[int, bytes]:
    folders = [folder.id for folder in store.folders.all()]
    return {id: store.bodies.raw(id) for id in store.messages.ids_in(folders)}


@pytest.fixture
def letters(store: Store, clock: Clock) -> dict[int, bytes]:
    """The bytes that a store holds which is closed again."""
    found = filled(store, clock)
    store.close()
    return found


@pytest.fixture
def upkeep(profile: Profile, clock: Clock, keyring: MemoryKeyring) -> Upkeep:
    return Upkeep(profile, clock, passphrase=None, keyring=keyring)


def opened(
    profile: Profile, clock: Clock, passphrase: str | None, keyring: Keyring | None
) -> Store:
    return Store.open(profile, passphrase=passphrase, keyring=keyring, clock=clock)


def test_a_backup_is_encrypted_and_gives_everything_back(
    upkeep: Upkeep,
    letters: dict[int, bytes],
    reopen: Callable[[], Store],
    tmp_path: Path,
) -> None:
    target = tmp_path / "mail.backup"
    size, _ = upkeep.backup(target)
    assert size == target.stat().st_size
    assert b"word" not in target.read_bytes()
    store = reopen()
    store.messages.delete(list(letters))
    store.close()
    done = upkeep.restore(target)
    assert done.messages == LETTERS
    assert done.aside is not None
    assert done.aside.exists()
    assert bytes_of(reopen()) == letters


def test_a_backup_with_a_passphrase_opens_on_another_computer(
    upkeep: Upkeep, letters: dict[int, bytes], clock: Clock, tmp_path: Path
) -> None:
    target = tmp_path / "mail.backup"
    upkeep.backup(target, "four words are better")
    other = Profile(tmp_path / "other")
    with pytest.raises(StoreLocked):
        Upkeep(other, clock, passphrase="another", keyring=None).restore(target)
    assert not other.store.exists()
    there = Upkeep(other, clock, passphrase="four words are better", keyring=None)
    assert there.restore(target).messages == LETTERS
    store = opened(other, clock, "four words are better", None)
    assert bytes_of(store) == letters
    store.close()


@pytest.mark.parametrize("cut", [10, 5000])
def test_a_backup_that_is_cut_short_changes_nothing(
    cut: int,
    upkeep: Upkeep,
    letters: dict[int, bytes],
    reopen: Callable[[], Store],
    tmp_path: Path,
) -> None:
    target = tmp_path / "mail.backup"
    upkeep.backup(target)
    target.write_bytes(target.read_bytes()[:-cut])
    with pytest.raises((BadInput, StoreDamaged)):
        upkeep.restore(target)
    assert bytes_of(reopen()) == letters


def test_a_backup_with_a_changed_byte_is_refused(
    upkeep: Upkeep, letters: dict[int, bytes], reopen: Callable[[], Store], tmp_path: Path
) -> None:
    target = tmp_path / "mail.backup"
    upkeep.backup(target)
    raw = bytearray(target.read_bytes())
    raw[len(raw) // 2] ^= 1
    target.write_bytes(raw)
    with pytest.raises(StoreDamaged):
        upkeep.restore(target)
    assert bytes_of(reopen()) == letters


def test_a_backup_overwrites_nothing(upkeep: Upkeep, letters: object, tmp_path: Path) -> None:
    target = tmp_path / "mail.backup"
    target.write_text("something else")
    with pytest.raises(BadInput, match="already"):
        upkeep.backup(target)
    assert target.read_text() == "something else"


@pytest.mark.parametrize(
    ("place", "told"),
    [("nowhere/mail.backup", "There is no folder"), ("file/mail.backup", "Nothing can be written")],
)
def test_a_place_that_cannot_be_written_is_named_and_not_the_profile(
    upkeep: Upkeep, letters: dict[int, bytes], tmp_path: Path, place: str, told: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match=told) as fault:
        upkeep.backup(tmp_path / place)
    assert "profile" not in str(fault.value)
    assert letters


def test_compacting_gives_room_back(
    upkeep: Upkeep, letters: dict[int, bytes], reopen: Callable[[], Store]
) -> None:
    store = reopen()
    kept = {id: letters[id] for id in list(letters)[:3]}
    store.messages.delete([id for id in letters if id not in kept])
    store.close()
    before, after = upkeep.compact()
    assert after < before
    assert bytes_of(reopen()) == kept


def test_compacting_takes_the_words_of_deleted_mail_out_of_the_index(
    store: Store, clock: Clock, upkeep: Upkeep, reopen: Callable[[], Store]
) -> None:
    def in_index(store: Store, word: bytes) -> bool:
        sql = "SELECT 1 FROM words_data WHERE instr(block, ?)"
        return store.database.rows(sql, (word,)) != []

    box = Box(store, clock, store.accounts.add(Account((Identity("me@example.org", "Me"),))))
    kept, gone = box.letter("A harbour."), box.letter("A quincunx.")
    store.messages.delete([gone])
    assert in_index(store, b"quincunx")
    store.close()
    upkeep.compact()
    store = reopen()
    assert (in_index(store, b"harbour"), in_index(store, b"quincunx")) == (True, False)
    assert store.search.query("harbour").ids.tolist() == [kept]


def test_a_new_key_shuts_the_old_one_out(
    profile: Profile,
    upkeep: Upkeep,
    letters: dict[int, bytes],
    reopen: Callable[[], Store],
) -> None:
    before = profile.store.read_bytes(), profile.vault.read_bytes()
    upkeep.rekey()
    assert bytes_of(reopen()) == letters
    assert sorted(path.name for path in profile.folder.iterdir() if path.name[:5] == "store") == [
        "store.db",
        "store.db-shm",
        "store.db-wal",
    ]
    reopen().close()
    old = profile.vault.read_bytes()
    profile.vault.write_bytes(before[1])
    with pytest.raises(StoreDamaged):
        reopen()
    profile.vault.write_bytes(old)
    reopen()


def test_a_new_passphrase_opens_the_profile_and_the_old_one_does_not(
    profile: Profile, clock: Clock
) -> None:
    store = opened(profile, clock, "old words", None)
    letters = filled(store, clock)
    store.close()
    Upkeep(profile, clock, passphrase="old words", keyring=None).rekey("new words")
    with pytest.raises(StoreLocked, match="not the passphrase"):
        opened(profile, clock, "old words", None)
    store = opened(profile, clock, "new words", None)
    assert bytes_of(store) == letters
    assert store.vault.password(1, "incoming") == "secret"
    store.close()


@pytest.mark.parametrize("work", ["compact", "rekey", "salvage", "restore"])
def test_what_takes_the_place_of_a_store_is_its_owners_alone(
    profile: Profile, upkeep: Upkeep, letters: object, tmp_path: Path, work: str
) -> None:
    backup = tmp_path / "mail.backup"
    upkeep.backup(backup)
    if work == "restore":
        upkeep.restore(backup)
    else:
        getattr(upkeep, work)()
    files = [backup, *(one for one in profile.folder.rglob("*") if one.is_file())]
    assert profile.store in files
    assert [one.name for one in files if one.stat().st_mode & 0o77] == []


# Salvage


def test_salvaging_a_whole_store_loses_nothing(
    upkeep: Upkeep, letters: dict[int, bytes], reopen: Callable[[], Store]
) -> None:
    told, aside = upkeep.salvage()
    assert (told.messages, told.found, told.lost, told.gaps) == (LETTERS, 0, [], set())
    assert aside is not None
    store = reopen()
    assert bytes_of(store) == letters
    assert store.folders.by_role(1, Role.INBOX).unread == LETTERS // 2
    assert [row.id for row in store.messages.page(list(letters)) if row.flagged] == [1, 2]
    assert store.database.rows("SELECT tag, message_row FROM tags") == [("work", 3)]
    assert len(store.messages.pending()) == LETTERS
    assert store.database.check() == ""


@pytest.mark.parametrize("compacted", [False, True])
def test_a_sweep_of_damaged_pages_loses_only_what_lay_on_them(
    compacted: bool,
    profile: Profile,
    clock: Clock,
    keyring: MemoryKeyring,
    letters: dict[int, bytes],
) -> None:
    if compacted:
        Upkeep(profile, clock, passphrase=None, keyring=keyring).compact()
    whole = profile.store.read_bytes()
    saved = 0
    pages = range(0, len(whole) // 4096, 3)
    for page in pages:
        at = page * 4096 + 100
        profile.store.write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
        upkeep = Upkeep(profile, clock, passphrase=None, keyring=keyring)
        told, aside = upkeep.salvage()
        assert aside is not None
        store = opened(profile, clock, None, keyring)
        here = bytes_of(store)
        assert set(here.values()) <= set(letters.values()), page
        assert store.database.check() == "", page
        assert len(here) == told.messages, page
        assert len(set(here.values())) == len(here), page
        assert told.messages + len(told.lost) >= LETTERS or told.gaps, page
        saved += told.messages
        store.close()
        aside.unlink()
    assert saved / (LETTERS * len(pages)) > 0.9


def test_what_is_lost_is_struck_from_the_ledger_and_what_was_deleted_stays_in_it(
    profile: Profile, store: Store, clock: Clock, upkeep: Upkeep, reopen: Callable[[], Store]
) -> None:
    letters = filled(store, clock)
    for id in letters:
        store.ledger.record(1, Entry(b"uid%d" % id, 1, b"\0" * 32, EntryState.STORED, id, clock()))
    store.messages.delete([5])
    store.database.run("UPDATE body_chunks SET data = x'00' WHERE id = 7 << 20")
    store.close()
    told, _ = upkeep.salvage()
    assert told.lost == ["Letter 6"]
    known = reopen().ledger.known(1)
    assert set(known) == {b"uid%d" % id for id in letters if id != 7}
    assert known[b"uid5"].message_id is None


def test_an_emptied_store_is_not_taken_for_a_new_one(
    profile: Profile, letters: object, upkeep: Upkeep, reopen: Callable[[], Store]
) -> None:
    profile.store.write_bytes(b"")
    with pytest.raises(StoreDamaged, match="missing or empty"):
        reopen()
    profile.store.unlink()
    with pytest.raises(StoreDamaged, match="missing or empty"):
        reopen()
    upkeep.salvage()
    assert bytes_of(reopen()) == {}
