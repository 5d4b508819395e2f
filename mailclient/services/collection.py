"""The work of one POP3 session: fetch, commit in batches, and only then delete.

The order is the contract: the bytes are committed with their ledger rows, published, read back,
and only then may the server delete. No transaction spans a wait for the network.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from mailclient.account import Account
from mailclient.errors import MailError, NotFound
from mailclient.services.crash import crash_point
from mailclient.services.download import alone, identity
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.services.jobs import Job, Picture
from mailclient.sizes import size_words
from mailclient.store import Store
from mailclient.store.bodies import Spool
from mailclient.store.folders import Role
from mailclient.store.ledger import Entry, EntryState
from mailclient.transport.pop3 import Listed, Pop3Session

BATCH_MESSAGES = 50
BATCH_BYTES = 8 * 1024 * 1024
BATCH_SECONDS = 0.3
FIRST_BATCH_SECONDS = 0.1  # the first ones are to be seen at once
TELL_SECONDS = 0.1
SILENT_SECONDS = 5.0  # without a byte, after which that is said


@dataclass(slots=True)
class _Batch:
    """Fetched but not committed."""

    patience: float
    fetched: list[tuple[Listed, Spool]] = field(default_factory=list)
    size: int = 0
    began: float = field(default_factory=time.monotonic)

    def add(self, listed: Listed, spool: Spool) -> None:
        """Take one more."""
        self.fetched.append((listed, spool))
        self.size += spool.size

    @property
    def full(self) -> bool:
        return (
            len(self.fetched) >= BATCH_MESSAGES
            or self.size >= BATCH_BYTES
            or time.monotonic() - self.began >= self.patience
        )


class _Progress:
    """How many, how much and how fast; and for how long nothing has come."""

    def __init__(self, job: Job, count: int, size: int) -> None:
        self._job = job
        self._count = count
        self._size = size
        self._began = self._told = self._moved = time.monotonic()
        self._done = 0
        self._bytes = 0
        self._seen = 0
        self._coming: Spool | None = None
        job.watch(self.picture)

    def begin(self, spool: Spool) -> None:
        """A message begins to come."""
        self._coming = spool

    def add(self, size: int) -> None:
        """One more message has come."""
        self._coming = None
        self._done += 1
        self._bytes += size
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS or self._done == self._count:
            self._told = now
            self._job.progress(*self.picture())

    def picture(self) -> Picture:
        """How far it is at this moment; from any thread."""
        coming = self._coming
        size = self._bytes + (coming.size if coming is not None else 0)
        now = time.monotonic()
        if size != self._seen:
            self._seen, self._moved = size, now
        rate = size / max(now - self._began, 0.001)
        total = max(self._size, size)
        words = (
            f"{self._done:,} of {_messages(self._count)}, "
            f"{size_words(size)} of {size_words(total)} ({size_words(rate)}/s)"
        )
        silent = now - self._moved
        if silent >= SILENT_SECONDS:
            words += f"; nothing has come for {silent:.0f} seconds"
        return size, total, words

    def end(self) -> None:
        """Something else is done from now on."""
        self._job.watch(None)


class _Digest:
    """Takes in a message for its hash alone."""

    def __init__(self) -> None:
        self._hash = sha256()

    def write(self, data: bytes, /) -> None:
        """Take in the next bytes."""
        self._hash.update(data)

    @property
    def value(self) -> bytes:
        """The SHA-256."""
        return self._hash.digest()


class Collection:
    """One session's work for an account; what has come is in `ids`."""

    def __init__(
        self,
        store: Store,
        events: Events,
        clock: Callable[[], datetime],
        account: Account,
        job: Job,
        stored: Callable[[], None],
        moved: Mapping[bytes, Entry],
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._account = account
        self._job = job
        self._stored = stored
        self._moved = dict(moved)  # by hash: what is here, and not listed under its name any more
        self._inbox = store.folders.by_role(account.id, Role.INBOX)
        self._fresh: set[bytes] = set()
        self.ids: list[int] = []
        self.recognised = 0
        self.unnamed: list[Listed] = []
        self.problems: list[str] = []

    # Fetching

    def fetch(self, session: Pop3Session, wanted: Sequence[Listed]) -> None:
        """Fetch and commit; what was fetched before a cut is committed all the same."""
        progress = _Progress(self._job, len(wanted), sum(one.size for one in wanted))
        batch = _Batch(FIRST_BATCH_SECONDS)
        open_spools: list[Spool] = []

        def spool(listed: Listed) -> Spool:
            open_spools[:] = [self._store.bodies.spool(listed.size)]
            progress.begin(open_spools[0])
            return open_spools[0]

        refused: Counter[str] = Counter()
        try:
            for listed, got in session.retr(wanted, spool):
                self._job.cancel.check()
                if isinstance(got, NotFound):
                    refused[_said(got)] += 1
                    continue
                open_spools.clear()
                crash_point("after_retr")
                batch.add(listed, got)
                progress.add(got.size)
                if batch.full:
                    full, batch = batch, _Batch(BATCH_SECONDS)
                    self._commit(full)
        finally:
            progress.end()
            for one in open_spools:
                one.abort()
            self._commit(batch)
            self._tell_refused(refused)

    def _tell_refused(self, refused: Mapping[str, int]) -> None:
        """What the server would not hand over, by its reason."""
        for why, count in refused.items():
            self.problems.append(
                f"{_messages(count)} could not be fetched; on the server nothing was changed, and "
                f"the next collection asks again.{why}"
            )

    def fetch_heads(self, session: Pop3Session, wanted: Sequence[Listed]) -> None:
        """Fetch the heads of messages that are too large to come unasked."""
        for listed, head in session.top(wanted):
            if isinstance(head, NotFound):
                self.problems.append(
                    f"1 message of {size_words(listed.size)} is over the limit and stays on the "
                    "server, which does not give out its head alone."
                )
                self._record(listed, EntryState.SEEN, b"", b"", None)
                continue
            with self._store.database.write():
                id = self._store.messages.store_raw(
                    self._account.id,
                    self._inbox.id,
                    head,
                    unread=True,
                    received=self._clock(),
                    whole_size=listed.size,
                )
                self._record(listed, EntryState.HEAD, b"", identity(head), id)
            self._publish([id])

    def leave(self, wanted: Sequence[Listed]) -> None:
        """Remember that these are to stay where they are, unfetched."""
        with self._store.database.write():
            for one in wanted:
                self._record(one, EntryState.SEEN, b"", b"", None)

    def complete(self, session: Pop3Session, listed: Listed, id: int) -> None:
        """Fetch the whole of a message of which the head is here."""
        for _, got in session.retr([listed], lambda one: self._store.bodies.spool(one.size)):
            if isinstance(got, NotFound):
                raise got
            with self._store.database.write():
                head = identity(got.head)
                self._store.messages.complete(id, got)
                self._record(listed, EntryState.STORED, got.sha256, head, id, got)
            self._publish([id])

    def _commit(self, batch: _Batch) -> None:
        """Make a batch durable, then tell of it."""
        if not batch.fetched:
            return
        ids = []
        with self._store.database.write():
            for listed, spool in batch.fetched:
                id = self._keep(listed, spool)
                if id is not None:
                    ids.append(id)
            crash_point("before_commit")
        crash_point("after_commit")
        self._publish(ids)

    def _keep(self, listed: Listed, spool: Spool) -> int | None:
        """Store one message with its ledger row; None where it turns out to be here already."""
        digest = spool.sha256
        if not listed.uid:
            self.unnamed.append(listed)
            if self._store.messages.by_hash(self._account.id, digest) is not None:
                spool.abort()
                return None
        known = self._moved.pop(digest, None)
        if known is not None:  # the server has given it a new name
            self.recognised += 1
            self._record(listed, EntryState.STORED, digest, known.head, known.message_id, spool)
            if known.uid not in self._fresh:  # else that line is another message's by now
                self._store.ledger.forget(self._account.id, known.uid)
            spool.abort()
            return None
        head = identity(spool.head)
        id = self._store.messages.store_raw(
            self._account.id, self._inbox.id, spool, unread=True, received=self._clock()
        )
        self._record(listed, EntryState.STORED, digest, head, id, spool)
        return id

    def _record(
        self,
        listed: Listed,
        state: EntryState,
        digest: bytes,
        head: bytes,
        id: int | None,
        spool: Spool | None = None,
    ) -> None:
        self._fresh.add(listed.uid)
        entry = Entry(
            uid=listed.uid,
            size=listed.size,
            sha256=digest,
            state=state,
            message_id=id,
            first_seen=self._clock(),
            head=head,
            doubtful=spool is not None and not self._fits(id, spool.size, listed.size),
        )
        self._store.ledger.record(self._account.id, entry)

    def _fits(self, id: int | None, size: int, claimed: int) -> bool:
        """Whether a message has the size that the server claims; some servers count a line end as
        one byte."""
        if size <= claimed or id is None:
            return size == claimed
        return size - sum(piece.count(b"\n") for piece in self._store.bodies.chunks(id)) == claimed

    def _publish(self, ids: Sequence[int]) -> None:
        self.ids += ids
        self._events.publish(MessagesChanged((self._inbox.id,), tuple(ids)))
        self._events.publish(FoldersChanged())
        self._stored()

    # Deleting

    def delete(self, session: Pop3Session, wanted: Sequence[Listed]) -> list[Listed]:
        """Ask the server to delete what is stored here and can be read back."""
        if not wanted:
            return []
        self._job.progress(0, 0, f"checking and deleting {_messages(len(wanted))} on the server")
        known = self._store.ledger.lines(self._account.id, [one.uid for one in wanted])
        sure = self._still_the_same(session, wanted, known)
        ready = [one for one in sure if self._readable(known[one.uid])]
        self._store.ledger.mark(
            self._account.id, [one.uid for one in ready], EntryState.DELETE_ASKED
        )
        return self.delete_unasked(session, [*ready])

    def delete_unasked(self, session: Pop3Session, wanted: Sequence[Listed]) -> list[Listed]:
        """Delete on the server, whatever is here: the user wants it so, or it was just stored."""
        asked: list[Listed] = []
        kept: Counter[str] = Counter()
        for one, refused in session.dele(wanted):
            if refused is not None:
                kept[_said(refused)] += 1
                continue
            crash_point("after_dele")
            asked.append(one)
        for why, count in kept.items():
            self.problems.append(f"The server did not delete {_messages(count)}.{why}")
        return asked

    def _still_the_same(
        self, session: Pop3Session, wanted: Sequence[Listed], known: Mapping[bytes, Entry]
    ) -> list[Listed]:
        """Those whose name has not been given to another message since an earlier session.

        Where no head can be compared, for want of TOP or of anything in it, all of it is.
        """
        there = [one for one in wanted if one.uid in known]
        old = [one for one in there if one.uid not in self._fresh]
        others: list[Listed] = []
        unsure = [one for one in old if not known[one.uid].head]
        for one, head in session.top([one for one in old if known[one.uid].head]):
            if isinstance(head, NotFound):
                unsure.append(one)
            elif identity(head) != known[one.uid].head:
                others.append(one)
        stay: list[Listed] = []
        for one, got in session.retr(unsure, lambda listed: _Digest()):
            if isinstance(got, NotFound):
                stay.append(one)
            elif got.value != known[one.uid].sha256:
                others.append(one)
        if others:
            self.fetch(session, others)
        return [one for one in there if one not in others and one not in stay]

    def _readable(self, entry: Entry) -> bool:
        """Whether the stored copy is whole; one that the user deleted for good need not be."""
        if entry.message_id is None:
            return True
        try:
            self._store.bodies.verify(entry.message_id)
        except MailError as problem:
            self.problems.append(f"A message stays on the server: {problem.text}")
            return False
        return True

    def confirm(self, deleted: Sequence[Listed]) -> None:
        """The server has taken the deletions."""
        uids = [one.uid for one in deleted if alone(one.uid)]
        self._store.ledger.mark(self._account.id, uids, EntryState.GONE)


_ERR = re.compile(r"-ERR *(?:\[[^\]]*\] *)?", re.IGNORECASE)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def _said(refused: NotFound) -> str:
    """What the server said when it refused, as a sentence of its own after another one."""
    words = _ERR.sub("", refused.detail, count=1).strip().rstrip(".")
    return f" The server says: {words}." if words else ""
