"""The key of the store: made, found again, refused, and never readable on the disk."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from mailclient import app as root
from mailclient.account import Account, Identity, Server
from mailclient.app import open_profile
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    MailError,
    StoreDamaged,
    StoreFull,
    StoreLocked,
)
from mailclient.paths import Profile
from mailclient.store import keyrings, vault
from mailclient.store.keyrings import LimitedKeyring, pick_keyring
from mailclient.store.vault import Way, unlock, way_of
from tests.unit.store.box import MemoryKeyring


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase costs a twentieth in these tests."""
    monkeypatch.setattr(vault, "COST", vault._Stretch(1, 8192, 1))


def test_a_passphrase_gives_the_same_key_again(profile: Profile) -> None:
    first = unlock(profile, passphrase="tide and harbour", keyring=None)
    again = unlock(profile, passphrase="tide and harbour", keyring=None)
    assert first == again
    assert first.way is Way.PASSPHRASE
    assert len(first.key) == 32


def test_two_profiles_with_one_passphrase_have_different_keys(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "two"):
        made = Profile(tmp_path / name)
        made.create()
        keys.add(unlock(made, passphrase="same words", keyring=None).key)
    assert len(keys) == 2


def test_a_wrong_passphrase_is_refused_before_the_store_is_touched(profile: Profile) -> None:
    unlock(profile, passphrase="right", keyring=None)
    with pytest.raises(StoreLocked, match="not the passphrase"):
        unlock(profile, passphrase="wrong", keyring=None)


def test_a_passphrase_typed_in_another_unicode_form_is_the_same(profile: Profile) -> None:
    first = unlock(profile, passphrase="caf\u00e9", keyring=None)
    assert unlock(profile, passphrase="cafe\u0301", keyring=None) == first


def test_a_profile_with_a_passphrase_is_locked_without_one(
    profile: Profile, keyring: MemoryKeyring
) -> None:
    unlock(profile, passphrase="right", keyring=None)
    with pytest.raises(StoreLocked, match="passphrase"):
        unlock(profile, passphrase=None, keyring=keyring)


def test_an_empty_passphrase_is_refused(profile: Profile) -> None:
    with pytest.raises(BadInput, match="empty"):
        unlock(profile, passphrase="", keyring=None)
    assert not profile.vault.exists()


def test_the_keyring_keeps_the_key_and_gives_it_back(
    profile: Profile, keyring: MemoryKeyring
) -> None:
    first = unlock(profile, passphrase=None, keyring=keyring)
    assert unlock(profile, passphrase=None, keyring=keyring) == first
    assert list(keyring.secrets.values()) == [b64encode(first.key).decode()]


def test_the_first_start_without_any_way_says_what_to_do(profile: Profile) -> None:
    with pytest.raises(StoreLocked) as told:
        unlock(profile, passphrase=None, keyring=None)
    assert "--passphrase-file" in told.value.advice
    assert not profile.vault.exists()


@pytest.mark.parametrize("way", ["keyring", "passphrase"])
def test_the_file_beside_the_store_never_holds_the_key(
    profile: Profile, keyring: MemoryKeyring, way: str
) -> None:
    if way == "keyring":
        key = unlock(profile, passphrase=None, keyring=keyring).key
    else:
        key = unlock(profile, passphrase="tide", keyring=None).key
    text = profile.vault.read_text(encoding="ascii")
    for form in (key.hex(), b64encode(key).decode().rstrip("="), "tide"):
        assert form not in text
    assert profile.vault.stat().st_mode & 0o077 == 0


def test_a_keyring_with_another_key_is_told_apart(profile: Profile, keyring: MemoryKeyring) -> None:
    unlock(profile, passphrase=None, keyring=keyring)
    entry = next(iter(keyring.secrets))
    for other in (b64encode(bytes(32)).decode(), "not base64!", ""):
        keyring.secrets[entry] = other
        with pytest.raises(StoreLocked, match="not the key"):
            unlock(profile, passphrase=None, keyring=keyring)
    keyring.secrets.clear()
    with pytest.raises(StoreLocked, match="does not hold"):
        unlock(profile, passphrase=None, keyring=keyring)


def test_a_keyring_that_forgets_at_once_is_not_relied_upon(profile: Profile) -> None:
    class Forgetful(MemoryKeyring):
        def set_password(self, service: str, username: str, password: str) -> None:
            """Keeps nothing."""

    with pytest.raises(StoreLocked, match="did not keep"):
        unlock(profile, passphrase=None, keyring=Forgetful())
    assert not profile.vault.exists()


def test_a_store_whose_key_file_is_gone_is_never_begun_anew(
    profile: Profile, keyring: MemoryKeyring
) -> None:
    profile.store.write_bytes(b"mail of years")
    with pytest.raises(StoreDamaged, match="missing"):
        unlock(profile, passphrase=None, keyring=keyring)
    assert profile.store.read_bytes() == b"mail of years"
    assert not keyring.secrets


@pytest.mark.parametrize(
    "change",
    [
        {"version": "x"},
        {"way": "rot13"},
        {"check": 3},
        {"salt": ""},
        {"wrapped": ""},
        {"stretch": {"time": 1, "memory": 1 << 40, "lanes": 1}},
        {"stretch": {"time": 10**9, "memory": 8192, "lanes": 1}},
    ],
)
def test_a_damaged_key_file_is_named_as_such(profile: Profile, change: dict[str, object]) -> None:
    unlock(profile, passphrase="right", keyring=None)
    document = json.loads(profile.vault.read_bytes())
    profile.vault.write_text(json.dumps({**document, **change}), encoding="ascii")
    with pytest.raises(StoreDamaged, match="damaged"):
        unlock(profile, passphrase="right", keyring=None)


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"[1", b"[]", b"{}", b"\xff\xfe"])
def test_a_key_file_of_other_bytes_is_named_as_damaged(profile: Profile, content: bytes) -> None:
    profile.vault.write_bytes(content)
    with pytest.raises(StoreDamaged, match="damaged"):
        unlock(profile, passphrase="right", keyring=None)


