"""The mailbox on the server before anything is collected: fetch, leave, delete there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account
from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import dates, parts, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.strip import Kind, Strip
from mailclient.services.mailbox import OnServer
from mailclient.services.receive import Receipt
from mailclient.sizes import size_words
from mailclient.store.ledger import EntryState

MOST = 2000  # rows; a mailbox with more shows its newest
STATES = {
    None: "new",
    EntryState.SEEN: "left there",
    EntryState.HEAD: "its head is here",
    EntryState.STORED: "here",
    EntryState.DELETE_ASKED: "here, being deleted",
    EntryState.GONE: "here",
}


class ServerMailboxWindow(QDialog):
    """Lists what lies on a server, and does what is chosen."""

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mail on the server")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(900, 560)
        self._app = app
        self._bridge = bridge
        self._accounts = [one for one in app.accounts.list() if one.incoming is not None]
        self._messages: tuple[OnServer, ...] = ()
        self.strip = Strip()
        self.told = parts.label(look="secondary", factor=0.9)
        self.choice = QComboBox()
        self.choice.setAccessibleName("Account")
        self.choice.addItems([one.address for one in self._accounts])
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(
            ["From", "Subject", "Date", "Size", "Here", "On the server until"]
        )
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName("Messages on the server")
        self.fetch = QPushButton("Fetch")
        self.leave = QPushButton("Leave there")
        self.delete = QPushButton("Delete there…")
        self.again = QPushButton("Look again")
        self._arrange()
        self._connect()
        self._enable()
        self.look()

    def _arrange(self) -> None:
        header = self.tree.header()
        header.setStretchLastSection(False)
        for at in range(6):
            header.setSectionResizeMode(at, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, 190)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        top = QHBoxLayout()
        top.addWidget(parts.label("Mail on the server", factor=1.2, weight=QFont.Weight.DemiBold))
        top.addStretch(1)
        top.addWidget(self.choice)
        self.choice.setVisible(len(self._accounts) > 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.told, 1)
        for button, tip in (
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
        column.addWidget(self.tree, 1)
        column.addLayout(bottom)

    def _connect(self) -> None:
        self.choice.currentIndexChanged.connect(lambda at: self.look())
        self.tree.itemSelectionChanged.connect(self._enable)
        self.again.clicked.connect(lambda: self.look())
        self.fetch.clicked.connect(lambda: self._act("Fetching chosen mail", fetch=self.names()))
        self.leave.clicked.connect(lambda: self._act("Leaving mail there", leave=self.names()))
        self.delete.clicked.connect(self._ask_delete)

    @property
    def account(self) -> Account | None:
        """The account whose mailbox is shown."""
        at = self.choice.currentIndex()
        return self._accounts[at] if 0 <= at < len(self._accounts) else None

    def names(self) -> list[bytes]:
        """What is selected, as the server names it."""
        return [item.data(0, Qt.ItemDataRole.UserRole) for item in self.tree.selectedItems()]

    # Looking

    def look(self) -> None:
        """Ask the server what lies there; changes nothing."""
        account = self.account
        if account is None:
            self.told.setText("There is no account to look into.")
            return
        self.told.setText(f"Looking at {account.address}…")
        self._bridge.run(
            f"fetch:{account.address}",
            lambda job: self._app.mailbox.look(account, job),
            self._show,
            self._failed,
            title=f"Looking through the mailbox of {account.address}",
            newest=f"look {id(self)}",
            owner=self,
        )

    def _failed(self, problem: MailError) -> None:
        self.told.setText("")
        self.strip.problem(problem)

    def _show(self, messages: tuple[OnServer, ...]) -> None:
        self._messages = messages
        self.tree.clear()
        self.tree.addTopLevelItems([_item(one) for one in messages[:MOST]])
        size = size_words(sum(one.size for one in messages))
        count = f"{len(messages):,} message{'' if len(messages) == 1 else 's'}, {size}"
        more = f"; the newest {MOST:,} are shown" if len(messages) > MOST else ""
        self.told.setText(f"{count}{more}." if messages else "The mailbox is empty.")
        self._enable()

    def _enable(self) -> None:
        chosen = bool(self.tree.selectedItems())
        for button in (self.fetch, self.leave, self.delete):
            button.setEnabled(chosen)

    # Acting

    def _ask_delete(self) -> None:
        names = self.names()
        wanted = {name: one for one in self._messages if (name := one.name) in set(names)}
        lost = [one for one in wanted.values() if one.state in (None, EntryState.SEEN)]
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Delete on the server?")
        box.setText(f"Delete {len(names):,} message{'' if len(names) == 1 else 's'} on the server?")
        box.setInformativeText(
            f"{len(lost):,} of them were never fetched and are lost then."
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


def _item(one: OnServer) -> QTreeWidgetItem:
    who = people.several(one.from_) if one.from_ else ""
    item = QTreeWidgetItem(
        [
            who,
            people.plain(one.subject),
            dates.day(one.date) if one.date else "",
            size_words(one.size),
            STATES[one.state],
            dates.day(one.delete_after) if one.delete_after else "",
        ]
    )
    item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setData(0, Qt.ItemDataRole.UserRole, one.name)
    return item
