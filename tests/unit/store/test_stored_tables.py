"""Accounts, folders, the ledger, trust, settings and passwords, and the store as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mailclient.account import (
    Account,
    Authentication,
    EncryptionPolicy,
    Identity,
    Retention,
    Security,
    Server,
)
from mailclient.errors import BadInput, NotFound, StoreLocked
from mailclient.paths import Profile
from mailclient.settings import RECEIVE_MINUTES, SHOW_HTML, THEME
from mailclient.store import Store, vault
from mailclient.store.folders import Role
from mailclient.store.keys import KeyTrust
from mailclient.store.ledger import Entry, EntryState
from mailclient.store.peers import Peer
from tests.unit.store.box import Box, Clock, MemoryKeyring

ANN = "ann@example.org"
FULL = Account(
    identities=(
        Identity("ann@example.org", "Ann Ünïque", "Best\nAnn"),
        Identity("ann@work.example", "A. Work"),
    ),
    incoming=Server("pop.example.org", 995, Security.TLS, Authentication.PASSWORD, "ann", "/ca"),
    outgoing=Server("smtp.example.org", 587, Security.STARTTLS, Authentication.NONE),
    retention=Retention(None),
    encryption=EncryptionPolicy.ALWAYS,
    paused=True,
)


# Accounts


def test_an_account_comes_back_as_it_was_kept(store: Store, reopen: Callable[[], Store]) -> None:
    added = store.accounts.add(FULL)
    assert added == replace(FULL, id=added.id)
    again = reopen()
    assert again.accounts.all() == (added,)
    assert again.accounts.by_id(added.id) == added
    assert again.accounts.get("ANN@WORK.example") == added


def test_an_identity_of_an_older_version_is_read_and_kept_anew(store: Store) -> None:
    added = store.accounts.add(FULL)
    row = store.database.row("SELECT details FROM accounts WHERE id = ?", (added.id,))
    assert row is not None
    details = json.loads(row[0])
    details["identities"] = [
        {name: one[name] for name in ("address", "name", "signature")}
        for one in details["identities"]
    ]
    store.database.run(
        "UPDATE accounts SET details = ? WHERE id = ?", (json.dumps(details), added.id)
    )
    assert store.accounts.all() == (added,)
    whole = Identity("ann@example.org", "A", "s", "<b>s</b>", "A" * 40, "b@example.org", True, "X")
    store.accounts.update(replace(added, identities=(whole,)))
    assert store.accounts.all()[0].identities == (whole,)


def test_an_account_is_changed_in_place(store: Store) -> None:
    added = store.accounts.add(FULL)
    changed = replace(added, paused=False, retention=Retention(3), incoming=None)
    store.accounts.update(changed)
    assert store.accounts.all() == (changed,)


def test_an_account_that_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(NotFound):
        store.accounts.by_id(1)
    with pytest.raises(NotFound):
        store.accounts.get("nobody@example.org")
    with pytest.raises(NotFound):
        store.accounts.update(replace(FULL, id=7))


def test_an_address_has_one_account(store: Store) -> None:
    store.accounts.add(FULL)
    with pytest.raises(BadInput, match="already"):
        store.accounts.add(Account((Identity("Ann@Example.org"),)))


def test_an_account_takes_its_mail_along(box: Box) -> None:
    other = box.store.accounts.add(FULL)
    kept = box.store.messages.store_raw(
        other.id,
        box.store.folders.by_role(other.id, Role.INBOX).id,
        b"Subject: kept\r\n\r\n",
        unread=True,
        received=box.clock(),
    )
    box.letter("gone with its account")
    record(box, b"u1", None)
    box.store.accounts.remove(box.account.id, with_mail=True)
    assert box.store.accounts.all() == (other,)
    assert {folder.account_id for folder in box.store.folders.all()} == {other.id}
    assert box.store.search.query("gone").count == 0
    assert box.store.messages.get(kept).subject == "kept"
    assert box.store.ledger.known(box.account.id) == {}
    assert box.store.database.check() == ""


def test_mail_can_stay_when_its_account_goes(store: Store, clock: Clock) -> None:
    box = Box(store, clock, store.accounts.add(FULL))
    id = box.letter("stays")
    store.accounts.remove(box.account.id, with_mail=False)
    assert store.messages.get(id).folder_id == box.folder().id
    (left,) = store.accounts.all()
    assert left.incoming is left.outgoing is None


def test_an_id_is_never_given_twice(store: Store) -> None:
    first = store.accounts.add(FULL)
    store.accounts.remove(first.id, with_mail=True)
    assert store.accounts.add(FULL).id > first.id


# Folders


def test_an_account_has_its_folders_in_order(box: Box) -> None:
    own = box.store.folders.create(box.account.id, "  Old   letters ")
    assert [(one.name, one.role) for one in box.store.folders.of(box.account.id)] == [
        ("Inbox", Role.INBOX),
        ("Drafts", Role.DRAFTS),
        ("Sent", Role.SENT),
        ("Archive", Role.ARCHIVE),
        ("Junk", Role.JUNK),
        ("Trash", Role.TRASH),
        ("Old letters", Role.OWN),
    ]
    assert box.store.folders.get(own.id) == own


def test_folders_are_found_by_name_or_role_in_one_account_or_all(box: Box) -> None:
    other = box.store.accounts.add(FULL)
    box.store.folders.create(other.id, "Ärger")
    assert len(box.store.folders.find("INBOX", None)) == 2
    assert len(box.store.folders.find(" inbox ", other.id)) == 1
    assert [one.name for one in box.store.folders.find("ärger", None)] == ["Ärger"]
    assert box.store.folders.find("ärger", box.account.id) == ()
    assert box.store.folders.find("own", None) == ()


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "INBOX", "mine"])
def test_a_folder_needs_a_name_of_its_own(box: Box, name: str) -> None:
    box.store.folders.create(box.account.id, "Mine")
    with pytest.raises(BadInput):
        box.store.folders.create(box.account.id, name)


def test_a_folder_is_renamed_and_removed_when_it_is_empty(box: Box) -> None:
    folder = box.store.folders.create(box.account.id, "Mine")
    assert box.store.folders.rename(folder.id, "mine").name == "mine"
    with pytest.raises(BadInput, match="already"):
        box.store.folders.rename(folder.id, "Inbox")
    id = box.letter()
    box.store.messages.move([id], folder.id)
    with pytest.raises(BadInput, match="still holds"):
        box.store.folders.remove(folder.id)
    box.store.messages.delete([id])
    box.store.folders.remove(folder.id)
    with pytest.raises(NotFound):
        box.store.folders.get(folder.id)


def test_the_folders_of_an_account_stay_as_they_are(box: Box) -> None:
    with pytest.raises(BadInput, match="stays as it is"):
        box.store.folders.remove(box.folder().id)
    with pytest.raises(BadInput, match="stays as it is"):
        box.store.folders.rename(box.folder().id, "Other")
    with pytest.raises(NotFound):
        box.store.folders.by_role(99, Role.INBOX)


# The ledger


def record(box: Box, uid: bytes, message_id: int | None) -> Entry:
    entry = Entry(uid, 10, b"h" * 32, EntryState.STORED, message_id, box.clock())
    box.store.ledger.record(box.account.id, entry)
    return entry


def test_a_line_is_written_with_its_message_or_not_at_all(box: Box) -> None:
    def receive_and_fail() -> None:
        with box.store.database.write():
            record(box, b"u1", box.put(b"Subject: x\r\n\r\n"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        receive_and_fail()
    assert box.store.ledger.known(box.account.id) == {}
    assert box.store.messages.ids_in([box.folder().id]).tolist() == []


def test_a_line_outlives_the_message_that_the_user_deleted(box: Box) -> None:
    id = box.put(b"Subject: x\r\n\r\n")
    entry = record(box, b"\xff odd uid", id)
    assert box.store.ledger.known(box.account.id) == {entry.uid: entry}
    box.store.messages.delete([id])
    assert box.store.ledger.known(box.account.id) == {entry.uid: replace(entry, message_id=None)}


def test_a_line_is_replaced_and_marked(box: Box) -> None:
    record(box, b"u1", None)
    second = record(box, b"u1", box.put(b""))
    box.store.ledger.mark(box.account.id, [b"u1", b"unknown"], EntryState.DELETE_ASKED)
    known = box.store.ledger.known(box.account.id)
    assert known == {b"u1": replace(second, state=EntryState.DELETE_ASKED)}
    box.store.ledger.mark(box.account.id, [], EntryState.GONE)
    assert box.store.ledger.known(box.account.id + 1) == {}


def test_some_lines_can_be_asked_for_and_all_sizes(box: Box) -> None:
    first, second = record(box, b"u1", box.put(b"")), record(box, b"u2", None)
    account, ledger = box.account.id, box.store.ledger
    assert ledger.sizes(account) == {b"u1": first.size, b"u2": second.size}
    assert ledger.lines(account, [b"u2", b"unknown"]) == {b"u2": second}
    ledger.mark(account, [b"u1"], EntryState.SEEN)
    assert ledger.collected(account) == {b"u2": second}
    assert ledger.sizes(account + 1) == ledger.collected(account + 1) == {}


def test_a_message_without_a_uid_has_no_line(box: Box) -> None:
    record(box, b"", None)
    assert box.store.ledger.known(box.account.id) == {}


def test_only_what_is_absent_for_long_is_forgotten(box: Box) -> None:
    for uid in (b"here", b"gone", b"back"):
        record(box, uid, None)

    def absent(*uids: bytes) -> list[bytes]:
        box.store.ledger.absent(box.account.id, uids, box.clock() - timedelta(days=30))
        return sorted(box.store.ledger.known(box.account.id))

    box.clock.forward(days=400)
    assert absent(b"here", b"gone", b"back") == [b"back", b"gone", b"here"]
    box.clock.forward(days=20)
    assert absent(b"gone") == [b"back", b"gone", b"here"]
    box.clock.forward(days=5)
    assert absent(b"gone", b"back") == [b"back", b"gone", b"here"]
    box.clock.forward(days=6)
    assert absent(b"gone", b"back") == [b"back", b"here"]
    box.clock.forward(days=25)
    assert absent(b"back") == [b"here"]


# Trust


def test_what_is_thought_of_a_key_is_kept_for_each_address(store: Store, clock: Clock) -> None:
    first = KeyTrust("A" * 40, "ann@example.org", "accepted", "file", clock(), False)
    second = replace(first, address="ann@work.example", trust="verified")
    other = replace(first, fingerprint="B" * 40, trust="tentative", changed=True)
    for one in (first, second, other):
        store.keys.set(one)
    assert store.keys.of("ann@example.org") == (first, other)
    assert store.keys.get("A" * 40, "ann@work.example") == second
    assert store.keys.get("C" * 40, "ann@example.org") is None
    store.keys.set(replace(first, trust="rejected"))
    store.keys.seen("A" * 40, "ann@example.org", clock() + timedelta(days=1))
    assert store.keys.get("A" * 40, "ann@example.org") == replace(first, trust="rejected")
    store.keys.forget("A" * 40, clock() + timedelta(days=2))
    assert store.keys.all() == (other,)
    told = [(one.fingerprint[0], one.event, one.detail) for one in store.keys.events(ANN)]
    assert told == [
        ("A", "came", "file"), ("A", "accepted", ""), ("B", "came", "file"), ("A", "rejected", ""),
        ("A", "removed", ""),
    ]  # fmt: skip


def test_what_autocrypt_knows_of_people_comes_back_as_it_was_kept(
    store: Store, clock: Clock, reopen: Callable[[], Store]
) -> None:
    peer = Peer(ANN, clock(), clock() - timedelta(days=1), "A" * 40, True, clock(), "B" * 40)
    for one in (Peer("bob@example.org"), peer):
        store.peers.set(one)
    store.peers.set_policy(ANN, "always")
    store.peers.set_policy("bob@example.org", "when-i-say")
    store.peers.set_policy("bob@example.org", "")
    again = reopen()
    assert again.peers.get(ANN) == peer
    assert again.peers.get("bob@example.org") == Peer("bob@example.org")
    assert again.peers.get("carol@example.org") is None
    assert again.peers.policies() == {ANN: "always"}
    assert again.peers.policy("bob@example.org") == ""


# Settings


def test_settings_are_kept_and_default_where_they_are_not(
    store: Store, reopen: Callable[[], Store]
) -> None:
    assert store.settings.get(RECEIVE_MINUTES) == 10
    store.settings.set(RECEIVE_MINUTES, 3)
    store.settings.set(SHOW_HTML, False)
    store.settings.set(THEME, "dark")
    again = reopen().settings
    assert again.get(RECEIVE_MINUTES) == 3
    assert again.get(SHOW_HTML) is False
    assert again.get(THEME) == "dark"


def test_a_value_that_does_not_fit_is_refused_and_a_stored_one_ignored(store: Store) -> None:
    with pytest.raises(BadInput, match=r"receive\.minutes"):
        store.settings.set(RECEIVE_MINUTES, -1)
    with pytest.raises(BadInput):
        store.settings.set(THEME, "pink")
    for stored in ('"ten"', "-5", "true", "null", "[]", "not json"):
        store.database.run(
            "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)",
            (RECEIVE_MINUTES.key, stored),
        )
        assert store.settings.get(RECEIVE_MINUTES) == 10


# Passwords


def test_passwords_lie_in_the_keyring_where_there_is_one(box: Box, keyring: MemoryKeyring) -> None:
    passwords = box.store.vault
    passwords.set_password(box.account.id, "incoming", "in secret")
    passwords.set_password(box.account.id, "outgoing", "out secret")
    assert passwords.password(box.account.id, "incoming") == "in secret"
    assert passwords.where == "the OS keyring"
    assert {"in secret", "out secret"} <= set(keyring.secrets.values())
    assert box.store.database.rows("SELECT * FROM secrets") == []
    passwords.forget(box.account.id)
    passwords.forget(box.account.id)
    assert passwords.password(box.account.id, "incoming") is None
    assert len(keyring.secrets) == 1


def test_passwords_lie_in_the_store_where_there_is_no_keyring(
    profile: Profile, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "COST", vault._Stretch(1, 8192, 1))
    store = Store.open(profile, passphrase="tide", keyring=None, clock=clock)
    account = store.accounts.add(FULL)
    store.vault.set_password(account.id, "incoming", "pässword")
    assert store.vault.where == "the encrypted store"
    assert store.vault.password(account.id, "incoming") == "pässword"
    assert store.vault.password(account.id, "outgoing") is None
    store.vault.forget(account.id)
    assert store.vault.password(account.id, "incoming") is None
    store.close()


@pytest.mark.parametrize("secret", ["two\nlines", "a\rb", "nul\x00"])
def test_a_password_is_one_line(box: Box, secret: str) -> None:
    with pytest.raises(BadInput, match="line break"):
        box.store.vault.set_password(box.account.id, "incoming", secret)


# The whole


def test_a_profile_is_open_once(profile: Profile, store: Store, keyring: MemoryKeyring) -> None:
    with pytest.raises(StoreLocked, match="in use by another"):
        Store.open(profile, passphrase=None, keyring=keyring, clock=Clock())
    store.close()
    store.close()
    again = Store.open(profile, passphrase=None, keyring=keyring, clock=Clock())
    again.close()


def test_a_failed_opening_lets_go_of_the_profile(
    profile: Profile, store: Store, keyring: MemoryKeyring
) -> None:
    store.close()
    with pytest.raises(StoreLocked):
        Store.open(profile, passphrase=None, keyring=None, clock=Clock())
    Store.open(profile, passphrase=None, keyring=keyring, clock=Clock()).close()


def test_all_files_of_a_profile_belong_to_its_owner_alone(profile: Profile, box: Box) -> None:
    box.letter("x")
    assert profile.folder.stat().st_mode & 0o077 == 0
    for file in profile.folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name
