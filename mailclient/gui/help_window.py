"""The keyboard at a glance, a page of the documentation, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFont
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import actions, parts
from mailclient.resources import document


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


class PageWindow(QDialog):
    """A page of the documentation, as it ships with the program; nothing is loaded."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 620)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Documentation")
        self.text.setProperty("look", "page")
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._follow)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        self.show_page(name)

    def show_page(self, name: str) -> None:
        """Show another page."""
        words = document(name).read_text(encoding="utf-8")
        self.setWindowTitle(words.partition("\n")[0].lstrip("# "))
        self.text.setMarkdown(words)

    def _follow(self, link: QUrl) -> None:
        """Another page of the documentation; what leads elsewhere opens in the browser."""
        name = link.path()
        if link.scheme():
            QDesktopServices.openUrl(link)
        elif "/" not in name and document(name).is_file():
            self.show_page(name)


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
