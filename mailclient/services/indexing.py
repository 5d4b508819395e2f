"""Indexing in the background: what is inside attachments, and everything again on request.

Runs on a lane of its own, below everything else: what has arrived is understood first. It reads
what intake has kept, so no engine is asked and no passphrase; encrypted mail whose opened copy is
not kept is indexed by its header alone. When nothing is left the index is tidied in small steps.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace

from mailclient.cancel import CancelToken
from mailclient.errors import NotFound
from mailclient.message.body import Attachment
from mailclient.message.file_text import Kind, kind_of, text_of
from mailclient.message.security import UNPROTECTED, Verdict
from mailclient.message.tree import parse
from mailclient.services.assess import NOTHING, Assessment, restore, set_aside
from mailclient.services.bugs import BUGS
from mailclient.services.jobs import Job, Jobs
from mailclient.store import Store
from mailclient.store.database import Durability
from mailclient.store.indexing import FileText
from mailclient.store.messages import MessageRow, Processing
from mailclient.store.search import Words

log = logging.getLogger(__name__)
AT_ONCE = 200  # messages in one commit
PDF_SECONDS = 30
_PDF = b"%PDF-"
_BEFORE_PDF = 1024  # bytes that may stand before it
BREATH = 0.02  # seconds that others have the store for themselves between two commits


class Indexing:
    """The use cases around the index."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def start(self, jobs: Jobs) -> Future[int]:
        """Index on a lane of its own what is to be indexed; raises Cancelled while the program
        closes: then it goes on after the next start."""
        return jobs.submit("index", self.run, quiet=True)

    def begin_anew(self) -> int:
        """Have the whole index made again from the messages; returns how many those are."""
        return self._store.queue.add_all()

    def run(self, job: Job) -> int:
        """Index what is to be indexed, then tidy; returns how many messages that were."""
        done = 0
        if self._store.read_only:
            return done
        total = self._store.queue.left()
        while waiting := self._store.queue.next(AT_ONCE):
            self._index(waiting, job.cancel)
            done += len(waiting)
            job.progress(done, max(total, done), f"{done:,} messages indexed")
            job.cancel.wait(BREATH)
            job.cancel.check()
        while self._store.queue.tidy():
            job.cancel.wait(BREATH)
            job.cancel.check()
        return done

    def _index(self, ids: Sequence[int], cancel: CancelToken) -> None:
        """Index some messages in one commit; their files are read before it."""
        read: dict[int, tuple[Assessment, tuple[FileText, ...]]] = {}
        rows = {row.id: row for row in self._store.messages.page(ids)}
        for row in rows.values():
            cancel.check()
            if row.processing is not Processing.NEW:  # that one is indexed when it is understood
                read[row.id] = self._read(row, cancel)
        with self._store.database.write(Durability.REBUILDABLE):
            for id in ids:
                self._store.queue.done(id, read[id][1] if id in read else ())
            self._store.search.put(_words(rows[id], *of_it) for id, of_it in read.items())

    def _read(
        self, row: MessageRow, cancel: CancelToken
    ) -> tuple[Assessment, tuple[FileText, ...]]:
        try:
            found = assessment_of(self._store, row)
            return found, tuple(self._files(found.body.attachments, cancel))
        except BUGS:
            log.exception("Message %d could not be read to be indexed", row.id)
        except NotFound:
            log.info("Message %d was deleted before it was indexed", row.id)
        return set_aside(row), ()

    def _files(self, files: Sequence[Attachment], cancel: CancelToken) -> Iterator[FileText]:
        for one in files:
            cancel.check()
            kind = kind_of(one)
            if kind is None:
                continue
            text = pdf_text(one.data(), cancel) if kind is Kind.PDF else text_of(one, kind)
            if text.strip():
                yield FileText(one.name, text)


def _words(row: MessageRow, found: Assessment, files: Sequence[FileText]) -> Words:
    names = [one.name for one in found.body.attachments if not one.inline]
    # What the list shows was read from protected fields, where there are any.
    seen = replace(found.envelope, subject=row.subject)
    text = "\n".join(one.text for one in files)
    return Words(row.id, seen, found.body.text, names, text)


def assessment_of(store: Store, row: MessageRow) -> Assessment:
    """What intake has kept of a message; raises NotFound, StoreDamaged."""
    if row.processing is Processing.QUARANTINED:
        return set_aside(row)
    outer = parse(store.bodies.open(row.id))
    if row.processing is not Processing.READY:
        return Assessment(outer, None, None, outer.envelope, UNPROTECTED, NOTHING)
    verdict = Verdict.from_json(store.messages.verdict(row.id))
    return restore(outer, store.messages.opened(row.id), verdict, formatted=False)


def pdf_text(data: bytes, cancel: CancelToken) -> str:
    """The text of a PDF, by a process that is stopped where it takes too long; raises Cancelled."""
    if _PDF not in data[:_BEFORE_PDF]:
        return ""
    command = [sys.executable, "-m", "mailclient.message.pdf_text"]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process,
        cancel.interrupting(process.kill),
    ):
        try:
            text, _ = process.communicate(data, PDF_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return ""
    cancel.check()
    return text.decode("utf-8", "replace") if process.returncode == 0 else ""
