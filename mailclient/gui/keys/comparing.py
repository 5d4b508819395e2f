"""Confirming that a key is somebody's: by words that are read aloud, by a code, or by pasting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts
from mailclient.gui.keys import codes
from mailclient.services.comparing import same

COLUMNS = 5


class ConfirmDialog(QDialog):
    """Compares a key with what its owner says; emits what that came to, and how."""

    judged = Signal(str, str)  # verified or rejected; words, code or text
    picture_wanted = Signal()
    clipboard_wanted = Signal()

    def __init__(
        self, who: str, fingerprint: str, words: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Is this the key of {who}?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        self._fingerprint = fingerprint
        self._how = "words"
        self.given = QLineEdit()
        self.given.setPlaceholderText("Paste or type what they gave you")
        self.given.setAccessibleName("What they gave you")
        self.told = parts.label(wrap=True)
        self._icon = parts.Picture()
        self.same = QPushButton("The words are the same")
        self.differ = QPushButton("They differ")
        cancel = QPushButton("Not now")
        for button in (self.same, self.differ, cancel):
            button.setAutoDefault(False)
        self.same.setProperty("look", "primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(10)
        column.addWidget(
            parts.label(
                f"Call {who}, or meet. In Keys and people they choose 'Let others confirm it' for "
                "their own key, and read you these words:",
                wrap=True,
            )
        )
        column.addLayout(word_grid(words))
        column.addWidget(
            parts.label(
                "If they use another program, have them give you the long number of their key "
                "('fingerprint'), by another way than mail:",
                look="secondary",
                wrap=True,
            )
        )
        column.addWidget(self.given)
        if codes.available():
            column.addLayout(self._scanning())
        result = QHBoxLayout()
        result.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        result.addWidget(self.told, 1)
        column.addLayout(result)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (cancel, self.differ, self.same):
            buttons.addWidget(button)
        column.addLayout(buttons)
        self.given.textChanged.connect(lambda text: self.take(text, "text"))
        self.same.clicked.connect(lambda: self._judge("verified"))
        self.differ.clicked.connect(lambda: self._judge("rejected"))
        cancel.clicked.connect(self.reject)

    def _scanning(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(parts.label("Or take the code that they show:", look="secondary"))
        choices: tuple[tuple[str, Callable[[], object]], ...] = (
            ("A picture of it…", self.picture_wanted.emit),
            ("From the clipboard", self.clipboard_wanted.emit),
        )
        for words, act in choices:
            row.addWidget(parts.link_button(words, act))
        row.addStretch(1)
        return row

    def take(self, text: str, how: str) -> None:
        """Compare with what was typed, pasted or scanned."""
        found = same(text, self._fingerprint) if text.strip() else None
        self._how = "words" if not text.strip() else how
        if found is None:
            self._icon.show_icon("")
            self.told.setText("It is not complete yet." if text.strip() else "")
        elif found:
            self._icon.show_icon("check", "good")
            self.told.setText("It is the same key.")
        else:
            self._icon.show_icon("danger", "danger")
            self.told.setText("It is another key. Do not confirm this one.")
        self.same.setText("Confirm the key" if found else "The words are the same")
        self.same.setEnabled(found is not False)

    def _judge(self, word: str) -> None:
        self.judged.emit(word, self._how)
        self.accept()


class ShowDialog(QDialog):
    """Shows one's own words and code, so that others can confirm one's key."""

    def __init__(
        self,
        who: str,
        words: Sequence[str],
        code: str,
        number: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Let others confirm your key")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(10)
        column.addWidget(
            parts.label(
                f"Somebody wants to be sure that your key for {who} is yours? Read them these "
                "words, by telephone or when you meet; their program shows the same ones:",
                wrap=True,
            )
        )
        column.addLayout(word_grid(words))
        if codes.available():
            column.addWidget(parts.label("Or let them scan this code:", wrap=True))
            picture = QLabel()
            picture.setPixmap(codes.drawn(code))
            picture.setAccessibleName("A code with the number of your key")
            picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(picture)
        column.addWidget(
            parts.label("For other programs, the number of your key:", look="secondary")
        )
        self.number = parts.label(number, wrap=True)
        self.number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.number)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column.addLayout(row)


def word_grid(words: Sequence[str]) -> QGridLayout:
    """The words, numbered, as they are read aloud."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(8)
    for at, word in enumerate(words):
        made = parts.label(f"{at + 1}  {word}", factor=1.1, weight=QFont.Weight.DemiBold)
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(made, at // COLUMNS, at % COLUMNS)
    return grid
