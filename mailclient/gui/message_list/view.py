"""The list itself: one column, rows of one height, scrolled by pixels; tells what is selected."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from mailclient.gui import theme
from mailclient.gui.message_list.delegate import RowDelegate
from mailclient.gui.message_list.model import Index, MessageModel


class MessageListView(QTableView):
    """Shows a MessageModel."""

    picked = Signal()  # the selection is another
    opened = Signal(int)  # Enter or a double click: the id
    starred = Signal(int)  # the star of this id was clicked
    menu_wanted = Signal(object)  # a QPoint on the screen

    def __init__(self, model: MessageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages = model
        self._held = False
        self.setModel(model)
        delegate = RowDelegate(self)
        delegate.star_clicked.connect(lambda at: self.starred.emit(model.ids[at]))
        delegate.count_clicked.connect(self.turn)
        self.setItemDelegate(delegate)
        self.setAccessibleName("Messages")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(theme.ROW_HEIGHT)
        rows.setDefaultSectionSize(theme.ROW_HEIGHT)
        self.verticalScrollBar().setSingleStep(theme.ROW_HEIGHT // 2)
        self.doubleClicked.connect(lambda index: self.opened.emit(model.ids[index.row()]))

    # What is selected

    def selected_ids(self) -> array[int]:
        """The ids of the selected messages, in the order of the list; of a conversation that is
        one row, all that are in the folder."""
        return self._messages.whole(self.selected_rows())

    def selected_rows(self) -> array[int]:
        """The ids of the selected rows, in the order of the list."""
        ids: array[int] = array("q")
        ranges = sorted((part.top(), part.bottom()) for part in self._ranges())
        for top, bottom in ranges:
            ids.extend(self._messages.ids[top : bottom + 1])
        return ids

    def ids_in_sight(self) -> array[int]:
        """The ids of the rows that are painted."""
        height = self.viewport().height()
        first, last = self.rowAt(0), self.rowAt(max(0, height - 1))
        if first < 0:
            return array("q")
        return self._messages.ids[first : last + 1 if last >= 0 else None]

    def selected_count(self) -> int:
        """How many rows are selected."""
        return sum(part.height() for part in self._ranges())

    def _ranges(self) -> list[QItemSelectionRange]:
        selection = self.selectionModel().selection()
        return [selection.at(number) for number in range(selection.count())]

    def current_row(self) -> int:
        """The position of the current row; -1 without one."""
        return self.currentIndex().row()

    def select_row(self, at: int) -> None:
        """Make one row current and the only one selected, and scroll to it."""
        if not 0 <= at < self._messages.rowCount():
            return
        index = self._messages.index(at, 0)
        self.selectionModel().setCurrentIndex(
            index,
            QItemSelectionModel.SelectionFlag.ClearAndSelect
            | QItemSelectionModel.SelectionFlag.Rows,
        )
        self.scrollTo(index)

    def select_rows(self, rows: Sequence[int], current: int) -> None:
        """Select these rows and no others, one of them as the current."""
        chosen = QItemSelection()
        for at in rows:
            chosen.select(self._messages.index(at, 0), self._messages.index(at, 0))
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(self._messages.index(current, 0), flags.NoUpdate)
        self.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)

    def step(self, step: int) -> bool:
        """Go to the next message in the direction `step`; returns whether there was one."""
        at = self.current_row()
        goal = 0 if at < 0 else at + step
        if not 0 <= goal < self._messages.rowCount():
            return False
        self.select_row(goal)
        return True

    def step_unread(self, step: int) -> bool:
        """Go to the next unread message; returns whether there was one."""
        goal = self._messages.next_unread(self.current_row(), step)
        if goal is None:
            return False
        self.select_row(goal)
        return True

    # Conversations

    def turn(self, at: int) -> None:
        """Show the messages of a conversation, or no more."""
        if not self._messages.unfold(at):
            self._fold(at)

    def _fold(self, at: int) -> None:
        """Close the conversation that a row is in, and stand on its head."""
        head = self._messages.listed.head(at)
        within = head <= self.current_row() < self._messages.listed.end(head)
        with self.held():
            if self._messages.fold(head) and within:
                self.select_row(head)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Change the rows without telling, and without going on to the next message."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self.picked.emit()

    # What Qt tells

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Pass it on."""
        super().selectionChanged(selected, deselected)
        if not self._held:
            self.picked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Right and Left open and close a conversation; letters are commands, never
        a search in the list."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if (at := self.current_row()) >= 0:
                self.opened.emit(self._messages.ids[at])
            return
        if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left) and self._messages.listed.grouped:
            if (at := self.current_row()) >= 0:
                if event.key() == Qt.Key.Key_Right:
                    self._messages.unfold(at)
                else:
                    self._fold(at)
            return
        if event.text().isprintable() and event.text().strip() and not event.modifiers():
            event.ignore()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done."""
        self.menu_wanted.emit(event.globalPos())

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        """Move on to the next message when the one shown goes away."""
        current = self.current_row()
        super().rowsAboutToBeRemoved(parent, start, end)
        if start <= current <= end and not self._held:
            after = end + 1 if end + 1 < self._messages.rowCount() else start - 1
            if after >= 0:
                self.select_row(after)
