"""Understanding what has arrived: open, judge, index, in one pass, some messages to a commit.

Runs on its own lane, so that GnuPG never holds up an open session. What cannot be opened yet waits
and is taken up again when a key appears; what is too strange is set aside, visible, with its bytes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from mailclient.cancel import CancelToken
from mailclient.errors import MailError, StoreLocked
from mailclient.message.body import snippet
from mailclient.message.file_text import kind_of
from mailclient.message.security import UNPROTECTED, Encryption, SignatureWord, State
from mailclient.message.tree import Part, parse
from mailclient.services.ahead import Ahead
from mailclient.services.assess import Assessment, Assessor
from mailclient.services.bugs import BUGS
from mailclient.services.events import Events, FoldersChanged, KeysChanged, MessagesChanged
from mailclient.services.jobs import Job, Jobs
from mailclient.services.keeping import Keeping, without
from mailclient.services.observe import Observer
from mailclient.services.returned import Returns
from mailclient.services.unwrap import Unwrapped
from mailclient.store import Store
from mailclient.store.messages import Processed, Processing

log = logging.getLogger(__name__)
BATCH_MESSAGES = 50
BATCH_SECONDS = 0.1
BATCH_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class _Batch:
    """Understood but not kept yet."""

    found: dict[int, Processed] = field(default_factory=dict)
    size: int = 0  # bytes of text and of opened mail, about
    signed: frozenset[str] = frozenset()  # senders with a good signature, which counts at once
    began: float = field(default_factory=time.monotonic)

    def add(self, id: int, one: Processed) -> None:
        """Take one more."""
        self.found[id] = one
        self.size += len(one.text) + len(one.opened or b"")
        if one.signature == SignatureWord.GOOD.value and one.envelope and one.envelope.from_:
            self.signed |= {one.envelope.from_[0].key}

    @property
    def full(self) -> bool:
        """Whether it is time to keep it."""
        return (
            len(self.found) >= BATCH_MESSAGES
            or self.size >= BATCH_BYTES
            or time.monotonic() - self.began >= BATCH_SECONDS
        )


class Intake:
    """Processes messages that are stored but not understood yet."""

    def __init__(
        self,
        store: Store,
        assessor: Assessor,
        observer: Observer,
        returns: Returns,
        events: Events,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keeping = Keeping(store, self._outer)
        self._assessor = assessor
        self._observer = observer
        self._returns = returns
        self._events = events
        self._clock = clock

    def start(self, jobs: Jobs) -> Future[int]:
        """Process everything that is new on the lane for that; raises Cancelled while the program
        closes: then it is done after the next start."""
        return jobs.submit("intake", self.run, quiet=True)

    def run(self, job: Job) -> int:
        """Process everything that is new; returns how many messages that were."""
        done = 0
        if self._store.read_only:
            return done
        self._keeping.follow()
        with Ahead(self._outer, lambda outer: self._assessor.open(outer, job.cancel)) as ahead:
            while pending := self._store.messages.pending():
                done += self._work_off(pending, ahead, job, done)
        return done

    def _work_off(self, pending: Sequence[int], ahead: Ahead, job: Job, before: int) -> int:
        """Process these, of which some are opened ahead; returns how many they were."""
        batch = _Batch()
        total = before + len(pending)
        arrivals = self._store.bodies.arrivals(pending)
        try:
            for done, (id, opened) in enumerate(ahead.each(pending), before + 1):
                job.cancel.check()
                arrived = arrivals.get(id)
                found, key_came = self._understand(id, opened, arrived, job.cancel, batch.signed)
                batch.add(id, found)
                if key_came:
                    ahead.key_came()
                if batch.full:
                    full, batch = batch, _Batch()
                    self._keep(full.found)
                job.progress(done, total, f"{done:,} messages opened and indexed")
        finally:
            self._keep(batch.found)
        return len(pending)

    def process(self, id: int, cancel: CancelToken, *, may_ask: bool = False) -> None:
        """Understand one message and publish that."""

        def opened() -> Unwrapped:
            return self._assessor.open(self._outer(id), cancel, may_ask=may_ask)

        found, _ = self._understand(id, opened, None, cancel)
        self._keep({id: found})
        waiting = self._store.messages.waiting()
        if may_ask and waiting and found.encryption == Encryption.ENCRYPTED.value:
            self._store.messages.reprocess(waiting)  # the key that opened it may open them, too
            self._events.publish(KeysChanged())

    def _outer(self, id: int) -> Part:
        return parse(self._store.bodies.open(id))

    def _understand(
        self,
        id: int,
        opened: Callable[[], Unwrapped],
        arrived: datetime | None,
        cancel: CancelToken,
        signed: frozenset[str] = frozenset(),
    ) -> tuple[Processed, bool]:
        """What there is to be found out about one message, and whether it brought a new key.

        When it `arrived` is looked up unless it is known; `signed` are the senders of signed mail
        that is not kept yet. Raises Cancelled.
        """
        key_came = False
        try:
            assessment = self._assessor.judge(
                opened(),
                arrived or self._store.bodies.received(id),
                formatted=False,
                signed=signed,
            )
            if self._keeping.leaves_out(id, assessment):
                found = without(assessment.outer, assessment.verdict, assessment.problems)
            else:
                found = self._processed(assessment)
        except BUGS as bug:
            log.exception("Message %d could not be understood and was set aside", id)
            return _set_aside(type(bug).__name__), key_came
        except MailError as problem:
            if cancel.cancelled or isinstance(problem, StoreLocked):
                raise
            log.warning("Message %d was set aside: %s", id, problem.text)
            return _set_aside(problem.text), key_came
        try:
            key_came = self._observer.observe(assessment)
        except BUGS:
            log.exception("The keys that message %d brings could not be learned", id)
        try:
            self._returns.take(id, assessment.outer)
        except BUGS:
            log.exception("What message %d reports could not be kept", id)
        return found, key_came

    def _keep(self, found: Mapping[int, Processed]) -> None:
        """Keep what was found out about some messages in one commit, and publish that; if that
        fails over one of them, that one is set aside."""
        if not found:
            return
        try:
            self._store.messages.processed(found)
        except BUGS:
            log.exception("Of %d messages one could not be kept as it was understood", len(found))
            for id, one in found.items():
                self._keep_alone(id, one)
        folders = self._store.messages.folders_of(tuple(found))
        self._events.publish(MessagesChanged(folders, tuple(found)))
        self._events.publish(FoldersChanged())

    def _keep_alone(self, id: int, found: Processed) -> None:
        try:
            self._store.messages.processed({id: found})
        except BUGS as bug:
            log.exception("Message %d was set aside", id)
            self._store.messages.processed({id: _set_aside(type(bug).__name__)})

    def requeue(self, addresses: Collection[str]) -> None:
        """Have taken up again what waits for a key, and what these people signed: a key has come,
        or what the user thinks of it has changed."""
        signed = self._store.messages.signed_by(tuple(addresses))
        self._store.messages.reprocess([*self._store.messages.waiting(), *signed])

    def _processed(self, assessment: Assessment) -> Processed:
        verdict = assessment.verdict
        locked = verdict.state is State.LOCKED
        return Processed(
            envelope=assessment.envelope,
            verdict=verdict.to_json(),
            state=verdict.state.value,
            encryption=verdict.encryption.value,
            signature=verdict.signature.value,
            snippet=snippet(assessment.body.text),
            text=assessment.body.text,
            attachments=tuple(one.name for one in assessment.body.attachments if not one.inline),
            opened=assessment.opened,
            processing=Processing.WAITING if locked else Processing.READY,
            problems=assessment.problems,
            files=any(kind_of(one) for one in assessment.body.attachments),
        )


def _set_aside(why: str) -> Processed:
    problem = f"This message could not be understood ({why}). Its source is kept unchanged."
    return without(None, UNPROTECTED, (problem,), Processing.QUARANTINED)
