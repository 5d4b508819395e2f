"""Mail in files: find the messages in mbox files, Maildirs and EML files, and write them.

Reading gives each message's bytes; writing loses none of them. In an mbox, lines that begin with
`From ` are quoted with `>` on writing (the mboxrd dialect, which can be undone) and the quoting is
undone on reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mailclient.errors import BadInput

_SEPARATOR = re.compile(rb"From \S+.*\d")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
MAILDIR_FOLDERS = ("cur", "new")
MESSAGE_ENDINGS = (".eml", ".mbox", ".mbx")


def messages_in(path: Path) -> Iterator[bytes]:
    """Every message below `path`; raises BadInput if nothing there can be read as mail."""
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif is_mbox(path):
            yield from mbox_messages(path)
        else:
            yield path.read_bytes()
    except OSError as problem:
        raise BadInput(
            f"{path} cannot be read: {problem.strerror}.", "Look at its name and its rights."
        ) from problem


def _in_folder(folder: Path) -> Iterator[bytes]:
    if is_maildir(folder):
        for name in MAILDIR_FOLDERS:
            for file in sorted((folder / name).iterdir()):
                if file.is_file():
                    yield file.read_bytes()
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            if entry.name not in (*MAILDIR_FOLDERS, "tmp"):
                yield from _in_folder(entry)
        elif entry.suffix.lower() in MESSAGE_ENDINGS or is_mbox(entry):
            yield from messages_in(entry)


def is_maildir(folder: Path) -> bool:
    """Whether a folder is a Maildir."""
    return all((folder / name).is_dir() for name in MAILDIR_FOLDERS)


def is_mbox(path: Path) -> bool:
    """Whether a file begins as an mbox does."""
    with path.open("rb") as file:
        return _SEPARATOR.match(file.readline(998)) is not None


def mbox_messages(path: Path) -> Iterator[bytes]:
    """The messages of an mbox file (RFC 4155), one at a time."""
    lines: list[bytes] | None = None
    blank = True
    with path.open("rb") as file:
        for line in file:
            if blank and _SEPARATOR.match(line):
                if lines is not None:
                    yield _unquoted(lines)
                lines = []
            elif lines is not None:
                lines.append(line)
            blank = line in (b"\n", b"\r\n")
    if lines is not None:
        yield _unquoted(lines)


def _unquoted(lines: list[bytes]) -> bytes:
    """One message without the blank line that belongs to the mbox, its quoting undone."""
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()
    return _QUOTED.sub(rb"\1", b"".join(lines))


def mbox_entry(raw: bytes) -> bytes:
    """A message as it stands in an mbox file."""
    end = b"\n" if raw.endswith(b"\n") else b"\n\n"
    return b"From - Thu Jan  1 00:00:00 1970\n" + _TO_QUOTE.sub(rb">\1", raw) + end
