"""The mailbox on the server, as it is: look through it, fetch, leave or delete there, and what the
ledger knows of each message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailclient.account import Account, Retention
from mailclient.errors import BadInput, NotFound
from mailclient.message.address import Address
from mailclient.message.envelope import Envelope, envelope
from mailclient.message.tree import parse
from mailclient.services.accounts import Accounts
from mailclient.services.download import delete_after, named
from mailclient.services.jobs import Job
from mailclient.services.receive import Receipt, Receive
from mailclient.store import Store
from mailclient.store.ledger import Entry, EntryState
from mailclient.store.messages import MessageRow
from mailclient.transport.pop3 import Listed

HEADS = 500  # so many of the newest unknown messages show their heads


@dataclass(frozen=True, slots=True)
class OnServer:
    """A message that lies on the server; `state` is None for one that nothing is known of.

    `name` is what it is chosen by; `delete_after` is set where time alone decides, `retention` is
    the account's. What its head says is empty where the server does not give it out, or where it is
    not among the newest; then it is not `told`.
    """

    name: bytes
    size: int
    state: EntryState | None
    message_id: int | None
    from_: tuple[Address, ...]
    subject: str
    date: datetime | None
    delete_after: datetime | None
    retention: Retention
    sha256: bytes = b""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger, with what follows from it."""

    entry: Entry
    delete_after: datetime | None
    retention: Retention


