"""Asks what becomes of an account's mail, and of what waits to be sent, when it is removed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account
from mailclient.app import App
from mailclient.gui import parts, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.strip import Strip
from mailclient.services.removing import Holding, Removed


class RemovingDialog(QDialog):
    """Asks, with the choices that lose nothing set; emits `decided`."""

    decided = Signal()

    def __init__(
        self, address: str, holding: Holding, *, local: bool, parent: QWidget | None = None
    ) -> None:
        """`local` is an account without servers: it is nothing but its mail, which goes with it."""
        super().__init__(parent)
        self.setWindowTitle("Remove the account?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        self.keep_mail = QRadioButton("Keep it here, to read and to search")
        self.drop_mail = QRadioButton("Delete it from this computer")
        self.keep_waiting = QRadioButton("Keep as drafts")
        self.drop_waiting = QRadioButton("Delete, unsent")
        remove = QPushButton("Remove the account")
        remove.clicked.connect(self._decide)
        cancel = QPushButton("Cancel")
        cancel.setDefault(True)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (remove, cancel):
            buttons.addWidget(button)
        self.remove = remove
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(10)
        column.addWidget(
            parts.label(
                f"Remove {people.plain(address)} from this program?",
                factor=1.2,
                weight=QFont.Weight.DemiBold,
                wrap=True,
            )
        )
        column.addWidget(
            parts.label(
                f"Its mail ({holding.messages:,}) was kept here alone, and goes with it."
                if local
                else "Its mailbox on the server stays as it is. Its passwords are forgotten here.",
                wrap=True,
            )
        )
        waiting = _count(holding.waiting, "message", "waits", "wait")
        for title, count, choices in (
            (f"Its mail on this computer ({holding.messages:,})", holding.messages and not local,
             (self.keep_mail, self.drop_mail)),
            (f"{waiting} to be sent", holding.waiting, (self.keep_waiting, self.drop_waiting)),
        ):  # fmt: skip
            self._offer(column, title if count else "", choices)
        if local:
            self.drop_mail.setChecked(True)
        column.addStretch(1)
        column.addLayout(buttons)

    def _offer(
        self, column: QVBoxLayout, title: str, choices: tuple[QRadioButton, QRadioButton]
    ) -> None:
        """Two choices below a title; nothing where there is nothing to decide."""
        group = QButtonGroup(self)
        choices[0].setChecked(True)
        if title:
            column.addSpacing(6)
            column.addWidget(parts.label(title, weight=QFont.Weight.DemiBold))
        for one in choices:
            one.setAccessibleName(f"{title}: {one.text()}")
            group.addButton(one)
            one.setParent(self)
            one.setVisible(bool(title))
            if title:
                column.addWidget(one)

    def _decide(self) -> None:
        self.decided.emit()
        self.accept()

    @property
    def with_mail(self) -> bool:
        """Whether its mail goes, too."""
        return self.drop_mail.isChecked()

    @property
    def waiting_to_drafts(self) -> bool:
        """Whether what waits to be sent becomes drafts."""
        return self.keep_waiting.isChecked()


def _count(count: int, thing: str, one: str, many: str) -> str:
    return f"{count:,} {thing} {one}" if count == 1 else f"{count:,} {thing}s {many}"


class Removal:
    """Asks, and removes an account as is decided."""

    def __init__(self, app: App, bridge: Bridge, strip: Strip, page: QWidget) -> None:
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._page = page

    def begin(self, account: Account | None) -> None:
        """Find out what there is to decide about, and ask."""
        if account is None:
            return
        self._bridge.run(
            "work",
            lambda job: self._app.removing.holding(account.address),
            lambda holding: self._ask(account, holding),
            self._strip.problem,
            owner=self._page,
        )

    def _ask(self, account: Account, holding: Holding) -> None:
        local = account.incoming is None and account.outgoing is None
        dialog = RemovingDialog(account.address, holding, local=local, parent=self._page)
        dialog.decided.connect(
            lambda: self._remove(
                account, with_mail=dialog.with_mail, to_drafts=dialog.waiting_to_drafts
            )
        )
        dialog.open()

    def _remove(self, account: Account, *, with_mail: bool, to_drafts: bool) -> None:
        self._strip.say(f"Removing {account.address}…", lasting=True)

        def removed(done: Removed) -> None:
            drafts = "What waited to be sent is in its folder Drafts." if done.drafts else ""
            told = (f"{account.address} was removed.", drafts, *done.notes)
            self._strip.say(" ".join(one for one in told if one))

        self._bridge.run(
            "work",
            lambda job: self._app.removing.remove(
                account.address, with_mail=with_mail, waiting_to_drafts=to_drafts
            ),
            removed,
            self._strip.problem,
            owner=self._page,
        )
