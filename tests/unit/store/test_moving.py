"""A profile that is packed on one computer and taken in on another: all of it, or nothing."""

from __future__ import annotations

import shutil
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailclient.account import Account, Identity, Server
from mailclient.app import App, open_profile
from mailclient.errors import BadInput, StoreLocked
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.services.upkeep import Upkeep
from mailclient.store.moving import CARRIED, LEFT, OTHERWISE
from mailclient.store.passwords import REFRESH
from tests.unit.store.box import Clock, MemoryKeyring

WORDS = "Sieben Lampions am Fluss"
CANARIES = (b"Zinnoberrot", b"Perlmutter", b"Nebelkraehe", b"Quittengelb")
LETTER = b"From: ann@example.org\r\nSubject: Zinnoberrot\r\n\r\nPerlmutter\r\n"


class BrokenKeyring(MemoryKeyring):
    """A keyring that is locked after some entries."""

    left = 2

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self.left:
            raise StoreLocked("The OS keyring did not give access.", "Unlock it.")
        self.left -= 1
        super().set_password(service, username, password)


@pytest.fixture
def old_keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def app(tmp_path: Path, old_keyring: MemoryKeyring) -> Iterator[App]:
    """A profile by keyring with an account, its secrets, and a letter."""
    ca_file = tmp_path / "firm.pem"
    ca_file.write_text("-----BEGIN CERTIFICATE-----\nZmlybQ==\n-----END CERTIFICATE-----\n")
    own = tmp_path / "own.pem"
    own.write_text("-----BEGIN PRIVATE KEY-----\nbmljaHRz\n-----END PRIVATE KEY-----\n")
    server = Server("localhost", 995, username="ann", ca_file=str(ca_file), client_file=str(own))
    opened = open_profile(Profile(tmp_path / "old"), keyring=old_keyring, offline=True)
    account = opened.accounts.add(
        Account((Identity("ann@example.org", "Ann"),), server, replace(server, host="127.0.0.1")),
        "Nebelkraehe",
        "Quittengelb",
    )
    opened._store.vault.set_password(account.id, REFRESH, "Nebelkraehe for long")
    letter = tmp_path / "letter.eml"
    letter.write_bytes(LETTER)
    opened.transfer.import_paths([letter], None, Job(0))
    opened.organise.create_folder(account.id, "Plans")
    yield opened
    opened.close()


def letters(app: App) -> array[int]:
    return app.search.ids_in([folder.id for folder in app.search.folders()])


def everything_readable(folder: Path) -> bytes:
    return b"".join(
        path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "letter.eml"
    )


def taken_in(
    tmp_path: Path,
    clock: Clock,
    source: Path,
    *,
    words: str = WORDS,
    passphrase: str | None = None,
    keyring: MemoryKeyring | None = None,
) -> Profile:
    profile = Profile(tmp_path / "new")
    Upkeep(profile, clock, passphrase=passphrase, keyring=keyring).take_in(source, words)
    return profile


def test_everything_moves_with_its_passwords_from_one_keyring_to_another(
    app: App, old_keyring: MemoryKeyring, clock: Clock, tmp_path: Path
) -> None:
    packed = app.moving.pack(tmp_path / "mail.moved", WORDS)
    assert (packed.accounts, packed.passwords, packed.keys) == (1, 3, 0)
    assert (tmp_path / "mail.moved").stat().st_mode & 0o077 == 0
    app.close()
    shutil.rmtree(tmp_path / "old")
    (tmp_path / "firm.pem").unlink()

    keyring = MemoryKeyring()
    profile = taken_in(tmp_path, clock, tmp_path / "mail.moved", keyring=keyring)
    held = everything_readable(tmp_path)
    assert [one for one in CANARIES if one in held] == []
    assert not set(keyring.secrets) & set(old_keyring.secrets)  # names of its own

    new = open_profile(profile, keyring=keyring, offline=True)
    [account] = new.accounts.list()
    assert new.accounts.password(account, "incoming") == "Nebelkraehe"
    assert new.accounts.password(account, "outgoing") == "Quittengelb"
    assert new._store.vault.password(account.id, REFRESH) == "Nebelkraehe for long"
    assert new._store.database.rows("SELECT * FROM secrets") == []  # the keyring alone has them
    assert account.incoming is not None
    assert Path(account.incoming.ca_file).parent == profile.folder / "certificates"
    assert "PRIVATE KEY" in Path(account.incoming.client_file).read_text()
    assert Path(account.incoming.client_file).stat().st_mode & 0o077 == 0
    assert "BEGIN CERTIFICATE" in Path(account.incoming.ca_file).read_text()
    [id] = letters(new)
    assert new.read.raw(id) == LETTER
    new.close()


