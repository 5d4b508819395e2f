"""How evenly something comes round that should come every 20 milliseconds.

    python -m tests.faults.gaps

measures that for a process that does nothing else: what the machine itself takes away. A window is
judged beside it. `begin` measures anew, `gaps` says what was measured.

Seconds are judged in the long form only, where somebody looks at them: a test has to end the same
way on any machine. It counts rounds instead, beside those of the idle process.

What the kernel counts as time in which a thread was ready to go on and had no core is no gap: it
was the machine's, not the program's. A lock, the interpreter held by another thread, or work of its
own in one piece all are.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

EVERY = 0.020  # seconds
P99, MOST = 0.100, 0.250  # seconds; what nobody notices
TIMES = 3  # so much more than an idle process may one of many threads lose to a busy machine
SHARE = 5  # so many times more often an idle process may come round
STEADY = 0.040  # seconds; where an idle process loses more the machine itself is stalled
NO_CORE = Path("/proc/thread-self/schedstat")


def without_a_core() -> float:
    """Seconds in which this thread has waited for a core; 0 where the kernel does not count."""
    try:
        return int(NO_CORE.read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


@dataclass(slots=True)
class Gaps:
    """The times between one round and the next, less those without a core; the longest by the
    clock; and the longest work of the thread itself in one."""

    found: list[float] = field(default_factory=list)
    clock: float = 0.0
    work: float = 0.0
    _last: float = 0.0
    _worked: float = 0.0
    _waited: float = 0.0

    def come_round(self) -> None:
        """Now."""
        now, worked, waited = time.monotonic(), time.thread_time(), without_a_core()
        if self._last:
            gap = now - self._last
            self.found.append(max(0.0, gap - (waited - self._waited)))
            self.clock = max(self.clock, gap)
            self.work = max(self.work, worked - self._worked)
        self._last, self._worked, self._waited = now, worked, waited

    def begin(self) -> None:
        """Measure anew."""
        self.found.clear()
        self.clock = self.work = self._last = 0.0

    def __str__(self) -> str:
        """As JSON, in seconds."""
        found = sorted(self.found) or [0.0]
        at = min(len(found) - 1, len(found) * 99 // 100)
        figures = {"p99": found[at], "most": found[-1], "clock": self.clock, "work": self.work}
        return json.dumps({"count": len(found), **figures})


def rare(gaps: Mapping[str, float], beside: Mapping[str, float]) -> str:
    """What is wrong with how often a window came round, beside an idle process; "" if nothing."""
    if gaps["count"] * SHARE >= beside["count"] - SHARE:
        return ""
    return f"it came round {gaps['count']} times, an idle process {beside['count']} times"


def too_long(gaps: Mapping[str, float], beside: Mapping[str, float]) -> str:
    """What is wrong with the gaps of a window, beside those of an idle process; "" if nothing."""
    if gaps["work"] > MOST:
        return f"{gaps['work']:.3f} s of work were done in one piece"
    for name, limit in (("p99", P99), ("most", MOST)):
        allowed = limit + TIMES * max(0.0, beside[name] - EVERY)
        if gaps[name] > allowed:
            return f"{name} is {gaps[name]:.3f} s, of {allowed:.3f} s at most"
    return ""


def stalled(beside: Mapping[str, float]) -> bool:
    """Whether the machine had no time even for a process that wants next to none."""
    return beside["clock"] > STEADY


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
