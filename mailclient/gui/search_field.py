"""The one search field: words and fields, with what may come next offered below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QSizePolicy, QWidget

from mailclient.gui import icons, people
from mailclient.services.suggest import Suggestion

_SUGGESTION = Qt.ItemDataRole.UserRole + 1
_OF_THE_LIST = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab})


class SearchField(QLineEdit):
    """Escape empties it, Down goes to the list; a suggestion is taken by Down and Enter."""

    left = Signal()  # Escape or Down: the keyboard goes to the list
    suggestions_wanted = Signal(str, int)  # the text, and where in it one types

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Search mail  (Ctrl+K)")
        self.setAccessibleName("Search mail")
        self.setClearButtonEnabled(True)
        self.setToolTip(
            "Words, or from:ann  to:bob  subject:plan  has:attachment  is:unread  older:2w  "
            'size:>5mb  before:2026-01  "exact words"  -not  (one OR other)'
        )
        self.addAction(icons.icon("search", "secondary"), QLineEdit.ActionPosition.LeadingPosition)
        self.setMinimumWidth(160)
        self.setMaximumWidth(420)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._offered = QStandardItemModel(self)
        self._completer = QCompleter(self._offered, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._popup = QListView()
        self._completer.setPopup(self._popup)
        self._completer.setWidget(self)
        self._popup.setAccessibleName("Suggestions")
        # The stubs know of no overloaded signals.
        self._completer.activated[QModelIndex].connect(self._take)  # type: ignore[index]
        self.textEdited.connect(lambda text: self._ask())

    def offer(self, suggestions: Sequence[Suggestion]) -> None:
        """Offer what may come next; of nothing, nothing is shown."""
        self._offered.clear()
        for one in suggestions:
            meaning = people.plain(one.meaning)
            item = QStandardItem(f"{one.text}   {meaning}" if meaning else one.text)
            item.setData(one, _SUGGESTION)
            item.setData(f"{one.text}, {meaning}", Qt.ItemDataRole.AccessibleTextRole)
            self._offered.appendRow(item)
        if not suggestions or not self.hasFocus():
            self._popup.hide()
            return
        self._completer.complete()

    @property
    def offered(self) -> tuple[str, ...]:
        """What is offered now, as it is shown."""
        rows = range(self._offered.rowCount())
        return tuple(self._offered.item(row).text() for row in rows)

    def take(self, suggestion: Suggestion) -> None:
        """Put a suggestion in the place of what was begun."""
        rest = self.text()[self.cursorPosition() :]
        ended = suggestion.text.endswith(":") or rest.startswith((" ", ")"))
        begun = self.text()[: suggestion.start] + suggestion.text + ("" if ended else " ")
        self.setText(begun + rest)
        self.setCursorPosition(len(begun))
        self._ask()

    def _ask(self) -> None:
        self.suggestions_wanted.emit(self.text(), self.cursorPosition())

    def _take(self, index: QModelIndex) -> None:
        suggestion = index.data(_SUGGESTION)
        if isinstance(suggestion, Suggestion):
            self.take(suggestion)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What is offered is for who types here."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._popup.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape and Down leave the field; while something is offered they are for that."""
        if self._popup.isVisible() and event.key() in _OF_THE_LIST:
            event.ignore()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._popup.hide()
                self.returnPressed.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)
