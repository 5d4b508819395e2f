"""The keys of all recipients go along inside an encrypted letter, and are learned from there."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from mailclient.account import EncryptionPolicy
from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.crypto.openpgp.packets import certificates
from mailclient.message.address import Address
from mailclient.message.build import assemble
from mailclient.message.draft import Draft
from mailclient.message.security import Trust
from mailclient.message.tree import Part, parse
from mailclient.services.readiness import ReadyState
from mailclient.services.sealing import Sealing
from mailclient.settings import SEND_AUTOCRYPT
from tests.integration.crypto.conftest import ENTITY, Pen

ALICE, BOB, CAROL, DAVE = (f"{name}@example.org" for name in ("alice", "bob", "carol", "dave"))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def sealed_by(app: App, draft: Draft) -> list[bytes]:
    """What goes out of a draft."""
    sealing = Sealing(app.accounts, app.keys, app.settings)
    made = sealing.prepare(draft, message_id="<1@example.org>", date=NOW, cancel=CancelToken())
    return [bytes(copy.raw) for copy in made.copies]


def inside(pen: Pen, raw: bytes) -> Part:
    """The root of what was encrypted."""
    opened = pen.open(raw)
    assert opened.content is not None
    return parse(opened.content)


def a_letter_to_bob_and_carol(app: App, bob: Pen, carol: Pen, *bcc: Address) -> Draft:
    app.keys.generate(ALICE, "Alice", None)
    for pen, address in ((bob, BOB), (carol, CAROL)):
        app.keys.import_keys(pen.gpg("--export", pen.key(address)))
    to = (Address("", BOB),)
    return Draft(Address("", ALICE), to, (Address("", CAROL),), bcc, "x", "Hello", encrypt=True)


def test_a_letter_to_several_brings_each_the_keys_of_all(
    alice: App, pens: Callable[[], Pen]
) -> None:
    bob, carol = pens(), pens()
    [raw] = sealed_by(alice, a_letter_to_bob_and_carol(alice, bob, carol))
    assert b"Gossip" not in raw
    root = inside(bob, raw)
    values = root.headers.all("autocrypt-gossip")
    assert [one.partition(";")[0] for one in values] == [f"addr={BOB}", f"addr={CAROL}"]
    for value in values:
        assert "prefer-encrypt" not in value
        key = b64decode("".join(value.partition("keydata=")[2].split()))
        [whole] = certificates(key)
        tags = [one.tag for one in (*whole.primary, *whole.user_ids, *whole.subkeys)]
        assert tags == [6, 13, 2, 14, 2]


def test_nobody_in_bcc_is_passed_on_and_a_single_recipient_gets_none(
    alice: App, pens: Callable[[], Pen]
) -> None:
    bob, carol, dave = pens(), pens(), pens()
    draft = a_letter_to_bob_and_carol(alice, bob, carol, Address("", DAVE))
    alice.keys.import_keys(dave.gpg("--export", dave.key(DAVE)))
    copies = sealed_by(alice, draft)
    assert len(copies) == 2
    for pen, raw in zip((bob, dave), copies, strict=True):
        named = [one.partition(";")[0] for one in inside(pen, raw).headers.all("autocrypt-gossip")]
        assert named == [f"addr={BOB}", f"addr={CAROL}"]
    [alone] = sealed_by(alice, replace(draft, cc=(), bcc=()))
    assert inside(bob, alone).headers.all("autocrypt-gossip") == ()


def test_switched_off_nothing_of_it_goes_out(alice: App, pens: Callable[[], Pen]) -> None:
    bob, carol = pens(), pens()
    draft = a_letter_to_bob_and_carol(alice, bob, carol)
    alice.settings.set(SEND_AUTOCRYPT, False)
    [raw] = sealed_by(alice, draft)
    assert b"\nAutocrypt" not in raw
    assert inside(bob, raw).headers.all("autocrypt-gossip") == ()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (EncryptionPolicy.ALWAYS, True),
        (EncryptionPolicy.WHEN_POSSIBLE, True),
        (EncryptionPolicy.WHEN_I_SAY, False),
    ],
)
def test_the_field_outside_is_the_same_in_every_letter_of_an_account(
    alice: App, policy: EncryptionPolicy, said: bool
) -> None:
    alice.keys.generate(ALICE, "Alice", None)
    alice.accounts.change(replace(alice.accounts.list()[0], encryption=policy))
    letter = Draft(Address("", ALICE), (Address("", ALICE),), subject="x", text="Hello")
    fields = [
        parse(sealed_by(alice, one)[0]).headers.get("autocrypt")
        for one in (letter, replace(letter, encrypt=True), replace(letter, sign=True))
    ]
    assert len(set(fields)) == 1
    assert ("prefer-encrypt=mutual" in fields[0]) is said


# Learning


def receive(app: App, folder: Path, raw: bytes) -> None:
    path = folder / "letter.eml"
    path.write_bytes(raw)
    work = app.jobs.submit("work", lambda job: app.transfer.import_paths([path], None, job))
    assert work.result().imported == 1
    app.jobs.submit("intake", app.intake.run).result()


def passing_on(
    alice: App, bob: Pen, *keys: tuple[str, bytes], to: str = f"{ALICE}, {CAROL}"
) -> bytes:
    """A letter of Bob's that passes keys on inside."""
    mine = alice.keys.generate(ALICE, "Alice", None)
    bob.plugin.keys.import_keys(alice.keys.export(ALICE))
    head = b"".join(
        f"Autocrypt-Gossip: addr={who}; keydata=\r\n {b64encode(key).decode()}\r\n".encode()
        for who, key in keys
    )
    fields = (
        ("From", BOB), ("To", to), ("Subject", "x"), ("Date", format_datetime(datetime.now(UTC))),
        ("Message-ID", "<2@example.org>"),
    )  # fmt: skip
    return assemble(fields, bob.seal(bob.key(BOB), mine.fingerprint, entity=head + ENTITY))


