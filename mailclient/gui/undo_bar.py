"""What is about to be sent, with a countdown and a way to take it back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from mailclient.gui import outbox_words, parts, theme
from mailclient.services.waiting import held
from mailclient.store.outbox import OutItem

STEP_MS = 200


class UndoBar(QWidget):
    """Counts down for the message that was sent last; hidden where none is held back."""

    undo_wanted = Signal(int)
    now_wanted = Signal(int)

    def __init__(self, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self._clock = clock
        self._items: tuple[OutItem, ...] = ()
        self._whole = 0.0
        self.text = parts.label()
        self.undo = parts.link_button("Undo", lambda: self._tell(self.undo_wanted.emit))
        self.send = parts.link_button("Send now", lambda: self._tell(self.now_wanted.emit))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.bar.setAccessibleName("Time left to undo")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.PADDING, 4, theme.PADDING, 4)
        row.addWidget(self.text, 1)
        for part in (self.bar, self.undo, self.send):
            row.addWidget(part)
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._step)
        self.hide()

    def show_items(self, items: Sequence[OutItem]) -> None:
        """Take the queue as it is now."""
        now = self._clock()
        newest = [one.id for one in self._items[-1:]]
        self._items = tuple(one for one in items if held(one, now) is not None)
        if self._items and [self._items[-1].id] != newest:
            self._whole = self._left()
        self._step()

    @property
    def held(self) -> tuple[int, ...]:
        """The messages that can still be taken back."""
        return tuple(one.id for one in self._items)

    def _left(self) -> float:
        left = held(self._items[-1], self._clock()) if self._items else None
        return left.total_seconds() if left is not None else 0.0

    def _step(self) -> None:
        left = self._left()
        while self._items and left <= 0:
            self._items = self._items[:-1]
            left = self._left()
        self.setVisible(bool(self._items))
        if not self._items:
            self._timer.stop()
            return
        seconds = math.ceil(left)
        more = f" (and {len(self._items) - 1} more)" if len(self._items) > 1 else ""
        self.text.setText(
            f"“{outbox_words.title(self._items[-1])}”{more} is sent in {seconds} "
            f"{'second' if seconds == 1 else 'seconds'}."
        )
        self.setAccessibleName(self.text.text())
        self.bar.setRange(0, max(1, int(self._whole * 1000)))
        self.bar.setValue(int(left * 1000))
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self, emit: Callable[[int], object]) -> None:
        if self._items:
            emit(self._items[-1].id)
