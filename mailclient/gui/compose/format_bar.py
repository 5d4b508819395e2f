"""The bar above rich text: bold, italic, underline, lists, quote, link, picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QSizePolicy, QToolButton, QWidget

from mailclient.gui import icons, theme
from mailclient.gui.compose import rich_document
from mailclient.gui.compose.editor import Editor
from mailclient.message.rich import ListKind, is_link


class FormatBar(QWidget):
    """Shows how the text at the cursor looks, and changes it."""

    picture_wanted = Signal()
    refused = Signal(str)

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.setAccessibleName("Format")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.PADDING, 2, theme.PADDING, 2)
        self._row.setSpacing(2)
        self.bold = self._button("bold", "Bold", "Ctrl+B", editor.toggle_bold)
        self.italic = self._button("italic", "Italic", "Ctrl+I", editor.toggle_italic)
        self.underline = self._button("underline", "Underline", "Ctrl+U", editor.toggle_underline)
        self._row.addSpacing(8)
        self.bullets = self._list("bullets", "Bullets", "Ctrl+Shift+8", ListKind.BULLETS)
        self.numbers = self._list("numbers", "Numbers", "Ctrl+Shift+7", ListKind.NUMBERS)
        self.quote = self._button("quote", "Quote", "Ctrl+Shift+9", editor.toggle_quote)
        self._row.addSpacing(8)
        self.link = self._button("link", "Link…", "Ctrl+K", self._ask_link, toggle=False)
        self.picture = self._button(
            "file-image", "Picture…", "Ctrl+Shift+P", self.picture_wanted.emit, toggle=False
        )
        self._row.addStretch(1)
        editor.cursorPositionChanged.connect(self._show)
        editor.currentCharFormatChanged.connect(lambda look: self._show())

    def _button(
        self, icon: str, words: str, key: str, act: Callable[[], object], *, toggle: bool = True
    ) -> QToolButton:
        button = QToolButton()
        button.setIcon(icons.icon(icon, "text"))
        button.setIconSize(QSize(theme.ICON, theme.ICON))
        button.setCheckable(toggle)
        plain = words.rstrip("…")
        button.setAccessibleName(plain)
        button.setToolTip(f"{plain} ({key})")

        def do() -> None:
            if not self._editor.rich:  # a key pressed in plain text
                return
            act()
            self._editor.setFocus()
            self._show()

        button.clicked.connect(lambda: do())
        shortcut = QShortcut(QKeySequence(key), self._editor, do)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._row.addWidget(button)
        return button

    def _list(self, icon: str, words: str, key: str, kind: ListKind) -> QToolButton:
        return self._button(icon, words, key, lambda: self._editor.toggle_list(kind))

    def _show(self) -> None:
        """Press the buttons whose look the text at the cursor has."""
        editor = self._editor
        look = editor.currentCharFormat()
        block = editor.textCursor().block()
        kind = rich_document.take_kind(block)
        self.bold.setChecked(look.fontWeight() >= QFont.Weight.DemiBold)
        self.italic.setChecked(look.fontItalic())
        self.underline.setChecked(look.fontUnderline() and not look.anchorHref())
        self.bullets.setChecked(kind is ListKind.BULLETS)
        self.numbers.setChecked(kind is ListKind.NUMBERS)
        self.quote.setChecked(bool(rich_document.depth_of(block)))

    def _ask_link(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Link")
        dialog.setLabelText("Where the link leads")
        dialog.setTextValue(self._editor.currentCharFormat().anchorHref() or "https://")
        dialog.textValueSelected.connect(self.put_link)
        dialog.open()

    def put_link(self, address: str) -> None:
        """Put a link where the cursor is."""
        address = address.strip()
        if is_link(address) and address.lower() != "https://":
            self._editor.set_link(address)
        else:
            self.refused.emit("A link begins with https://, http:// or mailto:.")
