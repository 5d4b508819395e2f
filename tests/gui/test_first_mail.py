"""From the first start to the first encrypted mail, with mouse and keyboard alone, and counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui import theme
from mailclient.gui.session import Session
from mailclient.gui.wizard.servers_page import View
from mailclient.gui.wizard.window import KEY
from tests.gui.conftest import MakeApp, provider
from tests.servers.surroundings import MailServers
from tests.servers.web import Web

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it
MOST_CLICKS = 12
MOST_TABS = 20
GETTING_STARTED = Path(__file__).parents[2] / "docs" / "getting-started.md"
SECRET = "The key to the boathouse lies under the third stone."


class Clicks(QObject):
    """Counts what the mouse does, wherever it is."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            self.count += 1
        return False


def typed(qtbot: QtBot, target: QWidget, text: str) -> None:
    """Go to a field with the Tab key, and type."""
    for _ in range(MOST_TABS):
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused is target or target.isAncestorOf(focused):
            qtbot.keyClicks(focused, text)
            return
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    raise AssertionError("The field cannot be reached with the keyboard.")


def click(qtbot: QtBot, widget: QWidget) -> None:
    """Click as soon as that is possible."""
    qtbot.waitUntil(lambda: widget.isVisible() and widget.isEnabled(), timeout=PATIENCE)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.fixture
def alice(make_app: MakeApp, mail_servers: MailServers) -> App:
    """A new profile that knows Bob's key and nothing else."""
    mail_servers.clear()
    bob, alice = make_app("bob"), make_app("alice")
    bob.keys.generate("bob@example.org", "Bob", None)
    for key in alice.keys.import_keys(bob.keys.export("bob@example.org")):
        alice.keys.trust(key.fingerprint, "bob@example.org", "verified")
    return alice


def test_the_first_encrypted_mail_is_a_few_clicks_away(
    qtbot: QtBot,
    qapp: QApplication,
    alice: App,
    mail_servers: MailServers,
    sources: Callable[..., Web],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_servers.ca_file))
    sources({"/own/example.org": provider(mail_servers)})
    clicks = Clicks()
    qapp.installEventFilter(clicks)
    session = Session(alice, theme.Look(qapp, "light"))
    try:
        session.begin("")
        set_up(qtbot, session, mail_servers)
        write(qtbot, session)
        qtbot.waitUntil(lambda: bool(mail_servers.mailbox("bob")), timeout=PATIENCE)
    finally:
        qapp.removeEventFilter(clicks)
        session.window.close()
        session.close()
    [arrived] = mail_servers.mailbox("bob")
    assert b"multipart/encrypted" in arrived
    assert b"boathouse" not in arrived
    assert clicks.count <= MOST_CLICKS
    told = re.search(r"\*\*(\d+) clicks\*\*", GETTING_STARTED.read_text(encoding="utf-8"))
    assert told is not None
    assert clicks.count == int(told[1])


def set_up(qtbot: QtBot, session: Session, servers: MailServers) -> None:
    """Through the wizard."""
    wizard = session.wizard
    assert wizard is not None
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=PATIENCE)
    typed(qtbot, wizard.who.name, "Alice Example")
    typed(qtbot, wizard.who.address, "alice@example.org")
    typed(qtbot, wizard.who.password, servers.password("alice"))
    click(qtbot, wizard.next)
    qtbot.waitUntil(lambda: wizard.servers.view is View.FOUND, timeout=PATIENCE)
    click(qtbot, wizard.next)
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)
    click(qtbot, wizard.next)
    qtbot.waitUntil(lambda: wizard.keys.key is not None, timeout=PATIENCE)
    click(qtbot, wizard.next)
    qtbot.waitUntil(session.window.isVisible, timeout=PATIENCE)


def write(qtbot: QtBot, session: Session) -> None:
    """A message to Bob, through the composer."""
    window = session.window
    click(qtbot, compose_button(window))
    qtbot.waitUntil(lambda: len(window.verbs._composers) == 1, timeout=PATIENCE)
    composer = window.verbs._composers[0]
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=PATIENCE)
    typed(qtbot, composer.form.to, "bob@example.org,")
    typed(qtbot, composer.form.subject, "The boathouse")
    typed(qtbot, composer.form.text, SECRET)
    qtbot.waitUntil(lambda: composer.protection.can_encrypt, timeout=PATIENCE)
    assert composer.protection.encrypt.isChecked()
    click(qtbot, composer.send_button)


def compose_button(window: QWidget) -> QWidget:
    return next(
        one
        for one in window.findChildren(QWidget)
        if one.property("look") == "primary" and one.isVisible()
    )
