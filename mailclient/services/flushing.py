"""Out of the queue: each step is kept before it is taken, and what was accepted never goes again.

What keeps the whole account from sending (no network, a refused log-in) puts off all that is due at
once, and does not count as a try; what is about one message puts off, or fails, that one alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from mailclient.account import Account
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    LoginRefused,
    MailboxBusy,
    MailError,
    MessageRefused,
    NotFound,
    RecipientRefused,
    StoreDamaged,
    Unreachable,
)
from mailclient.services.accounts import OUTGOING, Accounts
from mailclient.services.crash import crash_point
from mailclient.services.events import Events, OutboxChanged
from mailclient.services.jobs import Job
from mailclient.services.outcomes import Outcomes
from mailclient.store.outbox import Answer, Outbox, OutItem, OutState
from mailclient.transport import smtp
from mailclient.transport.smtp_envelope import Notify, ReportRequest

MOST_MINUTES = 60  # between two tries
FOR_GOOD = (MessageRefused, RecipientRefused, BadInput)
FOR_THE_USER = (LoginRefused, BadInput)  # trying on would only do harm, or nothing


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: 1 minute, doubling, up to an hour."""
    return timedelta(minutes=min(MOST_MINUTES, 1 << min(max(tries - 1, 0), 10)))


@dataclass(slots=True)
class Try:
    """One copy of a message that is to be sent; `first` of the message in this try."""

    item: OutItem
    copy: int
    first: bool


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
        offline: bool,
    ) -> None:
        self._outbox = outbox
        self._accounts = accounts
        self._outcomes = outcomes
        self._events = events
        self._clock = clock
        self._offline = offline

    def flush(self, account: Account, job: Job, *, now: bool = False) -> tuple[OutItem, ...]:
        """Send everything that is due (with `now`: also what waits for its next try).

        Raises the first problem that there was, once everything was tried that could be.
        """
        if self._offline:
            raise Unreachable(
                "The program was started without network; the message waits in the outbox.",
                "Start it without --offline.",
            )
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
        while line:
            before = len(line)
            try:
                with ExitStack() as stack:
                    session = self._way_out(account, job.cancel, stack)
                    self._accounts.proved(
                        account, OUTGOING, session.logged_in_by, session.encryption
                    )
                    problems += self._session(session, line, len(due), job)
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

    def _session(
        self, session: smtp.Submission, line: deque[Try], count: int, job: Job
    ) -> list[MailError]:
        """Hand over what stands in line, until the session ends; returns what was met."""
        problems: list[MailError] = []
        asked: deque[Try] = deque()
        for outcome in session.submit_each(self._outgoing(line, asked, count, job)):
            trying = asked.popleft()
            try:
                self._came(trying, outcome)
            finally:
                self._events.publish(OutboxChanged())
            if outcome.problem is not None:
                problems.append(outcome.problem)
        return problems

    def _outgoing(
        self, line: deque[Try], asked: deque[Try], count: int, job: Job
    ) -> Iterator[smtp.Outgoing]:
        """The next in line, counted before it is tried."""
        done = 0
        while line:
            trying = line.popleft()
            done += int(trying.first)
            job.progress(done, count, trying.item.subject)
            try:
                people = self._outbox.steps.begin(trying.item.id, trying.copy, first=trying.first)
            except NotFound:  # it was taken out meanwhile
                continue
            try:
                raw = self._outbox.to_send(trying.item.id, trying.copy)
            except StoreDamaged as problem:
                self._outbox.steps.fail(trying.item.id, trying.copy, str(problem))
                continue
            asked.append(trying)
            phase = partial(self._phase, trying)
            yield smtp.Outgoing(trying.item.sender, people, raw, phase, _reports(trying.item))

    def _phase(self, trying: Try, phase: smtp.Phase) -> None:
        # Up to the end a message that was begun is due again after a crash, however far it was, and
        # the answer to the end is kept at once with whom it is about: to write down the other steps
        # would cost four more waits for the disk and tell nothing.
        if phase is smtp.Phase.DOT_PENDING:
            self._outbox.steps.phase(trying.item.id, trying.copy, phase.name)
        crash_point(phase.name.lower())

    # What came of it

    def _came(self, trying: Try, outcome: smtp.Outcome) -> None:
        """Keep what has become of a copy."""
        item = trying.item
        answers = [
            Answer(one.address, one.accepted, one.code, one.reason, one.detail)
            for one in outcome.results
        ]
        if any(one.accepted for one in answers):
            # A fault from here on must not have it sent again: `recover` calls it uncertain.
            crash_point("after_250")
        if any(one.outcome is OutState.DEFERRED for one in answers):
            self._outbox.steps.pause(item.id, self._again_at(item.attempts))
        if answers:
            self._outcomes.answered(item, answers)
        if outcome.problem is not None:
            self._met(trying, outcome.problem)

    def _met(self, trying: Try, problem: MailError) -> None:
        """Keep what a problem means for those a copy was on its way to."""
        steps, id, copy = self._outbox.steps, trying.item.id, trying.copy
        if isinstance(problem, smtp.Uncertain):
            steps.doubt(id, copy, problem.text, problem.detail)
        elif isinstance(problem, FOR_GOOD):
            steps.fail(id, copy, str(problem), problem.detail)
        else:
            until = self._again_at(trying.item.attempts)
            steps.put_off(id, copy, until, problem.text, problem.detail)

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


def _reports(item: OutItem) -> ReportRequest | None:
    """The reports of delivery that are asked for; the random part of the Message-ID comes back in
    them (RFC 3461 section 4.4)."""
    if not item.reports:
        return None
    name = item.message_id.strip("<>").partition("@")[0]
    return ReportRequest(frozenset(Notify), envelope_id=name)
