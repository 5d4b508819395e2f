"""The newer form of OpenPGP (RFC 9580): read by the second engine, named without it; and where the
two engines disagree nothing counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pysequoia
import pytest

from mailclient.cancel import CancelToken
from mailclient.crypto.openpgp import second
from mailclient.crypto.openpgp.newer import is_newer, is_one_message, seen
from mailclient.errors import BadInput, KeyMissing
from mailclient.message.facts import Outcome, SignatureStatus
from mailclient.message.layers import find_layer
from mailclient.message.security import SignatureWord, State
from mailclient.message.tree import parse
from tests.attacks.conftest import ALICE, SECRET, TEXT, Desk, desk_open, pgp_mime
from tests.attacks.newer import NORA, new_key, public, sealed_to, signed
from tests.attacks.packets import (
    LITERAL,
    armored,
    binary,
    literal,
    packet,
    seipd,
)


@pytest.fixture(scope="module")
def nora() -> pysequoia.Tsk:
    """Somebody with a key of version 6."""
    return new_key()


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Desk]:
    with desk_open(tmp_path) as desk:
        yield desk


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is not installed."""
    monkeypatch.setattr(second, "LIBRARY", "a_library_that_nobody_has")


# With the library


def test_a_key_of_version_6_is_kept_in_the_store_and_listed(
    mine: Desk, nora: pysequoia.Tsk
) -> None:
    keys = mine.app.keys
    [taken] = keys.import_keys(bytes(nora))
    assert (len(taken.fingerprint), taken.new, taken.secret) == (64, True, True)
    [key] = keys.find(NORA)
    assert (key.has_secret, key.can_encrypt, key.in_vault) == (True, False, True)
    assert keys.export(NORA).startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
    with pytest.raises(BadInput):
        keys.export(NORA, secret=True)
    with pytest.raises(BadInput, match="stays closed"):
        keys.delete(taken.fingerprint)
    keys.delete(taken.fingerprint, secret=True)
    assert keys.find(NORA) == ()
    assert not any(name.startswith("openpgp:v6") for name in mine.app._store.plugin_items)


def test_a_letter_to_it_opens_and_a_signature_inside_that_has_no_date_gives_no_seal(
    mine: Desk, nora: pysequoia.Tsk
) -> None:
    mine.app.keys.import_keys(bytes(nora))
    for how in ({}, {"signer": nora.signer()}):
        view = mine.read(mine.letter(sealed_to(nora, **how), From=NORA))
        assert view.verdict.state is State.ENCRYPTED
        assert SECRET in view.body.text
        assert view.verdict.signer is None


def test_a_letter_of_the_newer_form_opens_with_a_key_of_gnupgs(mine: Desk) -> None:
    """GnuPG's own key, told to others in the form that says it reads the newer one."""
    key = pysequoia.Cert.from_bytes(mine.app.keys.export(ALICE))
    sealed = pysequoia.encrypt(TEXT, [key])
    view = mine.read(mine.letter(pgp_mime(bytes(sealed))))
    assert view.verdict.state is State.ENCRYPTED
    assert SECRET in view.body.text


def test_a_signature_by_it_seals_once_the_key_is_confirmed(mine: Desk, nora: pysequoia.Tsk) -> None:
    raw = mine.letter(signed(nora), From=NORA)
    assert mine.read(raw).verdict.signature is SignatureWord.UNKNOWN_KEY
    [taken] = mine.app.keys.import_keys(public(nora))
    assert mine.read(raw).verdict.state is State.SIGNED
    mine.app.keys.trust(taken.fingerprint, NORA, "verified")
    assert mine.read(raw).verdict.state is State.SIGNED_VERIFIED
    changed = mine.read(raw.replace(b"lilac", b"green"))
    assert (changed.verdict.state, changed.verdict.verified) == (State.UNPROTECTED, False)
    other = mine.read(raw.replace(NORA.encode(), b"bob@example.org"))
    assert other.verdict.signature is SignatureWord.WRONG_SENDER


def test_an_altered_letter_gives_no_byte(mine: Desk, nora: pysequoia.Tsk) -> None:
    mine.app.keys.import_keys(bytes(nora))
    sealed = bytearray(binary(sealed_to(nora)))
    for at in (-1, -20, -40):
        changed = (
            bytes(sealed[:at]) + bytes([sealed[at] ^ 1]) + bytes(sealed[len(sealed) + at + 1 :])
        )
        view = mine.read(mine.letter(pgp_mime(armored(changed)), From=NORA))
        assert view.verdict.state in (State.LOCKED, State.BROKEN)
        assert SECRET not in view.body.text


