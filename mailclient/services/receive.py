"""Collecting mail over POP3: nothing lost, nothing doubled.

The order is the contract: fetch, commit the bytes with their ledger rows, publish, and only then
may the server delete. A message is known by its UID; what the ledger holds is never fetched twice.
Between the commits no transaction waits for the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailclient.account import Account, Retention
from mailclient.errors import BadInput, MailError, NotFound, Unreachable
from mailclient.services.accounts import INCOMING, Accounts
from mailclient.services.crash import crash_point
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.services.intake import Intake
from mailclient.services.jobs import Job, Jobs
from mailclient.store import Store
from mailclient.store.bodies import Spool
from mailclient.store.folders import Role
from mailclient.store.ledger import Entry, EntryState
from mailclient.transport import pop3
from mailclient.transport.pop3 import Listed, Pop3Session

BATCH_MESSAGES = 50
BATCH_BYTES = 8 * 1024 * 1024
BATCH_SECONDS = 0.3
FORGET_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one collection brought."""

    address: str
    received: int = 0
    already_here: int = 0
    left_on_server: int = 0
    deleted_on_server: int = 0
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the messages on the server.

    `gone` are known UIDs that are not listed any more, `alone` those that name one message only.
    """

    fetch: tuple[Listed, ...]
    delete: tuple[Listed, ...]
    keep: int
    gone: tuple[bytes, ...]
    alone: frozenset[bytes] = frozenset()


def download_plan(
    listing: Sequence[Listed], known: Mapping[bytes, Entry], retention: Retention, now: datetime
) -> Plan:
    """Decide from the listing and the ledger alone; a UID that stands twice is never deleted."""
    counts: dict[bytes, int] = {}
    for one in listing:
        counts[one.uid] = counts.get(one.uid, 0) + 1
    fetch: list[Listed] = []
    delete: list[Listed] = []
    keep = 0
    for one in listing:
        entry = known.get(one.uid)
        alone = counts[one.uid] == 1
        if entry is None or not one.uid or (alone and entry.size != one.size):
            fetch.append(one)  # never seen, not to be known again, or the UID was given anew
        elif alone and _due(entry, retention, now):
            delete.append(one)
        else:
            keep += 1
    present = {one.uid for one in listing}
    gone = tuple(uid for uid, entry in known.items() if uid not in present)
    unique = frozenset(uid for uid, count in counts.items() if count == 1 and uid)
    return Plan(tuple(fetch), tuple(delete), keep, gone, unique)


def _due(entry: Entry, retention: Retention, now: datetime) -> bool:
    """Whether the server's copy of a stored message has served its time."""
    if retention.days is None:
        return False
    return now >= entry.first_seen + timedelta(days=retention.days)


@dataclass(slots=True)
class _Batch:
    """Fetched but not committed; `spools` and `listed` run side by side."""

    listed: list[Listed] = field(default_factory=list)
    spools: list[Spool] = field(default_factory=list)
    size: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def full(self) -> bool:
        return (
            len(self.listed) >= BATCH_MESSAGES
            or self.size >= BATCH_BYTES
            or time.monotonic() - self.began >= BATCH_SECONDS
        )


