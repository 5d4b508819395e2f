"""Collecting mail over POP3: nothing lost, nothing doubled.

One collection is one session: look, fetch what is new, delete what has served its time. What the
ledger holds is never fetched twice, whatever becomes of the session.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.account import Account
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailError, ProtocolFault, Unreachable
from mailclient.services.accounts import INCOMING, Accounts
from mailclient.services.collection import Collection
from mailclient.services.crash import crash_point
from mailclient.services.download import Plan, download_plan, due, named
from mailclient.services.events import CollectionEnded, Events
from mailclient.services.intake import Intake
from mailclient.services.jobs import Job, Jobs
from mailclient.services.timekeeping import Timekeeper, clock_doubted_since
from mailclient.store import Store
from mailclient.store.ledger import Entry
from mailclient.transport import pop3
from mailclient.transport.pop3 import Listed, Pop3Session

FORGET_AFTER = timedelta(days=30)
MOST_AT_ONCE = 16  # accounts
MANY = 20  # so many new names for what is here are worth a word


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one collection brought; `notices` are what was noticed on the way, `failure` is what
    ended it before its end, and it has not even `began` where the server was not asked."""

    address: str
    received: int = 0
    already_here: int = 0
    left_on_server: int = 0
    deleted_on_server: int = 0
    seconds: float = 0.0
    notices: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    failure: MailError | None = None
    began: bool = True

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that the user should know, in sentences."""
        return self.notices if self.failure is None else (*self.notices, str(self.failure))


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
        timekeeper: Timekeeper,
        offline: bool,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._intake = intake
        self._events = events
        self._jobs = jobs
        self._clock = clock
        self._timekeeper = timekeeper
        self._offline = offline
        self._one_by_one: set[int] = set()  # accounts whose server cannot take commands ahead
        self._running: dict[int, CancelToken] = {}

    def start(self, account: Account) -> None:
        """Collect from one account on its lane; what arrives is processed on the intake lane."""
        self._jobs.submit(
            f"fetch:{account.address}",
            lambda job: self._to_its_end(account, job),
            title=f"Collecting mail for {account.address}",
        )

    def break_off(self, account_id: int) -> None:
        """Have the collection of an account end, if there is one; as if the user had stopped it."""
        token = self._running.get(account_id)
        if token is not None:
            token.cancel()

    def _to_its_end(self, account: Account, job: Job) -> Receipt:
        """Collect, and tell how it ended; what came to no end is a fault for the window."""
        notices: tuple[str, ...] = ()
        problem: MailError | None = None
        self._running[account.id] = job.cancel
        try:
            receipt = self.collect(account, job, stored=self.start_intake)
            notices, problem = receipt.notices, receipt.failure
        except MailError as fault:
            problem = fault
        finally:
            self._running.pop(account.id, None)
            self._events.publish(CollectionEnded(account.id, notices, problem))
        if problem is not None:
            raise problem
        return receipt

    def start_intake(self) -> None:
        """Have what is stored understood, on its lane."""
        self._intake.start(self._jobs)

    def collect(
        self, account: Account, job: Job, *, stored: Callable[[], None] = lambda: None
    ) -> Receipt:
        """Collect once; `stored` is called after each commit. Raises what keeps all of it away.

        A server that says that it takes commands ahead and then stumbles is asked one by one.
        """
        before = account.id in self._one_by_one
        try:
            return self._collect(account, job, stored)
        except ProtocolFault:
            if before or account.id not in self._one_by_one:
                raise
        return self._collect(account, job, stored)

    def collect_each(self, accounts: Sequence[Account], job: Job) -> list[Receipt]:
        """Collect once from each of these at the same time, and understand what comes while more
        does; ends when all of it is. What keeps all of one account away is in its receipt."""

        def one(account: Account) -> Receipt:
            def told(_id: int, done: int, total: int, note: str) -> None:
                job.progress(done, total, f"{account.address}: {note}")

            try:
                return self.collect(
                    account, Job(job.id, job.cancel, told), stored=self.start_intake
                )
            except MailError as problem:
                return Receipt(account.address, failure=problem, began=False)

        with ThreadPoolExecutor(min(len(accounts), MOST_AT_ONCE)) as pool, ExitStack() as cut_short:
            cut_short.callback(job.cancel.cancel)  # an interrupt does not wait for servers
            receipts = list(pool.map(one, accounts))
            rest = self._jobs.submit("intake", lambda _: self._intake.run(job), quiet=True)
            rest.result()  # a fault that kept the intake from something is met here again
            cut_short.pop_all()
        return receipts

    @contextmanager
    def session(self, account: Account, job: Job) -> Iterator[Pop3Session]:
        """A session of an account, with QUIT at its good end; raises as `pop3.connect` does."""
        server = account.incoming
        if server is None:
            raise BadInput(f"{account.address} has no incoming server.", "Set one in its settings.")
        if self._offline:
            raise Unreachable(
                "The program was started without network; nothing was collected.",
                "Start it without --offline.",
            )
        ahead = account.id not in self._one_by_one
        job.progress(0, 0, f"connecting to {server.host}")
        with ExitStack() as stack:
            session = self._accounts.logged_in(
                account,
                INCOMING,
                lambda secret: stack.enter_context(
                    pop3.connect(server, secret, job.cancel, pipelining=ahead)
                ),
            )
            self._accounts.proved(account, INCOMING, session.logged_in_by, session.encryption)
            job.progress(0, 0, f"looking at what is new on {server.host}")
            try:
                yield session
            except ProtocolFault:
                if session.pipelining:
                    self._one_by_one.add(account.id)
                raise

    def collection(
        self,
        account: Account,
        job: Job,
        *,
        moved: Sequence[Entry] = (),
        stored: Callable[[], None] | None = None,
    ) -> Collection:
        """What does the work of one session; `moved` is known by names that it has no more."""
        return Collection(
            self._store,
            self._events,
            self._clock,
            account,
            job,
            stored or self.start_intake,
            {one.sha256: one for one in moved if one.sha256},
        )

    def _collect(self, account: Account, job: Job, stored: Callable[[], None]) -> Receipt:
        began = time.monotonic()
        failure: MailError | None = None
        listing: tuple[Listed, ...] = ()
        deleted: list[Listed] = []
        with self.session(account, job) as session:
            listing = named(session.listing())
            ledger = self._store.ledger
            plan = download_plan(listing, ledger.sizes(account.id), account.largest)
            moved = ledger.lines(account.id, (*plan.gone, *plan.reused))
            run = self.collection(account, job, moved=tuple(moved.values()), stored=stored)
            try:
                deleted = self._work(account, session, listing, plan, run)
            except (Unreachable, ProtocolFault) as fault:
                if not run.ids or (session.pipelining and isinstance(fault, ProtocolFault)):
                    raise
                failure = fault
        if failure is None:
            now = self._clock()
            ledger.absent(account.id, plan.gone, now - FORGET_AFTER)
            self._store.accounts.note_collected(account.id, now, self._doubted(account, now))
        return Receipt(
            account.address,
            received=len(run.ids),
            already_here=plan.keep,
            left_on_server=len(listing) - len(deleted),
            deleted_on_server=len(deleted),
            seconds=time.monotonic() - began,
            notices=(*run.problems, *_told(listing, run)),
            ids=tuple(run.ids),
            failure=failure,
        )

    def _work(
        self,
        account: Account,
        session: Pop3Session,
        listing: tuple[Listed, ...],
        plan: Plan,
        run: Collection,
    ) -> list[Listed]:
        """Fetch, then delete; returns what the server has deleted."""
        run.fetch(session, plan.fetch)
        run.fetch_heads(session, plan.heads)
        deleted = self._delete(account, session, listing, run)
        crash_point("before_quit")
        ended = session.quit()
        if ended:
            run.confirm(deleted)
        crash_point("after_quit")
        return deleted if ended else []

    def _delete(
        self,
        account: Account,
        session: Pop3Session,
        listing: tuple[Listed, ...],
        run: Collection,
    ) -> list[Listed]:
        """Delete on the server what has served its time there."""
        now = self._clock()
        if self._timekeeper.look() or self._doubted(account, now) is not None:
            run.problems.append(
                "No mail was collected for long, or this computer's clock is wrong; nothing was "
                "deleted on the server. That goes on in a day."
            )
            return []
        deleted: list[Listed] = []
        if account.retention.ends:
            here = self._store.ledger.collected(account.id)
            deleted = run.delete(session, due(listing, here, account.retention, now))
        if account.retention.days == 0:  # no later session could know them again
            deleted += run.delete_unasked(session, run.unnamed)
        return deleted

    def _doubted(self, account: Account, now: datetime) -> datetime | None:
        return clock_doubted_since(*self._store.accounts.collected(account.id), now)


def _told(listing: Sequence[Listed], run: Collection) -> Iterator[str]:
    """What the user should know of a server that is not as others."""
    if any(not one.uid for one in listing):
        yield (
            "The server gives its messages no lasting names (UIDL), so all of them are fetched "
            "each time to see which are new. Deleting them there once they are stored avoids that."
        )
    if run.recognised >= MANY:
        yield (
            f"The server has given its messages new names; {run.recognised:,} were fetched again "
            "and recognised, none is here twice."
        )