class ServerMailbox:
    """The use cases around what lies on the server."""

    def __init__(
        self, store: Store, accounts: Accounts, receive: Receive, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._receive = receive
        self._clock = clock

    # Looking

    def look(
        self,
        account: Account,
        job: Job,
        *,
        heads: int = HEADS,
        seen: Sequence[OnServer] = (),
    ) -> tuple[OnServer, ...]:
        """What lies on the server, newest first; changes nothing. Raises as `Receive.session`.

        `heads` of those that are neither here nor `seen` in an earlier look are asked for.
        """
        before = {(one.name, one.size): one for one in seen if one.told and one.name}
        with self._receive.session(account, job) as session:
            listing = named(session.listing())
            known = self._store.ledger.known(account.id)
            unknown = [
                one
                for one in listing
                if not self._is_here(known.get(one.uid), one) and (one.uid, one.size) not in before
            ]
            newest = unknown[-heads:] if heads else []
            found: dict[int, bytes] = {}
            for count, (one, head) in enumerate(session.top(newest), 1):
                job.progress(count, len(newest), f"{count:,} of {len(newest):,} heads")
                if isinstance(head, NotFound):
                    continue
                found[one.number] = head
        return tuple(
            self._shown(
                one,
                known.get(one.uid),
                found.get(one.number) or before.get((one.uid, one.size)),
                account,
            )
            for one in reversed(listing)
        )

    def _is_here(self, entry: Entry | None, listed: Listed) -> bool:
        return entry is not None and entry.size == listed.size and entry.message_id is not None

    def _shown(
        self, listed: Listed, entry: Entry | None, seen: bytes | OnServer | None, account: Account
    ) -> OnServer:
        head: MessageRow | Envelope | OnServer | None = None
        if self._is_here(entry, listed) and entry is not None and entry.message_id is not None:
            head = self._store.messages.get(entry.message_id)
        elif isinstance(seen, bytes):
            head = envelope(parse(seen).headers)
        elif seen is not None:
            head = seen
        return OnServer(
            name=listed.uid,
            size=listed.size,
            state=entry.state if entry else None,
            message_id=entry.message_id if entry else None,
            from_=head.from_ if head else (),
            subject=head.subject if head else "",
            date=head.date if head else None,
            delete_after=_until(entry, account.retention) if entry else None,
            retention=account.retention,
            sha256=entry.sha256 if entry else b"",
            told=head is not None,
        )

    # Acting

    def act(
        self,
        account: Account,
        job: Job,
        *,
        fetch: Sequence[bytes] = (),
        leave: Sequence[bytes] = (),
        delete: Sequence[bytes] = (),
    ) -> Receipt:
        """Fetch some messages, leave some where they are for good, delete some on the server.

        What is fetched and deleted at once is stored and read back first; what is deleted alone is
        gone, as the user wants it. Raises NotFound if one is not there any more (then nothing was
        done), and as `Receive.session`.
        """
        with self._receive.session(account, job) as session:
            listing = {one.uid: one for one in named(session.listing()) if one.uid}
            wanted = [_chosen(listing, names) for names in (fetch, leave, delete)]
            to_fetch, to_leave, to_delete = wanted
            known = self._store.ledger.known(account.id)
            run = self._receive.collection(account, job)
            run.leave([one for one in to_leave if not self._is_here(known.get(one.uid), one)])
            heads = {one.uid: known[one.uid] for one in to_fetch if one.uid in known}
            for one in to_fetch:
                entry = heads.get(one.uid)
                if entry is not None and entry.state is EntryState.HEAD and entry.message_id:
                    run.complete(session, one, entry.message_id)
            run.fetch(session, [one for one in to_fetch if not self._whole(heads.get(one.uid))])
            stored = [one for one in to_delete if one in to_fetch]
            deleted = run.delete(session, stored)
            deleted += run.delete_unasked(
                session, [one for one in to_delete if one not in to_fetch]
            )
            if session.quit():
                run.confirm(deleted)
            else:
                deleted = []
                run.problems.append("The server did not confirm the end; look again.")
        return Receipt(
            account.address,
            received=len(run.ids),
            left_on_server=len(listing) - len(deleted),
            deleted_on_server=len(deleted),
            notices=tuple(run.problems),
            ids=tuple(run.ids),
        )

    def _whole(self, entry: Entry | None) -> bool:
        """Whether a message is here, whole or as a head that has just been completed."""
        return entry is not None and entry.message_id is not None

    def fetch_rest(self, message_id: int, job: Job) -> None:
        """Fetch the whole of a message of which only the head is here.

        Raises NotFound if the server has it no more, and as `Receive.session`.
        """
        found = self._store.ledger.of_message(message_id)
        if found is None or found[1].state is not EntryState.HEAD:
            raise BadInput("All that there is of this message is here already.")
        account_id, entry = found
        account = self._store.accounts.by_id(account_id)
        try:
            self.act(account, job, fetch=[entry.uid])
        except NotFound as gone:
            raise NotFound(
                "The server has this message no more; only its head was kept.",
                "Ask its sender to send it again.",
            ) from gone

    # The ledger

    def ledger(self, account: Account) -> tuple[Line, ...]:
        """Every line of an account's ledger, in the order of their coming."""
        known = self._store.ledger.known(account.id).values()
        lines = [
            Line(entry, _until(entry, account.retention), account.retention) for entry in known
        ]
        return tuple(sorted(lines, key=lambda one: (one.entry.first_seen, one.entry.uid)))

    def line(self, message_id: int) -> Line | None:
        """What the ledger knows of a stored message."""
        found = self._store.ledger.of_message(message_id)
        if found is None:
            return None
        account_id, entry = found
        account = self._store.accounts.by_id(account_id)
        return Line(entry, _until(entry, account.retention), account.retention)


def _until(entry: Entry, retention: Retention) -> datetime | None:
    """When the server's copy goes by itself; what is not here as a whole never does."""
    here = entry.state in (EntryState.STORED, EntryState.DELETE_ASKED)
    return delete_after(entry, retention) if here else None


def _chosen(listing: dict[bytes, Listed], names: Sequence[bytes]) -> list[Listed]:
    missing = [name for name in names if name not in listing]
    if missing:
        raise NotFound(
            f"{len(missing)} of these messages are not on the server any more."
            if len(missing) > 1
            else "This message is not on the server any more.",
            "Look through the mailbox again.",
        )
    return [listing[name] for name in names]
