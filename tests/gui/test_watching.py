"""Somebody watches the window while servers do what they should not: it stays alive, and says what
happens in words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QPushButton
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Identity, Security, Server
from mailclient.app import App
from mailclient.gui.activity_line import JobRow
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.settings.window import SettingsWindow
from mailclient.gui.strip import Strip
from tests.faults.server import Letter, Manners, Pop3, serving
from tests.gui.conftest import MakeApp, Snap
from tests.servers.scripted import Conversation

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it
BEATS = 25  # of the window's own clock, while a server keeps silent


@dataclass(slots=True)
class Held:
    """A server that falls silent after a command, until it is let go."""

    at: bytes
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def wait(self, client: Conversation) -> None:
        self.reached.set()
        self.go.wait()


@dataclass(slots=True)
class Watcher:
    """The window, the servers, and a clock that only beats while the event loop is alive."""

    qtbot: QtBot
    window: MainWindow
    stack: ExitStack
    beats: int = 0

    def account(self, name: str, server: Pop3, held: Held | None = None) -> Account:
        """An account at a scripted server."""
        if held is not None:
            server.manners.after[held.at] = held.wait
        port = self.stack.enter_context(serving(server)).port
        if held is not None:
            self.stack.callback(held.go.set)
        return self.account_at(name, port)

    def account_at(self, name: str, port: int) -> Account:
        app = self.window.app
        address = f"{name}@example.org"
        where = Server("localhost", port, Security.NONE, username=address)
        return app.accounts.add(Account((Identity(address),), where), "secret")

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def alive(self) -> None:
        """The window goes on by itself, whatever the servers do."""
        before = self.beats
        self.until(lambda: self.beats >= before + BEATS)

    @property
    def running(self) -> str:
        return " | ".join(self.window.activity.running)

    @property
    def told(self) -> str:
        return " | ".join(self.window.activity.told)

    def standing(self, account: Account) -> str:
        return self.window.folders.standing(account.id)

    def click(self, kind: type[Strip | JobRow], words: str, button: str) -> None:
        """Press a button of a row or strip that says these words."""
        for one in self.window.activity.findChildren(kind):
            said = one.words if isinstance(one, Strip) else one.text.text()
            if words in said and one.isVisible():
                if isinstance(one, JobRow):
                    one.stop.click()
                else:
                    _button(one, button).click()
                return
        raise AssertionError(f"nothing says {words!r}")


def _button(strip: Strip, words: str) -> QPushButton:
    return next(one for one in strip.findChildren(QPushButton) if one.text() == words)


@pytest.fixture
def watcher(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge]
) -> Iterator[Watcher]:
    app = make_app("bob")
    window = MainWindow(app, bridge_of(app))
    qtbot.addWidget(window)
    window.show()
    with ExitStack() as stack:
        watching = Watcher(qtbot, window, stack)
        clock = QTimer(window)
        clock.setInterval(10)

        def beat() -> None:
            watching.beats += 1

        clock.timeout.connect(beat)
        clock.start()
        yield watching
        app.jobs.close()
    window.close()


def letters(count: int) -> list[Letter]:
    return [
        Letter(
            b"uid-%d" % number,
            b"From: Carol <carol@example.org>\r\nSubject: Letter %d\r\n\r\n" % number
            + b"A line of it.\r\n" * 1000,
        )
        for number in range(1, count + 1)
    ]


def slow_and_plain(count: int) -> Pop3:
    """A server that takes one command after the other."""
    return Pop3(letters(count), Manners(offers=(b"TOP", b"UIDL", b"USER")))


def test_while_a_server_keeps_silent_the_window_lives_says_where_it_waits_and_can_stop_it(
    watcher: Watcher, snap: Snap
) -> None:
    greeting, middle = Held(b"CAPA"), Held(b"RETR 2")
    server = slow_and_plain(5)
    bob = watcher.account("bob", server, greeting)
    server.manners.after[middle.at] = middle.wait
    watcher.stack.callback(middle.go.set)
    watcher.window.traffic.receive()
    watcher.until(lambda: "bob@example.org: connecting to localhost" in watcher.running)
    watcher.alive()
    assert watcher.standing(bob) == "Collecting…"
    greeting.go.set()
    watcher.until(lambda: "2 of 5 messages, 30 kB" in watcher.running and "/s)" in watcher.running)
    watcher.alive()
    assert middle.reached.is_set()
    snap(watcher.window, "watching-collecting")
    watcher.click(JobRow, "2 of 5", "stop")
    watcher.until(lambda: watcher.running == "")
    assert (watcher.told, watcher.standing(bob)) == ("", "")
    watcher.until(lambda: watcher.window.model.rowCount() == 2)
    middle.go.set()
    del server.manners.after[middle.at]
    watcher.window.traffic.receive()
    watcher.until(lambda: watcher.window.model.rowCount() == 5)


def test_accounts_are_collected_beside_each_other_and_each_can_be_stopped(
    watcher: Watcher, snap: Snap
) -> None:
    held = {name: Held(b"RETR 1") for name in ("ann", "ben", "cleo", "dora")}
    for name, one in held.items():
        watcher.account(name, slow_and_plain(3), one)
    watcher.window.traffic.receive()
    for one in held.values():
        watcher.until(one.reached.is_set)
    watcher.until(lambda: watcher.running.count("1 of 3 messages") == 3)
    watcher.alive()
    assert watcher.window.activity.others.isVisible()
    assert watcher.window.activity.others.text() == "and 1 more"
    snap(watcher.window, "watching-four")
    watcher.click(JobRow, "ben@", "stop")
    watcher.until(lambda: "ben@" not in watcher.running and "dora@" in watcher.running)
    for name in ("ann", "cleo", "dora"):
        held[name].go.set()
    watcher.until(lambda: watcher.running == "" and watcher.window.model.rowCount() == 10)
    assert watcher.told == ""


def test_who_cannot_be_reached_is_told_with_the_next_try_until_it_is_read(
    watcher: Watcher, snap: Snap
) -> None:
    server = slow_and_plain(1)
    with serving(server) as running:
        port = running.port
    bob = watcher.account_at("bob", port)  # nobody listens there any more
    watcher.window.traffic.receive()
    watcher.until(lambda: "The next try comes by itself at" in watcher.told)
    assert f"localhost takes no connections on port {port}" in watcher.told
    assert watcher.standing(bob).startswith("Not reachable, next ")
    snap(watcher.window, "watching-unreachable")
    watcher.click(Strip, "takes no connections", "Close")
    assert watcher.told == ""
    faults = partial(watcher.window.app.schedule.outlook, bob)
    before = faults().seconds
    watcher.window.traffic.receive()
    watcher.until(lambda: (faults().seconds or 0) > (before or 0))
    watcher.alive()
    assert watcher.told == ""  # the same words were read
    assert watcher.standing(bob).startswith("Not reachable, next ")
    there = watcher.stack.enter_context(serving(server)).port
    watcher.window.app.accounts.change(
        replace(bob, incoming=replace(bob.incoming, port=there))  # type: ignore[type-var]
    )
    watcher.window.traffic.receive()
    watcher.until(lambda: watcher.window.model.rowCount() == 1)
    watcher.until(lambda: watcher.standing(bob) == "")


def test_a_refused_password_waits_for_the_user_and_is_typed_again_from_where_it_is_told(
    watcher: Watcher, snap: Snap
) -> None:
    server = slow_and_plain(2)
    server.manners.answers[b"PASS secret"] = b"-ERR [AUTH] no\r\n"
    bob = watcher.account("bob", server)
    watcher.window.traffic.receive()
    watcher.until(lambda: "does not accept this user name and password" in watcher.told)
    watcher.until(lambda: "It is not tried again by itself." in watcher.told)
    assert watcher.standing(bob) == "Log-in refused"
    snap(watcher.window, "watching-refused")
    watcher.click(Strip, "does not accept", "Type it again…")
    settings = next(
        one for one in watcher.window.findChildren(QDialog) if isinstance(one, SettingsWindow)
    )
    settings.accounts.form.password.setText("another")
    settings.close()
    collected = watcher.window.app.schedule.outlook
    watcher.until(lambda: collected(bob).problem is None)
    watcher.window.app.schedule.tick()
    watcher.until(lambda: watcher.window.model.rowCount() == 2)
    watcher.until(lambda: (watcher.told, watcher.standing(bob)) == ("", ""))


def test_an_account_that_pauses_says_so_where_it_is_listed(watcher: Watcher, snap: Snap) -> None:
    bob = watcher.account("bob", slow_and_plain(1))
    watcher.window.app.accounts.change(replace(bob, paused=True))
    watcher.until(lambda: watcher.standing(bob) == "Paused")
    watcher.window.traffic.receive()
    watcher.alive()
    assert watcher.window.model.rowCount() == 0
    snap(watcher.window, "watching-paused")
    menu = watcher.window.traffic.account_menu(bob.id)
    actions = {one.text(): one for one in menu.actions()}
    assert actions["Paused: do not collect mail"].isChecked()
    actions["Collect mail now"].trigger()  # whoever asks for this account gets its mail
    watcher.until(lambda: watcher.window.model.rowCount() == 1)
    actions["Paused: do not collect mail"].trigger()
    watcher.until(lambda: watcher.standing(bob) == "")
    actions["Account settings…"].trigger()
    assert any(isinstance(one, SettingsWindow) for one in watcher.window.findChildren(QDialog))
