"""A message that is to be imported, and what another program had noted about it. Pure.

Bytes are taken as they lie in the file, with what that program wrote into the head.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mailclient.errors import BadInput
from mailclient.message.source import PIECE

Pieces = Iterator[bytes]
_MOZILLA_READ, _MOZILLA_REPLIED, _MOZILLA_MARKED = 0x0001, 0x0002, 0x0004
_MOZILLA_EXPUNGED, _MOZILLA_FORWARDED = 0x0008, 0x1000
_LONGEST_HEAD = 256 * 1024
_NO_TAGS = frozenset({"junk", "nonjunk", "notjunk", "$junk", "$notjunk", "$forwarded", "$mdnsent"})
MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class Marks:
    """How a message stood; a `deleted` one was only still in the file."""

    unread: bool = False
    flagged: bool = False
    answered: bool = False
    forwarded: bool = False
    deleted: bool = False
    tags: tuple[str, ...] = ()


READ = Marks()
UNREAD = Marks(unread=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, to be read before the next; `marks` tells from its beginning how it stood."""

    pieces: Pieces
    marks: Callable[[bytes], Marks] = lambda head: READ


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder of messages: what it is called, and where its mail belongs: in a `folder`
    ("": where the user wants it) of an `account` ("": the one for imported mail)."""

    path: Path
    entries: Callable[[], Iterator[Entry]]
    folder: str = ""
    account: str = ""


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in words that a file cannot be read."""
    try:
        yield
    except OSError as problem:
        raise BadInput(
            f"{path} cannot be read: {problem.strerror}.", "Look at its name and its rights."
        ) from problem


def of_file(path: Path) -> Pieces:
    """The bytes of a file; raises BadInput while they are read."""
    with readable(path), path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def from_head(head: bytes, tags: Mapping[str, str] | None = None) -> Marks:
    """How a message stands by the fields that programs write into mbox files: Mozilla's, else
    Status and X-Status; without any it was read. `tags` names the tags that a program numbers."""
    fields = _fields(head)
    mozilla = fields.get("x-mozilla-status", "")
    if re.fullmatch(r"[0-9a-fA-F]{1,8}", mozilla):
        bits = int(mozilla, 16)
        found = Marks(
            unread=not bits & _MOZILLA_READ,
            flagged=bool(bits & _MOZILLA_MARKED),
            answered=bool(bits & _MOZILLA_REPLIED),
            forwarded=bool(bits & _MOZILLA_FORWARDED),
            deleted=bool(bits & _MOZILLA_EXPUNGED),
        )
    elif "status" in fields or "x-status" in fields:
        more = fields.get("x-status", "").upper()
        found = Marks(
            unread="R" not in fields.get("status", "").upper(),
            flagged="F" in more,
            answered="A" in more,
            deleted="D" in more,
        )
    else:
        found = READ
    words = f"{fields.get('x-mozilla-keys', '')} {fields.get('x-keywords', '')}".split()
    return replace(found, tags=named(words, tags or {}))


def named(words: list[str], tags: Mapping[str, str]) -> tuple[str, ...]:
    """Tags by the names that a person gave them; what programs note for themselves is none."""
    wanted = [word for word in words if word.lower() not in _NO_TAGS]
    found = [tags.get(word.lower(), word).strip()[:100] for word in wanted]
    return tuple(dict.fromkeys(one for one in found if one))[:MOST_TAGS]


def _fields(head: bytes) -> dict[str, str]:
    """The first field of each name at the beginning of a message."""
    found: dict[str, str] = {}
    text = head[:_LONGEST_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    for line in re.sub(rb"\n[ \t]+", b" ", text).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(
                name.strip().lower().decode("latin-1"), value.strip().decode("latin-1")
            )
    return found
