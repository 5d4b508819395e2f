"""The first encrypted exchange of somebody who knows nothing of keys: few clicks, plain words.

Somebody makes an account with a key, writes to a friend whose key the friend's domain serves, gets
the answer, reads it and finds it again. Each click is counted; on the way no window may show a word
that only those know who know how it works.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.wizard.servers_page import View
from mailclient.gui.wizard.window import KEY, Wizard
from mailclient.message.security import State
from mailclient.services.jobs import Job
from mailclient.settings import UNDO_SECONDS
from tests.gui.conftest import MakeApp, Snap, provider
from tests.servers.keys import KeyServers, key_servers_running
from tests.servers.surroundings import MailServers
from tests.servers.web import Web

PATIENCE = 60_000
ALICE, BOB = "alice@example.org", "bob@example.org"
MOST_CLICKS = 12
TECHNICAL = re.compile(
    r"\b(key ?id|fingerprint|(?:dis)?trust\w*|owner ?trust|\w*pgp\w*|\w*mime\w*|gnupg|gpg\w*|"
    r"cipher\w*|"
    r"certificate|keyring|key ring|wkd|vks|autocrypt|rsa|dsa|ed25519|subkey|primary key|user id|"
    r"sha-?\d+|public key|secret key|private key|key ?server|asymmetric|armou?r\w*|hash|"
    r"validity|web of trust|hkp|s2k|aead|ocb|asn)\b",
    re.IGNORECASE,
)


class Walker:
    """Does what a user does, counts the clicks, and reads all that can be seen."""

    def __init__(self, qtbot: QtBot, hidden: tuple[str, ...]) -> None:
        self._qtbot = qtbot
        self._hidden = hidden  # what the people wrote themselves
        self.clicks: list[str] = []
        self.read: set[str] = set()

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click on something that can be seen."""
        self.look()
        assert widget.isVisible()
        assert widget.isEnabled()
        words = widget.text() if isinstance(widget, QAbstractButton) else ""
        self.clicks.append(words or widget.accessibleName() or type(widget).__name__)
        if at is None:
            self._qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
        else:
            self._qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)
        self.look()

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait for something, reading what is shown meanwhile."""

        def seen() -> bool:
            self.look()
            return done()

        self._qtbot.waitUntil(seen, timeout=PATIENCE)

    def look(self) -> None:
        """Read everything in every window."""
        for window in QApplication.topLevelWidgets():
            if window.isVisible():
                self.read.add(window.windowTitle())
                for one in window.findChildren(QWidget):
                    if one.isVisible():
                        self.read.update(words_on(one))

    @property
    def technical(self) -> list[str]:
        """The lines with a word that nobody should have to know."""
        lines = (one for one in self.read if one and one not in self._hidden)
        return sorted(one for one in lines if TECHNICAL.search(one))


def words_on(widget: QWidget) -> list[str]:
    """What can be read on a widget, and in the help that it shows under the mouse."""
    found = [widget.toolTip()]
    if isinstance(widget, (QLabel, QAbstractButton)):
        found.append(widget.text())
    elif isinstance(widget, QLineEdit):
        found.append(widget.placeholderText())
    elif isinstance(widget, QComboBox):
        found += [widget.itemText(at) for at in range(widget.count())]
    return found


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServers]:
    with key_servers_running(tmp_path) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def bob(make_app: MakeApp, mail_servers: MailServers, keys: KeyServers) -> App:
    """The friend, whose domain serves the friend's key."""
    mail_servers.clear()
    app = make_app("bob")
    account = app.accounts.add(mail_servers.account("bob"), mail_servers.password("bob"))
    app.keys.generate(account.address, account.name, None)
    keys.wkd(BOB, app.keys.export(BOB))
    return app


def answer(bob: App) -> None:
    """Bob reads the letter and answers; his program knows Alice's key from that letter alone."""
    account = bob.accounts.list()[0]
    bob.receive.collect(account, Job(0))
    bob.intake.run(Job(0))
    [id] = bob.search.find("lighthouse").ids
    draft = bob.compose.reply(bob.read.view(id)).draft
    assert draft.encrypt
    bob.send.queue(draft, cancel=CancelToken())
    bob.send.flush(account, Job(0))


