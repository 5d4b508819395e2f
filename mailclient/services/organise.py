"""Keeping order: move, archive, delete, mark. Each returns how to undo it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailclient.errors import BadInput
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.store import Store
from mailclient.store.folders import Folder, Role


@dataclass(frozen=True, slots=True)
class Undo:
    """What was done, in a few words, and how to take it back; None where that cannot be."""

    text: str
    undo: Callable[[], None] | None


class Organise:
    """The use cases around keeping order."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def move(self, ids: Sequence[int], folder_id: int) -> Undo:
        """Move messages to a folder."""
        target = self._store.folders.get(folder_id)
        return self._move(ids, lambda account: target, f"Moved to {target.name}")

    def archive(self, ids: Sequence[int]) -> Undo:
        """Move messages to the archive of their accounts."""
        return self._move(ids, self._by_role(Role.ARCHIVE), "Archived")

    def junk(self, ids: Sequence[int]) -> Undo:
        """Move messages to the junk folder of their accounts."""
        return self._move(ids, self._by_role(Role.JUNK), "Moved to Junk")

    def delete(self, ids: Sequence[int]) -> Undo:
        """Move messages to the trash; those that lie there already are deleted for good."""
        rows = self._store.messages.page(ids)
        trash = {f.id for f in self._store.folders.all() if f.role is Role.TRASH}
        gone = [row.id for row in rows if row.folder_id in trash]
        rest = [row.id for row in rows if row.folder_id not in trash]
        if gone:
            self._store.messages.delete(gone)
            self._publish([row.folder_id for row in rows if row.id in set(gone)], gone)
        if rest:
            return self._move(rest, self._by_role(Role.TRASH), "Deleted")
        return Undo(_count("Deleted for good", gone), None)

    def mark(
        self, ids: Sequence[int], *, unread: bool | None = None, flagged: bool | None = None
    ) -> Undo:
        """Mark messages read or unread, starred or not."""
        before = self._store.messages.page(ids)
        self._store.messages.set_flags(ids, unread=unread, flagged=flagged)
        self._publish([row.folder_id for row in before], ids)

        def undo() -> None:
            for was_unread in (True, False):
                for was_flagged in (True, False):
                    some = [
                        r.id for r in before if r.unread is was_unread and r.flagged is was_flagged
                    ]
                    if some:
                        self._store.messages.set_flags(some, unread=was_unread, flagged=was_flagged)
            self._publish([row.folder_id for row in before], ids)

        return Undo(_count("Marked", ids), undo)

    def create_folder(self, account_id: int, name: str) -> Folder:
        """Make a folder of one's own."""
        if not name.strip():
            raise BadInput("A folder needs a name.")
        folder = self._store.folders.create(account_id, name.strip())
        self._events.publish(FoldersChanged())
        return folder

    def _by_role(self, role: Role) -> Callable[[int], Folder]:
        return lambda account_id: self._store.folders.by_role(account_id, role)

    def _move(self, ids: Sequence[int], target: Callable[[int], Folder], text: str) -> Undo:
        rows = self._store.messages.page(ids)
        before: dict[int, list[int]] = {}
        after: dict[int, list[int]] = {}
        for row in rows:
            before.setdefault(row.folder_id, []).append(row.id)
            after.setdefault(target(row.account_id).id, []).append(row.id)
        self._put(after, before)
        return Undo(_count(text, ids), lambda: self._put(before, after))

    def _put(self, places: dict[int, list[int]], others: dict[int, list[int]]) -> None:
        for folder_id, some in places.items():
            self._store.messages.move(some, folder_id)
        ids = [id for some in places.values() for id in some]
        self._publish([*places, *others], ids)

    def _publish(self, folders: Sequence[int], ids: Sequence[int]) -> None:
        self._events.publish(MessagesChanged(tuple(dict.fromkeys(folders)), tuple(ids)))
        self._events.publish(FoldersChanged())


def _count(text: str, ids: Sequence[int]) -> str:
    return f"{text}: {len(ids)} messages" if len(ids) != 1 else f"{text}: 1 message"
