"""The system asks the program to end: at the end of a session, or by somebody's `kill`.

Python learns of a signal only once it is called again, which a waiting window may not be for long.
So each signal writes a byte into a pipe, which Qt looks at.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


class Ending(QObject):
    """Emits `wanted` for each time that the program is asked to end; to be made by the main thread
    alone, and closed by it."""

    wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reads, self._writes = os.pipe()
        os.set_blocking(self._reads, False)
        os.set_blocking(self._writes, False)
        self._before_fd = signal.set_wakeup_fd(self._writes, warn_on_full_buffer=False)
        self._before: dict[signal.Signals, Handler] = {
            one: signal.signal(one, lambda number, frame: None) for one in SIGNALS
        }
        self._notifier = QSocketNotifier(self._reads, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._take)

    def _take(self) -> None:
        with suppress(BlockingIOError):
            numbers = os.read(self._reads, 64)
            if any(one in SIGNALS for one in numbers):
                self.wanted.emit()

    def close(self) -> None:
        """Let signals do what they did before."""
        self._notifier.setEnabled(False)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._before_fd)
        os.close(self._reads)
        os.close(self._writes)
