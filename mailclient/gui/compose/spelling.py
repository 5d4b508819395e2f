"""Marks below words that no dictionary knows, and what can be done about one.

The marks are drawn and are no part of the text: nothing of them is kept, copied or sent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QKeySequence,
    QShortcut,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QMenu, QWidget

from mailclient.errors import MailError
from mailclient.gui import theme
from mailclient.gui.compose import rich_document
from mailclient.gui.compose.editor import Editor
from mailclient.gui.strip import Kind, Strip
from mailclient.services.spelling import Spelling

SIGNATURE = ("-- ", "--")
_WRITTEN, _SIGNED = 0, 1  # whether a block stands above the line of the signature, or below it


class Marks(QSyntaxHighlighter):
    """Draws the marks; words that are `let_be` have none."""

    def __init__(self, editor: Editor, spelling: Spelling) -> None:
        super().__init__(editor.document())
        self._editor = editor
        self._spelling = spelling
        self.let_be: set[str] = set()

    def highlightBlock(self, text: str) -> None:
        """Mark one line anew."""
        signed = self.previousBlockState() == _SIGNED or text in SIGNATURE
        self.setCurrentBlockState(_SIGNED if signed else _WRITTEN)
        look = QTextCharFormat()
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        look.setUnderlineColor(theme.of(self._editor.palette()).color("danger"))
        for start, end in self.places(self.currentBlock()):
            self.setFormat(_units(text[:start]), _units(text[start:end]), look)

    def places(self, block: QTextBlock) -> list[tuple[int, int]]:
        """Where the words of a line stand that are marked, in letters."""
        text = block.text()
        if block.userState() == _SIGNED or rich_document.depth_of(block):
            return []
        found = self._spelling.unknown(text)
        return [(start, end) for start, end in found if text[start:end] not in self.let_be]


def _units(text: str) -> int:
    """How long a text is to Qt, in units of UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class SpellCheck(QObject):
    """The marks of one editor, its menu, and the key that goes from word to word."""

    def __init__(self, editor: Editor, spelling: Spelling, strip: Strip, window: QWidget) -> None:
        super().__init__(editor)
        self._editor = editor
        self._spelling = spelling
        self._strip = strip
        spelling.begin()
        self.marks = Marks(editor, spelling)
        self._later = QTimer(self)  # once the colours have changed everywhere
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.marks.rehighlight)
        editor.recoloured.connect(self._later.start)
        editor.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        editor.customContextMenuRequested.connect(self._show_menu)
        QShortcut(QKeySequence("F7"), window, self._step)

    def _step(self) -> None:
        if said := self.next():
            self._strip.say(said, Kind.INFO)
        else:
            self._editor.setFocus()

    def next(self) -> str:
        """Choose the next word that is marked, from the top again after the last one; returns what
        is to be said where there is none."""
        if not self._spelling.is_on:
            return self._spelling.lack or "The check of spelling is off."
        cursor = self._editor.textCursor()
        begin, document = cursor.selectionEnd(), self._editor.document()
        block, at = document.findBlock(begin), begin
        for _ in range(document.blockCount() + 1):
            for start, end in self.marks.places(block):
                place = block.position() + _units(block.text()[:start])
                if place >= at:
                    self._choose(place, _units(block.text()[start:end]))
                    return ""
            block = block.next()
            at = 0
            if not block.isValid():
                block = document.begin()
        return "Every word is known."

    def _choose(self, place: int, length: int) -> None:
        cursor = self._editor.textCursor()
        cursor.setPosition(place)
        cursor.setPosition(place + length, QTextCursor.MoveMode.KeepAnchor)
        self._editor.setTextCursor(cursor)
        self._editor.ensureCursorVisible()

    # The menu

    def menu_at(self, place: QPoint) -> QMenu:
        """What can be done where somebody clicks: about the word there, then the usual."""
        menu = self._editor.createStandardContextMenu(place)
        first = menu.actions()[0] if menu.actions() else None
        actions: list[QAction] = []
        word = self._word_at(self._editor.cursorForPosition(place))
        if word is not None:
            actions += self._about(word, menu)
        elif (own := self._own_at(self._editor.cursorForPosition(place))) is not None:
            actions.append(self._action(menu, f"Forget “{own}”", lambda: self._forget(own)))
        menu.insertActions(first, actions)  # type: ignore[arg-type]
        if actions:
            menu.insertSeparator(first)  # type: ignore[arg-type]
        menu.addSeparator()
        menu.addMenu(self._switches(menu))
        return menu

    def _about(self, word: QTextCursor, menu: QMenu) -> list[QAction]:
        text = word.selectedText()
        made = [
            self._action(menu, one, partial(word.insertText, one))
            for one in self._spelling.suggestions(text)
        ]
        if not made:
            nothing = QAction("No suggestion", menu)
            nothing.setEnabled(False)
            made.append(nothing)
        made.append(self._action(menu, f"Add “{text}” to your words", lambda: self._learn(text)))
        made.append(self._action(menu, "Leave it in this message", lambda: self._let_be(text)))
        return made

    def _switches(self, menu: QMenu) -> QMenu:
        """Whether, and in which language."""
        found = QMenu("Spelling", menu)
        on = found.addAction("Mark unknown words")
        on.setCheckable(True)
        on.setChecked(self._spelling.is_on)
        on.setEnabled(not self._spelling.lack)
        on.toggled.connect(self._switch)
        if self._spelling.lack:
            found.addAction(self._spelling.lack).setEnabled(False)
        found.addSeparator()
        for language in self._spelling.languages():
            one = found.addAction(language)
            one.setCheckable(True)
            one.setChecked(language == self._spelling.language)
            one.triggered.connect(lambda on, language=language: self._take(language))
        return found

    @staticmethod
    def _action(menu: QMenu, text: str, act: Callable[[], object]) -> QAction:
        made = QAction(text.replace("&", "&&"), menu)
        made.triggered.connect(lambda: act())
        return made

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu_at(place)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._editor.viewport().mapToGlobal(place))

    def _word_at(self, cursor: QTextCursor) -> QTextCursor | None:
        """The marked word at a place, chosen; None where there is none."""
        block = cursor.block()
        text, at = block.text(), cursor.positionInBlock()
        for start, end in self.marks.places(block):
            first, last = _units(text[:start]), _units(text[:end])
            if first <= at <= last:
                cursor.setPosition(block.position() + first)
                cursor.setPosition(block.position() + last, QTextCursor.MoveMode.KeepAnchor)
                return cursor
        return None

    def _own_at(self, cursor: QTextCursor) -> str | None:
        cursor.select(QTextCursor.SelectionType.WordUnderCursor)
        word = cursor.selectedText()
        return word if word and self._spelling.is_own(word) else None

    # What is done

    def _learn(self, word: str) -> None:
        try:
            self._spelling.learn(word)
        except MailError as problem:
            self._strip.problem(problem)
        self.marks.rehighlight()

    def _forget(self, word: str) -> None:
        self._spelling.forget(word)
        self.marks.rehighlight()

    def _let_be(self, word: str) -> None:
        self.marks.let_be.add(word)
        self.marks.rehighlight()

    def _switch(self, on: bool) -> None:
        self._spelling.switch(on)
        self.marks.rehighlight()

    def _take(self, language: str) -> None:
        self._spelling.choose(language)
        self.marks.rehighlight()
