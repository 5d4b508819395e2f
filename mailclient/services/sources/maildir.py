"""Maildir: a file for each message, its marks in its name, folders as `.Name.Sub` (Maildir++)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from mailclient.services.sources.entry import Entry, Marks, Source, named, of_file, readable

PARTS = ("cur", "new")
_FLAGS = re.compile(r"[:;!]2,([A-Za-z]*)$")
_KEYWORD = re.compile(r"(\d+) (\S.*)")


def is_maildir(folder: Path) -> bool:
    """Whether a folder is a Maildir."""
    return all((folder / name).is_dir() for name in PARTS)


def maildirs(folder: Path, name: str = "") -> Iterator[Source]:
    """A Maildir and the folders inside it, which have names of their own; raises BadInput."""
    yield Source(folder, partial(_entries, folder), name)
    with readable(folder):
        below = sorted(one for one in folder.iterdir() if one.name.startswith("."))
    for one in below:
        if one.name not in (".", "..") and is_maildir(one):
            yield Source(one, partial(_entries, one), one.name[1:].replace(".", "/"))


def _entries(folder: Path) -> Iterator[Entry]:
    keywords = _keywords(folder)
    for part in PARTS:
        with readable(folder):
            files = sorted((folder / part).iterdir())
        for file in files:
            if file.is_file() and not file.name.startswith("."):
                found = marks(file.name, keywords, new=part == "new")
                yield Entry(of_file(file), partial(_as_named, found))


def _as_named(found: Marks, head: bytes) -> Marks:
    return found


def marks(name: str, keywords: Mapping[str, str], *, new: bool = False) -> Marks:
    """What the name of a file says of its message; small letters are keywords."""
    found = _FLAGS.search(name)
    flags = found[1] if found else ""
    words = [keywords[one] for one in flags if one in keywords]
    return Marks(
        unread=new or "S" not in flags,
        flagged="F" in flags,
        answered="R" in flags,
        forwarded="P" in flags,
        deleted="T" in flags,
        tags=named(words, {}),
    )


def _keywords(folder: Path) -> dict[str, str]:
    """The names of the keywords, where Dovecot has listed them."""
    try:
        lines = (folder / "dovecot-keywords").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    found = [_KEYWORD.fullmatch(line.strip()) for line in lines[:26]]
    return {chr(ord("a") + int(one[1])): one[2] for one in found if one and int(one[1]) < 26}


def flags_of(found: Marks) -> str:
    """The end of a file's name that says how its message stands."""
    flags = {
        "F": found.flagged,
        "P": found.forwarded,
        "R": found.answered,
        "S": not found.unread,
        "T": found.deleted,
    }
    return ":2," + "".join(sign for sign, on in flags.items() if on)
