"""Keys that come with mail are kept for their sender, and for nobody else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from mailclient.app import App
from mailclient.message.build import assemble
from mailclient.message.security import Trust
from mailclient.services.readiness import ReadyState
from tests.integration.crypto.conftest import ENTITY, Pen

MAL, BOB = "mal@example.org", "bob@example.org"


def receive(app: App, folder: Path, sender: str, key: bytes) -> None:
    """Have a letter arrive that announces a key."""
    fields = (
        ("From", sender), ("To", "alice@example.org"), ("Subject", "Hello"),
        ("Date", format_datetime(datetime.now(UTC))), ("Message-ID", f"<{hash(key)}@example.org>"),
        ("Autocrypt", f"addr={sender}; keydata={b64encode(key).decode()}"),
    )  # fmt: skip
    letter = folder / "letter.eml"
    letter.write_bytes(assemble(fields, ENTITY))
    work = app.jobs.submit("work", lambda job: app.transfer.import_paths([letter], None, job))
    assert work.result().imported == 1
    app.jobs.submit("intake", app.intake.run).result()


def standing(app: App) -> dict[str, Trust]:
    return {entry.address: entry.trust for entry in app.keys.list()}


def two_faced(pen: Pen) -> tuple[str, bytes]:
    """A key of Mallory's into which she has written Bob's address, too."""
    key = pen.key(MAL)
    pen.gpg("--quick-add-uid", key, f"Bob <{BOB}>")
    return key, pen.gpg("--export", key)


def test_a_key_that_names_a_second_person_says_nothing_about_that_person(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    receive(alice, tmp_path, MAL, two_faced(pens())[1])
    assert standing(alice) == {MAL: Trust.TENTATIVE}
    [bob] = alice.keys.readiness([BOB]).recipients
    assert bob.state is ReadyState.NONE


def test_a_key_under_a_false_name_is_not_taken_in(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    pen = pens()
    receive(alice, tmp_path, BOB, pen.gpg("--export", pen.key(MAL)))
    assert standing(alice) == {}


def test_a_secret_key_in_a_letter_does_not_become_the_readers_own(
    alice: App, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    pen = pens()
    receive(alice, tmp_path, MAL, pen.gpg("--export-secret-keys", pen.key(MAL)))
    assert standing(alice) == {}


def test_an_address_that_a_key_shows_later_waits_for_a_decision(
    alice: App, pens: Callable[[], Pen]
) -> None:
    pen = pens()
    key = pen.key(MAL)
    alice.keys.import_keys(pen.gpg("--export", key))
    assert standing(alice) == {MAL: Trust.ACCEPTED}
    pen.gpg("--quick-add-uid", key, f"Bob <{BOB}>")
    alice.plugins.sealing().keys.import_keys(pen.gpg("--export", key))
    assert standing(alice) == {MAL: Trust.ACCEPTED, BOB: Trust.TENTATIVE}
    [bob] = alice.keys.readiness([BOB]).recipients
    assert bob.state is ReadyState.ASK


def test_the_validity_that_gnupg_holds_counts_only_if_it_holds_for_every_address(
    pens: Callable[[], Pen],
) -> None:
    me, mal = pens(), pens()
    mine = me.key("me@example.org")
    key, public = two_faced(mal)
    me.gpg("--import", data=public)
    me.gpg("--quick-lsign-key", key, MAL)
    me.gpg("--check-trustdb", "--trust-model", "pgp")
    found = {one.fingerprint: one.validity for one in me.plugin.keys.list()}
    assert found[mine] == "ultimate"
    assert found[key] == ""
    me.gpg("--quick-lsign-key", key, BOB)
    me.gpg("--check-trustdb", "--trust-model", "pgp")
    signed = me.plugin.keys.by_fingerprint(key)
    assert signed is not None
    assert signed.validity == "full"
