"""Receiving in the window: what lies on the server, large messages, doubtful certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from mailclient.account import Retention, Security
from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.certificate import CertificateDialog
from mailclient.gui.main_window import MainWindow
from mailclient.gui.server_mailbox import ServerMailboxWindow
from mailclient.gui.server_mailbox_model import Column
from mailclient.gui.settings.choices import RetentionField
from mailclient.gui.settings.window import SettingsWindow
from tests.faults.server import Large, Letter, Manners, Pop3, serving
from tests.gui.conftest import MakeApp, Snap
from tests.servers.surroundings import MailServers

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it
LARGE = 60_000


def letter(subject: str, size: int = 200) -> bytes:
    return (
        f"From: Carol Example <carol@example.org>\r\nTo: bob@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject.replace(' ', '.')}.{size}@example.org>\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
    ).encode() + b"All of it is here.\r\n" * (size // 20)


@pytest.fixture
def main(
    qtbot: QtBot,
    make_app: MakeApp,
    bridge_of: Callable[[App], Bridge],
    mail_servers: MailServers,
) -> Iterator[MainWindow]:
    mail_servers.clear()
    for subject in ("A walk on Sunday", "The plan", "Old news"):
        mail_servers.deliver("bob", letter(subject))
    app = make_app("bob")
    account = replace(mail_servers.account("bob"), largest=20_000, retention=Retention(14))
    app.accounts.add(account, mail_servers.password("bob"))
    window = MainWindow(app, bridge_of(app))
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


def receive(qtbot: QtBot, window: MainWindow, count: int) -> None:
    """Collect, until the list shows so many messages."""
    window.traffic.receive()
    qtbot.waitUntil(lambda: window.model.rowCount() == count, timeout=PATIENCE)


def found(qtbot: QtBot, window: MainWindow, query: str) -> int:
    """The one message that a query finds, as soon as it is indexed."""
    qtbot.waitUntil(lambda: len(window.app.search.find(query).ids) == 1, timeout=PATIENCE)
    return window.app.search.find(query).ids[0]


def choose(qtbot: QtBot, window: MainWindow, query: str) -> None:
    """Choose that message in the list."""
    at = window.model.position(found(qtbot, window, query))
    assert at is not None
    window.pane.list.select_row(at)


def test_the_mailbox_on_the_server_is_looked_through_and_chosen_from(
    qtbot: QtBot, main: MainWindow, mail_servers: MailServers, snap: Snap
) -> None:
    window = ServerMailboxWindow(main.app, main.bridge, main)
    window.show()
    qtbot.waitUntil(lambda: window.model.rowCount() == 3, timeout=PATIENCE)
    assert _cells(window, Column.SUBJECT) == ["Old news", "The plan", "A walk on Sunday"]
    assert _cells(window, Column.HERE) == ["new", "new", "new"]
    assert not window.fetch.isEnabled()
    window.table.selectRow(0)
    assert "UID" in window.told.text()
    snap(window, "server-mailbox")
    window.fetch.click()
    qtbot.waitUntil(lambda: _cells(window, Column.HERE)[0] == "here", timeout=PATIENCE)
    assert _cells(window, Column.STAYS)[0].startswith("until ")
    assert "SHA-256" in window.told.text()  # what was selected is so still
    window.table.selectRow(1)
    window.leave.click()
    qtbot.waitUntil(lambda: _cells(window, Column.HERE)[1] == "left there", timeout=PATIENCE)
    assert len(mail_servers.mailbox("bob")) == 3
    window.close()


def _cells(window: ServerMailboxWindow, column: Column) -> list[str]:
    model = window.model
    return [str(model.data(model.index(at, column))) for at in range(model.rowCount())]


def test_a_mailbox_of_many_thousands_is_sorted_and_filtered(
    qtbot: QtBot, main: MainWindow, snap: Snap
) -> None:
    many = Pop3(Large(20_000, _one_of_many), Manners())
    with serving(many) as running:
        account = main.app.accounts.list()[0]
        server = replace(running.server(), username="bob")
        main.app.accounts.change(replace(account, incoming=server))
        window = ServerMailboxWindow(main.app, main.bridge, main)
        window.show()
        qtbot.waitUntil(lambda: window.model.rowCount() == 20_000, timeout=PATIENCE)
        assert _cells(window, Column.SUBJECT)[0] == "Letter 20000"
        assert _cells(window, Column.SUBJECT)[-1] == ""  # its head was not asked for
        snap(window, "server-mailbox-many")
        window.table.sortByColumn(Column.SIZE, Qt.SortOrder.DescendingOrder)
        assert window.model.message(0).size == max(one.size for one in window.model.messages)
        window.filter.setText("Letter 1999")
        qtbot.waitUntil(lambda: window.model.rowCount() == 10, timeout=PATIENCE)
        assert "10 with these words" in window.told.text()
        window.filter.clear()
        window.more.click()
        qtbot.waitUntil(
            lambda: sum(one.told for one in window.model.messages) == 2500, timeout=PATIENCE
        )
        window.close()


def _one_of_many(number: int) -> Letter:
    head = f"From: Carol <carol@example.org>\r\nSubject: Letter {number}\r\n\r\n"
    return Letter(b"uid-%d" % number, head.encode() + b"x" * (number % 977) + b"\r\n")


def test_a_large_message_shows_its_head_and_fetches_the_rest(
    qtbot: QtBot, main: MainWindow, mail_servers: MailServers, snap: Snap
) -> None:
    mail_servers.deliver("bob", letter("All the photographs", LARGE))
    receive(qtbot, main, 4)
    choose(qtbot, main, "subject:photographs")
    qtbot.waitUntil(lambda: "Only the head" in " ".join(main.reader.strips.words), timeout=PATIENCE)
    snap(main, "large-message")
    main.reader.rest_wanted.emit()
    qtbot.waitUntil(
        lambda: "All of it is here." in main.reader.body.toPlainText(), timeout=PATIENCE
    )
    assert "Only the head" not in " ".join(main.reader.strips.words)


def test_a_message_says_how_long_it_stays_on_the_server(qtbot: QtBot, main: MainWindow) -> None:
    receive(qtbot, main, 3)
    choose(qtbot, main, "subject:plan")
    qtbot.waitUntil(
        lambda: "on the server until" in main.reader.header.place.text(), timeout=PATIENCE
    )


def test_a_doubtful_certificate_is_told_shown_and_accepted(
    qtbot: QtBot, main: MainWindow, snap: Snap
) -> None:
    account = main.app.accounts.list()[0]
    assert account.incoming is not None
    main.app.accounts.change(replace(account, incoming=replace(account.incoming, ca_file="")))
    main.traffic.receive()
    qtbot.waitUntil(lambda: "could not prove" in " ".join(main.activity.told), timeout=PATIENCE)
    main.activity.certificate_wanted.emit(f"fetch:{account.address}")
    dialog = _dialog(main)
    qtbot.waitUntil(lambda: dialog.accept_button.isVisible(), timeout=PATIENCE)
    assert "localhost" in dialog.title.text()
    assert "an authority that this computer does not know" in dialog.strip.words
    assert not dialog.revoke_button.isVisible()
    assert not dialog.accept_button.isDefault()
    snap(dialog, "certificate")
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: bool(_pin(main)), timeout=PATIENCE)
    receive(qtbot, main, 3)


def test_an_accepted_certificate_that_has_changed_is_asked_about_again(
    qtbot: QtBot, main: MainWindow, snap: Snap
) -> None:
    account = main.app.accounts.list()[0]
    assert account.incoming is not None
    other = replace(account.incoming, ca_file="", pin="ab" * 32)
    main.app.accounts.change(replace(account, incoming=other))
    main.traffic.receive()
    qtbot.waitUntil(
        lambda: "not the one that you" in " ".join(main.activity.told), timeout=PATIENCE
    )
    main.traffic.show_certificate(f"fetch:{account.address}")
    dialog = _dialog(main)
    qtbot.waitUntil(lambda: dialog.accept_button.isVisible(), timeout=PATIENCE)
    assert "fingerprint began with ABABABAB" in dialog.strip.words
    snap(dialog, "certificate-changed")
    dialog.revoke_button.click()
    qtbot.waitUntil(lambda: not _pin(main), timeout=PATIENCE)


def test_an_exception_that_is_not_needed_any_more_is_said_to_be_so(
    qtbot: QtBot, main: MainWindow
) -> None:
    account = main.app.accounts.list()[0]
    assert account.incoming is not None
    pinned = replace(account.incoming, pin="ab" * 32)
    main.app.accounts.change(replace(account, incoming=pinned))
    main.traffic.show_certificate(f"fetch:{account.address}")
    dialog = _dialog(main)
    qtbot.waitUntil(lambda: "not needed any more" in dialog.strip.words, timeout=PATIENCE)
    assert not dialog.accept_button.isVisible()
    dialog.revoke_button.click()
    qtbot.waitUntil(lambda: not _pin(main), timeout=PATIENCE)
    receive(qtbot, main, 3)


def _dialog(main: MainWindow) -> CertificateDialog:
    return next(one for one in main.findChildren(QDialog) if isinstance(one, CertificateDialog))


def _pin(main: MainWindow) -> str:
    incoming = main.app.accounts.list()[0].incoming
    return incoming.pin if incoming else ""


def test_what_was_typed_for_an_account_is_kept_when_the_window_closes(
    qtbot: QtBot, main: MainWindow, snap: Snap
) -> None:
    window = SettingsWindow(main.app, main.bridge, main)
    window.show()
    form = window.accounts.form
    form.name.setText("Robert")
    form.minutes.show_minutes(3, 10)
    form.retention.days[0].setChecked(False)
    form.retention.follow.setChecked(True)
    assert "deleted it here for good" in form.retention.told.text()
    snap(window, "settings-account")
    window.close()
    qtbot.waitUntil(lambda: main.app.accounts.list()[0].name == "Robert", timeout=PATIENCE)
    kept = main.app.accounts.list()[0]
    assert (kept.minutes, kept.retention.word()) == (3, "deleted")


def test_what_cannot_be_kept_is_said_and_the_window_stays(qtbot: QtBot, main: MainWindow) -> None:
    window = SettingsWindow(main.app, main.bridge, main)
    window.show()
    window.accounts.form.incoming.host.setText("not a host")
    window.close()
    assert window.isVisible()
    assert "server name" in window.strip.words
    window.accounts.form.incoming.host.setText("localhost")
    window.close()


def test_the_log_in_of_an_account_is_tested(qtbot: QtBot, main: MainWindow) -> None:
    window = SettingsWindow(main.app, main.bridge, main)
    window.show()
    window.accounts.test.click()
    qtbot.waitUntil(lambda: "Incoming: Logged in" in window.strip.words, timeout=PATIENCE)
    assert "Outgoing: Logged in" in window.strip.words
    window.close()


def test_less_encryption_than_before_is_set_only_by_somebody_who_says_that_it_is_understood(
    qtbot: QtBot, main: MainWindow, mail_servers: MailServers, snap: Snap
) -> None:
    receive(qtbot, main, 3)
    window = SettingsWindow(main.app, main.bridge, main)
    window.show()
    fields = window.accounts.form.incoming
    fields.security.setCurrentIndex(fields.security.findData(Security.NONE))
    fields.port.setValue(mail_servers.pop3.pop3)
    window.close()
    assert window.isVisible()
    assert "not be encrypted any more" in window.strip.words
    snap(window, "settings-in-clear")
    fields.consent.setChecked(True)
    window.close()
    qtbot.waitUntil(lambda: _security(main) is Security.NONE, timeout=PATIENCE)
    mail_servers.deliver("bob", letter("In clear"))
    receive(qtbot, main, 4)


def _security(main: MainWindow) -> Security | None:
    incoming = main.app.accounts.list()[0].incoming
    return incoming.security if incoming else None


@pytest.mark.parametrize(
    "word", ["yes", "no", "14", "30,count:500,deleted", "size:1500000", "count:7", "deleted"]
)
def test_every_retention_is_shown_and_read_back(qtbot: QtBot, word: str) -> None:
    field = RetentionField("Leave mail on the server")
    qtbot.addWidget(field)
    field.show_retention(Retention.parse(word))
    assert field.retention() == Retention.parse(word)
    assert field.told.text().startswith("Mail ")