def test_a_flipped_bit_in_the_wrapped_key_is_refused(profile: Profile) -> None:
    unlock(profile, passphrase="right", keyring=None)
    document = json.loads(profile.vault.read_bytes())
    wrapped = bytearray(b64decode(document["wrapped"]))
    wrapped[0] ^= 1
    document["wrapped"] = b64encode(wrapped).decode()
    profile.vault.write_text(json.dumps(document), encoding="ascii")
    with pytest.raises(StoreLocked):
        unlock(profile, passphrase="right", keyring=None)


def test_a_key_file_of_a_newer_version_is_left_alone(profile: Profile) -> None:
    profile.vault.write_text('{"version": 2}', encoding="ascii")
    with pytest.raises(StoreDamaged, match="newer"):
        unlock(profile, passphrase="right", keyring=None)
    assert profile.vault.read_text(encoding="ascii") == '{"version": 2}'


def test_a_folder_that_cannot_be_written_is_told(profile: Profile) -> None:
    profile.vault.with_name("vault.json.new").mkdir()
    with pytest.raises(StoreFull, match="cannot be written"):
        unlock(profile, passphrase="right", keyring=None)


# The OS keyring


class Faulty(MemoryKeyring):
    """Raises what is given in place of an answer."""

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self.problem = problem

    def get_password(self, service: str, username: str) -> str | None:
        raise self.problem


@pytest.mark.parametrize("problem", [RuntimeError("locked"), OSError("no bus"), KeyError("x")])
def test_what_a_keyring_raises_is_told_in_words(problem: Exception) -> None:
    with pytest.raises(StoreLocked, match="did not give access") as told:
        LimitedKeyring(Faulty(problem)).get_password("mailclient", "x")
    assert told.value.detail == type(problem).__name__


def test_a_keyring_that_hangs_is_given_up() -> None:
    let_go = threading.Event()

    class Hanging(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            let_go.wait()
            return None

    with pytest.raises(StoreLocked, match="does not answer"):
        LimitedKeyring(Hanging(), seconds=0.01).get_password("mailclient", "x")
    let_go.set()


def test_a_secret_is_dropped_where_there_is_one_and_where_there_is_none() -> None:
    inner = MemoryKeyring()
    limited = LimitedKeyring(inner)
    limited.set_password("mailclient", "x", "secret")
    assert limited.get_password("mailclient", "x") == "secret"
    limited.delete_password("mailclient", "x")
    limited.delete_password("mailclient", "x")
    assert inner.secrets == {}


def test_without_a_session_bus_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert pick_keyring() is None


def test_only_back_ends_that_encrypt_are_ever_asked() -> None:
    named = {module for back_ends in keyrings.BACK_ENDS.values() for module, _ in back_ends}
    assert named == {
        "keyring.backends.SecretService",
        "keyring.backends.kwallet",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    }


def test_a_call_that_hangs_ends_when_nobody_waits_for_it_any_more() -> None:
    let_go, asked, token = threading.Event(), threading.Event(), CancelToken()

    class Hanging(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            asked.set()
            let_go.wait()
            return None

    told: list[MailError] = []

    def ask() -> None:
        try:
            LimitedKeyring(Hanging(), cancel=token).get_password("mailclient", "x")
        except MailError as problem:
            told.append(problem)

    asking = threading.Thread(target=ask)
    asking.start()
    asked.wait()
    token.cancel()
    asking.join()
    let_go.set()
    assert [type(one) for one in told] == [Cancelled]


def test_a_profile_says_what_it_is_unlocked_with_before_anything_is_asked(profile: Profile) -> None:
    assert way_of(profile) is None
    unlock(profile, passphrase="right", keyring=None)
    assert way_of(profile) is Way.PASSPHRASE
    profile.vault.write_bytes(b"damaged")
    assert way_of(profile) is None
    profile.vault.unlink()
    unlock(profile, passphrase=None, keyring=MemoryKeyring())
    assert way_of(profile) is Way.KEYRING


def test_a_profile_with_a_passphrase_asks_no_keyring(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_profile(profile, passphrase="right").close()
    monkeypatch.setattr(root, "pick_keyring", lambda *given: pytest.fail("the keyring was asked"))
    with pytest.raises(StoreLocked, match="locked with a passphrase"):
        open_profile(profile)


def test_a_keyring_that_hangs_does_not_keep_the_program_from_ending(profile: Profile) -> None:
    let_go, asked, token = threading.Event(), threading.Event(), CancelToken()

    class Hanging(MemoryKeyring):
        hangs = False

        def get_password(self, service: str, username: str) -> str | None:
            if self.hangs:
                asked.set()
                let_go.wait()
            return super().get_password(service, username)

    keyring = Hanging()
    app = open_profile(profile, keyring=LimitedKeyring(keyring, cancel=token), waiting=token)
    server = Server("localhost", 995, username="ann")
    account = app.accounts.add(Account((Identity("ann@example.org"),), server), "secret")
    keyring.hangs = True
    answer = app.jobs.submit("work", lambda job: app.accounts.password(account, "incoming"))
    asked.wait()
    app.close()
    assert not let_go.is_set()
    with pytest.raises(Cancelled):
        answer.result()
    let_go.set()
