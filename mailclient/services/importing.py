"""Mail into the store: whatever form it lies in, none twice, and what is damaged is told.

Of each message the bytes are kept as they lie in the file. One that is here already, byte for byte,
is left out: so an import that was cut off is gone on with by beginning it again. What was stored is
listed, understood and found while the rest is read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mailclient.account import Account
from mailclient.errors import BadInput
from mailclient.services.accounts import Accounts
from mailclient.services.crash import crash_point
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.services.intake import Intake
from mailclient.services.jobs import Job
from mailclient.services.sources import thunderbird
from mailclient.services.sources.entry import Entry, Marks, Source
from mailclient.services.sources.finding import measure, sources
from mailclient.services.sources.mbox import Dialect
from mailclient.store import Store
from mailclient.store.bodies import Spool
from mailclient.store.folders import Folder, Role
from mailclient.store.foreign import cards

log = logging.getLogger(__name__)

# Of an import so much is stored with one commit: each waits for the disk once.
BATCH_MESSAGES = 500
BATCH_BYTES = 4 * 1024 * 1024
MOST_PROBLEMS = 1000  # that are told
KIB = 1024


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended; `ids` are the new messages, `accounts` those that were made, and
    `people` how many addresses came out of address books."""

    imported: int
    already_here: int
    ids: tuple[int, ...]
    problems: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    people: int = 0


@dataclass(slots=True)
class _Run:
    """An import under way; `read` and `size` are in bytes."""

    job: Job
    size: int
    read: int = 0
    already: int = 0
    ids: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    people: int = 0

    def tell(self) -> None:
        """Say how far it is."""
        done = len(self.ids) + self.already
        self.job.progress(
            min(self.read, self.size) // KIB, self.size // KIB, f"{done:,} messages brought in"
        )

    def problem(self, text: str) -> None:
        """Note what could not be read."""
        log.warning("Import: %s", text)
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(text)


_Batch = list[tuple[Spool, Marks]]


class Importing:
    """The use case of bringing mail in."""

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
        self,
        paths: Sequence[Path],
        folder_name: str | None,
        job: Job,
        dialect: Dialect | None = None,
    ) -> ImportReport:
        """Import every message below `paths`, into the folder that is named, else where it lay.

        What cannot be read is told in the report. Raises BadInput if nothing could, StoreFull,
        Cancelled: what was stored stays.
        """
        run = _Run(job, measure(paths))
        for path in paths:
            try:
                if path.is_dir() and thunderbird.is_profile(path):
                    found = self._profile(path, run)
                else:
                    found = sources(path, dialect)
                for source in found:
                    self._source(source, folder_name, run)
            except BadInput as problem:
                run.problem(problem.text)
        if run.problems and not run.ids and not run.already:
            raise BadInput(" ".join(run.problems[:5]), "Nothing was imported.")
        return ImportReport(
            len(run.ids),
            run.already,
            tuple(run.ids),
            tuple(run.problems),
            tuple(run.accounts),
            run.people,
        )

    def _profile(self, path: Path, run: _Run) -> Iterator[Source]:
        """Take over the accounts and the people of a profile; its mail is what is given."""
        profile = thunderbird.read(path)
        own = self._accounts.own_addresses()
        for account in profile.accounts:
            if account.address.lower() not in own:
                run.accounts.append(self._accounts.add(account, "").address)
        for book in profile.books:
            try:
                people = cards(book)
            except BadInput as problem:
                run.problem(problem.text)
                continue
            self._store.messages.people.know(people)
            run.people += len(people)
        return iter(profile.sources)

    # Messages

    def _source(self, source: Source, folder_name: str | None, run: _Run) -> None:
        """Take in the messages of one file or folder; one that cannot be read ends it."""
        folder: Folder | None = None
        try:
            for batch in self._batches(source, run):
                folder = folder or self._folder(source, folder_name)
                self._take(folder, batch, run)
                crash_point("imported")
                self._intake.run(Job(run.job.id, run.job.cancel))
                run.tell()
                run.job.cancel.check()
        except BadInput as problem:
            run.problem(problem.text)

    def _batches(self, source: Source, run: _Run) -> Iterator[_Batch]:
        """Messages that were read and not stored yet, as many as go into one commit; what came
        before a fault is given first."""
        batch: _Batch = []
        size = 0
        try:
            for entry in source.entries():
                spool = self._read(entry, run)
                if spool is None:
                    continue
                marks = entry.marks(spool.head)
                if marks.deleted:
                    spool.abort()
                    continue
                batch.append((spool, marks))
                size += spool.size
                if len(batch) >= BATCH_MESSAGES or size >= BATCH_BYTES:
                    full, batch, size = batch, [], 0
                    yield full
        except BadInput:
            if batch:
                full, batch = batch, []
                yield full
            raise
        finally:
            for spool, _ in batch if run.job.cancel.cancelled else ():
                spool.abort()
        if batch:
            yield batch

    def _read(self, entry: Entry, run: _Run) -> Spool | None:
        """The bytes of a message; None where they cannot be read, which is told."""
        spool = self._store.bodies.spool()
        whole = False
        try:
            for piece in entry.pieces:
                spool.write(piece)
            whole = True
        except BadInput as problem:
            run.problem(problem.text)
            return None
        finally:
            run.read += spool.size
            if not whole:
                spool.abort()
        return spool

    def _take(self, folder: Folder, batch: _Batch, run: _Run) -> None:
        """Store messages in one commit but for those whose bytes are in the account already."""
        ids: list[int] = []
        unwanted = [spool for spool, _ in batch]
        try:
            with self._store.database.write():
                doubles: list[Spool] = []
                for spool, marks in batch:
                    if self._store.messages.by_hash(folder.account_id, spool.sha256) is not None:
                        doubles.append(spool)
                        continue
                    id = self._store.messages.store_raw(
                        folder.account_id,
                        folder.id,
                        spool,
                        unread=marks.unread,
                        received=self._clock(),
                    )
                    self._mark(id, marks)
                    ids.append(id)
            unwanted = doubles
        finally:
            for spool in unwanted:
                spool.abort()
        run.ids += ids
        run.already += len(batch) - len(ids)
        self._events.publish(MessagesChanged((folder.id,), tuple(ids)))
        self._events.publish(FoldersChanged())

    def _mark(self, id: int, marks: Marks) -> None:
        """Keep what another program had noted."""
        if marks.flagged or marks.answered or marks.forwarded:
            self._store.messages.set_flags(
                [id],
                flagged=marks.flagged,
                answered=marks.answered,
                forwarded=marks.forwarded,
            )
        for tag in marks.tags:
            self._store.messages.tags.add([id], tag)

    # Where to

    def _folder(self, source: Source, wanted: str | None) -> Folder:
        """The folder for a source, made if it is not there."""
        account = self._account(source.account)
        name = wanted or source.folder
        if not name:
            return self._store.folders.by_role(account.id, Role.INBOX)
        found = self._store.folders.find(name, account.id)
        return found[0] if found else self._store.folders.create(account.id, name)

    def _account(self, address: str) -> Account:
        if not address:
            return self._accounts.local()
        return self._accounts.get(address)
