"""Mail out of the store: each message byte for byte, into the forms that other programs read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from mailclient.errors import BadInput
from mailclient.message.source import pieces
from mailclient.message.tree import parse
from mailclient.services.jobs import Job
from mailclient.services.sources.entry import Marks, Pieces
from mailclient.services.sources.maildir import flags_of
from mailclient.services.sources.mbox import mbox_entry
from mailclient.store import Store

AT_ONCE = 200  # messages of which the marks are read together


class Target(Enum):
    """The form of an export."""

    MBOX = "mbox"
    MAILDIR = "maildir"
    EML = "eml"


@dataclass(frozen=True, slots=True)
class _Content:
    """A message to be written; `ends_open` is one whose last line has no end."""

    id: int
    pieces: Pieces
    marks: Marks
    ends_open: bool


class Exporting:
    """The use cases around export."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def export(
        self, query: str | None, kind: Target, path: Path, job: Job, *, decrypted: bool = False
    ) -> int:
        """Write the messages that fit `query` (None: all), exactly as they were received.

        With `decrypted`, what was opened takes the place of the encrypted layer. Returns how many.
        """
        if query is None:
            folders = [folder.id for folder in self._store.folders.all()]
            ids = self._store.messages.ids_in(folders)
        else:
            ids = self._store.search.query(query, limit=None).ids
        return self.export_these(ids, kind, path, job, decrypted=decrypted)

    def export_these(
        self,
        ids: Sequence[int],
        kind: Target,
        path: Path,
        job: Job,
        *,
        decrypted: bool = False,
    ) -> int:
        """Write these messages, given newest first; returns how many. Raises BadInput, Cancelled:
        an mbox file that was begun is removed then."""
        writer = {Target.MBOX: _mbox, Target.MAILDIR: _maildir, Target.EML: _eml}[kind]
        try:
            return writer(path, self._contents(list(reversed(ids)), job, decrypted=decrypted))
        except OSError as problem:
            raise BadInput(
                f"{path} cannot be written: {problem.strerror}.", "Choose another place."
            ) from problem

    def _contents(self, ids: Sequence[int], job: Job, *, decrypted: bool) -> Iterator[_Content]:
        """The messages, oldest first; what was deleted meanwhile is left out."""
        for at in range(0, len(ids), AT_ONCE):
            for row in self._store.messages.page(ids[at : at + AT_ONCE]):
                job.cancel.check()
                marks = Marks(row.unread, row.flagged, row.answered, row.forwarded)
                raw = self._store.bodies.open(row.id)
                opened = self._store.messages.opened(row.id) if decrypted else None
                if opened is not None:
                    raw = _with_payload(parse(raw).head, opened)
                ends_open = raw[len(raw) - 1 : len(raw)] != b"\n"
                yield _Content(row.id, pieces(raw, 0, len(raw)), marks, ends_open)
            job.progress(min(at + AT_ONCE, len(ids)), len(ids))


def _with_payload(head: bytes, opened: bytes) -> bytes:
    """The outer header without its content fields, over the payload that was protected."""
    kept: list[bytes] = []
    keep = True
    inner = {
        line.partition(b":")[0].strip().lower()
        for line in opened.replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")
        if line[:1] not in (b" ", b"\t")
    }
    for line in head.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n"):
        if line[:1] not in (b" ", b"\t"):
            name = line.partition(b":")[0].strip().lower()
            keep = not name.startswith(b"content-") and name not in inner
        if keep:
            kept.append(line)
    return b"".join(line + b"\r\n" for line in kept) + opened


def _mbox(path: Path, contents: Iterator[_Content]) -> int:
    count, whole = 0, False
    with path.open("xb") as file:
        try:
            for one in contents:
                file.writelines(mbox_entry(one.pieces, ends_open=one.ends_open))
                count += 1
            file.flush()
            os.fsync(file.fileno())
            whole = True
        finally:
            if not whole:
                path.unlink()
    return count


def _maildir(path: Path, contents: Iterator[_Content]) -> int:
    """Files with their marks in their names; one that was written before is not written twice."""
    for name in ("tmp", "new", "cur"):
        (path / name).mkdir(parents=True, exist_ok=True)
    there = {one.name.partition(":")[0] for one in (path / "cur").iterdir()}
    count = 0
    for one in contents:
        name = f"{one.id}.mailclient"
        if name not in there:
            _write(path / "tmp" / name, one.pieces)
            (path / "tmp" / name).rename(path / "cur" / f"{name}{flags_of(one.marks)}")
        count += 1
    return count


def _eml(path: Path, contents: Iterator[_Content]) -> int:
    path.mkdir(parents=True, exist_ok=True)
    count = 0
    for one in contents:
        _write(path / f"{one.id}.eml", one.pieces)
        count += 1
    return count


def _write(path: Path, raw: Pieces) -> None:
    """Write a file that is whole or not there at all."""
    making = path.with_name(f"{path.name}.part")
    with making.open("wb") as file:
        file.writelines(raw)
    making.rename(path)
