"""Sending a message on as it is (RFC 5322 section 3.6.6): the answer goes to its author.

What was received stays below the new fields byte for byte: a signature stays good, and what was
encrypted stays encrypted for whom it was encrypted. Only parts that no server takes as they are,
and no signature covers, are encoded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from mailclient.errors import BadInput
from mailclient.message.address import Address, encode_address, wire_address
from mailclient.message.build import new_message_id
from mailclient.message.encodings import is_sendable, with_crlf
from mailclient.message.resend import resent
from mailclient.message.security import Encryption
from mailclient.message.seven_bit import seven_bit
from mailclient.services.accounts import Accounts
from mailclient.services.events import Events, FoldersChanged, OutboxChanged
from mailclient.services.identities import answering
from mailclient.services.read import MessageView
from mailclient.services.send import Queued
from mailclient.store import Store
from mailclient.store.outbox import NewCopy, NewOut


@dataclass(frozen=True, slots=True)
class Redirection:
    """Who gets a message as it is, and from whom they get it."""

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()

    @property
    def people(self) -> tuple[Address, ...]:
        """Everybody who gets it."""
        return (*self.to, *self.cc, *self.bcc)


class Redirect:
    """The use case of sending a message on as it is."""

    def __init__(
        self, store: Store, accounts: Accounts, events: Events, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._events = events
        self._clock = clock

    def begin(self, view: MessageView) -> Redirection:
        """A redirection to nobody yet, from the address that the message was written to."""
        accounts = self._accounts.list() or (self._accounts.local(),)
        return Redirection(answering(accounts, view.envelope, view.account_id)[1])

    def queue(self, view: MessageView, raw: bytes, wanted: Redirection) -> Queued:
        """Put a message into the queue as it is; raises BadInput, and then nothing was stored."""
        account = self._accounts.get(wanted.sender.address)
        if account.outgoing is None:
            raise BadInput(f"{account.address} has no outgoing server.", "Set one in its settings.")
        if not wanted.people:
            raise BadInput("The message has no recipient.", "Say who it goes to.")
        if view.is_draft:
            raise BadInput("A draft cannot be redirected.", "Open it and send it.")
        fields, id = self._fields(wanted)
        whole = resent(with_crlf(raw), fields)
        if not is_sendable(whole):
            made = seven_bit(whole)
            if made is None:
                raise BadInput(
                    "The message holds lines that no mail server takes as they are.",
                    "Forward it as an attachment.",
                )
            whole = made
        encrypted = view.verdict.encryption is not Encryption.NONE
        now = self._clock()
        with self._store.database.write():
            item = self._store.outbox.queue(
                NewOut(
                    account_id=account.id,
                    message_id=id,
                    subject=view.envelope.subject,
                    sender=wanted.sender.address,
                    copies=(NewCopy(whole, _once(wanted.people)),),
                    sent_copy=whole,
                    encryption="encrypted" if encrypted else "none",
                    signature="none",
                    created=now,
                    not_before=now,
                )
            )
        self._events.publish(OutboxChanged())
        self._events.publish(FoldersChanged())
        return Queued(id, item, encrypted, False)

    def _fields(self, wanted: Redirection) -> tuple[list[tuple[str, str]], str]:
        """The block above the message, without those who are not to be seen, and its id."""
        id = new_message_id(wanted.sender.domain)
        found = [("Resent-Date", format_datetime(self._clock()))]
        found.append(("Resent-From", encode_address(wanted.sender)))
        for name, people in (("Resent-To", wanted.to), ("Resent-Cc", wanted.cc)):
            if people:
                found.append((name, ", ".join(encode_address(one) for one in people)))
        if not wanted.to and not wanted.cc:
            found.append(("Resent-To", "undisclosed-recipients:;"))
        found.append(("Resent-Message-ID", id))
        return found, id


def _once(people: Sequence[Address]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(wire_address(one.address) for one in people))
