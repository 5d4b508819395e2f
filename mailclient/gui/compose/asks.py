"""What the writer wants to be told about a message: that it was read, that it was delivered."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from mailclient.gui import icons


class AskButton(QToolButton):
    """A button with two wishes behind it; on while there is one."""

    touched = Signal()

    def __init__(self, *, read: bool, delivered: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.read = menu.addAction("Ask for a read receipt")
        self.read.setToolTip("The recipients are asked; each decides whether you are told.")
        self.delivered = menu.addAction("Ask for a report of delivery")
        self.delivered.setToolTip("Servers are asked to report; not every one does.")
        for action, on in ((self.read, read), (self.delivered, delivered)):
            action.setCheckable(True)
            action.setChecked(on)
            action.toggled.connect(self._changed)
        self.setIcon(icons.icon("receipts"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(menu)
        self._tell()

    def _changed(self) -> None:
        self._tell()
        self.touched.emit()

    def _tell(self) -> None:
        wishes = [one.text() for one in (self.read, self.delivered) if one.isChecked()]
        words = "; ".join(wishes) or "Ask to be told that it was read or delivered"
        self.setText("Receipts: asked" if wishes else "Receipts")
        self.setToolTip(words)
        self.setAccessibleName(f"Receipts. {words}")
