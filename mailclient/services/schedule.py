"""When mail is collected without being asked for: at intervals, after a fault with growing pauses,
when the computer wakes up, and when the network comes back.

Time is counted by a clock that runs on while the computer sleeps and that nobody sets.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from mailclient.account import Account
from mailclient.errors import (
    Cancelled,
    CertificateRejected,
    LoginRefused,
    MailError,
    StoreFull,
    Unreachable,
)
from mailclient.services.accounts import Accounts
from mailclient.services.events import AccountsChanged, CollectionEnded, Event, Events
from mailclient.services.jobs import Job, Jobs
from mailclient.services.receive import Receive
from mailclient.services.timekeeping import asleep, steady
from mailclient.settings import RECEIVE_AT_START, RECEIVE_MINUTES
from mailclient.store.settings import Settings

log = logging.getLogger(__name__)

TICK = 5.0  # seconds
MINUTE = 60.0
LONGEST_PAUSE = 60  # minutes after many faults
FOR_THE_USER = (LoginRefused, CertificateRejected, StoreFull)  # trying again would only do harm


SLEPT = 10.0  # seconds asleep after which a connection is not worth waiting for


class Doing(Enum):
    """What an account is at."""

    NOTHING = "nothing"
    COLLECTING = "collecting"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Outlook:
    """How an account stands: what it is at, what went wrong last, and in how many seconds mail is
    collected again (None: only when the user asks)."""

    doing: Doing = Doing.NOTHING
    problem: MailError | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the collections of an account went; `ended` is None while none has ended yet."""

    ended: float | None = None
    faults: int = 0
    problem: MailError | None = None

    @property
    def unreachable(self) -> bool:
        """Whether another network may help."""
        return isinstance(self.problem, Unreachable)

    @property
    def needs_user(self) -> bool:
        """Whether nothing is tried before the user has done something."""
        return isinstance(self.problem, FOR_THE_USER)


def after(standing: Standing, problem: MailError | None, now: float) -> Standing:
    """How an account stands after one more collection; one that was stopped counts as ended."""
    if problem is None or isinstance(problem, Cancelled):
        return Standing(now)
    return Standing(now, standing.faults + 1, problem)


def pause(standing: Standing, minutes: int) -> float | None:
    """Seconds from the end of one collection to the next; None: only when the user asks."""
    if not minutes or standing.needs_user:
        return None
    if standing.faults:
        doubled = 1 << min(standing.faults - 1, 10)
        return MINUTE * min(doubled, LONGEST_PAUSE)
    return MINUTE * minutes


class Schedule:
    """Starts collections when it is time."""

    def __init__(
        self,
        accounts: Accounts,
        settings: Settings,
        receive: Receive,
        events: Events,
        jobs: Jobs,
        *,
        clock: Callable[[], float] = steady,
        network: Callable[[], str] = lambda: "",
        slept: Callable[[], float] = asleep,
    ) -> None:
        self._accounts = accounts
        self._settings = settings
        self._receive = receive
        self._jobs = jobs
        self._clock = clock
        self._network = network
        self._lock = threading.Lock()
        self._standings: dict[int, Standing] = {}
        self._busy: set[int] = set()
        self._broken_off: set[int] = set()  # to be begun again at once
        self._was = ""
        self._slept = slept
        self._slept_before = slept()
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
        self._look()
        while not job.cancel.wait(TICK):
            self._look()

    def _look(self) -> None:
        """As `tick`; a fault of the store, which others tell of, does not end all collecting."""
        try:
            self.tick()
        except Cancelled:
            raise
        except MailError as problem:
            log.warning("Nothing was collected by itself: %s", problem.text)

    def tick(self) -> None:
        """Start what is due now."""
        now = self._clock()
        self._look_around()
        for account in self._accounts.list():
            if account.incoming is not None and not account.paused and self._due(account, now):
                self.collect(account)

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

    def outlook(self, account: Account) -> Outlook:
        """How an account stands now."""
        with self._lock:
            standing = self._standings.get(account.id, Standing())
            busy = account.id in self._busy
        if busy:
            return Outlook(Doing.COLLECTING, standing.problem)
        if account.paused:
            return Outlook(Doing.PAUSED)
        wait = pause(standing, self._minutes(account))
        if wait is None:
            return Outlook(problem=standing.problem)
        passed = 0.0 if standing.ended is None else self._clock() - standing.ended
        left = 0.0 if standing.ended is None else max(0.0, wait - passed)
        return Outlook(problem=standing.problem, seconds=left)

    def _due(self, account: Account, now: float) -> bool:
        with self._lock:
            standing = self._standings.get(account.id, Standing())
            if account.id in self._busy:
                return False
        wait = pause(standing, self._minutes(account))
        return wait is not None and (standing.ended is None or now - standing.ended >= wait)

    def _minutes(self, account: Account) -> int:
        return self._settings.get(RECEIVE_MINUTES) if account.minutes is None else account.minutes

    def _look_around(self) -> None:
        """After a sleep, or another way out: who could not be reached is tried at once, and what
        hangs on a connection of before is begun again."""
        slept, before = self._slept(), self._slept_before
        is_, was = self._network(), self._was
        self._slept_before, self._was = slept, is_
        woken = slept - before > SLEPT
        if not woken and (not is_ or is_ == was):
            return
        with self._lock:
            for id, standing in self._standings.items():
                if standing.unreachable:
                    self._standings[id] = replace(standing, ended=None, faults=0)
            hanging = set(self._busy) if woken or was else set()
            self._broken_off |= hanging
        for id in hanging:
            self._receive.break_off(id)

    def _take(self, event: Event) -> None:
        if isinstance(event, CollectionEnded):
            id = event.account_id
            with self._lock:
                self._busy.discard(id)
                before = self._standings.get(id, Standing())
                again = id in self._broken_off and event.problem is not None
                self._broken_off.discard(id)
                self._standings[id] = (
                    Standing() if again else after(before, event.problem, self._clock())
                )
        elif isinstance(event, AccountsChanged):
            with self._lock:
                for id, standing in self._standings.items():
                    if standing.needs_user:  # the user may have mended it
                        self._standings[id] = Standing()