def test_nothing_is_encrypted_to_such_a_key(mine: Desk, nora: pysequoia.Tsk) -> None:
    [taken] = mine.app.keys.import_keys(public(nora))
    assert not mine.app.keys.readiness([NORA]).can_encrypt
    with pytest.raises(KeyMissing):
        mine.app.plugins.sealing().seal(
            TEXT, sign_with=None, encrypt_to=(taken.fingerprint,), cancel=CancelToken()
        )


def test_a_letter_that_grows_beyond_all_measure_gives_no_byte(
    nora: pysequoia.Tsk,
) -> None:
    sealed = pysequoia.encrypt(b"x" * 100_000, [nora.extract_certificate()])
    found = second.decrypt(
        bytes(sealed), [bytes(nora)], [], CancelToken(), passphrase=None, largest=50_000
    )
    assert (found.outcome, found.content) == ("size", b"")


# Without it


@pytest.mark.usefixtures("without")
def test_without_the_library_a_letter_of_the_newer_form_says_what_is_missing(
    mine: Desk, nora: pysequoia.Tsk
) -> None:
    view = mine.read(mine.letter(sealed_to(nora), From=NORA))
    assert view.verdict.state is State.LOCKED
    assert "newer form of encryption" in view.verdict.summary
    assert "pysequoia" in view.verdict.summary
    view = mine.read(mine.letter(signed(nora), From=NORA))
    assert view.verdict.signature is SignatureWord.UNKNOWN_KEY
    assert SECRET in view.body.text


@pytest.mark.usefixtures("without")
def test_without_the_library_nothing_else_changes(mine: Desk, nora: pysequoia.Tsk) -> None:
    with pytest.raises(BadInput, match="newer form"):
        mine.app.keys.import_keys(public(nora))
    assert mine.read(mine.letter(mine.signed())).verdict.state is State.SIGNED_VERIFIED
    assert mine.read(mine.letter(mine.sealed())).verdict.state is State.CONFIDENTIAL


# Two engines


def test_what_one_engine_calls_good_and_the_other_does_not_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = desk.letter(desk.signed())
    assert desk.read(raw).verdict.state is State.SIGNED_VERIFIED
    monkeypatch.setattr(second, "verify", lambda *anything: None)
    verdict = desk.read(raw).verdict
    assert (verdict.state, verdict.verified) == (State.UNPROTECTED, False)
    assert "Two engines disagree about the signature, so it does not count." in verdict.reasons


def test_a_container_that_is_not_one_is_refused_although_the_engine_takes_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = desk.app.plugins.for_protocol("application/pgp-encrypted")
    assert plugin is not None
    layer = find_layer(parse(desk.sealed()))
    assert layer is not None
    assert plugin.open(layer, CancelToken()).outcome is Outcome.DECRYPTED
    monkeypatch.setattr("mailclient.crypto.openpgp.opening.is_one_message", lambda packets: False)
    found = plugin.open(layer, CancelToken())
    assert (found.outcome, found.content) == (Outcome.BROKEN, None)


@pytest.mark.parametrize(
    ("build", "one"),
    [
        (lambda sealed: sealed, True),
        (lambda sealed: sealed + packet(LITERAL, b"b\x00\x00\x00\x00\x00x"), False),
        (lambda sealed: literal(b"x") + sealed, False),
        (lambda sealed: sealed + sealed, False),
        (lambda sealed: sealed[:-1], False),
        (lambda sealed: sealed + b"\x00", False),
        (lambda sealed: literal(b"x"), False),
        (lambda sealed: b"", False),
    ],
)
def test_one_container_and_nothing_else_is_one_message(
    desk: Desk, build: Callable[[bytes], bytes], one: bool
) -> None:
    key, secret = desk.session
    assert is_one_message(build(key + seipd(secret, literal(b"text")))) is one


def test_only_what_gnupg_does_not_read_is_of_the_newer_form(
    desk: Desk, nora: pysequoia.Tsk
) -> None:
    assert not is_newer(binary(desk.sealed()))
    assert is_newer(binary(sealed_to(nora)))
    by_passphrase = pysequoia.encrypt(TEXT, passwords=["a passphrase"])
    assert [one.tag for one in seen(binary(bytes(by_passphrase))) or ()] == [3, 18]
    assert seen(b"\xc1") is None
    assert seen(b"\x00") is None


def test_an_opinion_is_asked_of_one_good_signature_alone(desk: Desk) -> None:
    plugin = desk.app.plugins.for_protocol("application/pgp-encrypted")
    assert plugin is not None
    layer = find_layer(parse(desk.signed().replace(b"lilac", b"green")))
    assert layer is not None
    [fact] = plugin.open(layer, CancelToken()).signatures
    assert fact.status is SignatureStatus.BAD
