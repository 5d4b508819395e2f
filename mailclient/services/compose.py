"""Writing: a new message, an answer, a forward, and drafts that survive.

An answer to mail that was encrypted is encrypted too and goes only to addresses that were protected
themselves; only text that was visible is ever quoted.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from mailclient.account import EncryptionPolicy, Identity
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput
from mailclient.message import quote
from mailclient.message.address import Address, normalise, parse_addresses
from mailclient.message.build import (
    AttachmentSource,
    Draft,
    draft_bytes,
    draft_from_message,
    new_message_id,
)
from mailclient.message.security import Encryption, State
from mailclient.message.tree import parse
from mailclient.message.words import clean
from mailclient.services.accounts import Accounts
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.services.intake import Intake
from mailclient.services.read import MessageView, read_file
from mailclient.store import Store
from mailclient.store.folders import Role


@dataclass(frozen=True, slots=True)
class Reply:
    """The draft that Reply opens, with notes that the writer should see."""

    draft: Draft
    notes: tuple[str, ...] = ()


class Compose:
    """The use cases around writing."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        intake: Intake,
        events: Events,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._intake = intake
        self._events = events
        self._clock = clock

    def blank(self, address: str | None = None, mailto: str | None = None) -> Draft:
        """An empty draft from `address` (or the first account), filled in from a mailto: URI."""
        account = self._accounts.get(address) if address else self._accounts.local()
        wanted = address or account.address
        identity = next(
            (one for one in account.identities if normalise(one.address) == normalise(wanted)),
            account.identities[0],
        )
        draft = Draft(
            sender=Address(identity.name, identity.address),
            text=_signature(identity),
            encrypt=account.encryption is EncryptionPolicy.ALWAYS,
        )
        return fill_from_mailto(draft, mailto) if mailto else draft

    def reply(self, view: MessageView, everyone: bool = False) -> Reply:
        """The answer to a message."""
        own = self._accounts.own_addresses()
        identity = self._identity_for(view)
        parts = quote.reply_draft(view.envelope, view.body.text, mine=tuple(own), everyone=everyone)
        protected = view.verdict.encryption is Encryption.ENCRYPTED
        notes = []
        if protected:
            notes.append("The message was encrypted, so the answer is encrypted too.")
        if view.verdict.state is State.MIXED:
            notes.append("The protected part of the message is not quoted.")
        if view.verdict.warnings and "from-mismatch" in view.verdict.warnings:
            notes.append("The message does not come from the address that it names. Look twice.")
        signature = _signature(identity)
        return Reply(
            Draft(
                sender=Address(identity.name, identity.address),
                to=parts.to,
                cc=parts.cc,
                subject=parts.subject,
                text=f"{parts.text}{signature}",
                in_reply_to=parts.in_reply_to,
                references=parts.references,
                encrypt=protected,
                quotes_protected=protected,
            ),
            tuple(notes),
        )

    def forward(self, view: MessageView) -> Draft:
        """The message passed on, its text quoted and its attachments with it."""
        identity = self._identity_for(view)
        subject, text = quote.forward_text(view.envelope, view.body.text)
        protected = view.verdict.encryption is Encryption.ENCRYPTED
        return Draft(
            sender=Address(identity.name, identity.address),
            subject=subject,
            text=f"{_signature(identity)}\n\n{text}" if identity.signature else text,
            attachments=tuple(
                AttachmentSource(one.name, one.content_type, one.data())
                for one in view.body.attachments
            ),
            encrypt=protected,
            quotes_protected=protected,
        )

    def complete(self, prefix: str, limit: int = 8) -> tuple[Address, ...]:
        """People one has written with whose name or address begins so, the most likely first."""
        return self._store.messages.people.used(prefix, limit)

    def attachment(self, path: Path) -> AttachmentSource:
        """A file to go with a message; raises BadInput if it cannot be read."""
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return AttachmentSource(path.name, kind, read_file(path))

    # Drafts

    def save_draft(self, draft: Draft, previous: int | None = None) -> int:
        """Keep a draft in place of `previous`; returns its id. The store is encrypted whole, so a
        draft lies as safely as any message."""
        account = self._accounts.get(draft.sender.address)
        folder = self._store.folders.by_role(account.id, Role.DRAFTS)
        raw = draft_bytes(draft, message_id=new_message_id(draft.sender.domain), date=self._clock())
        with self._store.database.write():
            id = self._store.messages.store_raw(
                account.id, folder.id, raw, unread=False, received=self._clock()
            )
            if previous is not None:
                self._store.messages.delete([previous])
        self._intake.process(id, CancelToken())
        ids = (id,) if previous is None else (id, previous)
        self._events.publish(MessagesChanged((folder.id,), ids))
        self._events.publish(FoldersChanged())
        return id

    def open_draft(self, id: int) -> Draft:
        """The draft that was kept under `id`."""
        return draft_from_message(parse(self._store.bodies.raw(id)))

    def discard_draft(self, id: int) -> None:
        """Drop a draft for good."""
        row = self._store.messages.get(id)
        self._store.messages.delete([id])
        self._events.publish(MessagesChanged((row.folder_id,), (id,)))
        self._events.publish(FoldersChanged())

    def _identity_for(self, view: MessageView) -> Identity:
        """The identity that the message was written to, else that of its account."""
        people = {one.key for one in (*view.envelope.to, *view.envelope.cc)}
        accounts = self._accounts.list() or (self._accounts.local(),)
        ordered = sorted(accounts, key=lambda one: one.id != view.account_id)
        for account in ordered:
            for identity in account.identities:
                if normalise(identity.address) in people:
                    return identity
        return ordered[0].identities[0]


def _signature(identity: Identity) -> str:
    """The signature below its separator line (RFC 3676 section 4.3)."""
    return f"\n\n-- \n{identity.signature.rstrip()}\n" if identity.signature.strip() else ""


MAILTO_FIELDS = frozenset({"to", "cc", "bcc", "subject", "body", "in-reply-to"})


def fill_from_mailto(draft: Draft, uri: str) -> Draft:
    """Fill a draft from a mailto: URI (RFC 6068); what could attach or add headers is dropped."""
    parts = urlsplit(uri)
    if parts.scheme.lower() != "mailto":
        raise BadInput(f"'{clean(uri)[:80]}' is not a mail link.", "It begins with mailto:.")
    fields: dict[str, list[str]] = {"to": [unquote(parts.path)]} if parts.path else {}
    for name, value in parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True):
        if name.lower() in MAILTO_FIELDS:
            fields.setdefault(name.lower(), []).append(value)

    def people(name: str) -> tuple[Address, ...]:
        return parse_addresses(clean(", ".join(fields.get(name, ()))))

    body = "\n".join(fields.get("body", ())).replace("\r\n", "\n").replace("\r", "\n")
    return replace(
        draft,
        to=people("to"),
        cc=people("cc"),
        bcc=people("bcc"),
        subject=clean(" ".join(fields.get("subject", ()))),
        in_reply_to=clean(" ".join(fields.get("in-reply-to", ()))).strip(),
        text=body + draft.text,
    )
