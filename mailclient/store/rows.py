"""The values that a message is kept as and read back as; how they stand in columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.store.times import from_seconds

MOST_PEOPLE = 100  # as many as a row shows; the whole list is in the message


class Processing(Enum):
    """How far a message is understood."""

    NEW = "new"
    READY = "ready"
    WAITING = "waiting"  # for a key
    QUARANTINED = "quarantined"  # too strange; its bytes are kept


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What a list shows of a message; `date` is the time that it is sorted by.

    `whole_size` is 0 for a message that is here, else what the server has of it, in bytes: only
    its head is here. `undelivered`: it was sent, and did not reach somebody.
    """

    id: int
    account_id: int
    folder_id: int
    message_id: str
    date: datetime
    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    subject: str
    snippet: str
    unread: bool
    flagged: bool
    answered: bool
    forwarded: bool
    tags: tuple[str, ...]
    encryption: str
    signature: str
    state: str
    has_attachments: bool
    size: int
    processing: Processing
    whole_size: int = 0
    undelivered: bool = False


@dataclass(frozen=True, slots=True)
class Processed:
    """What was found out about a message; `envelope` is None where nothing could be. `files` says
    that there is text inside its attachments, to be indexed later."""

    envelope: Envelope | None
    verdict: str
    state: str
    encryption: str
    signature: str
    snippet: str
    text: str
    attachments: tuple[str, ...]
    opened: bytes | None
    processing: Processing
    problems: tuple[str, ...]
    files: bool = False


COLUMNS = (
    "id, account_id, folder_id, message_id, date, from_, to_, subject, snippet, unread, flagged,"
    " answered, forwarded,"
    " (SELECT json_group_array(tag) FROM tags WHERE message_row = messages.id),"
    " encryption, signature, state, attachments, size, processing, whole_size,"
    " undelivered"
)


def read_row(row: tuple[Any, ...]) -> MessageRow:
    """A row from its COLUMNS."""
    (id, account_id, folder_id, message_id, date, from_, to, subject, snippet, unread, flagged,
     answered, forwarded, tags, encryption, signature, state, attachments, size,
     processing, whole_size, undelivered) = row  # fmt: skip
    return MessageRow(
        id=id,
        account_id=account_id,
        folder_id=folder_id,
        message_id=message_id,
        date=from_seconds(date),
        from_=read_people(from_),
        to=read_people(to),
        subject=subject,
        snippet=snippet,
        unread=bool(unread),
        flagged=bool(flagged),
        answered=bool(answered),
        forwarded=bool(forwarded),
        tags=tuple(json.loads(tags)),
        encryption=encryption,
        signature=signature,
        state=state,
        has_attachments=attachments > 0,
        size=size,
        processing=Processing(processing),
        whole_size=whole_size,
        undelivered=bool(undelivered),
    )


def write_people(people: Sequence[Address]) -> str:
    """People as a column."""
    return json.dumps([[one.name, one.address] for one in people[:MOST_PEOPLE]])


def read_people(column: str) -> tuple[Address, ...]:
    """People from a column."""
    return tuple(Address(name, address) for name, address in json.loads(column))


def storable(text: str) -> str:
    """A text that has a form in UTF-8, whatever mail it was taken from."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
