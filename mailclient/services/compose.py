"""Writing: a new message, an answer, a forward, and drafts that survive.

An answer to mail that was encrypted is encrypted too and goes only to addresses that were protected
themselves; only text that was visible is ever quoted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mailclient.account import EncryptionPolicy, Identity
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailError, NotFound
from mailclient.message import quote
from mailclient.message.address import Address
from mailclient.message.build import (
    copy_bytes,
    draft_from_message,
    draft_pieces,
    new_message_id,
    with_files_of,
    words_bytes,
)
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.encodings import with_crlf
from mailclient.message.envelope import envelope
from mailclient.message.fields import without_fields
from mailclient.message.quote import Whom
from mailclient.message.resend import PRIVATE
from mailclient.message.rich import from_html, to_html
from mailclient.message.security import SignatureWord, State
from mailclient.message.tree import parse
from mailclient.services import files
from mailclient.services.accounts import Accounts
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.services.identities import addressed, answering, identity_of, is_mine, signature
from mailclient.services.intake import Intake
from mailclient.services.mailto import fill_from_mailto
from mailclient.services.read import MessageView
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
        found = identity_of((account,), wanted)
        identity = found[1] if found else account.identities[0]
        draft = Draft(
            sender=Address(identity.name, wanted),
            text=signature(identity),
            encrypt=account.encryption is EncryptionPolicy.ALWAYS,
        )
        draft = addressed(draft, identity)
        return fill_from_mailto(draft, mailto) if mailto else draft

    def reply(self, view: MessageView, whom: Whom = Whom.AUTHOR) -> Reply:
        """The answer to a message; raises BadInput for one to a list where there is none."""
        own = self._accounts.own_addresses()
        parts = quote.reply_draft(
            view.envelope, view.body.text, mine=lambda one: is_mine(own, one), whom=whom
        )
        notes = []
        if _is_anothers(view):
            parts = replace(parts, subject=quote.without_words(parts.subject), text="\n\n")
            notes.append(
                "Somebody else may have written what was encrypted. It is not quoted: the answer "
                "would bring it to whoever sent it on."
            )
        if view.encrypted:
            notes.append("The message was encrypted, so the answer is encrypted too.")
        if view.verdict.state is State.MIXED:
            notes.append("The protected part of the message is not quoted.")
        if view.verdict.warnings and "from-mismatch" in view.verdict.warnings:
            notes.append("The message does not come from the address that it names. Look twice.")
        if view.encrypted and "reply-to-unprotected" in view.verdict.warnings:
            notes.append(
                "It asks for answers to an address that nothing protects; that is left out."
            )
        if parts.past_list:
            notes.append("The list asks for answers to itself; this one goes to the author only.")
        draft, identity = self._begun(view)
        return Reply(
            replace(
                draft,
                to=parts.to,
                cc=parts.cc,
                subject=parts.subject,
                text=f"{parts.text}{signature(identity)}",
                in_reply_to=parts.in_reply_to,
                references=parts.references,
                hidden=tuple(
                    one.key for one in (*parts.to, *parts.cc) if one.key in view.hidden_people
                ),
            ),
            tuple(notes),
        )

    def forward(self, view: MessageView) -> Draft:
        """The message passed on, its text quoted and its attachments with it."""
        subject, text = quote.forward_text(view.envelope, view.body.text)
        draft, identity = self._begun(view)
        return replace(
            draft,
            subject=subject,
            text=f"{signature(identity)}{text}",
            attachments=tuple(files.passed_on(one) for one in view.body.attachments),
        )

    def forward_attached(self, view: MessageView, raw: bytes) -> Draft:
        """The message passed on as a file: as it was received, byte for byte.

        Of one that was encrypted nobody else could read that; what goes on is its opened text, and
        only encrypted again.
        """
        if view.encrypted:
            opened = tuple(files.passed_on(one) for one in view.body.attachments)
            raw = copy_bytes(view.envelope, view.body.text, opened)
        else:
            raw = with_crlf(without_fields(raw, PRIVATE))
        draft, identity = self._begun(view)
        name = f"{view.envelope.subject[:80] or 'message'}.eml"
        return replace(
            draft,
            subject=quote.forward_subject(view.envelope.subject),
            text=signature(identity),
            attachments=(AttachmentSource(name, "message/rfc822", raw, quoted=True),),
        )

    def edit_as_new(self, view: MessageView) -> Draft:
        """A new message that begins as this one is: its people, subject, text and files."""
        draft = replace(self._begun(view)[0], all_protected=view.encrypted)
        head, html = view.envelope, view.body.html
        shown = () if html is None else view.body.attachments
        pictures = {one.content_id for one in shown if one.content_id and one.inline}
        sources = [(one, files.passed_on(one)) for one in view.body.attachments]
        return replace(
            draft,
            to=head.to,
            cc=head.cc,
            bcc=head.bcc or draft.bcc,
            subject=head.subject,
            text=view.body.text,
            html="" if html is None else to_html(from_html(html)),
            pictures=tuple(
                replace(source, content_id=one.content_id)
                for one, source in sources
                if one.content_id in pictures
            ),
            attachments=tuple(source for one, source in sources if one.content_id not in pictures),
        )

    def _begun(self, view: MessageView) -> tuple[Draft, Identity]:
        """A draft from the address that a message was written to. What passes on text that was
        encrypted begins encrypted, and `quotes_protected` keeps it from going out in clear."""
        accounts = self._accounts.list() or (self._accounts.local(),)
        identity, sender = answering(accounts, view.envelope, view.account_id)
        draft = Draft(sender, encrypt=view.encrypted, quotes_protected=view.encrypted)
        return addressed(draft, identity), identity

    def without_protected(self, draft: Draft) -> Draft:
        """The draft without all that came from an encrypted message: its quoted text, its subject
        and its files; whom it named to its readers alone goes to Bcc. What is left is the writer's
        own, and may go out in clear. Raises BadInput where nothing is."""
        if draft.all_protected:
            raise BadInput(
                "This message is made of one that was encrypted; it can only go out encrypted.",
                "Begin a new message for what may be read on the way.",
            )
        html = to_html(quote.own_lines(from_html(draft.html))) if draft.html else ""
        return replace(
            draft,
            subject=quote.without_words(draft.subject),
            text=quote.own_text(draft.text),
            html=html,
            pictures=tuple(one for one in draft.pictures if not one.quoted),
            attachments=tuple(one for one in draft.attachments if not one.quoted),
            to=tuple(one for one in draft.to if one.key not in draft.hidden),
            cc=tuple(one for one in draft.cc if one.key not in draft.hidden),
            bcc=(
                *draft.bcc,
                *(one for one in (*draft.to, *draft.cc) if one.key in draft.hidden),
            ),
            hidden=(),
            encrypt=False,
            quotes_protected=False,
        )

    def complete(self, prefix: str, limit: int = 8) -> tuple[Address, ...]:
        """People one has written with whose name or address begins so, the most likely first."""
        return self._store.messages.people.used(prefix, limit)

    def attachment(self, path: Path) -> AttachmentSource:
        """A file to go with a message; raises BadInput if it cannot be read."""
        return files.attached(path)

    def identities(self) -> tuple[Identity, ...]:
        """Every identity of every account, in their order."""
        return tuple(one for account in self._accounts.list() for one in account.identities)

    # Drafts

    def save_draft(
        self, draft: Draft, previous: int | None = None, *, writing: bool = False
    ) -> int:
        """Keep a draft in place of `previous`; returns its id. The store is encrypted whole, so a
        draft lies as safely as any message. One that is still being written comes back after a
        crash."""
        account = self._accounts.get(draft.sender.address)
        folder = self._store.folders.by_role(account.id, Role.DRAFTS)
        key = draft.key or new_message_id(draft.sender.domain)
        spool = self._store.bodies.spool()
        try:
            for piece in draft_pieces(draft, message_id=key, date=self._clock()):
                spool.write(piece)
            with self._store.database.write():
                id = self._store.messages.store_raw(
                    account.id, folder.id, spool, unread=False, received=self._clock()
                )
                if previous is not None:
                    self._store.messages.delete([previous])
                if writing:
                    self._store.drafts.take_up(id)
        except MailError:
            spool.abort()
            raise
        self._intake.process(id, CancelToken())
        ids = (id,) if previous is None else (id, previous)
        self._events.publish(MessagesChanged((folder.id,), ids))
        self._events.publish(FoldersChanged())
        return id

    def save_words(self, draft: Draft, id: int) -> None:
        """Keep what is written in a draft that is being written; its files are those that were kept
        with it. Raises NotFound."""
        key = draft.key or new_message_id(draft.sender.domain)
        raw = words_bytes(draft, message_id=key, date=self._clock())
        if not self._store.drafts.keep_words(id, raw):
            raise NotFound("This draft is not there any more.", "Keep it once more.")

    def open_draft(self, id: int) -> Draft:
        """The draft that was kept under `id`."""
        part = parse(self._store.bodies.raw(id))
        draft = draft_from_message(part)
        if raw := self._store.drafts.words(id):
            draft = with_files_of(draft_from_message(parse(raw)), draft)
        return replace(draft, key=envelope(part.headers).message_id)

    def put_down(self, id: int) -> int:
        """Leave a draft as it is: it is not being written any more. Returns its id from now on."""
        if self._store.drafts.words(id):
            return self.save_draft(self.open_draft(id), id)
        self._store.drafts.put_down(id)
        return id

    def being_written(self) -> tuple[int, ...]:
        """The drafts that were being written when the program was stopped."""
        return self._store.drafts.being_written()

    def discard_draft(self, id: int) -> None:
        """Drop a draft for good."""
        row = self._store.messages.get(id)
        self._store.messages.delete([id])
        self._events.publish(MessagesChanged((row.folder_id,), (id,)))
        self._events.publish(FoldersChanged())


def _is_anothers(view: MessageView) -> bool:
    """Whether encrypted text names, or was signed by, somebody else than who seems to send it: then
    it may have been taken from another's letter, to come back opened in the answer."""
    strange = view.verdict.signature is SignatureWord.WRONG_SENDER
    return view.encrypted and (strange or "from-mismatch" in view.verdict.warnings)
