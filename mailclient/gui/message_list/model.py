"""The model over a million messages: an array of ids, and pages of prepared rows as they are seen.

It asks only for the pages that are painted. Prepared rows are kept by id, so that what arrives on
top moves nothing. When the ids change, the difference is told to the view as rows that came and
went; selection and scroll position stay with their messages.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from mailclient.errors import MailError
from mailclient.gui.message_list.rows import RowText, prepare

if TYPE_CHECKING:
    from mailclient.store.messages import MessageRow

PAGE = 80
KEPT = 4000
CHUNK = 4096
Index = QModelIndex | QPersistentModelIndex


def same_at_start(one: array[int], other: array[int]) -> int:
    """How many ids the two have in common at their start; compared in chunks, at C speed."""
    least = min(len(one), len(other))
    for begin in range(0, least, CHUNK):
        end = min(begin + CHUNK, least)
        if one[begin:end] != other[begin:end]:
            return next(at for at in range(begin, end) if one[at] != other[at])
    return least


def same_at_end(one: array[int], other: array[int], beyond: int) -> int:
    """How many ids the two have in common at their end, leaving `beyond` at the start alone."""
    least = min(len(one), len(other)) - beyond
    for begin in range(0, least, CHUNK):
        end = min(begin + CHUNK, least)
        left = one[len(one) - end : len(one) - begin]
        right = other[len(other) - end : len(other) - begin]
        if left != right:
            pairs = zip(reversed(left), reversed(right), strict=True)
            return begin + next(at for at, (a, b) in enumerate(pairs) if a != b)
    return max(least, 0)


class MessageModel(QAbstractTableModel):
    """One column of messages, newest first."""

    failed = Signal(object)  # a MailError: a page could not be read

    def __init__(
        self,
        pages: Callable[[Sequence[int]], Sequence[MessageRow]],
        clock: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pages = pages
        self._clock = clock
        self._ids: array[int] = array("q")
        self._outgoing: frozenset[int] = frozenset()
        self._rows: OrderedDict[int, RowText | None] = OrderedDict()

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many messages there are."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One."""
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The spoken form of a row; the delegate takes the prepared row itself."""
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            row = self.row(index.row())
            return row.spoken if row else ""
        return None

    # What the list asks

    @property
    def ids(self) -> array[int]:
        """The ids that are shown; not to be changed."""
        return self._ids

    def row(self, at: int) -> RowText | None:
        """The prepared row at a position; None where the message is gone."""
        id = self._ids[at]
        if id not in self._rows:
            self._load(at)
        else:
            self._rows.move_to_end(id)
        return self._rows.get(id)

    def position(self, id: int) -> int | None:
        """Where a message is in the list."""
        try:
            return self._ids.index(id)
        except ValueError:
            return None

    def next_unread(self, after: int, step: int) -> int | None:
        """The next position with an unread message in the direction `step` (1 or -1).

        Looks at most 5,000 messages far, page by page.
        """
        at = after + step
        looked = 0
        while 0 <= at < len(self._ids) and looked < 5000:
            row = self.row(at)
            if row is not None and row.unread:
                return at
            at += step
            looked += 1
        return None

    # What changes

    def show(self, ids: array[int], outgoing: Collection[int] = ()) -> None:
        """Show other messages; rows of `outgoing` folders name who they went to."""
        self.beginResetModel()
        self._ids = ids
        self._outgoing = frozenset(outgoing)
        self.endResetModel()

    def merge(self, ids: array[int]) -> None:
        """Bring the list up to date with as few moves as possible."""
        old = self._ids
        start = same_at_start(old, ids)
        end = same_at_end(old, ids, start)
        gone, come = len(old) - start - end, len(ids) - start - end
        nowhere = QModelIndex()
        if gone:
            self.beginRemoveRows(nowhere, start, start + gone - 1)
            self._ids = old[:start] + old[len(old) - end :]
            self.endRemoveRows()
        if come:
            self.beginInsertRows(nowhere, start, start + come - 1)
            self._ids = ids
            self.endInsertRows()

    def refresh(self, ids: Collection[int]) -> None:
        """Read these messages anew when they are next painted."""
        for id in ids:
            self._rows.pop(id, None)
        if self._ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._ids) - 1, 0))

    def _load(self, at: int) -> None:
        """Read the page around `at`."""
        begin = at - at % PAGE
        wanted = [id for id in self._ids[begin : begin + PAGE] if id not in self._rows]
        try:
            found = self._pages(wanted)
        except MailError as problem:
            found = ()
            self.failed.emit(problem)
        now = self._clock()
        ready: dict[int, RowText] = {
            row.id: prepare(row, now, outgoing=row.folder_id in self._outgoing) for row in found
        }
        for id in wanted:
            self._rows[id] = ready.get(id)
        while len(self._rows) > KEPT:
            self._rows.popitem(last=False)
