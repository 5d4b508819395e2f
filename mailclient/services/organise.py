"""Keeping order: move, archive, delete, mark. Each returns how to undo it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mailclient.errors import BadInput
from mailclient.services.events import Events, FoldersChanged, MessagesChanged
from mailclient.store import Store
from mailclient.store.folders import Folder, Placed, Role

AT_ONCE = 2000  # messages that are changed with one commit


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
        placed = self._store.folders.placed(ids)
        return self._move(placed, lambda account: target, f"Moved to {target.name}")

    def archive(self, ids: Sequence[int]) -> Undo:
        """Move messages to the archive of their accounts."""
        return self._move(self._store.folders.placed(ids), self._by_role(Role.ARCHIVE), "Archived")

    def junk(self, ids: Sequence[int]) -> Undo:
        """Move messages to the junk folder of their accounts."""
        return self._move(
            self._store.folders.placed(ids), self._by_role(Role.JUNK), "Moved to Junk"
        )

    def delete(self, ids: Sequence[int]) -> Undo:
        """Move messages to the trash; those that lie there already are deleted for good."""
        placed = self._store.folders.placed(ids)
        trash = {f.id for f in self._store.folders.all() if f.role is Role.TRASH}
        gone = [one.id for one in placed if one.folder_id in trash]
        rest = [one for one in placed if one.folder_id not in trash]
        for some in _parts(gone):
            self._store.messages.delete(some)
            self._publish(tuple(trash), some)
        if rest:
            return self._move(rest, self._by_role(Role.TRASH), "Deleted")
        return Undo(_count("Deleted for good", gone), None)

    def mark(
        self, ids: Sequence[int], *, unread: bool | None = None, flagged: bool | None = None
    ) -> Undo:
        """Mark messages read or unread, starred or not."""
        before = self._store.folders.placed(ids)
        folders = {one.folder_id for one in before}
        for some in _parts(ids):
            self._store.messages.set_flags(some, unread=unread, flagged=flagged)
        self._publish(tuple(folders), ids)

        def undo() -> None:
            as_they_were: dict[tuple[bool, bool], list[int]] = {}
            for one in before:
                as_they_were.setdefault((one.unread, one.flagged), []).append(one.id)
            for (was_unread, was_flagged), same in as_they_were.items():
                for some in _parts(same):
                    self._store.messages.set_flags(some, unread=was_unread, flagged=was_flagged)
            self._publish(tuple(folders), ids)

        return Undo(_count("Marked", ids), undo)

    def create_folder(self, account_id: int, name: str) -> Folder:
        """Make a folder of one's own."""
        if not name.strip():
            raise BadInput("A folder needs a name.")
        folder = self._store.folders.create(account_id, name.strip())
        self._events.publish(FoldersChanged())
        return folder

    def _by_role(self, role: Role) -> Callable[[int], Folder]:
        known: dict[int, Folder] = {}

        def of(account_id: int) -> Folder:
            if account_id not in known:
                known[account_id] = self._store.folders.by_role(account_id, role)
            return known[account_id]

        return of

    def _move(self, placed: Sequence[Placed], target: Callable[[int], Folder], text: str) -> Undo:
        before: dict[int, list[int]] = {}
        after: dict[int, list[int]] = {}
        for one in placed:
            before.setdefault(one.folder_id, []).append(one.id)
            after.setdefault(target(one.account_id).id, []).append(one.id)
        self._put(after, before)
        ids = [one.id for one in placed]
        return Undo(_count(text, ids), lambda: self._put(before, after))

    def _put(self, places: dict[int, list[int]], others: dict[int, list[int]]) -> None:
        for folder_id, ids in places.items():
            for some in _parts(ids):
                self._store.messages.move(some, folder_id)
                self._publish([folder_id, *others], some)

    def _publish(self, folders: Sequence[int], ids: Sequence[int]) -> None:
        self._events.publish(MessagesChanged(tuple(dict.fromkeys(folders)), tuple(ids)))
        self._events.publish(FoldersChanged())


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many at a time as keep nobody else waiting."""
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))


def _count(text: str, ids: Sequence[int]) -> str:
    return f"{text}: {len(ids)} messages" if len(ids) != 1 else f"{text}: 1 message"
