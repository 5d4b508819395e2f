"""How evenly the loop of a window comes round: a timer of 5 ms, and the gaps between its calls."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer

PROBE_MS = 5
FRAME = 0.033  # seconds; a longer gap is a frame that was not painted


class Probe:
    """Notes the gaps between the calls of a timer."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer()
        self._timer.setInterval(PROBE_MS)
        self._timer.timeout.connect(self._called)

    def start(self) -> None:
        """Begin to count."""
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """End."""
        self._timer.stop()

    def _called(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def figures(self) -> dict[str, float]:
        """Milliseconds: median, 99 of 100, the longest; and how many frames were lost."""
        ordered = sorted(self.gaps) or [0.0]
        return {
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
            "longest_ms": round(ordered[-1] * 1000, 1),
            "over_33_ms": sum(gap > FRAME for gap in ordered),
            "calls": len(ordered),
        }
