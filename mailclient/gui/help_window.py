"""The keyboard at a glance, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import actions, parts


class ShortcutWindow(QDialog):
    """All commands with their keys; a field narrows them down."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard")
        self.resize(460, 560)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find a command")
        self.field.setAccessibleName("Find a command")
        self.field.textChanged.connect(self._narrow)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Commands and their keys")
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        place = ""
        for part, words, keys in actions.table():
            if part != place:
                place = part
                heading = QTreeWidgetItem([part, ""])
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.tree.addTopLevelItem(heading)
            self.tree.addTopLevelItem(QTreeWidgetItem([words, keys]))
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)
        layout.addWidget(self.tree)

    def _narrow(self, words: str) -> None:
        for at in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(at)
            if item is not None:
                told = f"{item.text(0)} {item.text(1)}".casefold()
                heading = not item.text(1)
                item.setHidden(bool(words) and (heading or words.casefold() not in told))


class AboutWindow(QDialog):
    """Name, version, licence."""

    def __init__(self, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About this program")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(8)
        layout.addWidget(parts.label("mailclient", factor=1.5, weight=QFont.Weight.DemiBold))
        layout.addWidget(parts.label(f"Version {version}", look="secondary"))
        layout.addWidget(
            parts.label(
                "Mail that stays on your own computer, encrypted, readable by nobody else.\n"
                "Free software under the GNU General Public License, version 3 or later.",
                wrap=True,
            )
        )
        layout.addWidget(buttons)
