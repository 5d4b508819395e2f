"""Finding and listing: ids first, pages of rows by id."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from mailclient.cancel import CancelToken
from mailclient.errors import NotFound
from mailclient.message.excerpt import Excerpt, Wanted, excerpt
from mailclient.services.events import Events, FoldersChanged
from mailclient.services.indexing import assessment_of
from mailclient.store import Store
from mailclient.store.folders import Folder
from mailclient.store.messages import MessageRow
from mailclient.store.query import read_query, words_in
from mailclient.store.search import EVERYWHERE, Found, Order, Scope
from mailclient.store.searches import SavedSearch


class Search:
    """The use cases around lists of messages, and the searches that are kept."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def find(
        self,
        query: str,
        limit: int | None = None,
        *,
        scope: Scope = EVERYWHERE,
        order: Order = Order.NEWEST,
        cancel: CancelToken | None = None,
    ) -> Found:
        """The messages that fit `query`, with their count; raises BadInput in words, Cancelled."""
        return self._store.search.query(query, limit=limit, scope=scope, order=order, cancel=cancel)

    def first(
        self,
        query: str,
        limit: int,
        *,
        scope: Scope = EVERYWHERE,
        cancel: CancelToken | None = None,
    ) -> array[int]:
        """The newest messages that fit, at once and without their count; raises BadInput in
        words, Cancelled."""
        return self._store.search.newest(query, limit, scope=scope, cancel=cancel)

    def excerpts(
        self, query: str, ids: Sequence[int], cancel: CancelToken | None = None
    ) -> dict[int, Excerpt]:
        """For each of these messages the words around what was searched for, where it stands in
        its text or inside an attachment; raises BadInput in words, Cancelled."""
        wanted = [Wanted(one.text, one.goes_on) for one in words_in(read_query(query))]
        found: dict[int, Excerpt] = {}
        if not wanted:
            return found
        for row in self._store.messages.page(ids):
            if cancel is not None:
                cancel.check()
            one = self._excerpt(row, wanted)
            if one is not None:
                found[row.id] = one
        return found

    def _excerpt(self, row: MessageRow, wanted: Sequence[Wanted]) -> Excerpt | None:
        try:
            text = assessment_of(self._store, row).body.text
        except NotFound:
            return None
        in_text = excerpt(text, wanted)
        if in_text is not None:
            return in_text
        for file in self._store.queue.files(row.id):
            inside = excerpt(file.text, wanted, file.name)
            if inside is not None:
                return inside
        return None

    def rows(self, ids: Sequence[int]) -> tuple[MessageRow, ...]:
        """A page of rows, in the order of `ids`; those that are gone are left out."""
        return self._store.messages.page(ids)

    def ids_in(self, folder_ids: Sequence[int], limit: int = -1) -> array[int]:
        """The ids of all messages in these folders, newest first; of the newest `limit` of them
        where that is given."""
        if limit >= 0 and len(folder_ids) > 1:
            return self.first("", limit, scope=Scope(tuple(folder_ids)))
        return self._store.messages.ids_in(folder_ids, limit)

    def saved(self) -> tuple[SavedSearch, ...]:
        """The searches that were kept, by name."""
        return self._store.searches.all()

    def saved_as(self, name: str) -> SavedSearch:
        """The search that was kept under this name; raises NotFound."""
        return self._store.searches.named(name)

    def keep(self, name: str, query: str) -> SavedSearch:
        """Keep a search under a name, in place of one with the same name; raises BadInput."""
        kept = self._store.searches.keep(name, query)
        self._events.publish(FoldersChanged())
        return kept

    def forget(self, id: int) -> None:
        """Forget a search that was kept; nothing becomes of the messages."""
        self._store.searches.remove(id)
        self._events.publish(FoldersChanged())

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
