"""Mail in and out of the store: import without doubling, export byte for byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from mailclient.errors import BadInput
from mailclient.message.source import pieces
from mailclient.message.tree import parse
from mailclient.services.accounts import Accounts
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.services.intake import Intake
from mailclient.services.jobs import Job
from mailclient.services.mailfiles import Pieces, mbox_entry, messages_in
from mailclient.store import Store
from mailclient.store.bodies import Spool
from mailclient.store.folders import Folder, Role

# Of an import so much is stored with one commit: each waits for the disk once.
BATCH_MESSAGES = 500
BATCH_BYTES = 4 * 1024 * 1024


class Target(Enum):
    """The form of an export."""

    MBOX = "mbox"
    MAILDIR = "maildir"
    EML = "eml"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended; `ids` are the new messages."""

    imported: int
    already_here: int
    ids: tuple[int, ...]
    problems: tuple[str, ...] = ()


class Transfer:
    """The use cases around import and export."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        intake: Intake,
        events: Events,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._intake = intake
        self._events = events
        self._clock = clock

    def import_paths(
        self, paths: Sequence[Path], folder_name: str | None, job: Job
    ) -> ImportReport:
        """Import every message below `paths`; those that are here already are left out."""
        folder = self._folder(folder_name)
        ids: list[int] = []
        already = 0
        problems: list[str] = []
        for path in paths:
            try:
                for batch in self._batches(path):
                    job.cancel.check()
                    new = self._take(folder, batch)
                    already += len(batch) - len(new)
                    ids += new
                    job.progress(len(ids) + already)
            except BadInput as problem:
                problems.append(problem.text)
        if problems and not ids and not already:
            raise BadInput(" ".join(problems), "Nothing was imported.")
        self._intake.run(job)
        self._events.publish(MessagesChanged((folder.id,), tuple(ids)))
        self._events.publish(FoldersChanged())
        return ImportReport(len(ids), already, tuple(ids), tuple(problems))

    def _batches(self, path: Path) -> Iterator[list[Spool]]:
        """The messages below a path, read and not stored yet, as many as go into one commit; what
        came before a fault is given first."""
        batch: list[Spool] = []
        size = 0
        try:
            for message in messages_in(path):
                spool = self._store.bodies.spool()
                batch.append(spool)
                for piece in message:
                    spool.write(piece)
                size += spool.size
                if len(batch) >= BATCH_MESSAGES or size >= BATCH_BYTES:
                    full, batch, size = batch, [], 0
                    yield full
        except BadInput:
            if batch:  # the last one was not read to its end
                batch.pop().abort()
            if batch:
                yield batch
            raise
        if batch:
            yield batch

    def _take(self, folder: Folder, batch: Sequence[Spool]) -> list[int]:
        """Store messages in one commit but for those whose bytes are in the account already;
        returns the ids of the new ones."""
        ids: list[int] = []
        unwanted = batch
        try:
            with self._store.database.write():
                doubles: list[Spool] = []
                for spool in batch:
                    if self._store.messages.by_hash(folder.account_id, spool.sha256) is not None:
                        doubles.append(spool)
                        continue
                    id = self._store.messages.store_raw(
                        folder.account_id, folder.id, spool, unread=False, received=self._clock()
                    )
                    ids.append(id)
            unwanted = doubles
        finally:
            for spool in unwanted:
                spool.abort()
        return ids

    def _folder(self, name: str | None) -> Folder:
        account = self._accounts.local()
        if name is None:
            return self._store.folders.by_role(account.id, Role.INBOX)
        found = self._store.folders.find(name, account.id)
        return found[0] if found else self._store.folders.create(account.id, name)

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
        oldest_first = list(reversed(ids))
        try:
            writer = {Target.MBOX: _mbox, Target.MAILDIR: _maildir, Target.EML: _eml}[kind]
            return writer(path, self._contents(oldest_first, job, decrypted=decrypted))
        except OSError as problem:
            raise BadInput(
                f"{path} cannot be written: {problem.strerror}.", "Choose another place."
            ) from problem

    def _contents(
        self, ids: Sequence[int], job: Job, *, decrypted: bool
    ) -> Iterator[tuple[int, Pieces]]:
        for count, id in enumerate(ids, 1):
            job.cancel.check()
            raw = self._store.bodies.open(id)
            opened = self._store.messages.opened(id) if decrypted else None
            if opened is None:
                yield id, pieces(raw, 0, len(raw))
            else:
                yield id, iter((_with_payload(parse(raw).head, opened),))
            job.progress(count, len(ids))


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


def _mbox(path: Path, contents: Iterator[tuple[int, Pieces]]) -> int:
    count = 0
    with path.open("xb") as file:
        for _, raw in contents:
            file.writelines(mbox_entry(raw))
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def _maildir(path: Path, contents: Iterator[tuple[int, Pieces]]) -> int:
    for name in ("tmp", "new", "cur"):
        (path / name).mkdir(parents=True, exist_ok=True)
    count = 0
    for id, raw in contents:
        name = f"{id}.mailclient"
        _write(path / "tmp" / name, raw)
        (path / "tmp" / name).rename(path / "cur" / f"{name}:2,S")
        count += 1
    return count


def _eml(path: Path, contents: Iterator[tuple[int, Pieces]]) -> int:
    path.mkdir(parents=True, exist_ok=True)
    count = 0
    for id, raw in contents:
        _write(path / f"{id}.eml", raw)
        count += 1
    return count


def _write(path: Path, raw: Pieces) -> None:
    with path.open("wb") as file:
        file.writelines(raw)
