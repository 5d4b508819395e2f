"""From an address to arriving mail: who, servers with a live test, a key of one's own.

What is found is shown before anything is sent to it. A password goes only over a connection that
has proved whose it is, unless the user says in words that it may go in clear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account
from mailclient.app import App
from mailclient.errors import BadInput, MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge, Changes, Task
from mailclient.gui.certificate import CertificateDialog
from mailclient.gui.documentation import help_key
from mailclient.gui.settings.taking_in import TakingInWindow
from mailclient.gui.signing_in import Place, SigningIn, place_of
from mailclient.gui.strip import Strip
from mailclient.gui.wizard.key_page import KeyPage
from mailclient.gui.wizard.key_work import KeyWork
from mailclient.gui.wizard.log_in_work import LogInWork
from mailclient.gui.wizard.servers_page import ServersPage, View
from mailclient.gui.wizard.who import WhoPage
from mailclient.services.discovery import situation
from mailclient.services.jobs import Job
from mailclient.transport.discover.values import Report

T = TypeVar("T")

WHO, SERVERS, KEY = range(3)
LANE = "wizard"
TITLES = ("Who are you?", "Your mail servers", "Keep it private")


class Wizard(QDialog):
    """Three pages; `finished` is emitted when it ends, `made` holds the new account."""

    take_in_wanted = Signal(object)  # a packed profile, in place of a new account

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Add an account")
        self.setMinimumWidth(720)
        self.resize(760, 480)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._app = app
        self._bridge = bridge
        self._tasks: list[Task] = []
        self.strip = Strip()
        self.who = WhoPage()
        self.servers = ServersPage(SigningIn(app, bridge))
        self.log_in = LogInWork(app, self.servers, self.strip, self._run)
        self.keys = KeyPage()
        self.key_work = KeyWork(app, self.keys, self.strip, self._run)
        self.pages = QStackedWidget()
        for page in (self.who, self.servers, self.keys):
            self.pages.addWidget(page)
        self.next = QPushButton()
        self.next.setProperty("look", "primary")
        self.next.setDefault(True)
        self.back = QPushButton("Back")
        self.stop = QPushButton("Cancel")
        self.by_hand = parts.link_button("Fill in by hand", self._edit_by_hand)
        self.take_in = parts.link_button("Bring mail from another computer…", self._take_in)
        self._is_first = not app.accounts.list()  # only an empty profile can become another one
        self._arrange()
        self._connect()
        help_key(self, "accounts.md")
        self._go(WHO)
        self.who.name.setFocus()

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        for widget in (self.stop, self.by_hand, self.take_in, self.servers.again):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        self._title = parts.label(factor=1.5, weight=QFont.Weight.DemiBold)
        column.addWidget(self._title)
        column.addWidget(self.pages, 1)
        column.addWidget(self.strip)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self.next.clicked.connect(self._forward)
        self.back.clicked.connect(self._back)
        self.stop.clicked.connect(self._stop)
        self.servers.changed.connect(self._refresh)
        self.servers.look_again_wanted.connect(self._look)
        self.servers.certificate_wanted.connect(self._show_certificate)
        self.servers.account_made.connect(self._added)
        self.keys.chosen.connect(self._refresh)
        self._bridge.changed.connect(self._changed)

    def _go(self, page: int) -> None:
        self._title.setText(TITLES[page])
        self.pages.setCurrentIndex(page)
        self.strip.clear()
        self._refresh()

    def _refresh(self) -> None:
        """Let the buttons say what can be done now."""
        signing = self.servers.signing.busy
        page, busy = self.pages.currentIndex(), bool(self._tasks) or signing
        looking = page == SERVERS and self.servers.view is View.LOOKING
        form = page == SERVERS and self.servers.view is View.BY_HAND
        words = ("Continue", self.log_in.words, self.keys.words)
        ready = (True, self.log_in.can_go_on, self.keys.can_go_on)
        self.next.setText(words[page])
        self.next.setEnabled(ready[page] and not busy)
        self.back.setVisible(page == SERVERS)
        self.by_hand.setVisible(page != KEY and not form)
        self.take_in.setVisible(page == WHO and self._is_first)
        self.servers.again.setVisible(form and not busy)
        self.stop.setText("Stop looking" if looking else "Stop" if busy else "Cancel")
        self.stop.setVisible(page != KEY or busy)

    # Forwards, backwards

    def _forward(self) -> None:
        self.strip.clear()
        try:
            (self._leave_who, self._leave_servers, self._leave_key)[self.pages.currentIndex()]()
        except BadInput as problem:
            self.strip.problem(problem)
            if self.pages.currentIndex() == WHO:
                self.who.address.setFocus()

    def _back(self) -> None:
        self._drop()
        self._go(WHO)

    def _stop(self) -> None:
        """Stop what is under way; if nothing is, end."""
        if not self._tasks and not self.servers.signing.busy:
            self.reject()
            return
        self._drop()
        if self.pages.currentIndex() == SERVERS and self.servers.view is View.LOOKING:
            self._edit_by_hand()
        elif self.pages.currentIndex() == KEY:
            self.accept()
        else:
            self.servers.log_ins.clear()
            self._refresh()

    def done(self, result: int) -> None:
        """End, and wait for nothing any more."""
        self._drop()
        super().done(result)

    def _drop(self) -> None:
        self.servers.signing.stop()
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def _take_in(self) -> None:
        window = TakingInWindow(self._app, self._bridge, self)
        window.wanted.connect(self.take_in_wanted)
        window.show()

    # The servers

    def _leave_who(self) -> None:
        self._look()

    def _look(self) -> None:
        """Ask all sources; each is shown as it is asked."""
        identity = self.who.identity()
        self.log_in.forget()
        self.servers.begin(identity)
        self._go(SERVERS)

        def work(job: Job) -> tuple[Report, Place | None]:
            report = self._app.discovery.find(identity.address, job.cancel)
            if report.found is None:
                return report, None
            servers = report.found.incoming, report.found.outgoing
            return report, place_of(self._app, Account((identity,), *servers))

        self._run(work, self._found)

    def _changed(self, changes: Changes) -> None:
        if self.servers.view is View.LOOKING:
            address = self.who.address.text().strip()
            for one in changes.tried:
                if one.address == address:
                    self.servers.sources.show_tried(one.tried)

    def _found(self, found: tuple[Report, Place | None]) -> None:
        report, place = found
        what = situation(report, offline=self._app.discovery.offline)
        self.servers.password.setText(self.who.password.text())
        self.servers.show_report(report, what, place)
        self._refresh()

    def _edit_by_hand(self) -> None:
        """Show the form instead of whatever is shown or under way."""
        self.strip.clear()
        try:
            identity = self.who.identity()
        except BadInput as problem:
            self.strip.problem(problem)
            return
        self._drop()
        self.log_in.forget()
        if self.servers.password.isHidden():
            self.servers.password.setText(self.who.password.text())
        self.servers.edit(identity.address)
        self._go(SERVERS)

    @property
    def _password(self) -> str:
        field = self.servers.password
        return (self.who.password if field.isHidden() else field).text()

    def _leave_servers(self) -> None:
        self.log_in.begin(self.who.identity(), self._password)

    def _show_certificate(self, what: str) -> None:
        account = self.servers.account(self.who.identity())
        CertificateDialog(
            self._app,
            self._bridge,
            account,
            what,
            self,
            taken=lambda fingerprint: self.servers.accept_certificate(what, fingerprint),
        ).show()

    # The key

    @property
    def made(self) -> Account | None:
        """The new account, once it is kept."""
        return self.log_in.made

    def _added(self) -> None:
        self.key_work.begin(self.who.identity(), lambda: self._go(KEY))

    def _leave_key(self) -> None:
        if self.keys.is_settled:
            self.accept()
        else:
            self.key_work.create()

    # Work

    def _run(self, work: Callable[[Job], T], done: Callable[[T], None]) -> None:
        """Do something off this thread, with the main button resting meanwhile."""

        def arrived(result: T) -> None:
            self._tasks.remove(task)
            done(result)
            self._refresh()

        def failed(problem: MailError) -> None:
            self._drop()
            self._failed(problem)

        task = self._bridge.run(LANE, work, arrived, failed, owner=self)
        self._tasks.append(task)
        self._refresh()

    def _failed(self, problem: MailError) -> None:
        if self.pages.currentIndex() == SERVERS and self.servers.view is View.LOOKING:
            self.servers.edit(self.who.identity().address)
        self.servers.log_ins.clear()
        self.keys.say("", "")
        self.keys.choose_between(True)
        self.strip.problem(problem)
        self._refresh()
