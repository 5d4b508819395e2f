"""What comes back over two real servers, in the window: the strips, Sent, and the Route view."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Identity
from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.window import ComposeWindow
from mailclient.gui.main_window import MainWindow
from mailclient.gui.message_window import MessageWindow
from mailclient.gui.reader.route_view import RouteWindow
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap
from tests.servers.relay import FULL, relayed_servers_running
from tests.servers.surroundings import MailServers

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it
Servers = tuple[MailServers, MailServers]


@pytest.fixture(scope="module")
def both() -> Iterator[Servers]:
    with relayed_servers_running() as servers:
        yield servers


@pytest.fixture
def open_window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], both: Servers
) -> Iterator[Callable[[str, MailServers], MainWindow]]:
    both[0].clear()
    windows: list[MainWindow] = []

    def window(name: str, servers: MailServers) -> MainWindow:
        app = make_app(name)
        app.accounts.add(servers.account(name), servers.password(name))
        made = MainWindow(app, bridge_of(app))
        made.resize(1180, 760)
        made.show()
        windows.append(made)
        return made

    yield window
    for one in windows:
        qtbot.waitUntil(lambda one=one: idle(one), timeout=PATIENCE)  # type: ignore[misc]
        one.close()
        shiboken6.delete(one)  # before its profile is closed: it looks at it now and then


def idle(window: MainWindow) -> bool:
    return all(one.state.value not in ("waiting", "running") for one in window.app.jobs.views())


def send(window: MainWindow, to: str, subject: str) -> None:
    app = window.app
    account = app.accounts.list()[0]
    sender = Address(account.name, account.address)
    text = "Hello,\n\nshall we have lunch on Friday?\n\nYours, Alice\n"
    app.send.queue(Draft(sender, (Address("", to),), subject=subject, text=text))
    app.send.flush(account, Job(0))


def receive(qtbot: QtBot, window: MainWindow, servers: MailServers, name: str) -> None:
    """Collect as soon as the server has something, until it is shown in the list."""
    qtbot.waitUntil(lambda: bool(servers.mailbox(name)), timeout=PATIENCE)
    window.traffic.receive()
    qtbot.waitUntil(lambda: window.model.rowCount() == 1, timeout=PATIENCE)


def choose_first(qtbot: QtBot, window: MainWindow, words: str) -> None:
    window.pane.list.select_row(0)
    qtbot.waitUntil(lambda: words in " ".join(window.reader.strips.words), timeout=PATIENCE)


def press(window: MainWindow | MessageWindow, words: str) -> None:
    """Press what a strip offers, as a click does."""
    buttons = window.reader.strips.findChildren(QPushButton)
    next(one for one in buttons if one.text() == words).click()


def test_a_bounce_is_explained_above_its_text_and_leads_to_a_corrected_message(
    qtbot: QtBot,
    qapp: QApplication,
    open_window: Callable[[str, MailServers], MainWindow],
    both: Servers,
    snap: Snap,
) -> None:
    window = open_window("alice", both[0])
    send(window, "nobody@example.net", "Lunch on Friday")
    receive(qtbot, window, both[0], "alice")
    choose_first(qtbot, window, "nobody@example.net does not exist at example.net.")
    snap(window, "returned-report")
    press(window, "Show the message")
    shown = next(one for one in qapp.topLevelWidgets() if isinstance(one, MessageWindow))
    qtbot.waitUntil(lambda: bool(shown.reader.strips.words), timeout=PATIENCE)
    assert shown.reader.strips.words == ("nobody@example.net does not exist at example.net.",)
    snap(shown, "returned-sent")
    press(shown, "Correct the address and send again")
    qtbot.waitUntil(
        lambda: any(isinstance(one, ComposeWindow) for one in qapp.topLevelWidgets()),
        timeout=PATIENCE,
    )
    composer = next(one for one in qapp.topLevelWidgets() if isinstance(one, ComposeWindow))
    draft = composer.form.draft()
    assert [one.address for one in draft.to] == ["nobody@example.net"]
    assert (draft.subject, draft.text.split()[0]) == ("Lunch on Friday", "Hello,")
    composer.form.asks.read.trigger()
    assert (composer.form.draft().ask_read, composer.form.draft().ask_delivered) == (True, False)
    assert composer.form.asks.toolTip() == "Ask for a read receipt"
    snap(composer, "returned-again")
    composer.form.asks.menu().popup(composer.mapToGlobal(composer.rect().topLeft()))
    snap(composer.form.asks.menu(), "compose-receipts")
    composer.form.asks.menu().close()
    for one in (composer, shown):
        one.close()


def test_a_delay_is_told_with_its_end(
    qtbot: QtBot,
    open_window: Callable[[str, MailServers], MainWindow],
    both: Servers,
    snap: Snap,
) -> None:
    window = open_window("alice", both[0])
    send(window, FULL, "For your full mailbox")
    receive(qtbot, window, both[0], "alice")
    choose_first(
        qtbot, window, f"The mailbox of {FULL} is full; the server will go on trying until"
    )
    snap(window, "returned-delay")


def test_the_route_is_drawn_and_read_from_the_keyboard(
    qtbot: QtBot,
    qapp: QApplication,
    open_window: Callable[[str, MailServers], MainWindow],
    both: Servers,
    snap: Snap,
) -> None:
    alice = open_window("alice", both[0])
    send(alice, "bob@example.net", "Over two servers")
    window = open_window("bob", both[1])
    receive(qtbot, window, both[1], "bob")
    window.pane.list.select_row(0)
    qtbot.waitUntil(lambda: window.reader.view is not None, timeout=PATIENCE)
    window.actions_["route"].trigger()
    view = next(one for one in qapp.topLevelWidgets() if isinstance(one, RouteWindow))
    qtbot.waitExposed(view)
    assert "your provider stands for 1 of them" in view.headline.text()
    spoken = [view.list.item(at).text() for at in range(view.list.count())]
    assert "mx.example.net got it from mail.example.org" in spoken[0]
    assert spoken[1].startswith("Nobody vouches for what stands below this line.")
    assert "mail.example.org got it from" in spoken[2]
    assert "as the message itself says" in spoken[3]
    assert "ESMTPS" in view.facts.text()
    qtbot.keyClick(view.list, Qt.Key.Key_Down)
    qtbot.keyClick(view.list, Qt.Key.Key_Down)
    assert "ESMTPSA" in view.facts.text()
    assert all(one not in view.words.lower() for one in ("secure", "safe"))
    snap(view, "route")
    view.check.click()
    qtbot.waitUntil(
        lambda: view.checked.text() == "No server has signed this message (DKIM).",
        timeout=PATIENCE,
    )
    assert "No server has signed" in view.words
    window.reader.show_details()
    assert "Where it came from" in window.reader._details.words
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=PATIENCE)


LONG_WAY = b"""Received: from mx.example.org ([127.0.0.1]) by box.example.org with LMTP id a1
 for <ann@example.org>; Mon, 23 Nov 2026 10:41:12 +0000
Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=news@letters.example;
 dkim=pass header.d=letters.example; dmarc=pass header.from=letters.example
