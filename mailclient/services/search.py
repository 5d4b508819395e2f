"""Finding and listing: ids first, pages of rows by id."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from mailclient.errors import NotFound
from mailclient.store import Store
from mailclient.store.folders import Folder
from mailclient.store.messages import MessageRow
from mailclient.store.search import Found


class Search:
    """The use cases around lists of messages; all of them only read the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, query: str, limit: int | None = None) -> Found:
        """The messages that fit `query`, newest first; raises BadInput in words."""
        return self._store.search.query(query, limit=limit)

    def rows(self, ids: Sequence[int]) -> tuple[MessageRow, ...]:
        """A page of rows, in the order of `ids`; those that are gone are left out."""
        return self._store.messages.page(ids)

    def ids_in(self, folder_ids: Sequence[int]) -> array[int]:
        """The ids of all messages in these folders, newest first."""
        return self._store.messages.ids_in(folder_ids)

    def folders(self) -> tuple[Folder, ...]:
        """The folders of all accounts with their counts."""
        return self._store.folders.all()

    def folders_named(self, name: str) -> tuple[Folder, ...]:
        """The folders with that name or role, in any account; raises NotFound."""
        found = self._store.folders.find(name, None)
        if not found:
            known = sorted({folder.name for folder in self.folders()})
            raise NotFound(f"There is no folder {name}.", f"There are: {', '.join(known)}.")
        return found
