"""Who, to whom, when and about what: the fields of a message as values (RFC 5322 section 3.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mailclient.message.address import Address, parse_addresses
from mailclient.message.fields import Headers
from mailclient.message.words import clean

MOST_REFERENCES = 500
LONGEST_ID = 998
LONGEST_SUBJECT = 2000  # as much as anybody reads; the whole is in the source
_ID = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields that a reader shows; `date` is aware, or None where it cannot be read.

    Message-IDs keep their angle brackets; a Message-ID without them is given them.
    """

    message_id: str = ""
    date: datetime | None = None
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    list_post: str = ""


def envelope(headers: Headers) -> Envelope:
    """Read the envelope; never raises. Of repeated fields the first counts."""
    message_ids = ids(headers.text("message-id"))
    bare = clean(headers.text("message-id")).strip()
    replied = ids(headers.text("in-reply-to"))
    return Envelope(
        message_id=message_ids[0] if message_ids else f"<{bare}>" if _bare_id(bare) else "",
        date=read_date(headers.text("date")),
        from_=parse_addresses(headers.text("from")),
        sender=parse_addresses(headers.text("sender")),
        to=_people(headers, "to"),
        cc=_people(headers, "cc"),
        bcc=_people(headers, "bcc"),
        reply_to=_people(headers, "reply-to"),
        subject=_cut(headers.get("subject")),
        in_reply_to=replied[0] if replied else "",
        references=ids(headers.text("references"))[-MOST_REFERENCES:],
        list_post=_list_post(headers.get("list-post")),
    )


def _cut(subject: str) -> str:
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"


def _people(headers: Headers, name: str) -> tuple[Address, ...]:
    """All fields of this name together: real mail repeats them."""
    values = headers.raw(name)
    if len(values) < 2:
        return parse_addresses(headers.text(name))
    return tuple(
        person
        for field, value in headers.items()
        if field.lower() == name
        for person in parse_addresses(value)
    )


def ids(value: str) -> tuple[str, ...]:
    """The message identifiers in a value (RFC 5322 section 3.6.4)."""
    return tuple(one for one in _ID.findall(clean(value)) if len(one) <= LONGEST_ID)


def _bare_id(text: str) -> bool:
    return bool(text) and len(text) < LONGEST_ID and not re.search(r"[\s<>]", text)


def read_date(value: str) -> datetime | None:
    """A date with its zone (RFC 5322 section 3.3); one without a zone is taken as UTC."""
    try:
        date = parsedate_to_datetime(clean(value)[:200])
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return date


def _list_post(value: str) -> str:
    """The address that a mailing list takes answers at (RFC 2369 section 3.4)."""
    match = re.search(r"<mailto:([^<>?\s]+)", value, re.IGNORECASE)
    found = parse_addresses(match[1]) if match else ()
    return found[0].address if found else ""
