"""The documentation inside the program: contents and search on the left, the page on the right.

It ships with the program and is read without any network; a link that leads elsewhere opens in the
browser.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QImage,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import pages, parts, theme
from mailclient.gui.pages import INDEX, Page
from mailclient.resources import document

MARGIN = 48  # pixels beside a picture


class PageView(QTextBrowser):
    """One page; its pictures come from the documentation and from nowhere else."""

    drawn_again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Page")
        self.setProperty("look", "page")
        self.setOpenLinks(False)
        self.name = INDEX
        self._shown: QTextDocument | None = None
        self._places: list[tuple[int, int]] = []  # begin and end of what is marked

    def show_page(self, page: Page) -> None:
        """Show a page from its beginning."""
        self.name = page.name
        fresh = QTextDocument(self)  # an old one hands its last look on to the first words
        fresh.setDefaultFont(self.font())
        fresh.setDocumentMargin(16)
        before, self._shown = self._shown, fresh
        self.setDocument(fresh)
        if before is not None:
            before.deleteLater()
        self.setMarkdown(page.text)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """A picture of the documentation, no wider than the window."""
        name = QUrl(name)
        path = urljoin(self.name, name.path())
        whole = kind == QTextDocument.ResourceType.ImageResource.value and not name.scheme()
        if not whole or not path.startswith("images/") or ".." in path:
            return None
        picture = QImage(str(document(path)))
        room = max(200, self.viewport().width() - MARGIN)
        if picture.width() <= room:
            return picture
        return picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pictures again."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._draw_again()

    def changeEvent(self, event: QEvent) -> None:
        """Draw links in the colours of another palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_again()

    def _draw_again(self) -> None:
        at = self.verticalScrollBar().value()
        self.show_page(pages.page(self.name))
        self.verticalScrollBar().setValue(at)
        self.drawn_again.emit()

    def go_to(self, anchor: str) -> None:
        """Show the part that a link calls so."""
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and pages.anchor(block.text()) == anchor:
                self.setTextCursor(QTextCursor(block))
                rectangle = self.document().documentLayout().blockBoundingRect(block)
                self.verticalScrollBar().setValue(int(rectangle.top()))
                return
            block = block.next()

    def mark(self, words: str) -> int:
        """Mark every place where one of these words stands; how many there are."""
        found: list[QTextEdit.ExtraSelection] = []
        places: list[tuple[int, int]] = []
        ground = theme.of(self.palette()).color("selection")
        for word in words.split():
            cursor = self.document().find(word, 0)
            while not cursor.isNull():
                one = QTextEdit.ExtraSelection()
                one.cursor = cursor
                one.format.setBackground(ground)
                found.append(one)
                places.append((cursor.selectionStart(), cursor.selectionEnd()))
                cursor = self.document().find(word, cursor)
        self.setExtraSelections(found)
        self._places = sorted(places)
        return len(places)

    def next_place(self, *, first: bool = False) -> None:
        """Go to the next marked place; after the last to the first again."""
        at = -1 if first else self.textCursor().selectionStart()
        ahead = [one for one in self._places if one[0] > at] or self._places
        if ahead:
            cursor = self.textCursor()
            cursor.setPosition(ahead[0][0])
            cursor.setPosition(ahead[0][1], QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
            self.ensureCursorVisible()


class DocumentationWindow(QDialog):
    """Stands beside the other windows."""

    def __init__(self, name: str = INDEX, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Documentation")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(920, 660)
        self._past: list[str] = []
        self._future: list[str] = []
        self.field = QLineEdit()
        self.text = PageView()
        self.text.anchorClicked.connect(self._follow)
        self.text.drawn_again.connect(lambda: self.text.mark(self.field.text()))
        self.field.setPlaceholderText("Search the documentation")
        self.field.setAccessibleName("Search the documentation")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(lambda: self.text.next_place())
        self.list = QListWidget()
        self.list.setAccessibleName("Pages")
        self.list.itemActivated.connect(self._chosen)
        self.list.itemClicked.connect(self._chosen)
        self.told = parts.label(look="secondary")
        self.back = parts.icon_button("back", "Back", self._go_back)
        self.forward = parts.icon_button("forward-page", "Forward", self._go_forward)
        self._arrange()
        for key, act in (
            ("Ctrl+F", self.field.setFocus),
            ("Alt+Left", self._go_back),
            ("Alt+Right", self._go_forward),
            ("Ctrl+W", self.close),
        ):
            QShortcut(QKeySequence(key), self, act)
        self._list(pages.pages())
        self.show_page(name)
        self.text.setFocus()

    def _arrange(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 12, 8, 12)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        right = QWidget()
        above = QHBoxLayout()
        for button in (self.back, self.forward):
            above.addWidget(button)
        above.addWidget(self.told, 1)
        page = QVBoxLayout(right)
        page.setContentsMargins(8, 8, 12, 12)
        page.addLayout(above)
        page.addWidget(self.text, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setSizes([260, 660])
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(splitter)

    # Pages

    def show_page(self, name: str, anchor: str = "") -> None:
        """Show another page, perhaps at one of its parts."""
        if name != self.text.name or not self._past:
            self._past.append(name)
            self._future.clear()
        self._show(name)
        if anchor:
            self.text.go_to(anchor)

    def _show(self, name: str) -> None:
        page = pages.page(name)
        self.text.show_page(page)
        self.setWindowTitle(f"{page.title} — Documentation")
        self.back.setEnabled(len(self._past) > 1)
        self.forward.setEnabled(bool(self._future))
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentRow(row)
        self._mark()

    def _go_back(self) -> None:
        if len(self._past) > 1:
            self._future.append(self._past.pop())
            self._show(self._past[-1])

    def _go_forward(self) -> None:
        if self._future:
            self._past.append(self._future.pop())
            self._show(self._past[-1])

    def _follow(self, link: QUrl) -> None:
        """Another page of the documentation; what leads elsewhere opens in the browser."""
        if link.scheme():
            QDesktopServices.openUrl(link)
            return
        name = urljoin(self.text.name, link.path()) if link.path() else self.text.name
        if name.endswith("/"):
            name += INDEX
        if pages.is_page(name):
            self.show_page(name, link.fragment())
        else:
            self.told.setText("That page comes with the source of the program only.")

    # Searching

    def _list(self, found: tuple[Page, ...]) -> None:
        self.list.clear()
        for one in found:
            item = QListWidgetItem(one.title)
            item.setData(Qt.ItemDataRole.UserRole, one.name)
            item.setToolTip(one.title)
            self.list.addItem(item)
            if one.name == self.text.name:
                self.list.setCurrentItem(item)

    def _search(self, words: str) -> None:
        """List the pages that hold the words, and show the first."""
        found = pages.holding(words, pages.pages())
        self._list(found)
        names = [one.name for one in found]
        if words.strip() and names and self.text.name not in names:
            self.show_page(names[0])
        self._mark(none=not names)

    def _mark(self, *, none: bool = False) -> None:
        words = self.field.text().strip()
        count = self.text.mark(words)
        told = f"{count} on this page" if words else ""
        self.told.setText("No page holds these words." if none else told)
        self.told.setAccessibleName(self.told.text())
        if count:
            self.text.next_place(first=True)

    def _chosen(self, item: QListWidgetItem) -> None:
        self.show_page(str(item.data(Qt.ItemDataRole.UserRole)))


def help_key(window: QWidget, page: str) -> None:
    """Have F1 open a page of the documentation in a window."""
    QShortcut(QKeySequence("F1"), window, lambda: DocumentationWindow(page, window).show())
