"""The outbox: what waits to be sent, how each recipient stands and why, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import outbox_words, parts
from mailclient.gui.outbox_delegate import OutboxDelegate
from mailclient.gui.outbox_words import Act
from mailclient.gui.reader.flow import Flow
from mailclient.store.outbox import OutItem

FIRST = frozenset({Act.UNDO, Act.ARRIVED, Act.CORRECT, Act.KEEP_TRYING})


class OutboxPane(QFrame):
    """Lists what is in the queue; `details` shows one message of it, wherever that stands."""

    wanted = Signal(int, object)  # a message, and the Act

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "pane")
        self._items: dict[int, OutItem] = {}
        self._now = datetime.now().astimezone()
        self.buttons: dict[Act, QPushButton] = {}
        self.list = QListWidget()
        self.list.setAccessibleName("Outbox")
        self.list.setItemDelegate(OutboxDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(lambda: self._show_one())
        name = parts.label("Outbox", factor=1.1, weight=QFont.Weight.DemiBold)
        name.setContentsMargins(14, 10, 8, 8)
        self.details = self._details()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(name)
        column.addWidget(parts.hairline())
        column.addWidget(self.list, 1)

    def _details(self) -> QWidget:
        self._title = parts.label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self._stand = parts.label(wrap=True)
        self._why = parts.label(look="secondary", wrap=True)
        self._people = parts.label(wrap=True)
        for label in (self._why, self._people):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        page = QWidget()
        page.setProperty("look", "pane")
        self._row = Flow(space=8)
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(8)
        for label in (self._title, self._stand):
            column.addWidget(label)
        column.addLayout(self._row)
        for label in (self._why, self._people):
            column.addWidget(label)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        return area

    def show_items(self, items: Sequence[OutItem], now: datetime) -> None:
        """Show the queue; the one that was chosen stays chosen."""
        chosen, self._now = self._chosen(), now
        self._items = {item.id: item for item in items}
        self.list.blockSignals(True)
        self.list.clear()
        for item in items:
            row = QListWidgetItem("\n".join(outbox_words.lines(item, now)))
            row.setData(Qt.ItemDataRole.UserRole, item.id)
            self.list.addItem(row)
            if item.id == chosen:
                self.list.setCurrentItem(row)
        if self.list.currentRow() < 0 and self.list.count():
            self.list.setCurrentRow(0)
        self.list.blockSignals(False)
        self._show_one()

    @property
    def words(self) -> str:
        """What is said of the chosen one."""
        said = (self._title, self._stand, self._why, self._people)
        return "\n".join(label.text() for label in said if label.text())

    def _chosen(self) -> int:
        row = self.list.currentItem()
        return int(row.data(Qt.ItemDataRole.UserRole)) if row is not None else 0

    def _show_one(self) -> None:
        item = self._items.get(self._chosen())
        if item is None:
            for label in (self._title, self._stand, self._why, self._people):
                label.clear()
            self._title.setText("" if self._items else "Nothing waits to be sent.")
            self._offer(())
            return
        self._title.setText(outbox_words.title(item))
        self._stand.setText(outbox_words.stand(item, self._now))
        self._why.setText("\n".join(outbox_words.reasons(item, self._now)))
        self._why.setVisible(bool(self._why.text()))
        self._people.setText("\n".join(outbox_words.recipient(one) for one in item.recipients))
        self._offer(outbox_words.acts(item, self._now))

    def _offer(self, acts: Sequence[Act]) -> None:
        """A button for each act; those that stay the same keep the keyboard."""
        if tuple(self.buttons) == tuple(acts):
            return
        self._row.clear()
        self.buttons = {}
        for act in acts:
            button = QPushButton(act.value)
            button.setAutoDefault(False)
            if act in FIRST:
                button.setProperty("look", "primary")
            button.clicked.connect(
                lambda checked=False, act=act: self.wanted.emit(self._chosen(), act)
            )
            self._row.addWidget(button)
            self.buttons[act] = button