def test_what_was_passed_on_is_found_doubtful_and_never_trusted(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    bob, carol = pens(), pens()
    key = carol.gpg("--export", carol.key(CAROL))
    receive(alice, tmp_path, passing_on(alice, bob, (CAROL, key)))
    [entry] = alice.keys.entries_of(CAROL)
    assert (entry.trust, entry.source) == (Trust.TENTATIVE, "Autocrypt gossip")
    [ready] = alice.keys.readiness([CAROL]).recipients
    assert ready.state is ReadyState.STALE
    assert "passed on by somebody else" in ready.reason
    peer = alice.people.one(CAROL).peer
    assert peer is not None
    assert (peer.gossip, peer.fingerprint) == (entry.key.fingerprint, "")


def test_keys_of_people_whom_it_did_not_go_to_are_left_alone(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    bob, dave = pens(), pens()
    key = dave.gpg("--export", dave.key(DAVE))
    receive(alice, tmp_path, passing_on(alice, bob, (DAVE, key)))
    assert alice.keys.entries_of(DAVE) == ()
    assert alice.people.one(DAVE).peer is None


def test_two_keys_for_one_person_count_for_nothing(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    bob, one, two = pens(), pens(), pens()
    keys = [(CAROL, pen.gpg("--export", pen.key(CAROL))) for pen in (one, two)]
    receive(alice, tmp_path, passing_on(alice, bob, *keys))
    assert alice.keys.entries_of(CAROL) == ()


def test_gossip_in_a_letter_that_is_not_encrypted_says_nothing(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    carol = pens()
    code = b64encode(carol.gpg("--export", carol.key(CAROL))).decode()
    fields = (
        ("From", BOB), ("To", f"{ALICE}, {CAROL}"), ("Subject", "x"),
        ("Date", format_datetime(datetime.now(UTC))), ("Message-ID", "<3@example.org>"),
        ("Autocrypt-Gossip", f"addr={CAROL}; keydata={code}"),
    )  # fmt: skip
    receive(alice, tmp_path, assemble(fields, ENTITY))
    assert alice.keys.entries_of(CAROL) == ()


def test_a_key_that_was_passed_on_does_not_take_the_place_of_one_that_was_accepted(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    bob, carol, mallory = pens(), pens(), pens()
    [mine] = alice.keys.import_keys(carol.gpg("--export", carol.key(CAROL)))
    false = mallory.gpg("--export", mallory.key(CAROL))
    receive(alice, tmp_path, passing_on(alice, bob, (CAROL, false)))
    changed = {one.key.fingerprint: one.changed for one in alice.keys.entries_of(CAROL)}
    assert changed.pop(mine.fingerprint) is False
    assert list(changed.values()) == [True]
    [ready] = alice.keys.readiness([CAROL]).recipients
    assert ready.state is ReadyState.ASK
