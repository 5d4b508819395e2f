"""A strip of words across a pane, with what can be done about it. It never takes the keyboard away.

Used for faults, notes with an undo, and for what is to be said above a message's text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QWidget

from mailclient.errors import MailError
from mailclient.gui import parts, theme

ROOM = 24  # letters of choices beside the text; more of them stand below it
Choice = tuple[str, Callable[[], object]]


class Kind(Enum):
    """How a strip is meant; the value is its icon, and the colour's role where it has one."""

    INFO = "info"
    CAUTION = "caution"
    DANGER = "danger"
    LOCKED = "locked"
    DRAFT = "drafts"

    @property
    def role(self) -> str:
        """The theme's colour for it."""
        return self.value if self in (Kind.CAUTION, Kind.DANGER) else "secondary"


class Strip(QFrame):
    """One strip; hidden until it has something to say. `left` is its room before the icon."""

    def __init__(self, parent: QWidget | None = None, *, left: int = theme.PADDING) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self._icon = parts.Picture()
        self._text = parts.label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._choices = QHBoxLayout()
        self._choices.setSpacing(theme.GRID)
        self._close = parts.icon_button("close", "Close this note", self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(left, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(2)
        self._body.addWidget(self._text, 1)
        self._body.addLayout(self._choices)
        row.addLayout(self._body, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def say(
        self,
        text: str,
        kind: Kind = Kind.INFO,
        choices: Sequence[Choice] = (),
        *,
        lasting: bool = False,
    ) -> None:
        """Show `text`; a lasting strip has no close button."""
        self._icon.show_icon(kind.value, kind.role)
        self._text.setText(text)
        self.setAccessibleName(text)
        while (item := self._choices.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()  # until it is gone it would be seen behind the new one
                old.deleteLater()
        below = sum(len(words) for words, _ in choices) > ROOM
        way = QBoxLayout.Direction
        self._body.setDirection(way.TopToBottom if below else way.LeftToRight)
        for words, act in choices:
            self._choices.addWidget(parts.link_button(words, act))
        if below:
            self._choices.addStretch(1)
        self._close.setVisible(not lasting)
        self.show()

    def tell(self, text: str) -> None:
        """Say something else, in the same way."""
        if text != self._text.text():
            self._text.setText(text)
            self.setAccessibleName(text)

    def problem(self, error: MailError, choices: Sequence[Choice] = ()) -> None:
        """Show a fault: what happened and what to do."""
        self.say(str(error), Kind.DANGER, choices)
        self.setToolTip(error.detail)

    def clear(self) -> None:
        """Hide the strip."""
        self._text.clear()
        self.setToolTip("")
        self.hide()

    @property
    def words(self) -> str:
        """What it says; "" while hidden."""
        return self._text.text()
