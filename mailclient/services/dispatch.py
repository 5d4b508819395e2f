"""When mail is sent without being asked for: as soon as it is due, when its time has come, when the
network comes back, and when the user has mended an account.

It sleeps until the next one is due; what arrives in the queue wakes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from mailclient.errors import Cancelled, MailError
from mailclient.services.events import AccountsChanged, Event, Events, OutboxChanged
from mailclient.services.jobs import Job, Jobs
from mailclient.services.send import Send
from mailclient.services.timekeeping import Timekeeper
from mailclient.services.waiting import Question, question
from mailclient.store.outbox import Outbox

LOOK = 5.0  # seconds between two looks at the network
SOON = 1.0  # seconds until what is due, and being sent, is looked at again
LONGEST = 60.0  # seconds between two looks at what stays due, because the store takes no note


class Dispatch:
    """Starts the sending of what is due."""

    def __init__(
        self,
        send: Send,
        outbox: Outbox,
        events: Events,
        jobs: Jobs,
        clock: Callable[[], datetime],
        *,
        timekeeper: Timekeeper,
        network: Callable[[], str] = lambda: "",
    ) -> None:
        self._send = send
        self._outbox = outbox
        self._jobs = jobs
        self._clock = clock
        self._timekeeper = timekeeper
        self._network = network
        self._was = ""
        self._rest = SOON
        self._asked: frozenset[int] = frozenset()
        self._events = events
        self._mended = threading.Event()  # perhaps, by the user
        self._news = threading.Event()
        events.subscribe(self._take)

    def start(self) -> None:
        """Begin; where nothing can be noted down, nothing is sent."""
        if self._outbox.database.read_only:
            return
        self._was = self._network()
        self._jobs.submit("dispatch", self._run, quiet=True)

    def _run(self, job: Job) -> None:
        with job.cancel.interrupting(self._news.set):
            while not job.cancel.cancelled:
                self._news.clear()
                self._news.wait(self._rested())

    def _rested(self) -> float:
        """As `tick`; a fault of the store, which others tell of, does not end all sending."""
        try:
            return self.tick()
        except Cancelled:
            raise
        except MailError:
            return LONGEST

    def tick(self) -> float:
        """Start what is due now; returns for how many seconds to rest."""
        if self._mended.is_set():
            self._mended.clear()
            self._outbox.steps.user_was_here(self._clock())
        self._timekeeper.look()  # before what it says makes anything due
        is_ = self._network()
        was, self._was = self._was, is_
        if is_ and is_ != was:
            self._outbox.steps.wake(self._clock())
        self._send.start_due()
        self._tell_asked()
        next_ = self._outbox.next_time()
        ahead = LOOK if next_ is None else (next_ - self._clock()).total_seconds()
        if ahead > 0:
            self._rest = SOON
            return min(LOOK, max(SOON, ahead))
        rest, self._rest = self._rest, min(LONGEST, 2 * self._rest)
        return rest

    def _tell_asked(self) -> None:
        """Let everybody know when something begins to be asked about a message, or ends to be."""
        now = self._clock()
        asked = frozenset(
            one.id for one in self._outbox.planned() if question(one, now) is not Question.NONE
        )
        was, self._asked = self._asked, asked
        if asked != was:
            self._events.publish(OutboxChanged())

    def _take(self, event: Event) -> None:
        if isinstance(event, AccountsChanged):
            self._mended.set()
        if isinstance(event, AccountsChanged | OutboxChanged):
            self._news.set()
