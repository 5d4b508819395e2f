"""The mailbox on the server before anything is collected: fetch, leave, delete there."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from urllib.parse import quote_from_bytes

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account
from mailclient.app import App
from mailclient.errors import Cancelled, MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.server_mailbox_model import Column, MailboxModel
from mailclient.gui.strip import Kind, Strip
from mailclient.services.jobs import Job
from mailclient.services.mailbox import HEADS, OnServer
from mailclient.services.receive import Receipt
from mailclient.sizes import size_words
from mailclient.store.ledger import EntryState

MORE_HEADS = 2000  # so many subjects are asked for at a time, after the first ones
MOST_KEPT = 200  # selected rows that stay selected when the list is read anew
PLAIN = string.punctuation.replace("%", "")
NOT_WHOLE = (None, EntryState.SEEN, EntryState.HEAD)
WIDTHS = {Column.FROM: 160, Column.DATE: 140, Column.SIZE: 84, Column.HERE: 120, Column.STAYS: 190}
FILTER_MS = 150
ROW_HEIGHT = 28


class ServerMailboxWindow(QDialog):
    """Lists what lies on a server, and does what is chosen."""

    def __init__(
        self, app: App, bridge: Bridge, parent: QWidget | None = None, *, account_id: int = 0
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mail on the server")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(980, 600)
        self._app = app
        self._bridge = bridge
        self._accounts = [one for one in app.accounts.list() if one.incoming is not None]
        self._shown_for = 0  # the account whose messages are in the model
        self.strip = Strip()
        self.told = parts.label(look="secondary", factor=0.9, wrap=True)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.choice = QComboBox()
        self.choice.setAccessibleName("Account")
        self.choice.addItems([one.address for one in self._accounts])
        ids = [one.id for one in self._accounts]
        self.choice.setCurrentIndex(ids.index(account_id) if account_id in ids else 0)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Sender or subject")
        self.filter.setAccessibleName("Show only messages with these words")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(240)
        self.model = MailboxModel(self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Messages on the server")
        self.more = QPushButton("Show more subjects")
        self.fetch = QPushButton("Fetch")
        self.leave = QPushButton("Leave there")
        self.delete = QPushButton("Delete there…")
        self.again = QPushButton("Look again")
        self._filter_late = QTimer(self)
        self._filter_late.setSingleShot(True)
        self._filter_late.setInterval(FILTER_MS)
        self._arrange()
        self._connect()
        self._enable()
        self.table.setFocus()
        self.look()

    def _arrange(self) -> None:
        table = self.table
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setProperty("look", "rows")
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
        for at, width in WIDTHS.items():
            table.setColumnWidth(at, width)
        header.setSectionResizeMode(Column.SUBJECT, QHeaderView.ResizeMode.Stretch)
        top = QHBoxLayout()
        top.addWidget(parts.label("Mail on the server", factor=1.2, weight=QFont.Weight.DemiBold))
        top.addStretch(1)
        top.addWidget(self.filter)
        top.addWidget(self.choice)
        self.choice.setVisible(len(self._accounts) > 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.told, 1)
        for button, tip in (
            (self.more, "Ask the server for the heads of more messages"),
            (self.again, "Ask the server what lies there now"),
            (self.leave, "Do not collect these; they stay where they are"),
            (self.delete, "Delete these on the server"),
            (self.fetch, "Fetch these now, whatever their size"),
        ):
            button.setAutoDefault(False)
            button.setToolTip(tip)
            bottom.addWidget(button)
        self.fetch.setProperty("look", "primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.strip)
        column.addWidget(self.table, 1)
        column.addLayout(bottom)

    def _connect(self) -> None:
        self.choice.currentIndexChanged.connect(lambda at: self.look())
        self.table.selectionModel().selectionChanged.connect(lambda new, old: self._enable())
        self._filter_late.timeout.connect(lambda: self._keeping(self._filter))
        self.filter.textChanged.connect(lambda text: self._filter_late.start())
        self.more.clicked.connect(lambda: self.look(MORE_HEADS))
        self.again.clicked.connect(lambda: self.look())
        self.fetch.clicked.connect(lambda: self._act("Fetching chosen mail", fetch=self.names()))
        self.leave.clicked.connect(lambda: self._act("Leaving mail there", leave=self.names()))
        self.delete.clicked.connect(self._ask_delete)

    @property
    def account(self) -> Account | None:
        """The account whose mailbox is shown."""
        at = self.choice.currentIndex()
        return self._accounts[at] if 0 <= at < len(self._accounts) else None

    def chosen(self) -> list[OnServer]:
        """The messages that are selected."""
        rows = self.table.selectionModel().selectedRows()
        return [self.model.message(index.row()) for index in rows]

    def names(self) -> list[bytes]:
        """What is selected, as the server names it."""
        return [one.name for one in self.chosen()]

    # Looking

    def look(self, heads: int = HEADS) -> None:
        """Ask the server what lies there; changes nothing."""
        account = self.account
        if account is None:
            self.told.setText("There is no account to look into.")
            return
        if self._shown_for != account.id:
            self.model.show_messages(())
            self._shown_for = account.id
        self.told.setText(f"Looking through the mailbox of {account.address}…")
        seen = self.model.messages

        def work(job: Job) -> tuple[OnServer, ...] | None:
            try:
                return self._app.mailbox.look(account, job, heads=heads, seen=seen)
            except Cancelled:
                return None

        self._bridge.run(
            f"fetch:{account.address}",
            work,
            self._show,
            self._failed,
            title=f"Looking through the mailbox of {account.address}",
            newest=f"look {id(self)}",
            owner=self,
        )

    def _failed(self, problem: MailError) -> None:
        self.told.setText("")
        self.strip.problem(problem)

    def _show(self, messages: tuple[OnServer, ...] | None) -> None:
        if messages is None:
            self.told.setText("Stopped. 'Look again' asks the server once more.")
            return
        self._keeping(lambda: self.model.show_messages(messages))

    def _filter(self) -> None:
        self.model.filter(self.filter.text())

    def _keeping(self, change: Callable[[], None]) -> None:
        """Change what is shown; what was selected stays so."""
        names = self.names()
        change()
        selection = self.table.selectionModel()
        rows = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        for at in self.model.rows_of(names)[:MOST_KEPT]:
            selection.select(self.model.index(at, 0), rows)
        self._enable()

    def _enable(self) -> None:
        chosen = self.chosen()
        for button in (self.fetch, self.leave, self.delete):
            button.setEnabled(bool(chosen))
        messages = self.model.messages
        self.more.setVisible(any(not one.told for one in messages))
        self.told.setText(_told(messages, self.model.rowCount(), chosen))

    # Acting

    def _ask_delete(self) -> None:
        chosen = self.chosen()
        names = [one.name for one in chosen]
        lost = [one for one in chosen if one.state in NOT_WHOLE]
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Delete on the server?")
        box.setText(f"Delete {len(names):,} message{'' if len(names) == 1 else 's'} on the server?")
        box.setInformativeText(
            f"{len(lost):,} of them {'is' if len(lost) == 1 else 'are'} not here as a whole; "
            "what is not here is lost then."
            if lost
            else "All of them are stored here and stay."
        )
        roles = QMessageBox.ButtonRole
        if lost:
            both = box.addButton("Fetch, then delete there", roles.AcceptRole)
            both.clicked.connect(
                lambda: self._act("Fetching and deleting mail", fetch=names, delete=names)
            )
        go = box.addButton("Delete there", roles.DestructiveRole)
        go.clicked.connect(lambda: self._act("Deleting mail on the server", delete=names))
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _act(
        self,
        title: str,
        *,
        fetch: Sequence[bytes] = (),
        leave: Sequence[bytes] = (),
        delete: Sequence[bytes] = (),
    ) -> None:
        account = self.account
        if account is None or not (fetch or leave or delete):
            return
        self._bridge.run(
            f"fetch:{account.address}",
            lambda job: self._app.mailbox.act(
                account, job, fetch=fetch, leave=leave, delete=delete
            ),
            self._done,
            self._failed,
            title=title,
            owner=self,
        )

    def _done(self, receipt: Receipt) -> None:
        if receipt.problems:
            self.strip.say(" ".join(receipt.problems), Kind.CAUTION)
        else:
            self.strip.clear()
        self.look()


def _told(messages: Sequence[OnServer], shown: int, chosen: Sequence[OnServer]) -> str:
    """What is to be said of all messages, or of those that are selected."""
    if not messages:
        return "The mailbox is empty."
    if len(chosen) == 1:
        one = chosen[0]
        digest = f", SHA-256 {one.sha256.hex()}" if one.sha256 else ""
        return f"{size_words(one.size)}, UID {quote_from_bytes(one.name, safe=PLAIN)}{digest}"
    if chosen:
        return f"{_counted(len(chosen), chosen)} selected."
    filtered = f" {shown:,} with these words are shown." if shown < len(messages) else ""
    return f"{_counted(len(messages), messages)}.{filtered}"


def _counted(count: int, messages: Sequence[OnServer]) -> str:
    size = size_words(sum(one.size for one in messages))
    return f"{count:,} message{'' if count == 1 else 's'}, {size}"
