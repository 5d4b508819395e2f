"""Sending: sealed when it is queued, durable before each step, never twice, never in clear by
accident.

A draft becomes one message in the queue, however often Send is pressed, and stays beside it until
everyone has it: what is taken back is the draft again. What goes out is in `flushing`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from mailclient.account import Account
from mailclient.cancel import CancelToken
from mailclient.errors import AlreadyQueued, BadInput, Cancelled
from mailclient.message.address import Address, normalise
from mailclient.message.build import (
    draft_bytes,
    draft_from_message,
    draft_pieces,
    has_files_apart,
    new_message_id,
    with_files_of,
    words_bytes,
)
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.tree import parse
from mailclient.services.accounts import Accounts
from mailclient.services.crash import crash_point
from mailclient.services.events import Events, FoldersChanged, MessagesChanged, OutboxChanged
from mailclient.services.flushing import Flushing
from mailclient.services.intake import Intake
from mailclient.services.jobs import Job, Jobs
from mailclient.services.outcomes import Outcomes
from mailclient.services.sealing import Prepared, Sealing
from mailclient.services.settling import Settling
from mailclient.store import Store
from mailclient.store.folders import Role
from mailclient.store.outbox import Answer, NewOut, OutItem, OutState

ARRIVED = "You said that it has arrived."


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the queue; `again` says that it was there already."""

    message_id: str
    id: int
    encrypted: bool
    signed: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A message that was taken out of the queue: its draft, 0 where nothing of it was kept, and
    what its author should know before sending it again."""

    draft_id: int
    note: str = ""


class Send:
    """The use cases around sending."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        sealing: Sealing,
        flushing: Flushing,
        settling: Settling,
        *,
        outcomes: Outcomes,
        intake: Intake,
        events: Events,
        jobs: Jobs,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._sealing = sealing
        self._flushing = flushing
        self._settling = settling
        self._outcomes = outcomes
        self._intake = intake
        self._events = events
        self._jobs = jobs
        self._clock = clock
        self._lock = threading.Lock()
        self._about: set[tuple[int, bool]] = set()  # accounts whose sending is about to begin

    # Into the queue

    def queue(
        self,
        draft: Draft,
        *,
        draft_id: int | None = None,
        undo_seconds: int = 0,
        later: datetime | None = None,
        cancel: CancelToken | None = None,
    ) -> Queued:
        """Protect a draft and keep it in the queue, in place of `draft_id`: for `undo_seconds` it
        can be taken back, and with `later` it goes out at that time.

        Raises BadInput, AlreadyQueued, KeyMissing, KeyLocked, SealFailed; then nothing was stored.
        """
        account = self._may_go(draft)
        now = self._clock()
        if later is not None:
            _require_ahead(later, now)
        if (before := self._before(draft)) is not None:
            return before
        prepared = self._sealing.prepare(
            draft,
            message_id=new_message_id(draft.sender.domain),
            date=later or now,
            cancel=cancel or CancelToken(),
        )
        new = _new(account, draft, prepared, now)
        new = replace(new, later=later, not_before=now + timedelta(seconds=undo_seconds))
        crash_point("before_queue")
        with self._store.database.write():
            if (before := self._before(draft)) is not None:  # from another window, meanwhile
                return before
            id = self._store.outbox.queue(new)
            if draft_id is not None:
                self._store.messages.delete([draft_id])
        crash_point("after_queue")
        self._events.publish(OutboxChanged())
        self._events.publish(FoldersChanged())
        return _queued(self._store.outbox.get(id))

    def _may_go(self, draft: Draft) -> Account:
        account = self._accounts.get(draft.sender.address)
        if account.outgoing is None:
            raise BadInput(f"{account.address} has no outgoing server.", "Set one in its settings.")
        if not (draft.to or draft.cc or draft.bcc):
            raise BadInput("The message has no recipient.", "Say who it goes to.")
        if draft.quotes_protected and not draft.encrypt:
            raise BadInput(
                "This message quotes mail that was encrypted, and would itself go out in clear.",
                "Switch on Encrypt, or remove the quoted text.",
            )
        return account

    def _before(self, draft: Draft) -> Queued | None:
        """What this draft has become already; raises AlreadyQueued if it said something else."""
        item = self._store.outbox.by_key(draft.key)
        if item is None:
            return None
        if item.content != _content(draft):
            raise AlreadyQueued(
                "This message was sent already, from another window, with other words in it.",
                "Send this one as a new message if both are to arrive.",
            )
        return _queued(item, again=True)

    # Back, on, and at another time

    def take_back(self, id: int) -> TakenBack:
        """Take a message out of the queue and put its draft back, for those who have not got it.

        Raises BadInput once it is on its way or everyone has it, or NotFound.
        """
        item = self._store.outbox.get(id)
        now = self._clock()
        draft = _draft_of(self._store, item)
        folder = self._store.folders.by_role(item.account_id, Role.DRAFTS)
        draft_id = 0
        with self._store.database.write():
            item = self._store.outbox.get(id)
            self._store.outbox.remove(id)
            if draft is not None:
                draft = _for_the_others(draft, item)
                key = item.key if item.key and not item.tried else ""
                name = key or new_message_id(draft.sender.domain)
                spool = self._store.bodies.spool()
                for piece in draft_pieces(draft, message_id=name, date=now):
                    spool.write(piece)
                draft_id = self._store.messages.store_raw(
                    item.account_id, folder.id, spool, unread=False, received=now
                )
        self._events.publish(OutboxChanged())
        if draft_id:
            self._intake.process(draft_id, CancelToken())
            self._events.publish(MessagesChanged((folder.id,), (draft_id,)))
            self._events.publish(FoldersChanged())
        return TakenBack(draft_id, _note(item))

    def later(self, id: int, when: datetime, cancel: CancelToken | None = None) -> None:
        """Have it sent at a time. What nobody has seen yet is sealed anew, with that date on it.

        Raises BadInput, NotFound, KeyMissing, KeyLocked, SealFailed; then it stays as it was.
        """
        _require_ahead(when, self._clock())
        prepared = self._dated(self._store.outbox.get(id), when, cancel)
        with self._store.database.write():
            if prepared is not None:
                self._store.outbox.renew(id, prepared.copies, prepared.sent_copy)
            self._store.outbox.postpone(id, when)
        self._events.publish(OutboxChanged())

    def retry(self, id: int, *, doubtful: bool = False, cancel: CancelToken | None = None) -> None:
        """Have it tried at once, also what was refused; with `doubtful` also for those who may
        have got it already: the user's explicit decision.

        Raises BadInput, NotFound, and for a message that was kept for later as `later` does.
        """
        item = self._store.outbox.get(id)
        prepared = None if item.later is None else self._dated(item, self._clock(), cancel)
        with self._store.database.write():
            if prepared is not None:
                self._store.outbox.renew(id, prepared.copies, prepared.sent_copy)
            self._store.outbox.retry(id, doubtful=doubtful)
        self._events.publish(OutboxChanged())

    def _dated(self, item: OutItem, date: datetime, cancel: CancelToken | None) -> Prepared | None:
        """The message with another date; None where it has to stay as it is."""
        draft = None if item.tried else _draft_of(self._store, item)
        if draft is None:
            return None
        return self._sealing.prepare(
            draft,
            message_id=item.message_id,
            date=date,
            cancel=cancel or CancelToken(),
        )

    def settle(self, id: int) -> None:
        """The user says that it has arrived; raises BadInput where that is no question."""
        item = self._store.outbox.get(id)
        people = item.those(OutState.UNCERTAIN)
        if not self._outcomes.settled(
            item, [Answer(one.address, True, 0, ARRIVED) for one in people]
        ):
            raise BadInput("There is no doubt about this message.")

    def keep_trying(self, id: int) -> None:
        """The user wants it tried for some more days; raises NotFound."""
        self._store.outbox.go_on(id)
        self._events.publish(OutboxChanged())

    # Out of the queue

    def items(self) -> tuple[OutItem, ...]:
        """The queue, oldest first."""
        return self._store.outbox.all()

    def item(self, id: int) -> OutItem:
        """One message; raises NotFound."""
        return self._store.outbox.get(id)

    def unsent(self) -> tuple[OutItem, ...]:
        """Those of the queue that not everyone has got, oldest first."""
        return self._store.outbox.unsent()

    def start(self, account: Account, *, now: bool = False) -> None:
        """Send what is due for one account on its lane, unless that is about to begin; with `now`
        also what waits for its next try."""
        with self._lock:
            if (account.id, now) in self._about:
                return
            self._about.add((account.id, now))

        def begun() -> None:
            with self._lock:
                self._about.discard((account.id, now))

        def work(job: Job) -> None:
            begun()
            self.flush(account, job, now=now)

        try:
            future = self._jobs.submit(
                f"send:{account.address}", work, title=f"Sending mail of {account.address}"
            )
        except Cancelled:
            begun()
            raise
        future.add_done_callback(lambda done: begun())  # it may be stopped before it begins

    def start_due(self) -> None:
        """Send what is due, for every account that has such."""
        for account in self._accounts.list():
            due = self._store.outbox.due(account.id, self._clock())
            if account.outgoing is not None and (due or self._flushing.unkept(account)):
                self.start(account)

    def flush(self, account: Account, job: Job, *, now: bool = False) -> tuple[OutItem, ...]:
        """Send everything that is due (with `now`: also what waits for its next try). The copies in
        Sent are understood after that, on the intake lane.

        Raises the first problem that there was.
        """
        try:
            return self._flushing.flush(account, job, now=now)
        finally:
            self._settling.look_back()  # a copy can be back before the server's answer is given up
            self._intake.start(self._jobs)  # what has come into Sent

    def look_back(self) -> None:
        """Settle what is uncertain since an earlier run and has come back."""
        self._settling.look_back()


