"""Sending: sealed when it is queued, durable before each step, never twice, never in clear by
accident.

There is no path from a failed seal to clear text: `queue` raises and stores nothing. A cut after
the final dot leaves a message uncertain; it is asked about and never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.account import Account
from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeyInfo
from mailclient.errors import BadInput, KeyMissing, MailError, Unreachable
from mailclient.message import build
from mailclient.message.address import Address, encode_address, normalise, wire_address
from mailclient.message.draft import Draft
from mailclient.message.entity import entity as mime_entity
from mailclient.message.headers import HIDDEN_SUBJECT, protect
from mailclient.services.accounts import OUTGOING, Accounts
from mailclient.services.crash import crash_point
from mailclient.services.events import Events, FoldersChanged, MessagesChanged, OutboxChanged
from mailclient.services.identities import identity_of
from mailclient.services.intake import Intake
from mailclient.services.jobs import Job, Jobs
from mailclient.services.keys import Keys
from mailclient.services.readiness import Readiness
from mailclient.settings import PROTECT_SUBJECT, SEND_AUTOCRYPT
from mailclient.store import Store
from mailclient.store.folders import Folder, Role
from mailclient.store.outbox import NewOut, OutItem, OutState
from mailclient.store.settings import Settings
from mailclient.transport import smtp

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the queue; `items` are its rows (one for To and Cc, one for each Bcc)."""

    message_id: str
    items: tuple[int, ...]
    encrypted: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message ready to be queued: what goes to whom, and the copy for Sent."""

    message_id: str
    copies: tuple[tuple[bytes, tuple[str, ...]], ...]
    sent_copy: bytes


class Send:
    """The use cases around sending."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        keys: Keys,
        intake: Intake,
        events: Events,
        jobs: Jobs,
        clock: Callable[[], datetime],
        *,
        offline: bool,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._keys = keys
        self._intake = intake
        self._events = events
        self._jobs = jobs
        self._clock = clock
        self._offline = offline

    # Into the queue

    def queue(
        self,
        draft: Draft,
        *,
        draft_id: int | None = None,
        allow_clear: bool = False,
        cancel: CancelToken | None = None,
    ) -> Queued:
        """Protect a draft and keep it in the queue, in place of `draft_id`.

        Raises BadInput, KeyMissing, KeyLocked, SealFailed; then nothing was stored.
        """
        account = self._accounts.get(draft.sender.address)
        if account.outgoing is None:
            raise BadInput(f"{account.address} has no outgoing server.", "Set one in its settings.")
        if not (draft.to or draft.cc or draft.bcc):
            raise BadInput("The message has no recipient.", "Say who it goes to.")
        if draft.quotes_protected and not draft.encrypt and not allow_clear:
            raise BadInput(
                "This message quotes mail that was encrypted, and would itself go out in clear.",
                "Switch on Encrypt, or remove the quoted text.",
            )
        prepared = self._prepare(draft, cancel or CancelToken())
        crash_point("before_queue")
        now = self._clock()
        with self._store.database.write():
            items = tuple(
                self._store.outbox.queue(
                    NewOut(
                        account_id=account.id,
                        message_id=prepared.message_id,
                        subject=draft.subject,
                        sender=draft.sender.address,
                        recipients=people,
                        raw=raw,
                        sent_copy=prepared.sent_copy if first else b"",
                        encryption="encrypted" if draft.encrypt else "none",
                        signature="good" if draft.encrypt or draft.sign else "none",
                        created=now,
                        not_before=now,
                    )
                )
                for first, (raw, people) in zip(
                    (True, *[False] * len(prepared.copies)), prepared.copies, strict=False
                )
            )
            if draft_id is not None:
                self._store.messages.delete([draft_id])
        self._events.publish(OutboxChanged())
        self._events.publish(FoldersChanged())
        return Queued(prepared.message_id, items, draft.encrypt, draft.encrypt or draft.sign)

    def _prepare(self, draft: Draft, cancel: CancelToken) -> Prepared:
        """Compose once: the same bytes, Message-ID and date whatever happens later."""
        message_id = build.new_message_id(draft.sender.domain)
        fields = build.fields(draft, message_id=message_id, date=self._clock())
        entity = mime_entity(draft)
        extra: Fields = ()
        if self._store.settings.get(SEND_AUTOCRYPT):
            chosen = self._accounts.identity(draft.sender.address)[1].key
            extra = self._keys.announce(draft.sender.key, chosen, prefer_encrypt=draft.encrypt)
        visible = _delivery((*draft.to, *draft.cc))
        hidden = {key: one for key, one in _delivery(draft.bcc).items() if key not in visible}
        if draft.encrypt:
            return self._sealed(draft, message_id, (fields, extra, entity), visible, hidden, cancel)
        if draft.sign:
            own = self._own(draft.sender)
            entity, fields = protect(entity, fields, encrypted=False)
            entity = self._keys.seal(entity, sign_with=own, encrypt_to=(), cancel=cancel)
        raw = build.assemble((*fields, *extra), entity)
        everybody = (*visible.values(), *hidden.values())
        return Prepared(message_id, ((raw, everybody),), _with_bcc(raw, draft.bcc))

    def _sealed(
        self,
        draft: Draft,
        message_id: str,
        parts: tuple[Fields, Fields, bytes],
        visible: Mapping[str, str],
        hidden: Mapping[str, str],
        cancel: CancelToken,
    ) -> Prepared:
        """One copy for To, Cc and oneself, and one for each Bcc, so that no key ID tells of it."""
        fields, extra, entity = parts
        ready = self._keys.readiness([*visible, *hidden])
        _require_all(ready)
        to = {one.address: one.fingerprint for one in ready.recipients}
        own = self._own(draft.sender)
        hide = self._store.settings.get(PROTECT_SUBJECT)
        payload, outside = protect(entity, fields, encrypted=True, hide_subject=hide)

        def sealed(*fingerprints: str) -> bytes:
            unique = tuple(dict.fromkeys(fingerprints))
            body = self._keys.seal(payload, sign_with=own, encrypt_to=unique, cancel=cancel)
            return build.assemble((*outside, *extra), body)

        main = sealed(*(to[one] for one in visible), own)
        copies = [(main, tuple(visible.values()))] if visible else []
        copies += [(sealed(to[key]), (one,)) for key, one in hidden.items()]
        return Prepared(message_id, tuple(copies), _with_bcc(main, draft.bcc))

    def _own(self, sender: Address) -> str:
        own = own_key(self._accounts, self._keys, sender.address)
        if own is None:
            raise KeyMissing(
                f"There is no key of your own for {sender.address}.",
                "Make one in Keys and people, or send the message unencrypted and unsigned.",
            )
        return own.fingerprint

    # Out of the queue

    def start(self, account: Account) -> None:
        """Send what is due for one account on its lane."""
        self._jobs.submit(
            f"send:{account.address}",
            lambda job: self.flush(account, job),
            title=f"Sending mail of {account.address}",
        )

    def start_due(self) -> None:
        """Send what is due, for every account that has such."""
        for account in self._accounts.list():
            if account.outgoing is not None and self._store.outbox.due(account.id, self._clock()):
                self.start(account)

    def items(self) -> tuple[OutItem, ...]:
        """The queue, oldest first."""
        return self._store.outbox.all()

    def cancel(self, id: int) -> None:
        """Take a message out of the queue; raises BadInput once it is on its way."""
        self._store.outbox.cancel(id)
        self._events.publish(OutboxChanged())

    def retry(self, id: int) -> None:
        """Have a failed or uncertain message sent again: the user's explicit decision."""
        self._store.outbox.retry(id, self._clock())
        self._events.publish(OutboxChanged())

    def recover(self) -> None:
        """After a crash: what was cut past the final dot is uncertain, the rest is due again."""
        self._store.outbox.recover(self._clock())

    def flush(self, account: Account, job: Job, *, now: bool = False) -> tuple[OutItem, ...]:
        """Send everything that is due (with `now`: also what waits for its next try)."""
        if self._offline:
            raise Unreachable(
                "The program was started without network; the message waits in the outbox.",
                "Start it without --offline.",
            )
        due = self._store.outbox.due(account.id, None if now else self._clock())
        for count, item in enumerate(due, 1):
            job.cancel.check()
            job.progress(count, len(due), item.subject)
            self._one(account, item, job.cancel)
        return tuple(self._store.outbox.get(item.id) for item in due)

    def _one(self, account: Account, item: OutItem, cancel: CancelToken) -> None:
        """One try for one message: counted before, its phase and its result committed."""
        server = account.outgoing
        if server is None:
            raise BadInput(f"{account.address} has no outgoing server.", "Set one in its settings.")
        password = self._accounts.password(account, OUTGOING)
        outbox = self._store.outbox
        outbox.begin(item.id)
        waiting = tuple(one.address for one in item.recipients if one.waiting)
        try:
            self._phase(item.id, smtp.Phase.CONNECT)
            with smtp.submission(server, password, cancel) as session:
                results = session.submit(
                    item.sender,
                    waiting,
                    outbox.raw(item.id),
                    on_phase=lambda phase: self._phase(item.id, phase),
                )
        except smtp.Uncertain as problem:
            outbox.uncertain(item.id, str(problem))
            raise
        except smtp.PERMANENT as problem:
            outbox.fail(item.id, str(problem))
            raise
        except MailError as problem:
            outbox.defer(item.id, self._clock() + _pause(item.attempts), str(problem))
            raise
        else:
            # A fault from here on must not have it sent again: `recover` calls it uncertain.
            crash_point("after_250")
            self._sent(account, item, results)
        finally:
            self._events.publish(OutboxChanged())

    def _phase(self, id: int, phase: smtp.Phase) -> None:
        self._store.outbox.phase(id, phase.name)
        crash_point(phase.name.lower())

    def _sent(
        self, account: Account, item: OutItem, results: Sequence[smtp.RecipientResult]
    ) -> None:
        """Commit the results together with the copy in Sent."""
        folder = _sent_folder(self._store, account, item.sender)
        copy = self._store.outbox.sent_copy(item.id)
        id = None
        with self._store.database.write():
            self._store.outbox.finish(
                item.id, [(one.address, one.accepted, one.code, one.reason) for one in results]
            )
            if copy and any(one.accepted for one in results):
                id = self._store.messages.store_raw(
                    account.id, folder.id, copy, unread=False, received=self._clock()
                )
        crash_point("after_sent_mark")
        if id is not None:
            self._intake.process(id, CancelToken())
            self._events.publish(MessagesChanged((folder.id,), (id,)))
            self._events.publish(FoldersChanged())

    def states(self, message_id: str) -> tuple[OutState, ...]:
        """How the copies of one message stand."""
        return tuple(one.state for one in self.items() if one.message_id == message_id)