def test_the_first_exchange_takes_twelve_clicks_and_no_technical_word(
    qtbot: QtBot,
    make_app: MakeApp,
    bob: App,
    bridge_of: Callable[[App], Bridge],
    mail_servers: MailServers,
    sources: Callable[..., Web],
    monkeypatch: pytest.MonkeyPatch,
    snap: Snap,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_servers.ca_file))
    sources({"/own/example.org": provider(mail_servers)})
    alice = make_app("alice")
    alice.settings.set(UNDO_SECONDS, 0)
    bridge = bridge_of(alice)
    walker = Walker(qtbot, ("The lighthouse",))

    wizard = Wizard(alice, bridge)
    wizard.show()
    wizard.who.name.setText("Alice")
    wizard.who.address.setText(ALICE)
    wizard.who.password.setText(mail_servers.password("alice"))
    walker.click(wizard.next)
    walker.wait(lambda: wizard.servers.view is View.FOUND and wizard.next.isEnabled())
    walker.click(wizard.next)
    walker.wait(lambda: wizard.pages.currentIndex() == KEY and wizard.next.isEnabled())
    snap(wizard, "first-key")
    walker.click(wizard.next)
    walker.wait(lambda: wizard.keys.key is not None and wizard.next.isEnabled())
    walker.click(wizard.next)

    window = MainWindow(alice, bridge)
    qtbot.addWidget(window)
    window.resize(1024, 700)
    window.show()
    [new] = [one for one in window.toolbar.findChildren(QAbstractButton)
             if one.text() == "New message" and one.isVisible()]  # fmt: skip
    walker.click(new)
    walker.wait(lambda: len(window.verbs._composers) == 1)
    composer = window.verbs._composers[0]
    composer.form.to.entry.setFocus()
    qtbot.keyClicks(composer.form.to.entry, f"{BOB},")
    walker.wait(lambda: composer.protection.can_encrypt)
    composer.form.subject.setText("The lighthouse")
    composer.form.text.setPlainText("Shall we meet at the lighthouse?")
    walker.wait(lambda: "Use this key" in links(composer))
    snap(composer, "first-letter")
    walker.click(links(composer)["Use this key"])
    walker.wait(lambda: "Use this key" not in links(composer))
    assert composer.send_button.text() == "Send encrypted"
    walker.click(composer.send_button)
    walker.wait(lambda: bool(mail_servers.mailbox("bob")))
    assert b"lighthouse" not in mail_servers.mailbox("bob")[0]

    answer(bob)
    walker.wait(lambda: bool(mail_servers.mailbox("alice")))
    buttons = window.toolbar.findChildren(QAbstractButton)
    [receive] = [one for one in buttons if "receive" in one.toolTip().lower()]
    walker.click(receive)
    walker.wait(lambda: window.model.rowCount() == 1)
    row = window.pane.list.visualRect(window.model.index(0, 0)).center()
    walker.click(window.pane.list.viewport(), row)
    walker.wait(lambda: "lighthouse" in window.reader.body.document().toPlainText())
    view = window.reader.view
    assert view is not None
    assert view.verdict.state is State.ENCRYPTED_SIGNED
    snap(window, "first-answer")
    walker.click(window.toolbar.search)
    qtbot.keyClicks(window.toolbar.search, "lighthouse")
    window.toolbar.search.returnPressed.emit()
    walker.wait(lambda: window.model.rowCount() == 2)  # the letter in Sent, too

    assert len(walker.clicks) <= MOST_CLICKS, walker.clicks
    assert len(walker.read) > 100
    assert walker.technical == []


def links(window: QWidget) -> dict[str, QPushButton]:
    return {one.text(): one for one in window.findChildren(QPushButton) if one.isVisible()}


@pytest.mark.parametrize(
    "words", ["Its fingerprint", "OpenPGP", "PGP/MIME", "Key ID 0x1234", "Trusted", "by WKD"]
)
def test_a_technical_word_would_be_seen(words: str) -> None:
    assert TECHNICAL.search(words)