Received: from out7.letters.example (out7.letters.example [192.0.2.7])
 (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) by mx.example.org (Postfix)
 with ESMTPS id b2 for <ann@example.org>; Mon, 23 Nov 2026 10:41:11 +0000
Received: from queue.letters.example (queue.letters.example [192.0.2.8]) by out7.letters.example
 with ESMTP id c3; Mon, 23 Nov 2026 10:52:40 +0000
Received: from writer.a-very-long-name-of-a-department.letters.example (unknown [198.51.100.17])
 by queue.letters.example with ESMTPSA id d4; Mon, 23 Nov 2026 10:00:04 +0000
From: News <news@letters.example>
To: ann@example.org
Subject: A long way
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: <long.way@letters.example>

You have waited for this.
"""


def test_a_wrong_clock_and_what_the_provider_found_are_shown(
    qtbot: QtBot, make_app: MakeApp, snap: Snap
) -> None:
    app = make_app("ann")
    app.accounts.add(Account((Identity("ann@example.org", "Ann"),)), "")
    view = RouteWindow(app.read.view_raw(LONG_WAY).journey, "A long way")
    qtbot.addWidget(view)
    view.show()
    assert view.said.text() == (
        "mx.example.org says: sent by letters.example's servers (SPF), signed by letters.example "
        "(DKIM), by the rules of letters.example (DMARC)."
    )
    assert view.headline.text() == (
        "4 steps in 41 minutes 12 seconds; your provider stands for 2 of them."
    )
    assert "a clock is wrong by at least 11 minutes 29 seconds" in view.words
    snap(view, "route-long")


def test_mail_that_came_through_no_server_has_no_way(
    qtbot: QtBot, make_app: MakeApp, snap: Snap
) -> None:
    app = make_app("ann")
    view = RouteWindow(app.read.view_raw(b"Subject: a\n\nb\n").journey, "a")
    qtbot.addWidget(view)
    view.show()
    assert view.headline.text() == "This message did not come through a mail server."
    assert view.list.count() == 0


ASKING = b"""Return-Path: <news@letters.example>
From: Carol <carol@example.org>
To: bob@example.org
Subject: Please tell me
Disposition-Notification-To: watcher@elsewhere.example
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: <asking.1@example.org>

Have you read this?
"""


def test_who_wants_to_be_told_is_shown_and_told_nothing(
    qtbot: QtBot,
    open_window: Callable[[str, MailServers], MainWindow],
    both: Servers,
    snap: Snap,
) -> None:
    both[0].deliver("bob", ASKING)
    window = open_window("bob", both[0])
    receive(qtbot, window, both[0], "bob")
    choose_first(qtbot, window, "watcher@elsewhere.example is told that you have read it.")
    snap(window, "receipt-asked")
    press(window, "Never for this sender")
    qtbot.waitUntil(lambda: window.reader.strips.words == (), timeout=PATIENCE)
    assert window.app.send.items() == ()


def test_a_receipt_goes_out_when_the_user_says_so(
    qtbot: QtBot,
    open_window: Callable[[str, MailServers], MainWindow],
    both: Servers,
) -> None:
    asking = ASKING.replace(b"watcher@elsewhere.example", b"carol@example.org")
    both[0].deliver("bob", asking)
    window = open_window("bob", both[0])
    receive(qtbot, window, both[0], "bob")
    choose_first(qtbot, window, "carol@example.org asks to be told that you have read this.")
    press(window, "Tell them")
    qtbot.waitUntil(lambda: len(both[0].mailbox("carol")) == 1, timeout=PATIENCE)
    assert b"disposition-notification" in both[0].mailbox("carol")[0]
