"""Accounts in the settings: removed with or without mail, trusted by a file, packed to move."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from mailclient.app import App, now
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.settings.moving import MovingWindow
from mailclient.gui.settings.removing import RemovingDialog
from mailclient.gui.settings.window import SettingsWindow
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.services.upkeep import Upkeep
from tests.gui.conftest import MakeApp, Snap
from tests.servers.surroundings import MailServers

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it
WORDS = "Sieben Lampions am Fluss"


@pytest.fixture
def app(make_app: MakeApp, mail_servers: MailServers) -> App:
    mail_servers.clear()
    mail_servers.deliver("bob", b"Subject: The plan\r\n\r\nAll of it.\r\n")
    made = make_app("bob")
    account = made.accounts.add(mail_servers.account("bob"), mail_servers.password("bob"))
    assert made.receive.collect(account, Job(0)).received == 1
    return made


@pytest.fixture
def window(qtbot: QtBot, app: App, bridge_of: Callable[[App], Bridge]) -> Iterator[SettingsWindow]:
    main = MainWindow(app, bridge_of(app))
    qtbot.addWidget(main)
    made = SettingsWindow(app, main.bridge, main)
    made.resize(1024, 700)
    made.show()
    yield made
    made.close()


def count(app: App) -> int:
    return sum(folder.total for folder in app.search.folders())


def asked(qtbot: QtBot, window: SettingsWindow) -> RemovingDialog:
    """The question that removing brings."""
    window.accounts.remove.click()
    qtbot.waitUntil(lambda: bool(window.findChildren(RemovingDialog)), timeout=PATIENCE)
    [dialog] = window.findChildren(RemovingDialog)
    return dialog


def test_an_account_is_removed_and_its_mail_stays_until_it_is_added_again(
    qtbot: QtBot, window: SettingsWindow, app: App, mail_servers: MailServers, snap: Snap
) -> None:
    dialog = asked(qtbot, window)
    assert dialog.keep_mail.isChecked()  # nothing is lost by not thinking
    assert not dialog.keep_waiting.isVisible()
    snap(dialog, "account-remove")
    dialog.remove.click()
    qtbot.waitUntil(lambda: "was removed" in window.strip.words, timeout=PATIENCE)
    [kept] = app.accounts.list()
    assert (kept.incoming, kept.outgoing, count(app)) == (None, None, 1)

    wanted = replace(mail_servers.account("bob"))
    again = app.accounts.add(wanted, mail_servers.password("bob"))
    assert again.id == kept.id
    assert app.receive.collect(again, Job(0)).received == 0  # it is here already
    assert count(app) == 1


def test_an_account_is_removed_with_its_mail(
    qtbot: QtBot, window: SettingsWindow, app: App
) -> None:
    dialog = asked(qtbot, window)
    dialog.drop_mail.click()
    dialog.remove.click()
    qtbot.waitUntil(lambda: app.accounts.list() == (), timeout=PATIENCE)
    assert count(app) == 0


def queue(app: App) -> None:
    """A letter that waits to be sent tomorrow."""
    [account] = app.accounts.list()
    draft = Draft(
        Address("Bob", account.address), to=(Address("", "carol@example.org"),), subject="Later",
        text="So be it.",
    )  # fmt: skip
    app.send.queue(draft, later=now() + timedelta(days=1))


@pytest.mark.parametrize("with_mail", [False, True])
def test_what_waits_to_be_sent_becomes_a_draft_that_stays(
    qtbot: QtBot, window: SettingsWindow, app: App, mail_servers: MailServers, with_mail: bool,
    snap: Snap,
) -> None:  # fmt: skip
    queue(app)
    dialog = asked(qtbot, window)
    assert dialog.keep_waiting.isChecked()
    snap(dialog, "account-remove-waiting")
    if with_mail:
        dialog.drop_mail.click()
    dialog.remove.click()
    qtbot.waitUntil(lambda: "in its folder Drafts" in window.strip.words, timeout=PATIENCE)
    assert app.send.items() == ()
    [draft] = app.search.find("in:drafts").ids
    assert app.compose.open_draft(draft).subject == "Later"
    assert count(app) == (1 if with_mail else 2)

    again = app.accounts.add(mail_servers.account("bob"), mail_servers.password("bob"))
    assert app.receive.collect(again, Job(0)).received == (1 if with_mail else 0)
    assert mail_servers.mailbox("carol") == []


def test_what_waits_to_be_sent_goes_where_that_is_wanted(
    qtbot: QtBot, window: SettingsWindow, app: App
) -> None:
    queue(app)
    dialog = asked(qtbot, window)
    dialog.drop_waiting.click()
    dialog.remove.click()
    qtbot.waitUntil(lambda: "was removed" in window.strip.words, timeout=PATIENCE)
    assert app.send.items() == ()
    assert list(app.search.find("in:drafts").ids) == []
    assert count(app) == 1  # its mail has stayed


def test_an_account_that_is_at_work_is_stopped_before_it_is_removed(
    app: App, mail_servers: MailServers
) -> None:
    [account] = app.accounts.list()
    for _ in range(200):
        mail_servers.deliver("bob", b"Subject: More\r\n\r\nOf it.\r\n")
    app.receive.start(account)
    app.removing.remove(account.address)
    assert app.accounts.list() == ()
    assert count(app) == 0
    assert {one.bug for one in app.jobs.views()} == {None}


def test_mail_that_was_kept_alone_goes_when_it_is_removed_again(
    qtbot: QtBot, window: SettingsWindow, app: App
) -> None:
    app.removing.remove("bob@example.org", with_mail=False)
    qtbot.waitUntil(lambda: window.accounts.account == app.accounts.list()[0], timeout=PATIENCE)
    dialog = asked(qtbot, window)
    assert not dialog.keep_mail.isVisible()
    dialog.remove.click()
    qtbot.waitUntil(lambda: app.accounts.list() == (), timeout=PATIENCE)
    assert count(app) == 0


def test_a_file_of_certificates_is_named_for_both_servers_and_looked_at(
    qtbot: QtBot, window: SettingsWindow, app: App, tmp_path: Path, snap: Snap
) -> None:
    field = window.accounts.form.certificates
    [account] = app.accounts.list()
    assert account.incoming is not None
    assert field.name.text() == account.incoming.ca_file
    firm = tmp_path / "firm.pem"
    firm.write_text("no certificate at all", encoding="ascii")
    field.name.setText(str(firm))
    window.accounts.keep.click()
    assert "cannot be read" in window.strip.words
    snap(window, "settings-certificates")
    shutil.copy(account.incoming.ca_file, firm)
    window.accounts.keep.click()
    qtbot.waitUntil(lambda: "changes are kept" in window.strip.words, timeout=PATIENCE)
    [changed] = app.accounts.list()
    assert changed.incoming is not None
    assert changed.outgoing is not None
    assert {changed.incoming.ca_file, changed.outgoing.ca_file} == {str(firm)}
    window.accounts.test.click()
    qtbot.waitUntil(lambda: "Outgoing: Logged in" in window.strip.words, timeout=PATIENCE)


def test_a_certificate_of_one_s_own_is_named_for_both_servers_and_looked_at(
    qtbot: QtBot, window: SettingsWindow, app: App, mail_servers: MailServers, tmp_path: Path
) -> None:
    field = window.accounts.form.own_certificate
    own = tmp_path / "bob.pem"
    own.write_bytes((mail_servers.folder / "cert.pem").read_bytes())
    field.name.setText(str(own))
    window.accounts.keep.click()
    assert "no certificate with its key" in window.strip.words
    own.write_bytes(own.read_bytes() + (mail_servers.folder / "key.pem").read_bytes())
    window.accounts.keep.click()
    qtbot.waitUntil(lambda: "changes are kept" in window.strip.words, timeout=PATIENCE)
    [changed] = app.accounts.list()
    assert changed.incoming is not None
    assert changed.outgoing is not None
    assert {changed.incoming.client_file, changed.outgoing.client_file} == {str(own)}
    window.accounts.test.click()  # a server that does not ask for it does not mind
    qtbot.waitUntil(lambda: "Outgoing: Logged in" in window.strip.words, timeout=PATIENCE)


def test_the_profile_is_packed_in_the_window_and_its_keys_are_offered_there(
    qtbot: QtBot,
    window: SettingsWindow,
    app: App,
    make_app: MakeApp,
    bridge_of: Callable[[App], Bridge],
    tmp_path: Path,
    snap: Snap,
) -> None:
    app.keys.generate("bob@example.org", "Bob", None)
    window.tabs.setCurrentWidget(window.storage)
    window.storage.move_away.click()
    [moving] = window.findChildren(MovingWindow)
    assert not moving.isModal()
    moving.passphrase.setText("short")
    moving.save.click()
    assert "shorter than 8 signs" in moving.strip.words
    moving.passphrase.setText(WORDS)
    moving.save.click()
    assert "not the same" in moving.strip.words
    snap(moving, "moving-window")
    moving.again.setText(WORDS)
    moving.keys.click()
    target = tmp_path / "mail.moved"
    moving.write(str(target))
    qtbot.waitUntil(lambda: "is whole" in moving.strip.words, timeout=PATIENCE)
    assert "passwords 2, keys 1" in moving.strip.words
    assert moving.passphrase.text() == ""
    snap(moving, "moving-done")

    there = Profile(tmp_path / "there")
    Upkeep(there, now, passphrase="there", keyring=None).take_in(target, WORDS)
    new = make_app("there")
    main = MainWindow(new, bridge_of(new))
    qtbot.addWidget(main)
    settings = SettingsWindow(new, main.bridge, main)
    settings.tabs.setCurrentWidget(settings.storage)
    settings.show()
    assert settings.storage.take_keys.isVisible()
    snap(settings, "moving-keys-wait")
    settings.storage.take_keys.click()
    qtbot.waitUntil(settings.storage.take_keys.isHidden, timeout=PATIENCE)
    assert new.keys.own_key("bob@example.org") is not None
    settings.close()