def _new(account: Account, draft: Draft, prepared: Prepared, now: datetime) -> NewOut:
    # What goes out in clear holds the files of its draft as they are.
    in_clear = not (draft.encrypt or draft.sign)
    kept = words_bytes if in_clear and draft.is_large else draft_bytes
    return NewOut(
        account_id=account.id,
        message_id=prepared.message_id,
        subject=draft.subject,
        sender=draft.sender.address,
        copies=prepared.copies,
        sent_copy=prepared.sent_copy,
        encryption="encrypted" if draft.encrypt else "none",
        signature="good" if draft.encrypt or draft.sign else "none",
        created=now,
        not_before=now,
        key=draft.key,
        content=_content(draft),
        reports=draft.ask_delivered,
        draft=kept(draft, message_id=prepared.message_id, date=now),
    )


def _draft_of(store: Store, item: OutItem) -> Draft | None:
    """The draft that a message was made from; None where it was made from another message."""
    raw = store.outbox.draft(item.id)
    if not raw:
        return None
    part = parse(raw)
    draft = draft_from_message(part)
    if has_files_apart(part):
        draft = with_files_of(draft, draft_from_message(parse(store.outbox.raw(item.id))))
    return draft


def _queued(item: OutItem, *, again: bool = False) -> Queued:
    return Queued(
        item.message_id, item.id, item.encryption == "encrypted", item.signature == "good", again
    )


