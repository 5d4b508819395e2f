"""What has become of a message, kept together with its copy in Sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailclient.cancel import CancelToken
from mailclient.message.envelope import envelope
from mailclient.message.tree import parse
from mailclient.services.events import Events, FoldersChanged, MessagesChanged, OutboxChanged
from mailclient.services.identities import identity_of
from mailclient.services.intake import Intake
from mailclient.store import Store
from mailclient.store.bodies import Spool
from mailclient.store.folders import Folder, Role
from mailclient.store.outbox import Answer, OutItem


@dataclass(frozen=True, slots=True)
class Kept:
    """The copy of a message that has come into Sent (0: none), and the messages that it answers."""

    id: int = 0
    answered: tuple[int, ...] = ()


class Outcomes:
    """Notes answers about recipients; the first that is good puts the message into Sent."""

    def __init__(
        self, store: Store, intake: Intake, events: Events, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._intake = intake
        self._events = events
        self._clock = clock

    def answered(self, item: OutItem, answers: Sequence[Answer]) -> Kept:
        """Keep what a server has said, and the copy in Sent, as a part of the transaction around
        it; returns what `tell` is to tell once that stands."""

        def note() -> bool:
            self._store.outbox.steps.answered(item.id, answers)
            return True

        return self._keep(item, answers, note)

    def settled(self, item: OutItem, answers: Sequence[Answer]) -> bool:
        """Keep what is known now of recipients in doubt; says whether there were such, still.

        Raises NotFound where the message was taken out meanwhile.
        """
        known = False

        def note() -> bool:
            nonlocal known
            known = self._store.outbox.settle(item.id, answers)
            return known

        with self._store.database.write():
            kept = self._keep(item, answers, note)
        if known:
            self.tell([kept])
        if kept.id:
            self._intake.process(kept.id, CancelToken())
        return known

    def tell(self, kept: Sequence[Kept]) -> None:
        """Let everybody know of what was kept."""
        self._events.publish(OutboxChanged())
        if any(one.id for one in kept):
            ids = tuple(id for one in kept for id in (one.id, *one.answered) if id)
            folders = self._store.messages.folders_of(ids)
            self._events.publish(MessagesChanged(folders, ids))
            self._events.publish(FoldersChanged())

    def _keep(self, item: OutItem, answers: Sequence[Answer], note: Callable[[], bool]) -> Kept:
        """The copy for Sent is gone from the queue with the note, and needed only if that changes
        something: somebody else may have settled it meanwhile."""
        spool = self._sent_copy(item) if any(one.accepted for one in answers) else None
        noted = note()
        if spool is None:
            return Kept()
        if not noted:
            spool.abort()
            return Kept()
        folder, head = self._sent_folder(item), spool.head  # which is gone once it is stored
        id = self._store.messages.store_raw(
            item.account_id, folder.id, spool, unread=False, received=self._clock()
        )
        return Kept(id, self._mark_answered(head))

    def _sent_copy(self, item: OutItem) -> Spool | None:
        """The copy for Sent; None where it is there already, or none is kept."""
        spool = self._store.bodies.spool()
        for piece in self._store.outbox.sent_copy(item.id):
            spool.write(piece)
        return spool if spool.size else None

    def _mark_answered(self, head: bytes) -> tuple[int, ...]:
        """The message that this one answers shows it in the list."""
        answered = envelope(parse(head).headers).in_reply_to
        ids = self._store.messages.by_message_id(answered) if answered else ()
        if ids:
            self._store.messages.set_flags(ids, answered=True)
        return ids

    def _sent_folder(self, item: OutItem) -> Folder:
        """Where the copy goes: the identity's own folder, made anew if need be, or Sent."""
        found = identity_of((self._store.accounts.by_id(item.account_id),), item.sender)
        name = found[1].sent if found else ""
        if not name:
            return self._store.folders.by_role(item.account_id, Role.SENT)
        known = self._store.folders.find(name, item.account_id)
        return known[0] if known else self._store.folders.create(item.account_id, name)
