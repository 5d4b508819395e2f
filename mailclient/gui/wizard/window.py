"""From an address to arriving mail: who, servers with a live test, a key of one's own.

What is found is shown before anything is sent to it. A password goes only over a connection that
has proved whose it is, unless the user says in words that it may go in clear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account, Identity, Server
from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge, Task
from mailclient.gui.strip import Kind, Strip
from mailclient.gui.wizard.servers import ServerFields
from mailclient.services.accounts import StepResult
from mailclient.transport.discover.values import Report

T = TypeVar("T")

WHO, SERVERS, KEY = range(3)
_WHAT = {"incoming": "Incoming mail", "outgoing": "Outgoing mail"}


class Wizard(QDialog):
    """Three pages; `finished` is emitted when it ends, `made` holds the new account."""

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Add an account")
        self.setMinimumWidth(520)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._app = app
        self._bridge = bridge
        self._task: Task | None = None
        self.made: Account | None = None
        self.strip = Strip()
        self.pages = QStackedWidget()
        self.next = QPushButton("Continue")
        self.next.setProperty("look", "primary")
        self.next.setDefault(True)
        self.back = QPushButton("Back")
        self.stop = QPushButton("Cancel")
        for page in (self._who_page(), self._servers_page(), self._key_page()):
            self.pages.addWidget(page)
        self._arrange()
        self.next.clicked.connect(self._forward)
        self.back.clicked.connect(lambda: self._go(SERVERS - 1))
        self.stop.clicked.connect(self._cancel)
        self._go(WHO)

    # Pages

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.stop)
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

    def _who_page(self) -> QWidget:
        self.name = QLineEdit()
        self.address = QLineEdit()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.address.setPlaceholderText("ann@example.org")
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(0, 0, 0, 0)
        for name, field in (
            ("Your name", self.name), ("Address", self.address), ("Password", self.password)
        ):  # fmt: skip
            form.addRow(name, field)
            field.setAccessibleName(name)
        form.addRow(
            parts.label(
                "The password goes to your mail server alone, over an encrypted connection, and is "
                "kept where no other program reads it.",
                look="secondary",
                wrap=True,
            )
        )
        return page

    def _servers_page(self) -> QWidget:
        self.incoming = ServerFields("Incoming mail (POP3)", incoming=True)
        self.outgoing = ServerFields("Outgoing mail (SMTP)", incoming=False)
        self.consent = QCheckBox("Send my password and my mail unencrypted over the network")
        self.consent.hide()
        self._source = parts.label(look="secondary", wrap=True)
        self._steps = parts.label(wrap=True)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self._source, self.incoming, self.outgoing, self.consent, self._steps):
            column.addWidget(widget)
        column.addStretch(1)
        for fields in (self.incoming, self.outgoing):
            fields.edited.connect(self._servers_edited)
        return page

    def _key_page(self) -> QWidget:
        self.make_key = QRadioButton("Make a key for me now (recommended)")
        self.no_key = QRadioButton("Not now: I have a key elsewhere, or will decide later")
        self.make_key.setChecked(True)
        self._key_state = parts.label(look="secondary", wrap=True)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(
            parts.label(
                "With a key of your own others can write to you so that only you can read it. It "
                "is valid for two years and can be renewed.",
                wrap=True,
            )
        )
        for widget in (self.make_key, self.no_key, self._key_state):
            column.addWidget(widget)
        column.addStretch(1)
        return page

    def _go(self, page: int) -> None:
        titles = ("Who are you?", "Your mail servers", "Private mail")
        words = ("Continue", "Test and continue", "Finish")
        self._title.setText(titles[page])
        self.next.setText(words[page])
        self.next.setEnabled(True)
        self.back.setVisible(page == SERVERS)
        self.stop.setVisible(page != KEY)
        self.pages.setCurrentIndex(page)
        self.strip.clear()

    # Steps

    def _forward(self) -> None:
        self.strip.clear()
        try:
            (self._leave_who, self._leave_servers, self._leave_key)[self.pages.currentIndex()]()
        except BadInput as problem:
            self.strip.problem(problem)

    def _leave_who(self) -> None:
        address = Identity(self.address.text(), self.name.text()).address
        if not self.password.text():
            raise BadInput("The password is missing.", "Type the one of your mailbox.")
        self._run(lambda: self._app.discovery.find(address, CancelToken()), self._discovered)

    def _discovered(self, report: Report) -> None:
        found = report.found
        address = self.address.text().strip()
        if found is None:
            domain = address.rpartition("@")[2]
            self._source.setText(
                f"The servers of {domain} are not in the list that comes with the program. Their "
                "names are in your provider's help pages."
            )
            for fields in (self.incoming, self.outgoing):
                if not fields.username.text():
                    fields.username.setText(address)
        else:
            self._source.setText(f"Found in the list of providers. {found.note}".strip())
            self.incoming.show_server(found.incoming)
            self.outgoing.show_server(found.outgoing)
        self._go(SERVERS)

    def _servers_edited(self) -> None:
        self.consent.setVisible(self.incoming.is_open or self.outgoing.is_open)
        self._steps.clear()

    def _account(self) -> Account:
        incoming: Server = self.incoming.server()
        outgoing: Server = self.outgoing.server()
        if (self.incoming.is_open or self.outgoing.is_open) and not self.consent.isChecked():
            raise BadInput(
                "With these settings your password would go over the network in clear.",
                "Choose TLS, or agree to it below the servers.",
            )
        identity = Identity(self.address.text(), self.name.text())
        return Account((identity,), incoming, outgoing)

    def _leave_servers(self) -> None:
        account = self._account()
        if self.incoming.needs_token or self.outgoing.needs_token:
            raise BadInput(
                "This provider wants OAuth 2, which this version does not have yet.",
                "Ask it for a password made for mail programs.",
            )
        password = self.password.text()
        self._steps.setText("Logging in to both servers…")
        self._task = self._bridge.run(
            "work",
            lambda job: self._app.accounts.test(account, password, None, job.cancel),
            lambda steps: self._tested(account, password, steps),
            self._failed,
            owner=self,
        )
        self.next.setEnabled(False)

    def _tested(self, account: Account, password: str, steps: tuple[StepResult, ...]) -> None:
        self._task = None
        self.next.setEnabled(True)
        self._steps.setText("\n".join(f"{_WHAT[one.what]}: {one.text}" for one in steps))
        wrong = next((one for one in steps if not one.ok), None)
        if wrong is not None:
            self.strip.say(f"{wrong.text} {wrong.advice}".strip(), Kind.DANGER)
            self.strip.setToolTip(wrong.detail)
            return
        self._run(lambda: self._app.accounts.add(account, password), self._added)

    def _added(self, account: Account) -> None:
        self.made = account
        self._run(lambda: self._app.keys.own_key(account.address), self._own_key_known)

    def _own_key_known(self, key: object) -> None:
        self._go(KEY)
        if key is not None:
            self.no_key.setText("Use the key for this address that is here already")
            self.no_key.setChecked(True)

    def _leave_key(self) -> None:
        account = self.made
        if account is None or not self.make_key.isChecked():
            self.accept()
            return
        self._key_state.setText("Making your key…")
        address, name = account.address, account.name
        self._run(lambda: self._app.keys.generate(address, name, None), lambda key: self.accept())

    # Work

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do something off this thread, with the button resting meanwhile."""
        self.next.setEnabled(False)
        self._task = self._bridge.run(
            "work",
            lambda job: work(),
            lambda result: self._arrived(done, result),
            self._failed,
            owner=self,
        )

    def _arrived(self, done: Callable[[T], None], result: T) -> None:
        self._task = None
        self.next.setEnabled(True)
        done(result)

    def _failed(self, problem: MailError) -> None:
        self._task = None
        self.next.setEnabled(True)
        self._steps.clear()
        self._key_state.clear()
        self.strip.problem(problem)

    def _cancel(self) -> None:
        """Stop what is under way; if nothing is, end."""
        if self._task is None:
            self.reject()
            return
        self._task.cancel()
        self._task = None
        self.next.setEnabled(True)
        self._steps.setText("Stopped.")
