"""How evenly something comes round that should come every 20 milliseconds.

    python -m tests.faults.gaps

measures that for a process that does nothing else: what the machine itself takes away. A window is
judged beside it. `begin` measures anew, `gaps` says what was measured.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass, field

EVERY = 0.020  # seconds
P99, MOST = 0.100, 0.250  # seconds; what nobody notices
TIMES = 20  # so much more than an idle process may a busy one of many threads lose to the machine


@dataclass(slots=True)
class Gaps:
    """The times between one round and the next, and the longest work of the thread itself in one:
    that is the same on a busy machine."""

    found: list[float] = field(default_factory=list)
    work: float = 0.0
    _last: float = 0.0
    _worked: float = 0.0

    def come_round(self) -> None:
        """Now."""
        now, worked = time.monotonic(), time.thread_time()
        if self._last:
            self.found.append(now - self._last)
            self.work = max(self.work, worked - self._worked)
        self._last, self._worked = now, worked

    def begin(self) -> None:
        """Measure anew."""
        self.found.clear()
        self.work = self._last = 0.0

    def __str__(self) -> str:
        """As JSON, in seconds."""
        found = sorted(self.found) or [0.0]
        at = min(len(found) - 1, len(found) * 99 // 100)
        return json.dumps(
            {"count": len(found), "p99": found[at], "most": found[-1], "work": self.work}
        )


def too_long(gaps: dict[str, float], beside: dict[str, float], *, by_clock: bool) -> str:
    """What is wrong with the gaps of a window, beside those of an idle process; "" if nothing.

    Work in one piece is judged always; what the clock says only where the machine has nothing
    else to do (`by_clock`), as other threads and programs stretch it.
    """
    if gaps["work"] > MOST:
        return f"{gaps['work']:.3f} s of work were done in one piece"
    if not by_clock:
        return ""
    for name, limit in (("p99", P99), ("most", MOST)):
        allowed = limit + TIMES * max(0.0, beside[name] - EVERY)
        if gaps[name] > allowed:
            return f"{name} is {gaps[name]:.3f} s, of {allowed:.3f} s at most"
    return ""


def main() -> None:
    gaps = Gaps()
    ended = threading.Event()

    def answer() -> None:
        for line in sys.stdin:
            told = "begun" if line.strip() == "begin" else str(gaps)
            gaps.begin()
            print(told, flush=True)
        ended.set()

    threading.Thread(target=answer, daemon=True).start()
    while not ended.wait(EVERY):
        gaps.come_round()


if __name__ == "__main__":
    main()
