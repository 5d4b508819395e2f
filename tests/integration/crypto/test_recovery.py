"""A copy of one's own key: opened by its code alone, and taken back where nothing was left."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from mailclient.app import App, open_profile
from mailclient.errors import BadInput, KeyMissing
from mailclient.message.build import assemble
from mailclient.message.security import State, Trust
from mailclient.paths import Profile
from mailclient.services.recovery import new_code, read_code
from tests.integration.crypto.conftest import Pen

ALICE, BOB = "alice@example.org", "bob@example.org"


def letter(pen: Pen, key: bytes, fingerprint: str) -> bytes:
    """An encrypted letter of Bob's to Alice."""
    pen.plugin.keys.import_keys(key)
    fields = (
        ("From", BOB), ("To", ALICE), ("Subject", "Old mail"),
        ("Date", format_datetime(datetime.now(UTC))), ("Message-ID", "<old@example.org>"),
    )  # fmt: skip
    return assemble(fields, pen.seal(pen.key(BOB), fingerprint))


def new_computer(tmp_path: Path, home: Path) -> App:
    return open_profile(Profile(tmp_path / "new"), passphrase="x", gnupg_home=home)


def test_old_mail_is_read_again_after_a_restore_into_an_empty_key_ring(
    alice: App, pens: Callable[[], Pen], homes: Callable[[], Path], tmp_path: Path
) -> None:
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    raw = letter(pens(), alice.keys.export(ALICE), key)
    copy = alice.recovery.copy(ALICE)
    app = new_computer(tmp_path, homes())
    try:
        path = tmp_path / "old.eml"
        path.write_bytes(raw)
        work = app.jobs.submit("work", lambda job: app.transfer.import_paths([path], None, job))
        work.result()
        app.jobs.submit("intake", app.intake.run).result()
        [row] = app.search.find("subject:old").ids
        assert app.read.view(row).verdict.state is State.LOCKED
        assert [one.fingerprint for one in app.recovery.restore(copy.data, copy.code)] == [key]
        app.jobs.submit("intake", app.intake.run).result()
        view = app.read.view(row)
        assert view.verdict.state is State.ENCRYPTED
        assert "lilac gate" in view.body.text
        [entry] = app.keys.list()
        assert (entry.trust, entry.source, entry.key.revoked) == (Trust.OWN, "backup", False)
        assert app.recovery.wanting() == ()
    finally:
        app.close()


def test_gnupg_alone_opens_the_copy_and_does_not_end_the_key_by_it(
    alice: App, pens: Callable[[], Pen]
) -> None:
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    copy, pen = alice.recovery.copy(key), pens()
    opened = subprocess.run(
        ["gpg", "--homedir", str(pen.home), "--batch", "--quiet", "--pinentry-mode", "loopback",
         "--passphrase", copy.code, "--decrypt"],
        input=copy.data, capture_output=True, check=True,
    ).stdout  # fmt: skip
    pen.gpg("--import", data=opened)
    [taken] = pen.plugin.keys.list()
    assert (taken.fingerprint, taken.has_secret, taken.revoked) == (key, True, False)
    pen.gpg("--import", data=opened.replace(b"\n:-----BEGIN", b"\n-----BEGIN"))
    [ended] = pen.plugin.keys.list()
    assert ended.revoked


def test_nothing_of_the_key_can_be_read_without_the_code(alice: App) -> None:
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    copy = alice.recovery.copy(ALICE)
    assert b"PRIVATE" not in copy.data
    assert b"alice" not in copy.data.lower()
    with pytest.raises(BadInput, match="does not open this file"):
        alice.recovery.restore(copy.data, new_code())
    assert copy.code in "".join(copy.sheet.split())
    assert key[:4] in copy.sheet


def test_a_copy_that_was_changed_is_refused(alice: App) -> None:
    alice.keys.generate(ALICE, "Alice", None)
    copy = alice.recovery.copy(ALICE)
    at = len(copy.data) // 2
    other = b"B" if copy.data[at : at + 1] == b"A" else b"A"
    changed = copy.data[:at] + other + copy.data[at + 1 :]
    with pytest.raises(BadInput, match="does not open this file"):
        alice.recovery.restore(changed, copy.code)


@pytest.mark.parametrize("data", [b"", b"hello", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"])
def test_another_file_is_no_copy(data: bytes, alice: App) -> None:
    with pytest.raises(BadInput, match="no copy of a key"):
        alice.recovery.restore(data, new_code())


def test_a_copy_is_wanted_until_it_is_kept(alice: App) -> None:
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    assert [one.fingerprint for one in alice.recovery.wanting()] == [key]
    alice.recovery.copy(ALICE)
    assert len(alice.recovery.wanting()) == 1
    alice.recovery.kept(key)
    assert alice.recovery.wanting() == ()


def test_without_a_key_of_ones_own_there_is_nothing_to_copy(
    alice: App, pens: Callable[[], Pen]
) -> None:
    pen = pens()
    alice.keys.import_keys(pen.gpg("--export", pen.key(BOB)))
    with pytest.raises(KeyMissing, match="no key of your own"):
        alice.recovery.copy(BOB)


def test_a_code_is_read_however_it_is_typed() -> None:
    code = new_code()
    assert len(code.replace("-", "")) == 36
    for typed in (code, code.replace("-", " "), code.replace("-", ""), f" {code}\n"):
        assert read_code(typed) == code


@pytest.mark.parametrize("typed", ["", "1234", "1" * 37, "x" * 36, "1" * 36 + "x"])
def test_what_is_no_code_is_refused_before_anything_is_tried(typed: str) -> None:
    with pytest.raises(BadInput, match="36 digits"):
        read_code(typed)


# Going on and ending


def test_a_key_goes_on_with_all_its_parts(alice: App, pens: Callable[[], Pen]) -> None:
    pen = pens()
    pen.gpg("--quick-generate-key", f"Alice <{ALICE}>", "default", "default", "1y")
    alice.keys.import_keys(pen.gpg("--export-secret-keys", ALICE))
    before = alice.keys.own_key(ALICE)
    after = alice.recovery.extend(ALICE)
    assert before is not None
    assert before.expires is not None
    assert after.expires is not None
    assert 360 < (after.expires - before.expires).days < 370
    assert after.can_encrypt


@pytest.mark.parametrize("made_here", [True, False])
def test_a_key_that_was_ended_is_used_no_more_and_still_opens_old_mail(
    made_here: bool, alice: App, pens: Callable[[], Pen]
) -> None:
    if made_here:
        key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    else:
        pen = pens()
        key = pen.key(ALICE)
        alice.keys.import_keys(pen.gpg("--export-secret-keys", key))
    raw = letter(pens(), alice.keys.export(ALICE), key)
    alice.recovery.revoke(key)
    assert alice.keys.own_key(ALICE) is None
    others = pens()
    others.gpg("--import", data=alice.keys.export(key))
    [told] = others.plugin.keys.list()
    assert (told.fingerprint, told.revoked) == (key, True)
    assert alice.keys.find(key)[0].revoked
    assert "lilac gate" in alice.read.view_raw(raw).body.text


def test_the_key_of_somebody_else_is_neither_extended_nor_ended(
    alice: App, pens: Callable[[], Pen]
) -> None:
    pen = pens()
    key = pen.key(BOB)
    alice.keys.import_keys(pen.gpg("--export", key))
    for act in (alice.recovery.extend, alice.recovery.revoke):
        with pytest.raises(KeyMissing, match="no key of your own"):
            act(key)
