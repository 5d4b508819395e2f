"""S/MIME: what is taken in and given out, that other programs read it and we theirs, and that HTML
of a sender who may be anybody is never more than text."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.several import Several
from mailclient.crypto.smime.plugin import SMime
from mailclient.crypto.smime.ring import SETTING
from mailclient.errors import BadInput, KeyLocked, KeyMissing, SealFailed
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.message.facts import Opened, Outcome, SignatureStatus
from mailclient.message.layers import find_layer
from mailclient.message.security import SignatureWord, State, Trust
from mailclient.message.tree import parse
from mailclient.services.handing_on import needs_code
from mailclient.services.sealing import Sealing
from tests.attacks.certificates import (
    Holder,
    Pen,
    Wish,
    cbc,
    ec_key,
    made,
    p7m,
    p7s,
    rsa_key,
    signed_data,
)
from tests.attacks.conftest import ALICE, BOB, SECRET, TEXT, Desk, desk_open
from tests.attacks.rows_smime import HTML, SUE, detached, safe
from tests.attacks.test_table import from_the_store

CARL = "carl@example.org"

Make = Callable[..., SMime]


@pytest.fixture
def root() -> Holder:
    return made(Wish("Root", authority=True))


@pytest.fixture
def anna(root: Holder) -> Holder:
    return made(Wish("Anna", ("anna@example.org",)), root, rsa_key())


@pytest.fixture
def plugin(tmp_path: Path) -> Make:
    """A plug-in whose questions get these answers, and that trusts nobody by itself."""

    def make(*answers: str | None) -> SMime:
        waiting = list(answers)
        return SMime(
            Host(tmp_path, no_network, lambda what: waiting.pop(0), environment={SETTING: ""})
        )

    return make


def opened(plugin: SMime, entity: bytes) -> Opened:
    layer = find_layer(parse(entity))
    assert layer is not None
    return plugin.open(layer, CancelToken())


def sealed(plugin: SMime, by: Holder | None, *to: Holder) -> bytes:
    return plugin.seal(
        TEXT,
        sign_with=by.fingerprint if by else None,
        encrypt_to=[one.fingerprint for one in to],
        cancel=CancelToken(),
    )


# Taking in


def test_a_pkcs12_file_asks_for_its_passphrase_and_brings_the_secret_key(
    plugin: Make, anna: Holder, root: Holder
) -> None:
    ours = plugin("wrong", "a passphrase")
    file = anna.p12("a passphrase", root)
    with pytest.raises(BadInput, match="could not be opened"):
        ours.keys.import_keys(file)
    [taken] = ours.keys.import_keys(file)
    assert (taken.fingerprint, taken.new, taken.secret) == (anna.fingerprint, True, True)
    [info] = ours.keys.list()
    assert (info.kind, info.has_secret, info.usable) == ("S/MIME", True, True)
    assert info.addresses == ("anna@example.org",)
    assert info.in_vault


def test_a_certificate_that_came_as_somebodys_becomes_ones_own(
    plugin: Make, anna: Holder, root: Holder
) -> None:
    ours = plugin()
    ours.keys.import_keys(anna.pem)
    [taken] = ours.keys.import_keys(anna.p12(None))
    assert (taken.new, taken.secret) == (False, True)
    [info] = ours.keys.list()
    assert (info.fingerprint, info.has_secret) == (anna.fingerprint, True)
    ours.keys.import_keys(root.pem)
    assert opened(ours, sealed(ours, anna, anna)).outcome is Outcome.DECRYPTED


def test_without_a_passphrase_the_file_stays_closed(plugin: Make, anna: Holder) -> None:
    with pytest.raises(KeyLocked, match="Its passphrase is needed"):
        plugin(None).keys.import_keys(anna.p12("a passphrase"))


def test_an_authority_in_such_a_file_is_not_trusted_by_that(
    plugin: Make, anna: Holder, root: Holder
) -> None:
    ours = plugin()
    ours.keys.import_keys(anna.p12(None, root))
    assert ours.keys.certificates.authorities() == ()
    ours.keys.import_keys(anna.pem + root.pem)
    assert ours.keys.certificates.authorities() == ()
    ours.keys.import_keys(root.pem)
    assert len(ours.keys.certificates.authorities()) == 1


def test_the_authorities_of_the_system_count_where_they_are_not_switched_off(
    tmp_path: Path, root: Holder, anna: Holder
) -> None:
    file = tmp_path / "authorities.pem"
    file.write_bytes(b"# a firm's own\n" + root.pem + anna.pem)
    ours = SMime(Host(tmp_path, no_network, lambda what: None, environment={SETTING: str(file)}))
    entity = p7s(TEXT, signed_data(TEXT, Pen(anna), detached=True))
    [fact] = opened(ours, entity).signatures
    assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")


def test_rubbish_is_no_certificate(plugin: Make) -> None:
    for data in (b"", b"hello", b"-----BEGIN CERTIFICATE-----\n\n", b"\x30\x82\xff\xff"):
        with pytest.raises((BadInput, KeyLocked)):
            plugin(None).keys.import_keys(data)


def test_a_certificate_for_servers_is_not_taken_for_ones_own(plugin: Make, root: Holder) -> None:
    server = made(Wish("www", (), authority=True), root, rsa_key())
    with pytest.raises(BadInput, match="not for mail"):
        plugin().keys.import_keys(server.p12(None))


def test_ones_own_certificate_goes_only_with_its_key_and_comes_back_from_a_backup(
    plugin: Make, anna: Holder
) -> None:
    ours = plugin()
    ours.keys.import_keys(anna.p12(None))
    with pytest.raises(BadInput, match="stays closed"):
        ours.keys.delete(anna.fingerprint)
    copy = ours.keys.backup(anna.fingerprint, "the code")
    assert anna.key.private_numbers().d.to_bytes(256, "big") not in copy  # type: ignore[union-attr]
    ours.keys.delete(anna.fingerprint, secret=True)
    assert ours.keys.list() == ()
    with pytest.raises(BadInput, match="could not be opened"):
        ours.keys.restore(copy, "another code")
    ours.keys.import_keys(ours.keys.restore(copy, "the code"))
    assert ours.keys.list()[0].has_secret


def test_doctor_counts_certificates_and_warns_of_one_that_ends_soon(
    plugin: Make, anna: Holder, root: Holder
) -> None:
    ours = plugin()
    ours.keys.import_keys(root.pem)
    ours.keys.import_keys(anna.p12(None))
    [told] = ours.check()
    assert told.text == "Certificates of your own: 1; trusted authorities: 1."
    soon = made(Wish("Anna soon", ("anna@example.org",), days=(-300, 10)), root, rsa_key())
    ours.keys.import_keys(soon.p12(None))
    assert [one.level for one in ours.check()] == ["ok", "warning"]
    assert "Ask its authority for another." in ours.check()[1].text


def test_what_only_an_authority_can_do_says_so(plugin: Make, anna: Holder) -> None:
    keys = plugin().keys
    for call in (
        lambda: keys.generate("anna@example.org", "Anna", None),
        lambda: keys.extend(anna.fingerprint),
        lambda: keys.revoke(anna.fingerprint),
        lambda: keys.add_subkey(anna.fingerprint),
    ):
        with pytest.raises(BadInput) as refused:
            call()
        assert "authority" in str(refused.value)


def test_a_file_with_a_certificate_is_taken_in_by_its_passphrase_and_a_copy_by_its_code(
    tmp_path: Path,
) -> None:
    root = made(Wish("Root", authority=True))
    alice = made(Wish("Alice", (ALICE,)), root, rsa_key())
    file = alice.p12("open sesame", root)
    with desk_open(tmp_path) as desk:
        app = desk.app
        assert needs_code(file)
        assert not needs_code(root.pem)
        with pytest.raises(BadInput, match="could not be opened"):
            app.handing_on.take_in(file, "open says me")
        [taken] = app.handing_on.take_in(file, "open sesame")
        assert taken.fingerprint == alice.fingerprint
        copy = app.recovery.copy(alice.fingerprint)
        assert needs_code(copy.data)
        app.keys.delete(alice.fingerprint, secret=True)
        with pytest.raises(BadInput):
            app.handing_on.take_in(copy.data, "1234" * 9)
        [back] = app.handing_on.take_in(copy.data, copy.code.replace("-", " "))
        assert (back.fingerprint, back.secret) == (alice.fingerprint, True)
        [entry] = app.keys.entries(alice.fingerprint)
        assert entry.trust is Trust.OWN
        with pytest.raises(BadInput, match="no copy of a key"):
            app.handing_on.take_in(b"hello", "1234" * 9)


# Both ways


def test_what_is_sealed_opens_again(plugin: Make, anna: Holder, root: Holder) -> None:
    ours = plugin()
    ours.keys.import_keys(anna.p12(None))
    ours.keys.import_keys(root.pem)
    outer = opened(ours, sealed(ours, anna, anna))
    assert (outer.outcome, outer.container, outer.guarded) == (
        Outcome.DECRYPTED, "AES-GCM", True,
    )  # fmt: skip
    assert outer.content is not None
    layer = find_layer(parse(outer.content))
    assert layer is not None
    assert layer.signed == TEXT
    [fact] = ours.open(layer, CancelToken()).signatures
    assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")
    assert fact.addresses == ("anna@example.org",)


def test_nothing_comes_out_that_is_less_protected(plugin: Make, anna: Holder, root: Holder) -> None:
    ours = plugin()
    ended = made(Wish("Ended", ("ended@example.org",), days=(-30, -1)), root, rsa_key())
    signing = made(Wish("Curve", ("curve@example.org",)), root)
    for one in (ended, signing):
        ours.keys.import_keys(one.pem)
    for by, to in ((None, ended), (None, signing), (None, anna), (anna, anna)):
        with pytest.raises(KeyMissing, match="Nothing was sent"):
            sealed(ours, by, to)
    with pytest.raises(SealFailed):
        sealed(ours, None)


def test_keys_of_two_kinds_protect_no_message(desk: Desk) -> None:
    both = desk.app.plugins.sealing()
    assert isinstance(both, Several)
    sue = safe(desk)
    with pytest.raises(SealFailed, match="two kinds"):
        both.seal(
            TEXT, sign_with=desk.keys[ALICE], encrypt_to=(sue.alice.fingerprint,),
            cancel=CancelToken(),
        )  # fmt: skip


def test_a_letter_goes_out_by_smime_where_everybody_has_a_certificate(tmp_path: Path) -> None:
    root = made(Wish("Root", authority=True))
    alice = made(Wish("Alice", (ALICE,)), root, rsa_key())
    carl = made(Wish("Carl", (CARL,)), root, rsa_key())
    with desk_open(tmp_path) as desk:
        app = desk.app
        for file in (root.pem, alice.p12(None), carl.pem):
            app.keys.import_keys(file)
        ready = app.keys.readiness([CARL])
        assert (ready.kind, ready.can_encrypt) == ("S/MIME", True)
        assert app.keys.readiness([BOB]).kind == "OpenPGP"
        mixed = app.keys.readiness([BOB, CARL])
        assert not mixed.can_encrypt
        draft = Draft(
            Address("Alice", ALICE), to=(Address("Carl", CARL),), subject="The gate",
            text="Meet me at the lilac gate.", encrypt=True, sign=True,
        )  # fmt: skip
        sealing = Sealing(app.accounts, app.keys, app._store.settings)
        prepared = sealing.prepare(
            draft, message_id="<1@example.org>", date=datetime.now(UTC), cancel=CancelToken()
        )
        [copy] = prepared.copies
        assert SECRET.encode() not in copy.raw
        assert b"The gate" not in copy.raw
        theirs = SMime(Host(tmp_path, no_network, lambda what: None))
        theirs.keys.import_keys(carl.p12(None))
        assert opened(theirs, copy.raw).outcome is Outcome.DECRYPTED
        own = app.read.view_raw(prepared.sent_copy)
        assert own.verdict.state is State.CONFIDENTIAL  # by a key of one's own
        assert own.envelope.subject == "The gate"
        with pytest.raises(KeyMissing, match=CARL):
            sealing.prepare(
                replace(draft, to=(*draft.to, Address("Bob", BOB))), message_id="<2@example.org>",
                date=datetime.now(UTC), cancel=CancelToken(),
            )  # fmt: skip


# Unguarded


def test_html_of_unguarded_mail_is_text_alone_from_a_file_and_from_the_store(desk: Desk) -> None:
    raw = desk.letter(p7m(cbc(HTML, safe(desk).alice), "enveloped-data"), From=SUE)
    for view in (desk.read(raw), from_the_store(desk, raw)):
        assert view.verdict.state is State.ENCRYPTED
        assert "unguarded" in view.verdict.warnings
        assert view.body.html is None
        assert SECRET in view.body.text


def test_a_signature_inside_makes_up_for_the_guard(desk: Desk) -> None:
    raw = desk.letter(p7m(cbc(detached(desk, safe(desk).sue, HTML), safe(desk).alice)), From=SUE)
    view = desk.read(raw)
    assert view.verdict.state is State.ENCRYPTED_SIGNED
    assert view.body.html is not None


def test_a_seal_names_who_vouches_and_what_was_not_asked(desk: Desk) -> None:
    verdict = desk.read(desk.letter(detached(desk, safe(desk).sue), From=SUE)).verdict
    assert verdict.signature is SignatureWord.GOOD
    assert not verdict.verified
    assert "Root of Example vouches that this is the sender's key." in verdict.reasons
    assert "Whether the certificate was withdrawn since has not been asked." in verdict.reasons


def test_the_right_one_of_very_many_authorities_is_found_over_those_in_between(
    tmp_path: Path, root: Holder
) -> None:
    """A system trusts some 150, and what a letter brings may have several above it."""
    file = tmp_path / "authorities.pem"
    key = ec_key()
    others = [made(Wish(f"Other {number}", authority=True), key=key) for number in range(150)]
    file.write_bytes(b"".join(one.pem for one in others) + root.pem)
    ours = SMime(Host(tmp_path, no_network, lambda what: None, environment={SETTING: str(file)}))
    upper = made(Wish("Upper", authority=True), root)
    lower = made(Wish("Lower", authority=True), upper)
    sue = made(Wish("Sue", (SUE,)), lower)
    signed = signed_data(TEXT, Pen(sue), more=(lower, upper), detached=True)
    [fact] = opened(ours, p7s(TEXT, signed)).signatures
    assert (fact.status, fact.vouched_by) == (SignatureStatus.GOOD, "Root")


# Bytes that nobody has written


def changed(data: bytes, chance: random.Random) -> bytes:
    """The same with one to four places changed."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(found))
        match chance.choice(("byte", "bit", "less", "more")):
            case "byte":
                found[at] = chance.randrange(256)
            case "bit":
                found[at] ^= 1 << chance.randrange(8)
            case "less":
                del found[at : at + chance.randrange(1, 4)]
            case _:
                found[at:at] = chance.randbytes(chance.randrange(1, 4))
    return bytes(found)


@pytest.mark.parametrize("seed", range(4))
def test_however_a_signature_and_its_certificates_are_changed_something_is_said_of_them(
    seed: int, plugin: Make, root: Holder
) -> None:
    """The library reads a certificate piece by piece, and what it cannot read it raises later."""
    chance = random.Random(seed)
    ours = plugin()
    ours.keys.import_keys(root.pem)
    between = made(Wish("People", authority=True), root)
    sue = made(Wish("Sue", (SUE,)), between)
    true = signed_data(TEXT, Pen(sue), more=(between,), detached=True)
    for _ in range(500):
        found = opened(ours, p7s(TEXT, changed(true, chance)))
        assert found.outcome is Outcome.CLEAR
        assert all(
            fact.fingerprint == sue.fingerprint for fact in found.signatures if fact.vouched_by
        )
