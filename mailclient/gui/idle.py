"""Tells when nobody has touched keyboard or mouse for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal

LOOK_MS = 5000
_TOUCH = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
    }
)


class IdleClock(QObject):
    """Watches the whole program, but only while there is a time to wait for."""

    idle = Signal()

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._seconds = 0
        self._touched = clock()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def wait_for(self, seconds: int) -> None:
        """Emit `idle` after so many seconds without a touch; 0 is never."""
        application = QCoreApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        self._seconds = seconds
        self._touched = self._clock()
        if not seconds:
            self._timer.stop()
            return
        application.installEventFilter(self)  # every event passes here, so only while wanted
        self._timer.start()

    def look(self) -> None:
        """See whether the time is up."""
        if self._seconds and self._clock() - self._touched >= self._seconds:
            self._touched = self._clock()
            self.idle.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note a touch; nothing is kept from anybody."""
        if event.type() in _TOUCH:
            self._touched = self._clock()
        return False
