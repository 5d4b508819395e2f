"""Choose a folder by typing a few letters of its name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from mailclient.gui import icons
from mailclient.gui.folder_list import ROLE_ICONS, Place


class MoveDialog(QDialog):
    """Lists folders; Enter takes the marked one."""

    chosen = Signal(int)  # a folder

    def __init__(self, places: Sequence[Place], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Move to")
        self.resize(360, 380)
        self._places = [place for place in places if len(place.folders) == 1]
        self.field = QLineEdit()
        self.field.setPlaceholderText("Name of a folder")
        self.field.setAccessibleName("Name of a folder")
        self.list = QListWidget()
        self.list.setAccessibleName("Folders")
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._take)
        self.field.installEventFilter(self)
        self.list.itemActivated.connect(lambda item: self._take())
        self._fill("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys move in the list while the field has the keyboard."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
            if (step := steps.get(Qt.Key(event.key()))) is not None:
                row = max(0, min(self.list.count() - 1, self.list.currentRow() + step))
                self.list.setCurrentRow(row)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, words: str) -> None:
        self.list.clear()
        for place in self._places:
            if words.casefold() in place.title.casefold():
                item = QListWidgetItem(
                    icons.icon(ROLE_ICONS.get(place.role, "folder"), "secondary"), place.title
                )
                item.setData(Qt.ItemDataRole.UserRole, place.folders[0])
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _take(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.chosen.emit(int(item.data(Qt.ItemDataRole.UserRole)))
            self.accept()
