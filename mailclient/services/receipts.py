"""Read receipts that others ask for: shown as a question, sent only when the user says so.

Once for a message, at most so many a day; never for junk, for mail of lists or for what could not
be shown; never again for a sender of whom the user said so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from mailclient.account import Account, Identity
from mailclient.errors import BadInput
from mailclient.message import build
from mailclient.message.address import Address, normalise, wire_address
from mailclient.message.fields import Headers
from mailclient.message.receipt import ReceiptRequest, Shown, receipt_bytes, receipt_request
from mailclient.message.security import Encryption, State, Verdict
from mailclient.message.tree import parse
from mailclient.services.accounts import Accounts
from mailclient.services.events import Events, MessagesChanged, OutboxChanged
from mailclient.settings import ASK_RECEIPTS
from mailclient.store import Store
from mailclient.store.folders import Role
from mailclient.store.messages import MessageRow, Processing
from mailclient.store.outbox import NewCopy, NewOut
from mailclient.store.returns import Decision

MOST_A_DAY = 20
DAY = timedelta(days=1)
_NOT_IN = frozenset({Role.JUNK, Role.TRASH, Role.SENT, Role.DRAFTS})


class Receipts:
    """The use cases around read receipts."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        events: Events,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._events = events
        self._clock = clock

    def asked(self, row: MessageRow, headers: Headers, verdict: Verdict) -> ReceiptRequest | None:
        """The receipt that a message asks for, if the user is to be asked about it."""
        request = receipt_request(headers)
        if request is None or not self._store.settings.get(ASK_RECEIPTS):
            return None
        shown = row.processing is Processing.READY and not row.whole_size
        if not shown or verdict.state in (State.LOCKED, State.BROKEN):
            return None
        if self._store.folders.get(row.folder_id).role in _NOT_IN:
            return None
        returns = self._store.returns
        if returns.decision(row.id) is not None or returns.is_refused(request.to.address):
            return None
        if request.to.key in self._accounts.own_addresses():
            return None
        if verdict.encryption is not Encryption.NONE and request.to.key not in _senders(row):
            return None  # whoever put it outside would learn that a sealed letter was opened
        if returns.receipts_since(self._clock() - DAY) >= MOST_A_DAY:
            return None
        return request

    def send(self, id: int) -> Account:
        """Put the receipt that a message asks for into the queue; returns the account that is to
        send it. Raises NotFound, and BadInput where none may be sent (any more).

        The return path is empty (RFC 8098 section 3), so that nothing ever answers it.
        """
        row, headers, verdict = self._message(id)
        request = self.asked(row, headers, verdict)
        if request is None:
            raise BadInput("There is no read receipt to be sent for this message.")
        account = self._store.accounts.by_id(row.account_id)
        if account.outgoing is None:
            raise BadInput(f"{account.address} has no outgoing server.", "Set one in its settings.")
        now = self._clock()
        own = _addressed(account, row)
        message_id = build.new_message_id(own.address.rpartition("@")[2])
        shown = Shown(
            message_id=row.message_id,
            recipient=Address(own.name, own.address),
            subject="" if verdict.encryption is Encryption.ENCRYPTED else row.subject,
            when=now,
        )
        raw = receipt_bytes(shown, request.to, message_id)
        with self._store.database.write():
            self._store.outbox.queue(
                NewOut(
                    account_id=account.id,
                    message_id=message_id,
                    subject=f"Read receipt for {request.to.address}",
                    sender="",
                    copies=(NewCopy(raw, (wire_address(request.to.address),)),),
                    sent_copy=b"",
                    encryption="none",
                    signature="none",
                    created=now,
                    not_before=now,
                )
            )
            self._store.returns.decide(id, request.to.address, Decision.SENT, now)
        self._events.publish(OutboxChanged())
        self._changed(row)
        return account

    def dismiss(self, id: int) -> None:
        """Send none for this message; raises NotFound."""
        row, headers, _ = self._message(id)
        request = receipt_request(headers)
        to = request.to.address if request is not None else ""
        self._store.returns.decide(id, to, Decision.DISMISSED, self._clock())
        self._changed(row)

    def never(self, id: int) -> None:
        """Never ask again for receipts that go where this one would; raises NotFound."""
        row, headers, _ = self._message(id)
        request = receipt_request(headers)
        if request is not None:
            self._store.returns.refuse(request.to.address)
            self._changed(row)

    def _message(self, id: int) -> tuple[MessageRow, Headers, Verdict]:
        row = self._store.messages.get(id)
        verdict = Verdict.from_json(self._store.messages.verdict(id))
        return row, parse(self._store.bodies.open(id)).headers, verdict

    def _changed(self, row: MessageRow) -> None:
        self._events.publish(MessagesChanged((row.folder_id,), (row.id,)))


def _senders(row: MessageRow) -> set[str]:
    return {one.key for one in row.from_}


def _addressed(account: Account, row: MessageRow) -> Identity:
    """The identity that a message was sent to; the main one where it names none."""
    named = {one.key for one in row.to}
    return next(
        (one for one in account.identities if normalise(one.address) in named),
        account.identities[0],
    )
