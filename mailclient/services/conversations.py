"""Conversations: what belongs together in a list, around a message, and as a tree.

New mail finds its place as it is understood. What was understood before there were conversations,
or under another rule for subjects, finds it here, some messages to a commit.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from mailclient.errors import MailError
from mailclient.message.envelope import Envelope
from mailclient.message.security import Verdict
from mailclient.message.thread import Linked, Placed, arrange, references
from mailclient.message.tree import parse
from mailclient.services.assess import restore
from mailclient.services.bugs import BUGS
from mailclient.services.events import (
    Event,
    Events,
    FoldersChanged,
    MessagesChanged,
    SettingChanged,
)
from mailclient.services.jobs import Job, Jobs
from mailclient.settings import THREADS_BY_SUBJECT, THREADS_WITH_SENT
from mailclient.store import Store
from mailclient.store.database import Durability
from mailclient.store.folders import Role
from mailclient.store.messages import MessageRow
from mailclient.store.threads import Conversation

log = logging.getLogger(__name__)
APART = (Role.TRASH, Role.JUNK, Role.DRAFTS)  # no part of a conversation seen from elsewhere
NO_TREE = 2000  # a conversation with more messages is shown by date alone


@dataclass(frozen=True, slots=True)
class Member:
    """A message of a conversation, and where it stands in its tree."""

    row: MessageRow
    parent: int
    depth: int


class Conversations:
    """The use cases around conversations."""

    def __init__(self, store: Store, events: Events, jobs: Jobs) -> None:
        self._store = store
        self._threads = store.messages.threads
        self._events = events
        self._jobs = jobs
        events.subscribe(self._take)

    # Finding what belongs together

    def start(self) -> Future[int] | None:
        """Find the place of what has none, on the lane of arrivals; None if there is nothing."""
        if self._store.read_only or not (self._threads.half_forgotten or self._threads.unplaced()):
            return None
        return self._jobs.submit("intake", self.run, title="Sorting mail into conversations")

    def run(self, job: Job) -> int:
        """Find the place of every message that has none; returns of how many. Raises Cancelled:
        the next start goes on."""
        if self._store.read_only:
            return 0
        while self._threads.half_forgotten and self._threads.forget():
            job.cancel.check()
        done = 0
        while ids := self._threads.unplaced():
            job.cancel.check()
            found = {id: self._seen(id) for id in ids}
            with self._store.database.write(Durability.REBUILDABLE):
                for row in self._store.messages.page(ids):
                    seen = found[row.id] or Envelope(row.message_id, subject=row.subject)
                    self._threads.place(row.id, seen, int(row.date.timestamp()))
            done += len(ids)
            job.progress(done, 0, f"{done:,} messages sorted into conversations")
        if done:
            self._tell()
        return done

    def again(self, job: Job) -> int:
        """Look for the place of every message anew; returns of how many."""
        while self._threads.forget():
            job.cancel.check()
        return self.run(job)

    def _seen(self, id: int) -> Envelope | None:
        """What a message says of itself, protected where it is; None if that cannot be read."""
        try:
            row = self._store.messages.get(id)
            if row.encryption == row.signature == "none":
                return parse(next(self._store.bodies.chunks(id), b"")).envelope
            verdict = Verdict.from_json(self._store.messages.verdict(id))
            opened = self._store.messages.opened(id)
            return restore(parse(self._store.bodies.open(id)), opened, verdict).envelope
        except MailError as problem:
            log.warning("Message %d is in no conversation: %s", id, problem.text)
        except BUGS:
            log.exception("What message %d answers could not be read", id)
        return None

    def _take(self, event: Event) -> None:
        if isinstance(event, SettingChanged) and event.key == THREADS_BY_SUBJECT.key:
            self._jobs.submit("intake", self.again, title="Sorting mail into conversations")

    def _tell(self) -> None:
        folders = tuple(one.id for one in self._store.folders.all())
        self._events.publish(MessagesChanged(folders, ()))
        self._events.publish(FoldersChanged())

    # For a list

    def heads(self, folders: Sequence[int], limit: int = -1) -> array[int]:
        """The newest message of each conversation in these folders, newest first."""
        return self._threads.heads(folders, limit)

    def first_each(self, ids: Sequence[int]) -> array[int]:
        """Of these messages the first of each conversation."""
        return self._threads.first_each(ids)

    def states(self, heads: Sequence[int], folders: Sequence[int]) -> dict[int, Conversation]:
        """How the conversations of these messages stand, seen from some folders."""
        return self._threads.states(heads, folders, self._beside())

    def members(
        self, ids: Sequence[int], folders: Sequence[int], *, beside: bool = True
    ) -> array[int]:
        """All messages of the conversations of these, newest first, seen from some folders; with
        what was sent `beside` them."""
        return self._threads.members(ids, folders, self._beside() if beside else ())

    def _beside(self) -> tuple[int, ...]:
        """The folders of which the mail is shown in conversations of others."""
        if not self._store.settings.get(THREADS_WITH_SENT):
            return ()
        return tuple(one.id for one in self._store.folders.all() if one.role is Role.SENT)

    # Around a message

    def around(self, id: int) -> array[int]:
        """The conversation of a message, oldest first, wherever it lies; without what is in the
        trash, the junk or the drafts, unless this one is. At least the message itself."""
        here = set(self._store.messages.folders_of([id]))
        folders = self._store.folders.all()
        seen = [one.id for one in folders if one.role not in APART or one.id in here]
        others = [one for one in seen if one not in here]
        ids = self._threads.members([id], tuple(here), others)
        return array("q", reversed(ids)) if id in ids else array("q", [id])

    def tree(self, id: int) -> tuple[Member, ...]:
        """The conversation of a message, each answer after and below what it answers."""
        ids = self.around(id)
        rows = {row.id: row for row in self._store.messages.page(ids)}
        if len(ids) > NO_TREE:
            return tuple(Member(rows[one], 0, 0) for one in ids if one in rows)
        linked = []
        for row in rows.values():
            seen = self._seen(row.id) or Envelope(row.message_id)
            when = int(row.date.timestamp())
            linked.append(Linked(row.id, when, seen.message_id, references(seen)))
        placed: tuple[Placed, ...] = arrange(linked)
        return tuple(Member(rows[one.id], one.parent, one.depth) for one in placed)
