"""The rows of a mailbox on a server: sorted and filtered, as many as there are. Asks no server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mailclient.gui import dates, people
from mailclient.gui.reader.place import stay_words
from mailclient.services.mailbox import OnServer
from mailclient.sizes import size_words
from mailclient.store.ledger import EntryState

Index = QModelIndex | QPersistentModelIndex
STATES = {
    None: "new",
    EntryState.SEEN: "left there",
    EntryState.HEAD: "its head is here",
    EntryState.STORED: "here",
    EntryState.DELETE_ASKED: "here, being deleted",
    EntryState.GONE: "here",
}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Column(IntEnum):
    """What is shown of a message, from the left."""

    FROM = 0
    SUBJECT = 1
    DATE = 2
    SIZE = 3
    HERE = 4
    STAYS = 5


TITLES = ("From", "Subject", "Date", "Size", "Here", "Stays on the server")


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is shown; `place` is where it lies in the listing, the newest first."""

    message: OnServer
    place: int
    texts: tuple[str, ...]


def row(one: OnServer, place: int) -> Row:
    """A message, prepared."""
    texts = (
        people.several(one.from_) if one.from_ else "",
        people.plain(one.subject),
        dates.day(one.date) if one.date else "",
        size_words(one.size),
        STATES[one.state],
        _stays(one),
    )
    return Row(one, place, texts)


def _stays(one: OnServer) -> str:
    if one.message_id is None:
        return ""
    return stay_words(one.delete_after, one.retention, whole=one.state is not EntryState.HEAD)


def _key(column: int) -> Callable[[Row], object]:
    if column == Column.DATE:
        return lambda one: (one.message.date or _LONG_AGO, -one.place)
    if column == Column.SIZE:
        return lambda one: (one.message.size, -one.place)
    if column == Column.STAYS:
        return lambda one: (one.message.delete_after or _LONG_AGO, one.texts[column])
    return lambda one: (one.texts[column].casefold(), one.place)


class MailboxModel(QAbstractTableModel):
    """All messages on a server."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Row] = []
        self._rows: list[Row] = []
        self._filter = ""
        self._column = -1  # as the server has them
        self._order = Qt.SortOrder.AscendingOrder

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many messages are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """As many as there are titles."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """The titles."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words of a cell."""
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._rows[index.row()].texts[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self._column, self._order = column, order
        self._arrange()

    # What the window asks

    @property
    def messages(self) -> tuple[OnServer, ...]:
        """All of them, whatever is filtered."""
        return tuple(one.message for one in self._all)

    def message(self, at: int) -> OnServer:
        """The message in a row."""
        return self._rows[at].message

    def rows_of(self, names: Sequence[bytes]) -> list[int]:
        """In which rows the messages with these names are."""
        wanted = set(names)
        return [at for at, one in enumerate(self._rows) if one.message.name in wanted]

    def show_messages(self, messages: Sequence[OnServer]) -> None:
        """Show these, in the order that is set."""
        self._all = [row(one, place) for place, one in enumerate(messages)]
        self._arrange()

    def filter(self, words: str) -> None:
        """Show only those with these words in sender or subject."""
        self._filter = words.casefold().strip()
        self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        words = self._filter
        self._rows = [
            one
            for one in self._all
            if not words
            or words in one.texts[Column.FROM].casefold()
            or words in one.texts[Column.SUBJECT].casefold()
        ]
        if self._column >= 0:
            falling = self._order is Qt.SortOrder.DescendingOrder
            self._rows.sort(key=_key(self._column), reverse=falling)  # type: ignore[arg-type]
        self.endResetModel()


def _alignment(column: int) -> Qt.AlignmentFlag:
    across = Qt.AlignmentFlag.AlignRight if column == Column.SIZE else Qt.AlignmentFlag.AlignLeft
    return across | Qt.AlignmentFlag.AlignVCenter
