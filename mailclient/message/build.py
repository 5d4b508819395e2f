"""From a draft to the bytes that go out: its header fields and the whole message.

Composed once and never again: what is queued, signed and kept in Sent are these bytes. No field can
become another field, and Bcc is in none of them but a stored draft.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from itertools import chain

from mailclient.errors import BadInput
from mailclient.message.address import Address, ascii_domain, encode_address, format_address
from mailclient.message.body import Attachment, body
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.entity import MARK_QUOTED, entity, joined, pieces
from mailclient.message.envelope import Envelope, envelope, ids
from mailclient.message.fields import fold
from mailclient.message.rich import from_html, pictures_in, to_html
from mailclient.message.tree import Part
from mailclient.message.words import clean, encode_words

MOST_REFERENCES = 20
LONGEST_ID = 980  # a line has no more than 998 letters, and no id is broken
SETUP = "application/autocrypt-setup"
MARK_ENCRYPT = "X-Mailclient-Encrypt"
MARK_SIGN = "X-Mailclient-Sign"
MARK_QUOTES = "X-Mailclient-Quotes-Protected"
MARK_ALL = "X-Mailclient-All-Protected"
MARK_HIDDEN = "X-Mailclient-Hidden-People"
MARK_READ = "X-Mailclient-Ask-Read"
MARK_DELIVERED = "X-Mailclient-Ask-Delivered"
MARK_DECIDED = "X-Mailclient-Decided"
MARK_APART = "X-Mailclient-Files-Apart"
MARKS = (
    MARK_ENCRYPT, MARK_SIGN, MARK_QUOTES, MARK_ALL, MARK_READ, MARK_DELIVERED, MARK_DECIDED,
    MARK_APART, MARK_HIDDEN,
)  # fmt: skip


def new_message_id(domain: str) -> str:
    """A Message-ID that tells nothing of the machine (RFC 5322 section 3.6.4)."""
    name = ascii_domain(clean(domain).strip())
    return f"<{secrets.token_hex(16)}@{name if re.fullmatch(r'[a-z0-9.-]+', name) else 'invalid'}>"


# The header


def fields(draft: Draft, *, message_id: str, date: datetime) -> tuple[tuple[str, str], ...]:
    """The header fields in their order, ready for the wire, without Bcc; raises BadInput."""
    found = [("From", encode_address(draft.sender))]
    for name, people in (("To", draft.to), ("Cc", draft.cc), ("Reply-To", draft.reply_to)):
        if people:
            found.append((name, ", ".join(encode_address(one) for one in people)))
    if not draft.to and not draft.cc:
        found.append(("To", "undisclosed-recipients:;"))
    mine = [one.key for one in draft.to] == [draft.sender.key] and not draft.cc
    if mine and any(one.content_type == SETUP for one in draft.attachments):  # Autocrypt 1.1
        found.append(("Autocrypt-Setup-Message", "v1"))
    if draft.ask_read:  # RFC 8098 section 2.1
        found.append(("Disposition-Notification-To", encode_address(draft.sender)))
    return (*found, *_description(draft, message_id, date))


def _description(draft: Draft, message_id: str, date: datetime) -> list[tuple[str, str]]:
    found = [
        ("Subject", encode_words(draft.subject).strip()),
        ("Date", format_datetime(date)),
        ("Message-ID", message_id),
    ]
    replied = [one for one in ids(draft.in_reply_to) if _is_sendable_id(one)][:1]
    references = [one for one in draft.references if _is_sendable_id(one) and ids(one) == (one,)]
    if len(references) > MOST_REFERENCES:
        references = [references[0], *references[1 - MOST_REFERENCES :]]
    if replied:
        found.append(("In-Reply-To", replied[0]))
    if references:
        found.append(("References", " ".join(references)))
    return found


def _is_sendable_id(id: str) -> bool:
    return id.isascii() and len(id) <= LONGEST_ID


def assemble(fields: Sequence[tuple[str, str]], entity: bytes | Iterable[bytes]) -> bytes:
    """The complete message; raises BadInput for a field that cannot be written."""
    lines = "".join(fold(name, value) for name, value in (*fields, ("MIME-Version", "1.0")))
    parts = (entity,) if isinstance(entity, bytes) else entity
    return joined(chain((lines.encode("utf-8"),), parts))


# Drafts


def copy_bytes(seen: Envelope, text: str, attachments: tuple[AttachmentSource, ...]) -> bytes:
    """A message in clear that says what an opened one says, to go inside another."""
    people = (("From", seen.from_), ("To", seen.to), ("Cc", seen.cc))
    lines = [f"{name}: {', '.join(_unfinished(one) for one in who)}" for name, who in people if who]
    lines.append(f"Subject: {encode_words(seen.subject)}")
    if seen.date is not None:
        lines.append(f"Date: {format_datetime(seen.date)}")
    if _is_sendable_id(seen.message_id) and ids(seen.message_id):
        lines.append(f"Message-ID: {seen.message_id}")
    folded = "".join(fold(*line.split(": ", 1)) for line in lines)
    inside = Draft(Address("", ""), text=text, attachments=attachments, sign=True)
    return f"{folded}MIME-Version: 1.0\r\n".encode() + entity(inside)


def draft_bytes(draft: Draft, *, message_id: str, date: datetime) -> bytes:
    """A draft as it is stored: with Bcc, with what is unfinished, and with its switches."""
    return joined(draft_pieces(draft, message_id=message_id, date=date))


def words_bytes(draft: Draft, *, message_id: str, date: datetime) -> bytes:
    """A draft without its files, which lie with another state of it: `with_files_of` brings them
    together."""
    draft = replace(draft, pictures=(), attachments=())
    mark = f"{MARK_APART}: yes\r\n".encode()
    return mark + draft_bytes(draft, message_id=message_id, date=date)


def has_files_apart(part: Part) -> bool:
    """Whether a stored draft is one without its files."""
    return MARK_APART in part.headers


def with_files_of(words: Draft, whole: Draft) -> Draft:
    """A draft that was kept without its files, with those of another state of it."""
    return replace(words, pictures=whole.pictures, attachments=whole.attachments)


def draft_pieces(draft: Draft, *, message_id: str, date: datetime) -> Iterator[bytes]:
    """As `draft_bytes`, piece by piece; raises BadInput for a file that is gone."""
    people = [("From", (draft.sender,)), ("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc)]
    people.append(("Reply-To", draft.reply_to))
    marks = {
        MARK_ENCRYPT: draft.encrypt,
        MARK_SIGN: draft.sign,
        MARK_QUOTES: draft.quotes_protected,
        MARK_ALL: draft.all_protected,
        MARK_READ: draft.ask_read,
        MARK_DELIVERED: draft.ask_delivered,
        MARK_DECIDED: draft.decided,
    }
    lines = [
        f"{name}: {', '.join(_unfinished(one) for one in found)}" for name, found in people if found
    ]
    lines += [f"{name}: {value}" for name, value in _description(draft, message_id, date)]
    lines += [f"{name}: yes" for name, is_set in marks.items() if is_set]
    lines += [f"{MARK_HIDDEN}: {' '.join(draft.hidden)}"] if draft.hidden else []
    head = "\r\n".join([*lines, "MIME-Version: 1.0", ""]).encode("utf-8", "replace")
    return chain((head,), pieces(draft, kept=True))


def _unfinished(person: Address) -> str:
    try:
        return encode_address(person)
    except BadInput:
        name = format_address(Address(encode_words(person.name), "")).partition("<")[0]
        return f"{name}<{re.sub(r'[<>,;]', '', clean(person.address))}>"


def draft_from_message(part: Part) -> Draft:
    """The draft that a stored draft, or a message from a file, amounts to."""
    seen = envelope(part.headers)
    read = body(part)
    html = "" if read.html is None else to_html(from_html(read.html))
    pictures, attachments = sort_files(html, read.attachments)
    return Draft(
        sender=seen.from_[0] if seen.from_ else Address("", ""),
        to=seen.to,
        cc=seen.cc,
        bcc=seen.bcc,
        subject=seen.subject,
        text=read.text,
        html=html,
        pictures=pictures,
        attachments=attachments,
        reply_to=seen.reply_to,
        in_reply_to=seen.in_reply_to,
        references=seen.references,
        encrypt=MARK_ENCRYPT in part.headers,
        sign=MARK_SIGN in part.headers,
        quotes_protected=MARK_QUOTES in part.headers,
        all_protected=MARK_ALL in part.headers,
        hidden=tuple(part.headers.get(MARK_HIDDEN).split()),
        ask_read=MARK_READ in part.headers,
        ask_delivered=MARK_DELIVERED in part.headers,
        decided=MARK_DECIDED in part.headers,
    )


def sort_files(
    html: str, attachments: Sequence[Attachment]
) -> tuple[tuple[AttachmentSource, ...], tuple[AttachmentSource, ...]]:
    """The pictures that the text shows, and the other files."""
    shown = pictures_in(from_html(html)) if html else frozenset()
    every = [
        AttachmentSource(
            one.name,
            one.content_type,
            one.data(),
            quoted=MARK_QUOTED in one.part.headers,
            content_id=one.content_id if one.content_id in shown else "",
        )
        for one in attachments
    ]
    return (
        tuple(one for one in every if one.content_id),
        tuple(one for one in every if not one.content_id),
    )
