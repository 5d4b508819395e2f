"""What has become of a message, kept together with its copy in Sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from mailclient.cancel import CancelToken
from mailclient.message.envelope import envelope
from mailclient.message.tree import parse
from mailclient.services.crash import crash_point
from mailclient.services.events import Events, FoldersChanged, MessagesChanged, OutboxChanged
from mailclient.services.identities import identity_of
from mailclient.services.intake import Intake
from mailclient.store import Store
from mailclient.store.folders import Folder, Role
from mailclient.store.outbox import Answer, OutItem


class Outcomes:
    """Notes answers about recipients; the first that is good puts the message into Sent."""

    def __init__(
        self, store: Store, intake: Intake, events: Events, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._intake = intake
        self._events = events
        self._clock = clock

    def answered(self, item: OutItem, answers: Sequence[Answer]) -> None:
        """Keep what a server has said."""
        self._keep(item, answers, lambda: self._store.outbox.steps.answered(item.id, answers))

    def settled(self, item: OutItem, answers: Sequence[Answer]) -> bool:
        """Keep what is known now of recipients in doubt; says whether there were such."""
        known: list[bool] = []
        self._keep(item, answers, lambda: known.append(self._store.outbox.settle(item.id, answers)))
        return any(known)

    def _keep(self, item: OutItem, answers: Sequence[Answer], note: Callable[[], object]) -> None:
        folder = self._sent_folder(item)
        id = None
        with self._store.database.write():
            copy = self._store.outbox.sent_copy(item.id)
            note()
            if copy and any(one.accepted for one in answers):
                id = self._store.messages.store_raw(
                    item.account_id, folder.id, copy, unread=False, received=self._clock()
                )
        crash_point("after_sent_mark")
        self._events.publish(OutboxChanged())
        if id is not None:
            self._intake.process(id, CancelToken())
            self._mark_answered(copy)
            self._events.publish(MessagesChanged((folder.id,), (id,)))
            self._events.publish(FoldersChanged())

    def _mark_answered(self, copy: bytes) -> None:
        """The message that this one answers shows it in the list."""
        answered = envelope(parse(copy).headers).in_reply_to
        ids = self._store.messages.by_message_id(answered)
        if ids:
            self._store.messages.set_flags(ids, answered=True)
            folders = {self._store.messages.get(id).folder_id for id in ids}
            self._events.publish(MessagesChanged(tuple(folders), ids))

    def _sent_folder(self, item: OutItem) -> Folder:
        """Where the copy goes: the identity's own folder, made anew if need be, or Sent."""
        found = identity_of((self._store.accounts.by_id(item.account_id),), item.sender)
        name = found[1].sent if found else ""
        if not name:
            return self._store.folders.by_role(item.account_id, Role.SENT)
        known = self._store.folders.find(name, item.account_id)
        return known[0] if known else self._store.folders.create(item.account_id, name)
