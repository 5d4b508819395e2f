"""What lies in a file or a folder: each form of mail is told by looking."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mailclient.errors import BadInput
from mailclient.services.sources import mh, thunderbird
from mailclient.services.sources.entry import Entry, Source, from_head, of_file, readable
from mailclient.services.sources.maildir import PARTS, is_maildir, maildirs
from mailclient.services.sources.mbox import Dialect, is_mbox, mbox_messages

MESSAGE_ENDINGS = (".eml", ".mbox", ".mbx")


def sources(path: Path, dialect: Dialect | None = None) -> Iterator[Source]:
    """Every file and folder of mail below a path; raises BadInput."""
    with readable(path):
        if not path.is_dir():
            yield _file(path, dialect)
        elif is_maildir(path):
            yield from maildirs(path)
            yield from _inside(path, dialect, but=(*PARTS, "tmp"))
        elif mh.is_mh_tree(path):
            yield from mh.folders(path)
        else:
            yield from _inside(path, dialect)


def _inside(folder: Path, dialect: Dialect | None, but: Sequence[str] = ()) -> Iterator[Source]:
    for one in sorted(folder.iterdir()):
        if one.is_dir():
            hidden = but and one.name.startswith(".")  # folders of a Maildir++
            if one.name not in but and not hidden and not one.is_symlink():
                yield from sources(one, dialect)
        elif one.is_file() and (one.suffix.lower() in MESSAGE_ENDINGS or is_mbox(one)):
            yield _file(one, dialect)


def _file(path: Path, dialect: Dialect | None) -> Source:
    return Source(path, partial(_entries, path, dialect))


def _entries(path: Path, dialect: Dialect | None) -> Iterator[Entry]:
    with readable(path):
        several = is_mbox(path)
    if several:
        with readable(path):
            for pieces in mbox_messages(path, dialect):
                yield Entry(pieces, from_head)
    else:
        yield Entry(of_file(path))


def measure(paths: Sequence[Path]) -> int:
    """How many bytes lie below some paths, about; what cannot be looked at counts nothing."""
    size = 0
    for path in paths:
        if path.is_file():
            size += path.stat().st_size
        for folder, _, files in os.walk(path):
            for name in files:
                try:
                    size += os.stat(os.path.join(folder, name)).st_size
                except OSError:
                    continue
    return size


@dataclass(frozen=True, slots=True)
class Nearby:
    """Mail of another program on this computer."""

    program: str
    path: Path


def nearby(home: Path) -> tuple[Nearby, ...]:
    """The mail of other programs where they usually keep it; looks, and reads nothing."""
    found = [Nearby("Thunderbird", one) for one in thunderbird.profiles(home)]
    places = (home / "Mail", home / "Maildir")
    for place in places:
        try:
            if place.is_dir() and mh.is_mh_tree(place):
                found.append(Nearby("Claws Mail", place))
            elif is_maildir(place):
                found.append(Nearby("Maildir", place))
        except (BadInput, OSError):  # what may not be looked at is not offered
            continue
    return tuple(found)
