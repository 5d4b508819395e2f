"""Out of the queue: each step is kept before it is taken, and what was accepted never goes again.

What keeps the whole account from sending (no network, a refused log-in) puts off all that is due at
once, and does not count as a try; what is about one message puts off, or fails, that one alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta

from mailclient.account import Account
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    LoginRefused,
    MailboxBusy,
    MailError,
    NotFound,
    RecipientRefused,
    Unreachable,
)
from mailclient.services.accounts import OUTGOING, Accounts
from mailclient.services.crash import crash_point
from mailclient.services.events import Events, OutboxChanged
from mailclient.services.handover import Handover, Try
from mailclient.services.jobs import Job
from mailclient.services.notes import Notes
from mailclient.services.outcomes import Outcomes
from mailclient.services.timekeeping import Timekeeper
from mailclient.store.outbox import Outbox, OutItem, OutState
from mailclient.transport import smtp

MOST_MINUTES = 60  # between two tries
FOR_THE_USER = (LoginRefused, BadInput)  # trying on would only do harm, or nothing


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: 1 minute, doubling, up to an hour."""
    return timedelta(minutes=min(MOST_MINUTES, 1 << min(max(tries - 1, 0), 10)))


class Flushing:
    """Sends what is due."""

    def __init__(
        self,
        outbox: Outbox,
        accounts: Accounts,
        outcomes: Outcomes,
        events: Events,
        clock: Callable[[], datetime],
        *,
        timekeeper: Timekeeper,
        offline: bool,
    ) -> None:
        self._outbox = outbox
        self._accounts = accounts
        self._outcomes = outcomes
        self._events = events
        self._clock = clock
        self._timekeeper = timekeeper
        self._offline = offline
        self._notes: dict[int, Notes] = {}  # by account

    def flush(self, account: Account, job: Job, *, now: bool = False) -> tuple[OutItem, ...]:
        """Send everything that is due (with `now`: also what waits for its next try).

        Raises the first problem that there was, once everything was tried that could be.
        """
        if self._offline:
            raise Unreachable(
                "The program was started without network; the message waits in the outbox.",
                "Start it without --offline.",
            )
        self._notes_of(account).close()  # what the store would not take the last time
        self._timekeeper.look()
        due = self._outbox.due(account.id, None if now else self._clock())
        problems = self._all(account, due, job)
        left = tuple(self._left(due))
        if problems:
            raise problems[0]
        known = {(item.id, one.address) for item in due for one in item.those(OutState.FAILED)}
        if refused := [
            item
            for item in left
            if {(item.id, one.address) for one in item.those(OutState.FAILED)} - known
        ]:
            raise RecipientRefused(
                refused[0].problem, "Correct it and send it again; it is in the outbox."
            )
        return left

    def unkept(self, account: Account) -> bool:
        """Whether something that was met when mail was sent is still to be kept."""
        return self._notes_of(account).unkept

    def _notes_of(self, account: Account) -> Notes:
        made = Notes(self._outbox, self._outcomes, lambda: self._again_at(0))
        return self._notes.setdefault(account.id, made)

    def _left(self, due: Iterable[OutItem]) -> Iterator[OutItem]:
        """What was due, as it is now; what was taken out meanwhile is no concern of this try."""
        for item in due:
            with suppress(NotFound):
                yield self._outbox.get(item.id)

    def _all(self, account: Account, due: Sequence[OutItem], job: Job) -> list[MailError]:
        """Try everything once, in as many sessions as that takes; returns what was met on the
        way. Raises Cancelled."""
        problems: list[MailError] = []
        line = deque(
            Try(item, copy, copy == item.copies[0]) for item in due for copy in item.copies
        )
        handover = Handover(
            self._outbox,
            self._outcomes,
            self._notes_of(account),
            self._again_at,
            line=line,
            job=job,
        )
        while line:
            before = len(line)
            try:
                with ExitStack() as stack:
                    session = self._way_out(account, job.cancel, stack)
                    self._accounts.proved(
                        account, OUTGOING, session.logged_in_by, session.encryption
                    )
                    problems += handover.run(session, len(due))
            except Cancelled:
                raise
            except MailError as problem:
                self._nobody_can(line, problem)
                return [*problems, problem]
            job.cancel.check()
            if len(line) == before or any(isinstance(one, MailboxBusy) for one in problems):
                break
        return problems

    def _way_out(self, account: Account, cancel: CancelToken, stack: ExitStack) -> smtp.Submission:
        """A session with the outgoing server, which ends with the stack."""
        server = account.outgoing
        if server is None:
            raise BadInput(f"{account.address} has no outgoing server.", "Set one in its settings.")
        crash_point("connect")
        return self._accounts.logged_in(
            account,
            OUTGOING,
            lambda secret: stack.enter_context(smtp.submission(server, secret, cancel)),
        )

    def _nobody_can(self, line: Iterable[Try], problem: MailError) -> None:
        """There is no way to the server: nothing was tried, and nothing counts."""
        steps = self._outbox.steps
        for item in {one.item.id: one.item for one in line}.values():
            if isinstance(problem, FOR_THE_USER):
                steps.leave_to_user(item.id, str(problem))
            else:
                steps.missed(item.id, self._again_at(item.misses), problem.text)
        self._events.publish(OutboxChanged())

    def _again_at(self, tries: int) -> datetime:
        return self._clock() + pause(tries + 1)
