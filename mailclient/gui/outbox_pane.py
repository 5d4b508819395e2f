"""The outbox: what waits to be sent, why it waits, and what can be done about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts, people

if TYPE_CHECKING:
    from mailclient.store.outbox import OutItem

STATES = {
    "queued": "Waits to be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "deferred": "Will be tried again",
    "failed": "Could not be sent",
    "uncertain": "Perhaps sent: the connection was lost before the server answered. "
    "Sending it again may deliver it twice",
}
WAITING = frozenset({"queued", "sending", "deferred", "failed", "uncertain"})


def waiting(items: Sequence[OutItem]) -> tuple[OutItem, ...]:
    """Those that are not sent yet."""
    return tuple(item for item in items if item.state.value in WAITING)


def words(item: OutItem) -> str:
    """What is said of one: subject, to whom, how it stands and why."""
    to = ", ".join(one.address for one in item.recipients[:4])
    reasons = dict.fromkeys(one.reason for one in item.recipients if one.reason)
    state = STATES[item.state.value]
    if reasons:
        state = f"{state}: {' '.join(reasons)}"
    return f"{people.plain(item.subject) or 'No subject'}\nTo {to}\n{state}"


class OutboxPane(QFrame):
    """Lists what is in the queue."""

    retry_wanted = Signal(int)
    cancel_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "pane")
        self.list = QListWidget()
        self.list.setAccessibleName("Outbox")
        self.list.setWordWrap(True)
        self.list.setSpacing(4)
        self.retry = QPushButton("Send now")
        self.cancel = QPushButton("Back to Drafts")
        self.retry.clicked.connect(lambda: self._tell(self.retry_wanted))
        self.cancel.clicked.connect(lambda: self._tell(self.cancel_wanted))
        self.list.currentItemChanged.connect(lambda: self._enable())
        buttons = QHBoxLayout()
        buttons.setContentsMargins(12, 8, 12, 12)
        buttons.addWidget(self.retry)
        buttons.addWidget(self.cancel)
        buttons.addStretch(1)
        title = parts.label("Outbox", factor=1.1, weight=QFont.Weight.DemiBold)
        title.setContentsMargins(14, 10, 8, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(parts.hairline())
        column.addWidget(self.list, 1)
        column.addLayout(buttons)
        self._enable()

    def show_items(self, items: Sequence[OutItem]) -> None:
        """Show the queue; the one that was chosen stays chosen."""
        chosen = self._chosen()
        self.list.clear()
        for item in waiting(items):
            row = QListWidgetItem(words(item))
            row.setData(Qt.ItemDataRole.UserRole, item.id)
            self.list.addItem(row)
            if item.id == chosen:
                self.list.setCurrentItem(row)
        if self.list.currentRow() < 0 and self.list.count():
            self.list.setCurrentRow(0)
        self._enable()

    def _chosen(self) -> int:
        item = self.list.currentItem()
        return int(item.data(Qt.ItemDataRole.UserRole)) if item is not None else 0

    def _tell(self, signal: object) -> None:
        if (id := self._chosen()) != 0:
            signal.emit(id)  # type: ignore[attr-defined]

    def _enable(self) -> None:
        usable = self.list.currentItem() is not None
        self.retry.setEnabled(usable)
        self.cancel.setEnabled(usable)
