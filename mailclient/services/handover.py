"""One session with the outgoing server: what goes through it, and when what is kept.

Before the end of a message is sent, the disk has that it is pending, and the answer to the message
before: one wait for both. The answer itself is written down as soon as it is heard, and where the
server leaves us waiting, the disk has it at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from mailclient.errors import (
    BadInput,
    MailError,
    MessageRefused,
    NotFound,
    RecipientRefused,
    StoreDamaged,
)
from mailclient.services.crash import crash_point
from mailclient.services.jobs import Job
from mailclient.services.notes import Notes
from mailclient.services.outcomes import Kept, Outcomes
from mailclient.store.outbox import Answer, Outbox, OutItem, OutState
from mailclient.transport import smtp
from mailclient.transport.smtp_envelope import Notify, ReportRequest

FOR_GOOD = (MessageRefused, RecipientRefused, BadInput, StoreDamaged)
AT_ONCE = 64 * 1024  # bytes that go out without waiting for the network


@dataclass(slots=True)
class Try:
    """One copy of a message that is to be sent; `first` of the message in this try."""

    item: OutItem
    copy: int
    first: bool
    size: int = 0


class Handover:
    """Hands over what stands in line."""

    def __init__(
        self,
        outbox: Outbox,
        outcomes: Outcomes,
        notes: Notes,
        again_at: Callable[[int], datetime],
        *,
        line: deque[Try],
        job: Job,
    ) -> None:
        self._outbox = outbox
        self._outcomes = outcomes
        self._notes = notes
        self._again_at = again_at
        self._line = line
        self._job = job
        self._asked: deque[Try] = deque()

    def run(self, session: smtp.Submission, count: int) -> list[MailError]:
        """Until the line or the session has come to its end; returns what was met on the way."""
        problems: list[MailError] = []
        self._asked.clear()
        try:
            for outcome in session.submit_each(self._outgoing(count)):
                self._came(self._asked.popleft(), outcome, session)
                if outcome.problem is not None:
                    problems.append(outcome.problem)
        finally:
            self._notes.close()
        return problems

    def _outgoing(self, count: int) -> Iterator[smtp.Outgoing]:
        """The next in line, counted before it is tried."""
        done = 0
        while self._line:
            trying = self._line.popleft()
            item, copy = trying.item, trying.copy
            done += int(trying.first)
            self._job.progress(done, count, item.subject)
            try:
                people = self._notes.begin(item, copy, first=trying.first)
                message = self._outbox.to_send(item.id, copy)
            except NotFound:  # it was taken out meanwhile
                continue
            except StoreDamaged as problem:
                self._notes.hold(item, copy, partial(self._failed, trying, str(problem)))
                continue
            trying.size = len(message)
            self._asked.append(trying)
            phase = partial(self._phase, trying)
            yield smtp.Outgoing(item.sender, people, message, phase, _reports(item))

    def _phase(self, trying: Try, phase: smtp.Phase) -> None:
        # Up to the end a message that was begun is due again after a crash, however far it was, and
        # the answer to the end is kept with whom it is about: to write down the other steps would
        # cost waits for the disk and tell nothing.
        if phase is smtp.Phase.DOT_PENDING:
            self._notes.end_pending(trying.item, trying.copy)
        crash_point(phase.name.lower())

    # What came of it

    def _came(self, trying: Try, outcome: smtp.Outcome, session: smtp.Submission) -> None:
        """Take note of what has become of a copy."""
        answers = [
            Answer(one.address, one.accepted, one.code, one.reason, one.detail)
            for one in outcome.results
        ]
        if any(one.accepted for one in answers):
            # A fault from here on must not have it sent again: `recover` calls it uncertain.
            crash_point("after_250")
        note = partial(self._note, trying, answers, outcome.problem)
        self._notes.hold(trying.item, trying.copy, note)
        soon = self._asked and self._asked[0].size <= AT_ONCE
        if outcome.problem is not None or not soon or not session.answers_ahead:
            self._notes.keep()
        else:
            self._notes.write_down()
            crash_point("written_down")

    def _note(self, trying: Try, answers: list[Answer], problem: MailError | None) -> Kept | None:
        """Keep what was said of a copy, and what a problem means for those it was on its way to."""
        item, steps = trying.item, self._outbox.steps
        if any(one.outcome is OutState.DEFERRED for one in answers):
            steps.pause(item.id, self._again_at(item.attempts))
        kept = self._outcomes.answered(item, answers) if answers else None
        if isinstance(problem, smtp.Uncertain):
            steps.doubt(item.id, trying.copy, problem.text, problem.detail)
        elif isinstance(problem, FOR_GOOD):
            steps.fail(item.id, trying.copy, str(problem), problem.detail)
        elif problem is not None:
            until = self._again_at(item.attempts)
            steps.put_off(item.id, trying.copy, until, problem.text, problem.detail)
        return kept

    def _failed(self, trying: Try, why: str) -> None:
        self._outbox.steps.fail(trying.item.id, trying.copy, why)


def _reports(item: OutItem) -> ReportRequest | None:
    """The reports of delivery that are asked for; the random part of the Message-ID comes back in
    them (RFC 3461 section 4.4)."""
    if not item.reports:
        return None
    name = item.message_id.strip("<>").partition("@")[0]
    return ReportRequest(frozenset(Notify), envelope_id=name)
