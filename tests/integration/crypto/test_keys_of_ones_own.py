"""What becomes of a key of one's own: renewed, guarded, asked about in time, handed on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from mailclient.account import EncryptionPolicy
from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.crypto.openpgp.packets import certificates
from mailclient.crypto.registry import SEALING
from mailclient.errors import BadInput, KeyLocked, KeyMissing
from mailclient.message.build import assemble
from mailclient.services.recovery import Recovery, new_code
from mailclient.services.sealing import Sealing
from tests.integration.crypto.conftest import ENTITY, Pen

ALICE, BOB = "alice@example.org", "bob@example.org"


def letter(pen: Pen, key: bytes, fingerprint: str) -> bytes:
    """An encrypted letter of Bob's to Alice."""
    pen.plugin.keys.import_keys(key)
    fields = (
        ("From", BOB), ("To", ALICE), ("Subject", "x"),
        ("Date", format_datetime(datetime.now(UTC))), ("Message-ID", "<old@example.org>"),
    )  # fmt: skip
    return assemble(fields, pen.seal(pen.key(BOB), fingerprint))


def subkeys(app: App) -> int:
    [whole] = certificates(app.keys.export(ALICE))
    return sum(one.tag == 14 for one in whole.subkeys)


def test_a_renewed_key_gets_another_part_and_opens_old_and_new_mail(
    alice: App, pens: Callable[[], Pen]
) -> None:
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    old = letter(pens(), alice.keys.export(ALICE), key)
    after = alice.recovery.renew(ALICE)
    assert (after.fingerprint, after.usable, subkeys(alice)) == (key, True, 2)
    new = letter(pens(), alice.keys.export(ALICE), key)
    for raw in (old, new):
        assert "lilac gate" in alice.read.view_raw(raw).body.text
    [(_, field)] = alice.keys.announce(ALICE, prefer_encrypt=True)
    assert len(field) < 1200


def can_sign(pen_or_app: App, home: str, passphrase: str) -> bool:
    kill = ["gpgconf", "--homedir", home, "--kill", "gpg-agent"]
    subprocess.run(kill, check=True, capture_output=True)
    sign = ["gpg", "--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase",
            passphrase, "--clearsign"]  # fmt: skip
    return subprocess.run(sign, input=b"x", capture_output=True, check=False).returncode == 0


def test_the_passphrase_of_a_key_is_set_changed_and_taken_away(pens: Callable[[], Pen]) -> None:
    pen = pens()
    key, keys, home = pen.key(ALICE), pen.plugin.keys, str(pen.home)
    keys.change_passphrase(key, "", "first one")
    assert can_sign(pen, home, "first one")
    assert not can_sign(pen, home, "")
    keys.change_passphrase(key, "first one", "Ünïque 2")
    assert can_sign(pen, home, "Ünïque 2")
    assert not can_sign(pen, home, "first one")
    keys.change_passphrase(key, "Ünïque 2", "")
    assert can_sign(pen, home, "")


def test_a_guarded_key_is_renewed_with_its_passphrase(pens: Callable[[], Pen]) -> None:
    pen = pens()
    key = pen.key(ALICE)
    pen.plugin.keys.change_passphrase(key, "", "right")
    forget = ["gpgconf", "--homedir", str(pen.home), "--kill", "gpg-agent"]
    subprocess.run(forget, check=True, capture_output=True)
    with pytest.raises(KeyLocked, match="could not be renewed"):
        pen.plugin.keys.add_subkey(key, "wrong")
    assert pen.plugin.keys.add_subkey(key, "right").usable


def test_a_wrong_passphrase_changes_nothing(pens: Callable[[], Pen]) -> None:
    pen = pens()
    key = pen.key(ALICE)
    pen.plugin.keys.change_passphrase(key, "", "right")
    with pytest.raises(KeyLocked, match="present one is not right"):
        pen.plugin.keys.change_passphrase(key, "wrong", "new")
    with pytest.raises(KeyLocked, match="present one is not right"):
        pen.plugin.keys.change_passphrase(key, "", "new")
    assert can_sign(pen, str(pen.home), "right")


def test_only_ones_own_key_is_renewed_or_guarded(alice: App, pens: Callable[[], Pen]) -> None:
    pen = pens()
    key = pen.key(BOB)
    alice.keys.import_keys(pen.gpg("--export", key))
    with pytest.raises(KeyMissing, match="no key of your own"):
        alice.recovery.renew(key)
    with pytest.raises(KeyMissing, match="no key of your own"):
        alice.recovery.change_passphrase(key, "", "x")


@pytest.mark.parametrize(
    ("days", "asked"), [(31, False), (29, True), (0, True), (-100, True), (-400, False)]
)
def test_one_is_asked_about_a_key_thirty_days_before_it_ends(
    days: int, asked: bool, alice: App
) -> None:
    made = alice.keys.generate(ALICE, "Alice", None)
    assert made.expires is not None
    then = made.expires - timedelta(days=days)
    later = Recovery(alice._store, alice.keys, alice.plugins.sealing, alice.events, lambda: then)
    assert [one.fingerprint for one in later.ending()] == [made.fingerprint] * asked


