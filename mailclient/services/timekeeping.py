"""Whether the clock is right: it may have been set, and what goes by it must not go wrong with it.

Two witnesses: seconds that nobody sets, as long as the computer is not started anew, and the last
time that the store knows, before which it cannot be. What was planned by a clock that was set since
is asked about, and nothing is deleted on a server while the clock is doubted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from mailclient.message.route_words import duration
from mailclient.services.events import Events, OutboxChanged
from mailclient.store import Store
from mailclient.store.database import Durability
from mailclient.store.timekeeping import Kept, Mark

log = logging.getLogger(__name__)

MAY_BE_SET = timedelta(minutes=30)  # a clock that is put right by less was not wrong
SUSPICIOUS_PAUSE = timedelta(days=60)  # longer since the last collection: is the clock right?
BELIEVED_AFTER = timedelta(days=1)
KEPT_EVERY = 600  # seconds
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def steady() -> float:
    """Seconds that pass evenly, asleep or awake."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def asleep() -> float:
    """Seconds that the computer has slept since it was started; they only grow."""
    return steady() - time.monotonic()


def boot() -> str:
    """What tells this start of the computer from others; "" where `steady` cannot be compared with
    what an earlier process saw, or stands still while the computer sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        with suppress(OSError):
            return _BOOT.read_text("ascii").strip()
    return ""


def jump(before: Mark, now: Mark) -> timedelta:
    """By how much the clock was set between two looks at it (negative: back), as far as that can be
    known; nothing where it was by little."""
    passed = now.wall - before.wall
    if before.boot and before.boot == now.boot:
        found = passed - timedelta(seconds=now.steady - before.steady)
    else:
        found = min(passed, timedelta())
    return found if abs(found) >= MAY_BE_SET else timedelta()


def after(kept: Kept, found: timedelta, now: Mark) -> Kept:
    """What is to be kept after a look: jumps add up while the clock is doubted, so that one that is
    taken back ends the doubt."""
    before = kept.astray if doubted(kept, now.wall) else timedelta()
    astray = before + found
    if abs(astray) < MAY_BE_SET:
        return Kept(now)
    return Kept(now, astray, now.wall if found else kept.since)


def doubted(kept: Kept, now: datetime) -> bool:
    """Whether the clock was set, and it is not a day since."""
    return kept.since is not None and now - kept.since < BELIEVED_AFTER


def clock_doubted_since(
    last: datetime | None, doubted: datetime | None, now: datetime
) -> datetime | None:
    """Since when the clock is not to be believed; None where it is. Nothing is deleted meanwhile.

    It is doubted when much time has passed since the last collection, or when it went back; and
    believed again once a day has passed by it without another jump.
    """
    if last is None or last - MAY_BE_SET <= now <= last + SUSPICIOUS_PAUSE:
        return None
    if doubted is None or not doubted - MAY_BE_SET <= now <= doubted + SUSPICIOUS_PAUSE:
        return now
    return None if now - doubted >= BELIEVED_AFTER else doubted


class Timekeeper:
    """Looks at the clock now and then, and notes where it was set."""

    def __init__(
        self,
        store: Store,
        events: Events,
        clock: Callable[[], datetime],
        steadily: Callable[[], float] = steady,
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._steady = steadily
        self._boot = boot()
        self._lock = threading.Lock()
        self._kept = store.timekeeping.get()

    def look(self) -> bool:
        """Notice a jump of the clock since the last look; says whether it is doubted now.

        Raises StoreFull, StoreDamaged.
        """
        now = Mark(self._clock(), int(self._steady()), self._boot)
        with self._lock:
            found = self._note(now)
            kept = self._kept
        if found:
            log.warning(
                "The clock was set %s by %s.",
                "back" if found < timedelta() else "forward",
                duration(found),
            )
            self._events.publish(OutboxChanged())
        return kept is not None and doubted(kept, now.wall)

    def _note(self, now: Mark) -> timedelta:
        before = self._kept
        found = timedelta() if before is None else jump(before.mark, now)
        kept = Kept(now) if before is None else after(before, found, now)
        if found:
            with self._store.database.write():
                self._store.outbox.steps.clock_was_set(found, MAY_BE_SET)
                self._store.timekeeping.keep(kept, Durability.FULL)
        elif before is None or _long_since(before.mark, now):
            self._store.timekeeping.keep(kept)
        else:
            return found
        self._kept = kept
        return found


def _long_since(before: Mark, now: Mark) -> bool:
    return before.boot != now.boot or now.steady - before.steady >= KEPT_EVERY
