"""Find in the message that is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from mailclient.gui import parts
from mailclient.gui.reader.body_view import BodyView


class FindBar(QFrame):
    """A field that searches the text as one types; Enter goes on, Shift+Enter back."""

    closed = Signal()

    def __init__(self, body: BodyView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._body = body
        self.setProperty("look", "panel")
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in this message")
        self.field.setAccessibleName("Find in this message")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(lambda: self.search(anew=True))
        self.result = parts.label(look="secondary", factor=0.9)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.addWidget(self.field, 1)
        row.addWidget(self.result)
        row.addWidget(parts.icon_button("up", "Find backwards", lambda: self.search(back=True)))
        row.addWidget(parts.icon_button("down", "Find on", self.search))
        row.addWidget(parts.icon_button("close", "Close the search", self.finish))
        self.hide()

    def begin(self) -> None:
        """Show the field and take the keyboard."""
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def finish(self) -> None:
        """Hide the field and give the keyboard back to the text."""
        self.hide()
        self._body.setFocus()
        self.closed.emit()

    def search(self, *, back: bool = False, anew: bool = False) -> bool:
        """Find the next place, around the end if need be; returns whether there is one."""
        words = self.field.text()
        if not words:
            self.result.clear()
            return False
        flags = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
        if anew:
            cursor = self._body.textCursor()
            cursor.setPosition(cursor.selectionStart())
            self._body.setTextCursor(cursor)
        found = self._body.find(words, flags)
        if not found:
            end = QTextCursor.MoveOperation.End if back else QTextCursor.MoveOperation.Start
            self._body.moveCursor(end)
            found = self._body.find(words, flags)
        self.result.setText("" if found else "Not in this message")
        self.result.setAccessibleName(self.result.text())
        return found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter searches on, Escape closes."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.search(back=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() == Qt.Key.Key_Escape:
            self.finish()
        else:
            super().keyPressEvent(event)
