"""Real mail is read as the standard library reads it, where that does, and nothing is lost."""

from __future__ import annotations

import email
import os
from collections import Counter
from collections.abc import Iterator
from email.message import Message

import pytest

from mailclient.message.tree import Part, parse
from tests.unit.message.corpora import FOLDER, cpython, named
from tests.unit.message.strange import read_wholly
from tests.unit.message.test_mutations import MADE

# How many of a large corpus may differ: their mail is broken, and each side has its own view of it.
TOLERATED = 0.005


@pytest.fixture
def mails() -> list[tuple[str, bytes]]:
    found = [(f"made {at}", raw) for at, raw in enumerate(MADE)]
    found += [(f"CPython {at}", raw) for at, raw in enumerate(cpython())]
    if os.environ.get(FOLDER):
        found += named()
    return found


def test_each_is_read_wholly_and_keeps_its_bytes(mails: list[tuple[str, bytes]]) -> None:
    for name, raw in mails:
        try:
            root = read_wholly(raw)
        except Exception as bug:
            bug.add_note(name)
            raise
        assert root.raw == raw


def test_parts_types_names_and_content_are_those_of_the_standard_library(
    mails: list[tuple[str, bytes]],
) -> None:
    differing: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for name, raw in mails:
        theirs, ours = email.message_from_bytes(raw), parse(raw)
        try:
            wanted = [_theirs(part) for part in _walk(theirs)]
        except (LookupError, ValueError, TypeError, AssertionError):
            seen["not read by the standard library"] += 1
            continue
        found = [_ours(part) for part in ours.walk(embedded=True)]
        seen["parts"] += len(found)
        if found != wanted:
            differing[name] = _difference(found, wanted)
    print(f"{len(mails)} messages, {dict(seen)}, {len(differing)} differ: {differing}")
    assert len(differing) <= max(8, TOLERATED * len(mails)), differing


Seen = tuple[str, str, bytes]


def _walk(message: Message) -> Iterator[Message]:
    """All parts; to us, the fields in a delivery status are its text and no parts."""
    yield message
    if message.is_multipart() and message.get_content_type() != "message/delivery-status":
        for part in message.get_payload():
            assert isinstance(part, Message)
            yield from _walk(part)


def _theirs(part: Message) -> Seen:
    kind = part.get_content_type()
    name = part.get_filename() or ""
    if part.is_multipart():
        return kind, name, b""
    data = part.get_payload(decode=True)
    return kind, name, data if isinstance(data, bytes) else b""


def _ours(part: Part) -> Seen:
    inside = part.children or part.content_type == "message/delivery-status"
    return part.content_type, part.filename, b"" if inside else part.decoded()


def _difference(found: list[Seen], wanted: list[Seen]) -> str:
    if len(found) != len(wanted):
        return f"{len(found)} parts, not {len(wanted)}"
    one, other = next((a, b) for a, b in zip(found, wanted, strict=True) if a != b)
    return f"{one[0]} {one[1]!r} {one[2][-60:]!r}, not {other[0]} {other[1]!r} {other[2][-60:]!r}"
