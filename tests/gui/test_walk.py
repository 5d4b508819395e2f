"""The main job through the windows: from the wizard to an encrypted exchange, on real servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from mailclient.account import Security
from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.gui.bridge import Bridge
from mailclient.gui.keys.window import KeysWindow
from mailclient.gui.main_window import MainWindow
from mailclient.gui.settings.window import SettingsWindow
from mailclient.gui.wizard.window import KEY, Wizard
from mailclient.message.security import State
from mailclient.services.jobs import Job
from mailclient.settings import UNDO_SECONDS
from tests.gui.conftest import MakeApp, Snap
from tests.servers.surroundings import MailServers

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it
SECRET = "The password of the attic is amaryllis."


@pytest.fixture
def bob(make_app: MakeApp, mail_servers: MailServers) -> App:
    """Bob, who has an account and a key already."""
    mail_servers.clear()
    app = make_app("bob")
    account = app.accounts.add(mail_servers.account("bob"), mail_servers.password("bob"))
    app.keys.generate(account.address, account.name, None)
    return app


def walk_the_wizard(qtbot: QtBot, wizard: Wizard, servers: MailServers) -> None:
    account = servers.account("alice", Security.STARTTLS)
    assert account.incoming is not None
    assert account.outgoing is not None
    wizard.who.name.setText("Alice")
    wizard.who.address.setText("alice@example.org")
    wizard.who.password.setText(servers.password("alice"))
    wizard.by_hand.click()
    wizard.servers.by_hand.incoming.show_server(account.incoming)
    wizard.servers.by_hand.outgoing.show_server(account.outgoing)
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.keys.key is not None, timeout=PATIENCE)
    with qtbot.waitSignal(wizard.finished, timeout=PATIENCE):
        wizard.next.click()


def subjects(window: MainWindow) -> list[str]:
    app = window.app
    return [row.subject for row in app.search.rows(app.search.find("in:inbox").ids)]


def test_from_the_wizard_to_an_encrypted_exchange(
    qtbot: QtBot,
    make_app: MakeApp,
    bob: App,
    bridge_of: Callable[[App], Bridge],
    mail_servers: MailServers,
    snap: Snap,
) -> None:
    alice = make_app("alice")
    alice.settings.set(UNDO_SECONDS, 0)
    bridge = bridge_of(alice)
    walk_the_wizard(qtbot, Wizard(alice, bridge), mail_servers)
    for giver, taker, address in (
        (alice, bob, "alice@example.org"),
        (bob, alice, "bob@example.org"),
    ):
        for key in taker.keys.import_keys(giver.keys.export(address)):
            taker.keys.trust(key.fingerprint, address, "verified")

    window = MainWindow(alice, bridge)
    qtbot.addWidget(window)
    window.resize(1180, 740)
    window.show()

    window.verbs.compose("mailto:bob@example.org?subject=The%20attic")
    qtbot.waitUntil(lambda: len(window.verbs._composers) == 1, timeout=PATIENCE)
    composer = window.verbs._composers[0]
    qtbot.waitUntil(lambda: composer.protection.can_encrypt, timeout=PATIENCE)
    assert composer.protection.encrypt.isChecked()
    composer.form.text.setPlainText(f"Dear Bob,\n\n{SECRET}\n\nAlice")
    snap(composer, "compose")
    composer.send_button.click()
    qtbot.waitUntil(lambda: bool(mail_servers.mailbox("bob")), timeout=PATIENCE)

    [on_server] = mail_servers.mailbox("bob")
    assert b"amaryllis" not in on_server
    assert b"The attic" not in on_server
    assert b"Subject: [...]" in on_server

    account = bob.accounts.list()[0]
    bob.receive.collect(account, Job(0))
    bob.intake.run(Job(0))
    [id] = bob.search.find("amaryllis").ids
    view = bob.read.view(id)
    assert SECRET in view.body.text
    assert view.envelope.subject == "The attic"
    assert view.verdict.state is State.CONFIDENTIAL
    answer = bob.compose.reply(view).draft
    assert answer.encrypt
    bob.send.queue(answer, cancel=CancelToken())
    bob.send.flush(account, Job(0))

    qtbot.waitUntil(lambda: bool(mail_servers.mailbox("alice")), timeout=PATIENCE)
    window.traffic.receive()
    qtbot.waitUntil(lambda: subjects(window) == ["Re: The attic"], timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)
    window.pane.list.setCurrentIndex(window.model.index(0, 0))
    qtbot.waitUntil(
        lambda: "amaryllis" in window.reader.body.document().toPlainText(), timeout=PATIENCE
    )
    snap(window, "main")

    window.toolbar.search.setText("amaryllis")
    window.toolbar.search.returnPressed.emit()
    qtbot.waitUntil(lambda: window.model.rowCount() == 2, timeout=PATIENCE)  # the one in Sent, too


def test_keys_and_settings_show_what_is_there(
    qtbot: QtBot, bob: App, bridge_of: Callable[[App], Bridge], snap: Snap
) -> None:
    bridge = bridge_of(bob)
    keys = KeysWindow(bob, bridge)
    keys.show()
    qtbot.waitUntil(lambda: keys.entry is not None, timeout=PATIENCE)
    assert keys.entry is not None
    assert keys.entry.address == "bob@example.org"
    snap(keys, "keys")
    settings = SettingsWindow(bob, bridge)
    settings.show()
    assert settings.accounts.account is not None
    settings.accounts.form.name.setText("Robert")
    settings.accounts.keep.click()
    qtbot.waitUntil(lambda: bob.accounts.list()[0].name == "Robert", timeout=PATIENCE)
    settings.tabs.setCurrentIndex(2)
    snap(settings, "settings")
    keys.close()
    settings.close()


def test_what_cannot_be_encrypted_is_not_sent_but_asked_about(
    qtbot: QtBot, bob: App, bridge_of: Callable[[App], Bridge], mail_servers: MailServers
) -> None:
    window = MainWindow(bob, bridge_of(bob))
    qtbot.addWidget(window)
    window.verbs.compose("mailto:carol@example.org?subject=x")
    qtbot.waitUntil(lambda: len(window.verbs._composers) == 1, timeout=PATIENCE)
    composer = window.verbs._composers[0]
    qtbot.waitUntil(lambda: bool(composer.protection.missing()), timeout=PATIENCE)
    assert not composer.protection.encrypt.isChecked()
    composer.protection.encrypt.click()
    composer.send_button.click()
    assert "no usable key" in composer.strip.words
    assert bob.send.items() == ()
    assert mail_servers.mailbox("carol") == []
    composer._discard()


def test_a_draft_keeps_what_was_typed(
    qtbot: QtBot, bob: App, bridge_of: Callable[[App], Bridge]
) -> None:
    window = MainWindow(bob, bridge_of(bob))
    qtbot.addWidget(window)
    window.verbs.compose()
    qtbot.waitUntil(lambda: len(window.verbs._composers) == 1, timeout=PATIENCE)
    composer = window.verbs._composers[0]
    composer.form.to.setText("carol@example.org, unfinish")
    composer.form.subject.setText("Half a thought")
    composer.form.text.setPlainText("and a half")
    composer.keeper.save()
    qtbot.waitUntil(lambda: bool(bob.search.find("in:drafts").ids), timeout=PATIENCE)
    [id] = bob.search.find("in:drafts").ids
    kept = bob.compose.open_draft(id)
    assert [one.address for one in kept.to] == ["carol@example.org", "unfinish"]
    assert (kept.subject, kept.text) == ("Half a thought", "and a half")
    qtbot.waitUntil(lambda: not composer.keeper.saving, timeout=PATIENCE)
    composer._discard()
    qtbot.waitUntil(lambda: not bob.search.find("in:drafts").ids, timeout=PATIENCE)