class Receive:
    """The use cases around collecting."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        intake: Intake,
        events: Events,
        jobs: Jobs,
        clock: Callable[[], datetime],
        *,
        offline: bool,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._intake = intake
        self._events = events
        self._jobs = jobs
        self._clock = clock
        self._offline = offline

    def start_all(self) -> None:
        """Collect from every account that is not paused, each on its own lane."""
        for account in self._accounts.list():
            if account.incoming is not None and not account.paused:
                self.start(account)

    def start(self, account: Account) -> None:
        """Collect from one account on its lane; what arrives is processed on the intake lane."""
        self._jobs.submit(
            f"fetch:{account.address}",
            lambda job: self.collect(account, job, stored=self._start_intake),
            title=f"Collecting mail for {account.address}",
        )

    def _start_intake(self) -> None:
        self._jobs.submit("intake", self._intake.run, quiet=True)

    def collect(
        self, account: Account, job: Job, *, stored: Callable[[], None] = lambda: None
    ) -> Receipt:
        """Collect once; `stored` is called after each commit. Raises what keeps all of it away."""
        server = account.incoming
        if server is None:
            raise BadInput(f"{account.address} has no incoming server.", "Set one in its settings.")
        if self._offline:
            raise Unreachable(
                "The program was started without network; nothing was collected.",
                "Start it without --offline.",
            )
        began = time.monotonic()
        password = self._accounts.password(account, INCOMING)
        run = _Run(self._store, self._events, self._clock, account, job, stored)
        with pop3.connect(server, password, job.cancel) as session:
            listing = session.listing()
            known = self._store.ledger.known(account.id)
            plan = download_plan(listing, known, account.retention, self._clock())
            run.fetch(session, plan.fetch)
            deleted = run.delete(session, self._to_delete(account, plan, run))
            crash_point("before_quit")
            if session.quit():
                run.confirm(deleted)
            crash_point("after_quit")
        self._store.ledger.absent(account.id, plan.gone, self._clock() - FORGET_AFTER)
        return Receipt(
            account.address,
            len(run.ids),
            plan.keep + len(plan.delete),
            len(listing) - len(deleted),
            len(deleted),
            time.monotonic() - began,
            tuple(run.problems),
            tuple(run.ids),
        )

    def _to_delete(self, account: Account, plan: Plan, run: _Run) -> tuple[Listed, ...]:
        """What is due from before, and, where nothing is to stay, what was stored just now."""
        if account.retention.days != 0:
            return plan.delete
        return (*plan.delete, *(one for one in run.deletable if one.uid in plan.alone))


class _Run:
    """One session's work; commits in batches."""

    def __init__(
        self,
        store: Store,
        events: Events,
        clock: Callable[[], datetime],
        account: Account,
        job: Job,
        stored: Callable[[], None],
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._account = account
        self._job = job
        self._stored = stored
        self._inbox = store.folders.by_role(account.id, Role.INBOX)
        self.ids: list[int] = []
        self.deletable: list[Listed] = []
        self.problems: list[str] = []

    def fetch(self, session: Pop3Session, wanted: Sequence[Listed]) -> None:
        """Fetch and commit; what was fetched before a cut is committed all the same."""
        batch = _Batch()
        total = sum(one.size for one in wanted)
        done = 0
        try:
            for count, listed in enumerate(wanted, 1):
                self._job.cancel.check()
                spool = self._one(session, listed)
                if spool is None:
                    continue
                batch.listed.append(listed)
                batch.spools.append(spool)
                batch.size += spool.size
                done += listed.size
                self._job.progress(done, total, f"{count} of {len(wanted)}")
                if batch.full:
                    full, batch = batch, _Batch()
                    self._commit(full)
        finally:
            self._commit(batch)

    def _one(self, session: Pop3Session, listed: Listed) -> Spool | None:
        """Fetch one message; None if the server will not give it out this time."""
        spool = self._store.bodies.spool(listed.size)
        try:
            session.retr(listed.number, spool.write)
        except NotFound as refused:
            spool.abort()
            self.problems.append(
                f"1 message could not be fetched and stays on the server ({refused.detail})."
            )
            return None
        except MailError:
            spool.abort()
            raise
        crash_point("after_retr")
        return spool

    def _commit(self, batch: _Batch) -> None:
        """Make a batch durable, then tell of it."""
        if not batch.listed:
            return
        now = self._clock()
        ids = []
        with self._store.database.write():
            for listed, spool in zip(batch.listed, batch.spools, strict=True):
                if not listed.uid and self._is_here(spool):
                    continue
                id = self._store.messages.store_raw(
                    self._account.id, self._inbox.id, spool, unread=True, received=now
                )
                ids.append(id)
                if listed.uid:
                    self._store.ledger.record(
                        self._account.id,
                        Entry(
                            uid=listed.uid,
                            size=listed.size,
                            sha256=spool.sha256,
                            state=EntryState.STORED,
                            message_id=id,
                            first_seen=now,
                        ),
                    )
            crash_point("before_commit")
        crash_point("after_commit")
        self.ids += ids
        self.deletable += [
            one
            for one, spool in zip(batch.listed, batch.spools, strict=True)
            if one.uid and spool.size >= one.size > 0
        ]
        self._events.publish(MessagesChanged((self._inbox.id,), tuple(ids)))
        self._events.publish(FoldersChanged())
        self._stored()

    def _is_here(self, spool: Spool) -> bool:
        """Whether a message that has no UID to know it by was stored before."""
        if self._store.messages.by_hash(self._account.id, spool.sha256) is None:
            return False
        spool.abort()
        return True

    def delete(self, session: Pop3Session, wanted: Sequence[Listed]) -> list[Listed]:
        """Ask the server to delete what is stored here and can be read back."""
        known = self._store.ledger.known(self._account.id)
        asked: list[Listed] = []
        for one in wanted:
            entry = known.get(one.uid)
            if entry is None or not self._readable(entry):
                continue
            self._store.ledger.mark(self._account.id, [one.uid], EntryState.DELETE_ASKED)
            try:
                session.dele(one.number)
            except NotFound as refused:
                self.problems.append(f"The server did not delete a message ({refused.detail}).")
                continue
            crash_point("after_dele")
            asked.append(one)
        return asked

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
        uids = [one.uid for one in deleted]
        self._store.ledger.mark(self._account.id, uids, EntryState.GONE)
