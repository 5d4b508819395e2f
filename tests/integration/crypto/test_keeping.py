"""Opened copies of encrypted mail: kept or not for each account, and the choice takes effect."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.message.build import assemble
from mailclient.message.headers import protect
from mailclient.message.security import State
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.settings import KEEP_DECRYPTED
from tests.integration.crypto.conftest import Pen

ALICE, BOB = "alice@example.org", "bob@example.org"
WORDS = ["lilac", "amaranth", "heliotrope", "viburnum"]
FILE = (
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n'
    b"Meet me at the lilac gate.\r\n--x\r\nContent-Type: text/plain\r\n"
    b'Content-Disposition: attachment; filename="heliotrope.txt"\r\n\r\n'
    b"the viburnum hedge\r\n--x--\r\n"
)


@pytest.fixture
def letter(alice: App, pens: Callable[[], Pen], tmp_path: Path) -> Path:
    """An encrypted letter with a hidden subject and a file, as a file to import."""
    pen = pens()
    key = alice.keys.generate(ALICE, "Alice", None).fingerprint
    pen.plugin.keys.import_keys(alice.keys.export(ALICE))
    fields = (
        ("From", BOB), ("To", ALICE), ("Subject", "The amaranth plan"),
        ("Date", format_datetime(datetime.now(UTC))), ("Message-ID", "<old@example.org>"),
    )  # fmt: skip
    payload, outside = protect(FILE, fields, encrypted=True)
    path = tmp_path / "letter.eml"
    path.write_bytes(assemble(outside, pen.seal(pen.key(BOB), key, entity=payload)))
    return path


def receive(app: App, path: Path) -> int:
    work = app.jobs.submit("work", lambda job: app.transfer.import_paths([path], None, job))
    work.result()
    app.intake.run(Job(0))
    app.indexing.run(Job(0))
    [id] = app.search.find("from:bob").ids
    return id


def keep(app: App, kept: bool | None) -> None:
    """Say for the account whether copies are kept."""
    account = app.accounts.list()[0]
    app.accounts.change(replace(account, keep_decrypted=kept))
    app.intake.run(Job(0))
    app.indexing.run(Job(0))


def found(app: App) -> list[str]:
    return [one for one in WORDS if app.search.find(one).ids]


def inside_the_store(app: App, id: int) -> list[str]:
    """The words that any table holds as they are."""
    rows = app._store.database.rows
    tables = [name for (name,) in rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    held = []
    for table in tables:
        text = repr(rows(f'SELECT * FROM "{table}"')).lower()
        held += [f"{table}: {word}" for word in WORDS if word in text]
    return held + [one.text for one in app._store.queue.files(id)]  # those lie packed


def test_usually_all_that_was_inside_is_found(alice: App, letter: Path) -> None:
    id = receive(alice, letter)
    assert found(alice) == WORDS
    assert inside_the_store(alice, id) != []


@pytest.mark.parametrize("by_account", [True, False])
def test_where_no_copies_are_kept_nothing_of_the_inside_lies_in_the_store(
    alice: App, letter: Path, by_account: bool
) -> None:
    if by_account:
        keep(alice, False)
    else:
        alice.settings.set(KEEP_DECRYPTED, False)
    id = receive(alice, letter)
    assert found(alice) == []
    assert inside_the_store(alice, id) == []
    assert alice.search.rows([id])[0].subject == "[...]"
    view = alice.read.view(id)
    assert "lilac gate" in view.body.text
    assert view.envelope.subject == "The amaranth plan"
    assert view.verdict.state is State.ENCRYPTED


def test_what_an_account_says_goes_before_what_the_settings_say(alice: App, letter: Path) -> None:
    alice.settings.set(KEEP_DECRYPTED, False)
    keep(alice, True)
    receive(alice, letter)
    assert found(alice) == WORDS


def test_a_change_drops_the_copies_that_are_there_and_makes_them_again(
    alice: App, letter: Path
) -> None:
    id = receive(alice, letter)
    verdict = alice.read.view(id).verdict
    keep(alice, False)
    assert (found(alice), inside_the_store(alice, id)) == ([], [])
    assert alice.read.view(id).verdict.state is verdict.state
    keep(alice, None)
    assert found(alice) == WORDS


def test_copies_are_dropped_although_the_key_is_gone(alice: App, letter: Path) -> None:
    id = receive(alice, letter)
    alice.keys.delete(alice.keys.find(ALICE)[0].fingerprint, secret=True)
    keep(alice, False)
    assert (found(alice), inside_the_store(alice, id)) == ([], [])
    assert alice.read.view(id).verdict.state is State.LOCKED


def test_an_answer_from_mail_without_a_copy_is_encrypted_and_quotes_it(
    alice: App, letter: Path
) -> None:
    keep(alice, False)
    draft = alice.compose.reply(alice.read.view(receive(alice, letter))).draft
    assert (draft.encrypt, draft.quotes_protected) == (True, True)
    assert "> Meet me at the lilac gate." in draft.text


def test_what_waited_for_a_passphrase_opens_by_itself_once_it_was_given(
    homes: Callable[[], Path], pens: Callable[[], Pen], tmp_path: Path
) -> None:
    given: list[str] = []
    home = homes()
    app = open_profile(
        Profile(tmp_path / "guarded"), passphrase="x", gnupg_home=home,
        ask_passphrase=lambda what: given[-1] if given else None,
    )  # fmt: skip
    try:
        app.accounts.add(Account((Identity(ALICE, "Alice"),)), "")
        key = app.keys.generate(ALICE, "Alice", "open sesame").fingerprint
        pen = pens()
        pen.plugin.keys.import_keys(app.keys.export(ALICE))
        own = pen.key(BOB)
        kill = ["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"]
        subprocess.run(kill, check=True, capture_output=True)
        paths = []
        for at in range(3):
            fields = (
                ("From", BOB), ("To", ALICE), ("Subject", f"x{at}"),
                ("Date", format_datetime(datetime.now(UTC))), ("Message-ID", f"<{at}@example.org>"),
            )  # fmt: skip
            paths.append(tmp_path / f"{at}.eml")
            paths[-1].write_bytes(assemble(fields, pen.seal(own, key)))
        app.jobs.submit("work", lambda job: app.transfer.import_paths(paths, None, job)).result()
        app.intake.run(Job(0))
        assert app.search.find("lilac").ids.tolist() == []
        first, *others = app.search.find("from:bob").ids
        given.append("open sesame")
        assert "lilac gate" in app.read.view(first).body.text
        app.intake.run(Job(0))
        assert sorted(app.search.find("lilac").ids) == sorted((first, *others))
    finally:
        app.close()
