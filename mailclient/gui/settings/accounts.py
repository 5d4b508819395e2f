"""The accounts in the settings. What was typed is never lost: it is kept when one turns away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account
from mailclient.app import App
from mailclient.errors import BadInput
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.certificate import CertificateDialog
from mailclient.gui.settings.account_form import AccountForm
from mailclient.gui.settings.removing import Removal
from mailclient.gui.signing_in import SignInWindow, place_of
from mailclient.gui.strip import Kind, Strip
from mailclient.gui.wizard.window import Wizard
from mailclient.services.accounts import StepResult
from mailclient.services.signin import by_token
from mailclient.settings import RECEIVE_MINUTES


class AccountsPage(QWidget):
    """A list on the left, the chosen account on the right."""

    def __init__(self, app: App, bridge: Bridge, strip: Strip) -> None:
        super().__init__()
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._accounts: tuple[Account, ...] = ()
        self._shown: Account | None = None
        self.list = QListWidget()
        self.list.setAccessibleName("Accounts")
        self.list.setMaximumWidth(200)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.form = AccountForm()
        self.add = QPushButton("Add…")
        self.remove = QPushButton("Remove…")
        self.test = QPushButton("Test log-in")
        self.test.setToolTip("Keep what is typed, and log in to both servers")
        self.keep = QPushButton("Keep changes")
        self.keep.setProperty("look", "primary")
        self._removal = Removal(app, bridge, strip, self)
        self._arrange()
        self._connect()
        self._read()

    def _arrange(self) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.form)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addWidget(self.add)
        left.addWidget(self.remove)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.test)
        below.addWidget(self.keep)
        right = QVBoxLayout()
        right.addWidget(area, 1)
        right.addLayout(below)
        row = QHBoxLayout(self)
        row.addLayout(left)
        row.addLayout(right, 1)
        for button in (self.add, self.remove, self.test, self.keep):
            button.setAutoDefault(False)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(lambda row: self._chosen())
        self.form.certificate_wanted.connect(self._show_certificate)
        self.form.sign_in_wanted.connect(self._sign_in)
        self.form.sign_out_wanted.connect(self._sign_out)
        self.add.clicked.connect(lambda: Wizard(self._app, self._bridge, self.window()).show())
        self.remove.clicked.connect(lambda: self._removal.begin(self.account))
        self.test.clicked.connect(self._test)
        self.keep.clicked.connect(lambda: self.keep_changes(tell=True))
        self._bridge.changed.connect(self._changed)

    def _changed(self, changes: Changes) -> None:
        if changes.accounts:
            self._read()

    def _read(self) -> None:
        """Show the accounts as they are now; what is being typed stays."""
        edited = self._edited()
        chosen = self._shown.id if self._shown else 0
        self._accounts = self._app.accounts.list()
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([one.address for one in self._accounts])
        for row, one in enumerate(self._accounts):
            self.list.item(row).setToolTip(one.address)
        ids = [one.id for one in self._accounts]
        self.list.setCurrentRow(ids.index(chosen) if chosen in ids else 0 if ids else -1)
        self.list.blockSignals(False)
        if edited is None or chosen not in ids:
            self._show()

    @property
    def account(self) -> Account | None:
        """The chosen account."""
        row = self.list.currentRow()
        return self._accounts[row] if 0 <= row < len(self._accounts) else None

    def choose(self, address: str, *, password: bool = False) -> None:
        """Show the account with that address, perhaps ready for its `password`."""
        for row, one in enumerate(self._accounts):
            if one.address == address:
                self.list.setCurrentRow(row)
        if password:
            self.form.password.setFocus()

    def _chosen(self) -> None:
        """Another account: what was typed for the one before is kept first."""
        if self.keep_changes():
            self._show()
        elif self._shown is not None:
            ids = [one.id for one in self._accounts]
            self.list.blockSignals(True)
            self.list.setCurrentRow(ids.index(self._shown.id))
            self.list.blockSignals(False)

    def _show(self) -> None:
        account = self._shown = self.account
        for widget in (self.form, self.keep, self.remove, self.test):
            widget.setEnabled(account is not None)
        if account is not None:
            self.form.show_account(account, self._app.settings.get(RECEIVE_MINUTES))
            if by_token(account.incoming) or by_token(account.outgoing):
                self._look_signed_in(account)

    # Keeping

    def _edited(self) -> Account | None:
        """The shown account with what was typed; None where nothing was. Raises nothing."""
        if self._shown is None:
            return None
        try:
            after = self.form.account(self._shown)
        except BadInput:
            return self._shown
        return after if after != self._shown or self.form.password.text() else None

    def keep_changes(self, *, tell: bool = False) -> bool:
        """Keep what was typed; False where that cannot be, which is then said."""
        before = self._shown
        if before is None or (self._edited() is None and not tell):
            return True
        try:
            after = self.form.account(before)
        except BadInput as problem:
            self._strip.problem(problem)
            return False
        password = self.form.password.text()
        self._shown = after
        self.form.password.clear()

        def work(job: object) -> None:
            if password:  # first, for a change makes mail be collected with it
                self._app.accounts.set_password(after, password)
            self._app.accounts.change(after)

        self._bridge.run(
            "work",
            work,
            lambda done: self._strip.say("The changes are kept.") if tell else None,
            self._strip.problem,
            owner=self if tell else None,
        )
        return True

    # Signing in

    def _look_signed_in(self, account: Account) -> None:
        """Find out whether its owner is signed in; the keyring may take its time."""

        def work(job: object) -> tuple[str, bool]:
            place = place_of(self._app, account)
            return place.issuer.title if place else "", self._app.signin.signed_in(account)

        def show(found: tuple[str, bool]) -> None:
            if self._shown is not None and self._shown.id == account.id:
                self.form.show_signed_in(found[0], signed_in=found[1])

        self._bridge.run("work", work, show, self._strip.problem, owner=self)

    def _sign_in(self) -> None:
        if self._shown is not None and self.keep_changes():
            account = self._shown
            window = SignInWindow(self._app, self._bridge, account, self)
            window.signed_in.connect(lambda address: self._look_signed_in(account))
            window.show()

    def _sign_out(self) -> None:
        account = self._shown
        if account is not None:
            self._bridge.run(
                "work",
                lambda job: self._app.signin.sign_out(account),
                lambda done: self._look_signed_in(account),
                self._strip.problem,
                owner=self,
            )

    # Asking the servers

    def _test(self) -> None:
        account = self._shown
        if account is None or not self.keep_changes():
            return
        self._strip.say(f"Logging in to the servers of {account.address}…", lasting=True)
        self._bridge.run(
            "work",
            lambda job: self._app.accounts.test_stored(account.address, job.cancel),
            self._tested,
            self._strip.problem,
            owner=self,
        )

    def _tested(self, steps: tuple[StepResult, ...]) -> None:
        words = " ".join(
            f"{one.what.capitalize()}: {one.text} {one.advice}".strip() for one in steps
        )
        good = all(one.ok for one in steps)
        self._strip.say(words, Kind.INFO if good else Kind.DANGER)

    def _show_certificate(self, what: str) -> None:
        if self._shown is not None and self.keep_changes():
            CertificateDialog(self._app, self._bridge, self._shown, what, self).show()
