"""The model over a million messages: an array of ids, and pages of prepared rows as they are seen.

It asks only for the pages that are painted. Prepared rows are kept by id, so that what arrives on
top moves nothing. When the ids change, the difference is told to the view as rows that came and
went; selection and scroll position stay with their messages.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
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
from mailclient.gui.message_list.listed import NOTHING, Grouping, Listed
from mailclient.gui.message_list.rows import RowText, as_conversation, prepare, with_excerpt

if TYPE_CHECKING:
    from mailclient.message.excerpt import Excerpt
    from mailclient.store.messages import MessageRow
    from mailclient.store.threads import Conversation

PAGE = 80
KEPT = 1000
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
        self._listed = NOTHING
        self._grouping = Grouping()
        self._states: dict[int, Conversation] = {}
        self._outgoing: frozenset[int] = frozenset()
        self._rows: OrderedDict[int, RowText | None] = OrderedDict()
        self._excerpts: dict[int, Excerpt] = {}

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many messages there are."""
        return 0 if parent.isValid() else len(self.ids)

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
        return self._listed.ids

    @property
    def listed(self) -> Listed:
        """What is shown, and how conversations stand in it."""
        return self._listed

    def conversation(self, at: int) -> Conversation | None:
        """The conversation of several messages that a row stands at the head of."""
        id = self.ids[at]
        if not self._listed.grouped or id in self._listed.below or self.row(at) is None:
            return None
        state = self._states.get(id)
        return state if state is not None and state.count > 1 else None

    def row(self, at: int) -> RowText | None:
        """The prepared row at a position; None where the message is gone."""
        id = self.ids[at]
        if id not in self._rows:
            self._load(at)
        else:
            self._rows.move_to_end(id)
        return self._rows.get(id)

    def position(self, id: int) -> int | None:
        """Where a message is in the list."""
        try:
            return self.ids.index(id)
        except ValueError:
            return None

    def next_unread(self, after: int, step: int) -> int | None:
        """The next position with an unread message in the direction `step` (1 or -1).

        Looks at most 5,000 messages far, page by page.
        """
        at = after + step
        looked = 0
        while 0 <= at < len(self.ids) and looked < 5000:
            row = self.row(at)
            if row is not None and row.unread:
                return at
            at += step
            looked += 1
        return None

    # What changes

    def show(
        self, listed: Listed, grouping: Grouping | None = None, outgoing: Collection[int] = ()
    ) -> None:
        """Show other messages; rows of `outgoing` folders name who they went to."""
        self.beginResetModel()
        self._listed = listed
        self._grouping = grouping or Grouping()
        self._outgoing = frozenset(outgoing)
        self._rows.clear()
        self._states.clear()
        self._excerpts.clear()
        self.endResetModel()

    def merge(self, listed: Listed) -> None:
        """Bring the list up to date with as few moves as possible."""
        old, ids = self.ids, listed.ids
        changed = (self._listed.below ^ listed.below) | (self._listed.opened ^ listed.opened)
        start = same_at_start(old, ids)
        end = same_at_end(old, ids, start)
        gone, come = len(old) - start - end, len(ids) - start - end
        nowhere = QModelIndex()
        for id in changed:
            self._rows.pop(id, None)
        if gone:
            self.beginRemoveRows(nowhere, start, start + gone - 1)
            self._listed = replace(listed, ids=old[:start] + old[len(old) - end :])
            self.endRemoveRows()
        if come:
            self.beginInsertRows(nowhere, start, start + come - 1)
            self._listed = listed
            self.endInsertRows()
        self._listed = listed
        if changed and self.ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.ids) - 1, 0))

    def whole(self, ids: array[int]) -> array[int]:
        """These messages, and in place of a row that stands for its conversation all of that."""
        folded = [id for id in ids if self._listed.folds(id)]
        if not folded:
            return ids
        try:
            members = self._grouping.inside(folded)
        except MailError as problem:
            self.failed.emit(problem)
            return array("q")
        return array("q", dict.fromkeys((*ids, *members)))

    def unfold(self, at: int) -> bool:
        """Show all messages of a conversation; returns whether there were more to show."""
        if self.conversation(at) is None or self.ids[at] in self._listed.opened:
            return False
        try:
            members = self._grouping.members([self.ids[at]])
        except MailError as problem:
            self.failed.emit(problem)
            return False
        self.merge(self._listed.open(at, members))
        return True

    def fold(self, at: int) -> bool:
        """Show a conversation as one row again; returns whether it was shown as more."""
        if self.ids[at] not in self._listed.opened:
            return False
        self.merge(self._listed.close(at))
        return True

    def explain(self, excerpts: Mapping[int, Excerpt]) -> None:
        """Show the words around what was searched for."""
        self._excerpts.update(excerpts)
        for id in excerpts:
            self._rows.pop(id, None)
        if excerpts and self.ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.ids) - 1, 0))

    def refresh(self, ids: Collection[int]) -> None:
        """Read these messages anew when they are next painted."""
        for id in (*ids, *(self._states if self._listed.grouped else ())):
            self._rows.pop(id, None)  # of a conversation that changed any row may be the head
        self._states.clear()
        if self.ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.ids) - 1, 0))

    def _load(self, at: int) -> None:
        """Read the page around `at`."""
        begin = at - at % PAGE
        wanted = [id for id in self.ids[begin : begin + PAGE] if id not in self._rows]
        heads = [id for id in wanted if id not in self._listed.below]
        try:
            found = self._pages(wanted)
            states = self._grouping.states(heads) if self._listed.grouped else {}
        except MailError as problem:
            found, states = (), {}
            self.failed.emit(problem)
        self._states.update(states)
        now = self._clock()
        for id in wanted:
            self._rows[id] = None
        for row in found:
            self._rows[row.id] = self._prepared(row, now)
        while len(self._rows) > KEPT:
            old, _ = self._rows.popitem(last=False)
            self._states.pop(old, None)

    def _prepared(self, row: MessageRow, now: datetime) -> RowText:
        """What a row says: of a message, or of the conversation that it stands for."""
        below = row.id in self._listed.below  # where all that counts is who wrote it
        outgoing = row.folder_id in self._outgoing and not below
        text = prepare(row, now, outgoing=outgoing)
        if row.id in self._excerpts:
            return with_excerpt(text, self._excerpts[row.id])
        if below:
            return replace(text, below=True)
        state = self._states.get(row.id)
        if state is None or state.count < 2:
            return text
        opened = row.id in self._listed.opened
        return as_conversation(text, state, opened=opened, outgoing=outgoing)