def test_it_opens_with_a_passphrase_where_there_is_no_keyring(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    app.moving.pack(tmp_path / "mail.moved", WORDS)
    profile = taken_in(tmp_path, clock, tmp_path / "mail.moved", passphrase="another one")
    with pytest.raises(StoreLocked, match="not the passphrase"):
        open_profile(profile, passphrase=WORDS, offline=True)
    new = open_profile(profile, passphrase="another one", offline=True)
    [account] = new.accounts.list()
    assert new.accounts.password(account, "incoming") == "Nebelkraehe"
    new.close()
    held = everything_readable(tmp_path)
    assert [one for one in CANARIES if one in held] == []


def test_without_mail_everything_else_comes(app: App, clock: Clock, tmp_path: Path) -> None:
    app.moving.pack(tmp_path / "settings.moved", WORDS, mail=False)
    profile = taken_in(tmp_path, clock, tmp_path / "settings.moved", passphrase="another one")
    new = open_profile(profile, passphrase="another one", offline=True)
    [account] = new.accounts.list()
    assert account.name == "Ann"
    assert new.accounts.password(account, "outgoing") == "Quittengelb"
    folders = new.search.folders()
    assert "Plans" in {one.name for one in folders}
    assert {one.total for one in folders} == {0}
    assert list(letters(new)) == []
    new.close()


def test_each_table_is_carried_over_or_left_on_purpose(app: App) -> None:
    tables = {
        str(name)
        for (name,) in app._store.database.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE 'words_%'"
        )
    }
    assert tables == {*CARRIED, *LEFT, *OTHERWISE}


def test_a_wrong_passphrase_is_told_and_nothing_is_made(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    app.moving.pack(tmp_path / "mail.moved", WORDS)
    with pytest.raises(StoreLocked, match="not the passphrase"):
        taken_in(tmp_path, clock, tmp_path / "mail.moved", words="wrong", passphrase="new one")
    assert not (tmp_path / "new").exists()


def test_a_profile_that_holds_something_is_not_replaced(
    app: App, old_keyring: MemoryKeyring, clock: Clock, tmp_path: Path
) -> None:
    app.moving.pack(tmp_path / "mail.moved", WORDS)
    app.close()
    before = app.profile.store.read_bytes()
    here = Upkeep(app.profile, clock, passphrase=None, keyring=old_keyring)
    with pytest.raises(BadInput, match="holds accounts or mail already"):
        here.take_in(tmp_path / "mail.moved", WORDS)
    assert app.profile.store.read_bytes() == before

    opened = open_profile(Profile(tmp_path / "new"), passphrase="new one", offline=True)
    opened.close()  # an empty one, as the first start leaves it, is taken
    taken_in(tmp_path, clock, tmp_path / "mail.moved", passphrase="new one")
    opened = open_profile(Profile(tmp_path / "new"), passphrase="new one", offline=True)
    assert len(opened.accounts.list()) == 1
    opened.close()


def test_a_keyring_that_fails_in_the_middle_leaves_an_empty_profile_and_no_passwords(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    app.moving.pack(tmp_path / "mail.moved", WORDS)
    keyring = BrokenKeyring()
    with pytest.raises(StoreLocked, match="did not give access"):
        taken_in(tmp_path, clock, tmp_path / "mail.moved", keyring=keyring)
    assert not (tmp_path / "new" / "store.db").exists()
    assert "Nebelkraehe" not in keyring.secrets.values()


@pytest.mark.parametrize(
    ("words", "told"), [("short", "shorter than 8 signs"), (WORDS, "is there already")]
)
def test_what_cannot_be_packed_is_told(app: App, tmp_path: Path, words: str, told: str) -> None:
    target = tmp_path / "mail.moved"
    target.write_bytes(b"something else")
    with pytest.raises(BadInput, match=told):
        app.moving.pack(target, words)
    assert target.read_bytes() == b"something else"
    assert [one.name for one in tmp_path.glob("*.part*")] == []


def test_a_backup_is_no_packed_profile_and_the_other_way_round(
    app: App, old_keyring: MemoryKeyring, clock: Clock, tmp_path: Path
) -> None:
    app.moving.pack(tmp_path / "mail.moved", WORDS)
    app.close()
    here = Upkeep(app.profile, clock, passphrase=None, keyring=old_keyring)
    here.backup(tmp_path / "mail.backup", WORDS)
    with pytest.raises(BadInput, match="mailclient profile export"):
        taken_in(tmp_path, clock, tmp_path / "mail.backup", passphrase="new one")
    with pytest.raises(BadInput, match="mailclient store backup"):
        here.restore(tmp_path / "mail.moved")


def test_half_a_file_is_told(app: App, clock: Clock, tmp_path: Path) -> None:
    app.moving.pack(tmp_path / "mail.moved", WORDS)
    whole = (tmp_path / "mail.moved").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="its end is missing"):
        taken_in(tmp_path, clock, tmp_path / "half", passphrase="new one")