def _content(draft: Draft) -> str:
    """What tells a draft from another state of itself."""
    files = [(one.name, one.content_type, _digest(one)) for one in draft.files]
    bare = replace(draft, pictures=(), attachments=(), key="", decided=False)
    said = repr((bare, files))
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _digest(file: AttachmentSource) -> str:
    whole = sha256()
    for chunk in file.chunks():
        whole.update(chunk)
    return whole.hexdigest()


def _require_ahead(when: datetime, now: datetime) -> None:
    if when <= now:
        raise BadInput("The time to send it has passed already.", "Choose one that is ahead.")


def _for_the_others(draft: Draft, item: OutItem) -> Draft:
    """The draft without those who have got it."""
    got = {normalise(one.address) for one in item.those(OutState.SENT)}

    def left(people: Sequence[Address]) -> tuple[Address, ...]:
        return tuple(one for one in people if normalise(one.address) not in got)

    return replace(draft, to=left(draft.to), cc=left(draft.cc), bcc=left(draft.bcc))


def _note(item: OutItem) -> str:
    """What is to be known before it is sent again."""
    got = ", ".join(one.address for one in item.those(OutState.SENT))
    maybe = ", ".join(one.address for one in item.those(OutState.UNCERTAIN))
    notes = [f"{got} got this message and will not get it again."] if got else []
    notes += [f"It is not known whether {maybe} got it already."] if maybe else []
    return " ".join(notes)
