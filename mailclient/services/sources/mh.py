"""MH: a numbered file for each message, marks in `.mh_sequences`, or where Claws Mail keeps them.

`.claws_mark` (Sylpheed: `.sylpheed_mark`) is a row of numbers of four bytes: a version, then for
each message its number and its flags. A message that is not in it is new.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mailclient.services.sources.entry import UNREAD, Entry, Marks, Source, of_file, readable

MARK_FILES = (".claws_mark", ".sylpheed_mark")
BESIDE = (*MARK_FILES, ".claws_cache", ".mh_sequences", ".sylpheed_cache")
_NEW, _UNREAD, _MARKED, _DELETED, _REPLIED, _FORWARDED = (1 << bit for bit in range(6))
_VERSION = 2
_MOST = 32 * 1024 * 1024  # bytes of a file of marks


def is_mh(folder: Path) -> bool:
    """Whether a folder is one of MH: numbered files, and one of those that lie beside them."""
    return any((folder / name).exists() for name in BESIDE) and any(_numbered(folder))


def is_mh_tree(folder: Path) -> bool:
    """Whether a folder holds folders of MH, and is no Maildir."""
    return is_mh(folder) or any(one.is_dir() and is_mh(one) for one in _inside(folder))


def folders(folder: Path, name: str = "") -> Iterator[Source]:
    """A folder of MH and those inside it, which have names of their own."""
    if any(_numbered(folder)):
        yield Source(folder, partial(_entries, folder), name)
    for one in _inside(folder):
        if one.is_dir() and not one.is_symlink() and not one.name.startswith("."):
            yield from folders(one, f"{name}/{one.name}" if name else one.name)


def _inside(folder: Path) -> list[Path]:
    with readable(folder):
        return sorted(folder.iterdir())


def _numbered(folder: Path) -> Iterator[str]:
    with readable(folder), os.scandir(folder) as found:
        yield from (one.name for one in found if one.name.isdigit() and one.is_file())


def _entries(folder: Path) -> Iterator[Entry]:
    marks = _marks(folder)
    for number in sorted(map(int, _numbered(folder))):
        yield Entry(of_file(folder / str(number)), partial(_of_number, marks, number))


def _of_number(marks: Callable[[int], Marks], number: int, head: bytes) -> Marks:
    return marks(number)


def _marks(folder: Path) -> Callable[[int], Marks]:
    """How the message with a number stands."""
    for name in MARK_FILES:
        with readable(folder):
            if (folder / name).is_file():
                flags = read_marks((folder / name).read_bytes()[:_MOST])
                return lambda number: _by_flags(flags.get(number))
    sequences = _sequences(folder)
    return lambda number: Marks(
        unread=number in sequences.get("unseen", set()),
        flagged=number in sequences.get("flagged", set()),
        answered=number in sequences.get("replied", set()),
        forwarded=number in sequences.get("forwarded", set()),
    )


def read_marks(data: bytes) -> dict[int, int]:
    """The flags of each message, in the order of bytes that the version is written in."""
    whole = data[: len(data) - len(data) % 4]
    for order in ("<", ">") if sys.byteorder == "little" else (">", "<"):
        numbers = struct.unpack(f"{order}{len(whole) // 4}I", whole)
        if numbers and numbers[0] == _VERSION:
            pairs = numbers[1:]
            return dict(zip(pairs[::2], pairs[1::2], strict=False))
    return {}


def _by_flags(flags: int | None) -> Marks:
    if flags is None:
        return UNREAD
    return Marks(
        unread=bool(flags & (_NEW | _UNREAD)),
        flagged=bool(flags & _MARKED),
        answered=bool(flags & _REPLIED),
        forwarded=bool(flags & _FORWARDED),
        deleted=bool(flags & _DELETED),
    )


def _sequences(folder: Path) -> dict[str, set[int]]:
    """The numbers in each sequence: `unseen: 1-3 7`."""
    try:
        lines = (folder / ".mh_sequences").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    found: dict[str, set[int]] = {}
    for line in lines:
        name, _, numbers = line.partition(":")
        for word in numbers.split():
            first, _, last = word.partition("-")
            if first.isdigit() and (last.isdigit() or not last):
                end = min(int(last or first), int(first) + 1_000_000)
                found.setdefault(name.strip().lower(), set()).update(range(int(first), end + 1))
    return found
