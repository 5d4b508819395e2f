"""The line over a message that belongs to a conversation: which of how many it is, and the ways to
the others."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from mailclient.gui import parts


class Neighbours(QFrame):
    """Shows where a message stands in its conversation; hidden where it stands alone."""

    wanted = Signal(int)  # the message to go to

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self._ids: tuple[int, ...] = ()
        self._at = 0
        self.words = parts.label(look="secondary", factor=0.9)
        self.older = parts.icon_button("up", "Older in this conversation", lambda: self.go(-1))
        self.newer = parts.icon_button("down", "Newer in this conversation", lambda: self.go(1))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 1, 8, 1)
        row.setSpacing(2)
        row.addWidget(self.words)
        row.addStretch(1)
        row.addWidget(self.older)
        row.addWidget(self.newer)
        self.hide()

    @property
    def ids(self) -> tuple[int, ...]:
        """The messages of the conversation, oldest first."""
        return self._ids

    def show_around(self, id: int, ids: Sequence[int]) -> None:
        """Show which of these messages this is; they are given oldest first."""
        self._ids = tuple(ids)
        self._at = self._ids.index(id) if id in self._ids else 0
        several = id in self._ids and len(self._ids) > 1
        if several:
            told = f"{self._at + 1:,} of {len(self._ids):,} in this conversation"
            self.words.setText(told)
            self.words.setAccessibleName(told)
            self.older.setEnabled(self._at > 0)
            self.newer.setEnabled(self._at + 1 < len(self._ids))
        self.setVisible(several)

    def go(self, step: int) -> bool:
        """Want the next newer (1) or older (-1) message; returns whether there is one."""
        goal = self._at + step
        if self.isHidden() or not 0 <= goal < len(self._ids):
            return False
        self.wanted.emit(self._ids[goal])
        return True
