"""The third page: a key of one's own. Made now, taken from where it is, or later."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.crypto.api import KeyInfo
from mailclient.gui import dates, parts, people


class Choice(Enum):
    """What the user wants to do about a key."""

    CREATE = 0
    USE = 1
    LATER = 2


class KeyPage(QWidget):
    """Shows the choice, and then the key."""

    chosen = Signal()
    file_wanted = Signal()
    backup_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key: KeyInfo | None = None  # the one that is used from now on
        self._held: KeyInfo | None = None  # one that GnuPG has for the address
        self.welcome = parts.label(wrap=True)
        self._group = QButtonGroup(self)
        self.create_key = QRadioButton("Create a key for me (recommended)")
        self.use_key = QRadioButton("Use a key that I have")
        self.later = QRadioButton("Later")
        for choice, button in zip(Choice, (self.create_key, self.use_key, self.later), strict=True):
            self._group.addButton(button, choice.value)
        self.create_key.setChecked(True)
        self.held = parts.label(look="secondary", wrap=True)
        self.file = QPushButton("From a file…")
        self.file.setAutoDefault(False)
        self.backup = QPushButton("Save a copy of the key…")
        self.backup.setAutoDefault(False)
        self._icon = parts.Picture()
        self.state = parts.label(wrap=True)
        self._arrange()
        self._group.idToggled.connect(lambda id, on: self._choose())
        self.file.clicked.connect(self.file_wanted)
        self.backup.clicked.connect(self.backup_wanted)

    def _arrange(self) -> None:
        have = QHBoxLayout()
        have.setContentsMargins(24, 0, 0, 0)
        have.addWidget(self.held, 1)
        have.addWidget(self.file)
        state = QHBoxLayout()
        state.setSpacing(12)
        state.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        state.addWidget(self.state, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.welcome)
        column.addWidget(
            parts.label(
                "With a key of your own others can write to you so that only you can read it. A "
                "new one is valid for two years and can be renewed.",
                wrap=True,
            )
        )
        column.addWidget(self.create_key)
        column.addWidget(self.use_key)
        column.addLayout(have)
        column.addWidget(self.later)
        column.addSpacing(6)
        column.addLayout(state)
        column.addWidget(self.backup, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def begin(self, address: str, held: KeyInfo | None) -> None:
        """Offer the choice for an address; `held` is the key for it that is here already."""
        self.key, self._held = None, held
        shown = people.plain(address)
        self.welcome.setText(f"Both servers let {shown} in. The account is set up.")
        if held is None:
            self.held.setText(f"There is no key for {shown} on this computer yet.")
        else:
            self.held.setText(f"In GnuPG on this computer: {_words(held)}")
        first = self.create_key if held is None else self.use_key
        first.setChecked(True)
        first.setFocus()
        self.say("", "")
        self.backup.hide()
        self._choose()

    def _choose(self) -> None:
        using = self.use_key.isChecked()
        self.held.setEnabled(using)
        self.file.setEnabled(using)
        self.chosen.emit()

    @property
    def choice(self) -> Choice:
        """What is chosen."""
        return Choice(self._group.checkedId())

    @property
    def can_go_on(self) -> bool:
        """Whether the choice can be carried out."""
        return self.key is not None or self.choice is not Choice.USE or self._held is not None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be done."""
        return self.key is not None or self.choice is not Choice.CREATE

    @property
    def words(self) -> str:
        """What the main button does."""
        return "Finish" if self.is_settled else "Create my key"

    def say(self, icon: str, text: str) -> None:
        """Say what is going on."""
        self._icon.show_icon(icon)
        self.state.setText(text)
        self.state.setAccessibleName(text)

    def choose_between(self, enabled: bool) -> None:
        """Let the choice be changed, or not while it is carried out."""
        for button in self._group.buttons():
            button.setEnabled(enabled)
        self.file.setEnabled(enabled and self.use_key.isChecked())

    def show_key(self, key: KeyInfo, *, made: bool) -> None:
        """Show the key that is used from now on; a new one should be saved somewhere."""
        self.key = key
        self.choose_between(False)
        if made:
            self.say(
                "key",
                "Your key is ready. If this computer is lost, mail to you cannot be read without a "
                "copy of it. Save one now: a file, and a code on a sheet that opens it.",
            )
            self.backup.show()
        else:
            self.say("key", f"This key is used from now on: {_words(key)}")
        self.chosen.emit()

    def show_saved(self, name: str) -> None:
        """Say that the copy is there."""
        self.say("check", f"The copy lies in {people.plain(name)}.")


def _words(key: KeyInfo) -> str:
    """A key, as somebody compares it."""
    groups = " ".join(key.fingerprint[at : at + 4] for at in range(0, len(key.fingerprint), 4))
    return f"{groups}, made on {dates.day(key.created)}."
