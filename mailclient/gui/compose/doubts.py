"""What is asked before a message goes: a missing subject, a missing file, a missing key. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.message.reminder import promises_file


class Doubt(Enum):
    """What speaks against sending a message as it is."""

    NOBODY = "nobody"
    UNFINISHED = "unfinished"
    KEYS = "keys"
    FILE = "file"
    SUBJECT = "subject"


def doubt(
    draft: Draft,
    *,
    can_encrypt: bool,
    settled: Collection[Doubt],
    languages: Collection[str],
) -> Doubt | None:
    """The first thing to ask about; what is `settled` is not asked again."""
    people = (*draft.to, *draft.cc, *draft.bcc)
    if not people:
        return Doubt.NOBODY
    if not all(is_whole(one) for one in people):
        return Doubt.UNFINISHED
    if draft.encrypt and not can_encrypt:
        return Doubt.KEYS
    wants_file = Doubt.FILE not in settled and not draft.attachments and not draft.pictures
    if wants_file and promises_file(draft.subject, draft.text, languages):
        return Doubt.FILE
    if Doubt.SUBJECT not in settled and not draft.subject.strip():
        return Doubt.SUBJECT
    return None


def is_whole(person: Address) -> bool:
    """Whether there is an address that mail can be sent to."""
    local, _, domain = person.address.rpartition("@")
    return bool(local and domain)