def test_nobody_is_asked_about_a_key_that_a_newer_one_has_followed(
    alice: App, pens: Callable[[], Pen]
) -> None:
    pen = pens()
    pen.gpg("--quick-generate-key", f"Alice <{ALICE}>", "default", "default", "5d")
    alice.keys.import_keys(pen.gpg("--export-secret-keys", ALICE))
    assert len(alice.recovery.ending()) == 1
    [old] = alice.recovery.ending()
    made = alice.keys.generate(ALICE, "Alice", None)
    assert made.created >= old.created
    expected = [] if made.created > old.created else [old]
    assert list(alice.recovery.ending()) == expected


# The setup message


def mailed(app: App) -> tuple[bytes, str]:
    """A setup message as it arrives, and its code."""
    setup = app.handing_on.letter(ALICE)
    made = Sealing(app.accounts, app.keys, app.settings).prepare(
        setup.draft, message_id="<1@example.org>", date=datetime.now(UTC), cancel=CancelToken()
    )
    [copy] = made.copies
    return bytes(copy.raw), setup.code


def test_the_letter_is_made_as_autocrypt_wants_it(alice: App, pens: Callable[[], Pen]) -> None:
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    raw, code = mailed(alice)
    head = raw.partition(b"\r\n\r\n")[0].decode()
    assert "Autocrypt-Setup-Message: v1" in head
    assert "multipart/mixed" in head
    assert code.encode() not in raw
    setup = alice.handing_on.letter(ALICE)
    assert [len(one) for one in setup.code.split("-")] == [4] * 9
    [file] = setup.draft.attachments
    data = b"".join(file.chunks()).decode()
    assert (file.content_type, "PRIVATE KEY" in data) == ("application/autocrypt-setup", False)
    assert "Passphrase-Format: numeric9x4" in data
    assert f"Passphrase-Begin: {setup.code[:2]}" in data
    block = data[data.index("-----BEGIN") : data.index("</pre>")].encode()
    pen = pens()
    listed = opened_by_gnupg(pen, block, setup.code, "--list-packets").decode()
    packets = [line for line in listed.splitlines() if line.startswith(":")][:2]
    assert [one.split(" packet:")[0] for one in packets] == [":symkey enc", ":encrypted data"]
    assert "cipher 9" in packets[0]
    assert "s2k 3" in packets[0]
    pen.gpg("--import", data=opened_by_gnupg(pen, block, setup.code))
    [taken] = pen.plugin.keys.list()
    assert (taken.fingerprint, taken.has_secret) == (key, True)


def opened_by_gnupg(pen: Pen, block: bytes, code: str, how: str = "--decrypt") -> bytes:
    command = ["gpg", "--homedir", str(pen.home), "--batch", "--quiet", "--pinentry-mode",
               "loopback", "--passphrase", code, how]  # fmt: skip
    return subprocess.run(command, input=block, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("policy", "wish"),
    [(EncryptionPolicy.ALWAYS, b"mutual"), (EncryptionPolicy.WHEN_I_SAY, b"nopreference")],
)
def test_it_carries_whether_encryption_is_wanted(
    policy: EncryptionPolicy, wish: bytes, alice: App, pens: Callable[[], Pen]
) -> None:
    alice.keys.generate(ALICE, "Alice", None)
    alice.accounts.change(replace(alice.accounts.list()[0], encryption=policy))
    setup = alice.handing_on.letter(ALICE)
    data = b"".join(setup.draft.attachments[0].chunks())
    block = data[data.index(b"-----BEGIN") : data.index(b"</pre>")]
    assert b"Autocrypt-Prefer-Encrypt: " + wish in opened_by_gnupg(pens(), block, setup.code)


def test_another_computer_takes_the_key_from_the_letter_by_its_code(alice: App, other: App) -> None:
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    raw, code = mailed(alice)
    with pytest.raises(BadInput, match="does not open"):
        other.handing_on.take_in(raw, new_code())
    [taken] = other.handing_on.take_in(raw, code.replace("-", " "))
    assert (taken.fingerprint, taken.secret) == (key, True)
    mine = other.keys.own_key(ALICE)
    assert mine is not None
    assert mine.fingerprint == key


def test_a_letter_that_the_others_key_opens_instead_is_refused(alice: App, other: App) -> None:
    """Whoever knows only a public key must not be able to put a key into somebody's hand."""
    alice.keys.generate(ALICE, "Alice", None)
    theirs = other.keys.generate(ALICE, "Alice", None)
    secret = alice.keys.export(ALICE, secret=True)
    alice.keys.import_keys(other.keys.export(theirs.fingerprint))
    plugin = alice.plugins.for_protocol(SEALING)
    engine = plugin.keys._engine  # type: ignore[union-attr]
    forged = engine.run(["--armor", "--encrypt", "-r", theirs.fingerprint], secret).out
    with pytest.raises(BadInput, match="does not open"):
        other.handing_on.take_in(forged, new_code())


def test_a_malformed_letter_is_not_taken_in(other: App) -> None:
    fields = (("From", ALICE), ("To", ALICE), ("Autocrypt-Setup-Message", "v1"))
    with pytest.raises(BadInput, match="not made as it should be"):
        other.handing_on.take_in(assemble(fields, ENTITY), new_code())