def own_key(accounts: Accounts, keys: Keys, sender: str) -> KeyInfo | None:
    """The key that mail from this address is signed with."""
    identity = accounts.identity(sender)[1]
    return keys.own_key(normalise(identity.address), identity.key)


def _sent_folder(store: Store, account: Account, sender: str) -> Folder:
    """Where the copy goes: the identity's own folder, made anew if need be, or Sent."""
    found = identity_of((account,), sender)
    name = found[1].sent if found else ""
    if not name:
        return store.folders.by_role(account.id, Role.SENT)
    known = store.folders.find(name, account.id)
    return known[0] if known else store.folders.create(account.id, name)


def outer_subject(settings: Settings, draft: Draft) -> str:
    """The subject that everyone on the way will see."""
    return HIDDEN_SUBJECT if draft.encrypt and settings.get(PROTECT_SUBJECT) else draft.subject


def _delivery(people: Sequence[Address]) -> dict[str, str]:
    """Each person once: the form to look up by, and the address as it goes on the wire.

    The part before the @ is the recipient's server's business (RFC 5321 section 2.4), so it keeps
    the letters that it was written with.
    """
    found: dict[str, str] = {}
    for one in people:
        found.setdefault(one.key, wire_address(one.address))
    return found


def _with_bcc(raw: bytes, bcc: Sequence[Address]) -> bytes:
    """The copy for Sent, which alone shows whom the author wrote to in secret."""
    if not bcc:
        return raw
    line = ", ".join(encode_address(one) for one in bcc)
    return f"Bcc: {line}\r\n".encode("ascii") + raw


def _require_all(ready: Readiness) -> None:
    missing = [one for one in ready.recipients if not one.ready]
    if missing:
        raise KeyMissing(
            " ".join(one.reason for one in missing) + " Nothing was sent.",
            "Find a key for them, leave them out, or send the message unencrypted.",
        )


def _pause(attempts: int) -> timedelta:
    """How long to wait after so many tries: 1 minute, doubling, up to an hour."""
    return timedelta(minutes=min(60, 2 ** min(attempts, 6)))
