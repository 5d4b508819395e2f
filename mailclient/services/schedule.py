"""When mail is collected without being asked for: at intervals, after a fault with growing pauses,
when the computer wakes up, and when the network comes back.

Time is counted by a clock that runs on while the computer sleeps and that nobody sets.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from mailclient.account import Account
from mailclient.errors import CertificateRejected, LoginRefused, MailError, StoreFull, Unreachable
from mailclient.services.accounts import Accounts
from mailclient.services.events import AccountsChanged, CollectionEnded, Event, Events
from mailclient.services.jobs import Job, Jobs
from mailclient.services.receive import Receive
from mailclient.services.send import Send
from mailclient.settings import RECEIVE_AT_START, RECEIVE_MINUTES
from mailclient.store.settings import Settings

TICK = 5.0  # seconds
MINUTE = 60.0
LONGEST_PAUSE = 60  # minutes after many faults
FOR_THE_USER = (LoginRefused, CertificateRejected, StoreFull)  # trying again would only do harm


def steady() -> float:
    """Seconds that pass evenly, asleep or awake."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the collections of an account went; `ended` is None while none has ended yet."""

    ended: float | None = None
    faults: int = 0
    unreachable: bool = False
    needs_user: bool = False


def after(standing: Standing, problem: MailError | None, now: float) -> Standing:
    """How an account stands after one more collection."""
    if problem is None:
        return Standing(now)
    return Standing(
        now,
        standing.faults + 1,
        unreachable=isinstance(problem, Unreachable),
        needs_user=isinstance(problem, FOR_THE_USER),
    )


def pause(standing: Standing, minutes: int) -> float | None:
    """Seconds from the end of one collection to the next; None: only when the user asks."""
    if not minutes or standing.needs_user:
        return None
    if standing.faults:
        doubled = 1 << min(standing.faults - 1, 10)
        return MINUTE * min(doubled, LONGEST_PAUSE)
    return MINUTE * minutes


class Schedule:
    """Starts collections, and the sending of what waits, when it is time."""

    def __init__(
        self,
        accounts: Accounts,
        settings: Settings,
        receive: Receive,
        send: Send,
        events: Events,
        jobs: Jobs,
        *,
        clock: Callable[[], float] = steady,
        network: Callable[[], str] = lambda: "",
    ) -> None:
        self._accounts = accounts
        self._settings = settings
        self._receive = receive
        self._send = send
        self._jobs = jobs
        self._clock = clock
        self._network = network
        self._lock = threading.Lock()
        self._standings: dict[int, Standing] = {}
        self._busy: set[int] = set()
        self._was = ""
        self._sent = clock()
        events.subscribe(self._take)

    def start(self) -> None:
        """Begin; at once where that is set."""
        now = self._clock()
        self._was = self._network()
        if not self._settings.get(RECEIVE_AT_START):
            with self._lock:
                for account in self._accounts.list():
                    self._standings.setdefault(account.id, Standing(now))
        self._jobs.submit("schedule", self._run, quiet=True)

    def _run(self, job: Job) -> None:
        self.tick()
        while not job.cancel.wait(TICK):
            self.tick()

    def tick(self) -> None:
        """Start what is due now."""
        now = self._clock()
        self._look_at_the_network()
        for account in self._accounts.list():
            if account.incoming is not None and not account.paused and self._due(account, now):
                self.collect(account)
        if now - self._sent >= MINUTE:
            self._sent = now
            self._send.start_due()

    def collect(self, account: Account) -> None:
        """Collect from an account, unless that is being done."""
        with self._lock:
            if account.id in self._busy:
                return
            self._busy.add(account.id)
        try:
            self._receive.start(account)
        except MailError:
            with self._lock:
                self._busy.discard(account.id)
            raise

    def collect_all(self) -> None:
        """Collect from all accounts that are not paused: the user asks for it."""
        for account in self._accounts.list():
            if account.incoming is not None and not account.paused:
                self.collect(account)

    def _due(self, account: Account, now: float) -> bool:
        minutes = account.minutes
        if minutes is None:
            minutes = self._settings.get(RECEIVE_MINUTES)
        with self._lock:
            standing = self._standings.get(account.id, Standing())
            if account.id in self._busy:
                return False
        wait = pause(standing, minutes)
        return wait is not None and (standing.ended is None or now - standing.ended >= wait)

    def _look_at_the_network(self) -> None:
        """Another way out: who could not be reached is tried at once."""
        is_ = self._network()
        was, self._was = self._was, is_
        if not is_ or is_ == was:
            return
        with self._lock:
            for id, standing in self._standings.items():
                if standing.unreachable:
                    self._standings[id] = replace(standing, ended=None, faults=0)

    def _take(self, event: Event) -> None:
        if isinstance(event, CollectionEnded):
            with self._lock:
                self._busy.discard(event.account_id)
                before = self._standings.get(event.account_id, Standing())
                self._standings[event.account_id] = after(before, event.problem, self._clock())
        elif isinstance(event, AccountsChanged):
            with self._lock:
                for id, standing in self._standings.items():
                    if standing.needs_user:  # the user may have mended it
                        self._standings[id] = Standing()
