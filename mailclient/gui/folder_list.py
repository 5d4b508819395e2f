"""The folders: all inboxes, each account with its own, the outbox while it holds anything.

Shows folders and their counts and how each account stands, tells which is chosen. A place is a
value, so that what was chosen can be kept and found again when the folders are read anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from mailclient.gui import icons, people, theme

if TYPE_CHECKING:
    from mailclient.account import Account
    from mailclient.gui.standing import Words
    from mailclient.store.folders import Folder
    from mailclient.store.searches import SavedSearch

ROLE_ICONS = {
    "inbox": "inbox",
    "drafts": "drafts",
    "sent": "sent",
    "archive": "archive",
    "junk": "junk",
    "trash": "trash",
}
ROLE_ORDER = ("inbox", "drafts", "sent", "archive", "junk", "trash")
COUNTED = frozenset({"inbox", "own", "junk", "archive"})
HEIGHT = 30
PLACE = Qt.ItemDataRole.UserRole + 1
COUNT = Qt.ItemDataRole.UserRole + 2
ICON = Qt.ItemDataRole.UserRole + 3
WORDS = Qt.ItemDataRole.UserRole + 4  # of a heading: how its account stands
ACCOUNT = Qt.ItemDataRole.UserRole + 5  # the id of the account that a row belongs to
STANDING_HEIGHT = 18
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Place:
    """What the message list can show: some folders, the outbox, or what a kept search finds;
    `key` tells places apart."""

    key: str
    title: str
    folders: tuple[int, ...] = ()
    role: str = ""
    query: str = ""


ALL_INBOXES = "inboxes"
OUTBOX = "outbox"


class FolderDelegate(QStyledItemDelegate):
    """Draws a folder: icon, name, and how much in it is unread."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All equally high; headings with room above."""
        if index.data(PLACE) is not None:
            return QSize(120, HEIGHT)
        standing: Words | None = index.data(WORDS)
        return QSize(120, HEIGHT + 8 + (STANDING_HEIGHT if standing and standing.brief else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one."""
        colors = theme.of(option.palette)
        rect: QRect = option.rect.adjusted(6, 1, -6, -1)
        state: QStyle.StateFlag = option.state
        name, place = str(index.data()), index.data(PLACE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if place is None:
            _heading(painter, option, rect, name, index.data(WORDS))
            painter.restore()
            return
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("selection" if selected else "hover"))
            painter.drawRoundedRect(rect, theme.RADIUS, theme.RADIUS)
        top = rect.top() + (rect.height() - theme.ICON) // 2
        mark = QRect(rect.left() + 8, top, theme.ICON, theme.ICON)
        icons.paint(painter, mark, str(index.data(ICON)), "accent" if selected else "secondary")
        count = int(index.data(COUNT) or 0)
        right = rect.right() - 8
        if count:
            words = f"{count:,}"
            font = theme.scaled(option.font, 0.9, QFont.Weight.DemiBold)
            width = QFontMetrics(font).horizontalAdvance(words) + 4
            painter.setFont(font)
            painter.setPen(colors.color("accent"))
            _line(painter, QRect(right - width, rect.top(), width, rect.height()), words)
            right -= width + 8
        weight = QFont.Weight.DemiBold if count else QFont.Weight.Normal
        painter.setFont(theme.scaled(option.font, 1.0, weight))
        painter.setPen(colors.color("text"))
        left = mark.right() + 9
        _line(painter, QRect(left, rect.top(), right - left, rect.height()), name)
        painter.restore()


def _heading(
    painter: QPainter, option: QStyleOptionViewItem, rect: QRect, name: str, standing: Words | None
) -> None:
    """An account, and under it how it stands where there is something to say."""
    colors = theme.of(option.palette)
    painter.setFont(theme.scaled(option.font, 0.9, QFont.Weight.DemiBold))
    painter.setPen(colors.color("secondary"))
    inner = rect.adjusted(8, 7, -4, -1)
    if standing is None or not standing.brief:
        _line(painter, inner, name)
        return
    _line(painter, inner.adjusted(0, 0, 0, -STANDING_HEIGHT), name)
    painter.setFont(theme.scaled(option.font, 0.85))
    painter.setPen(colors.color("caution" if standing.trouble else "secondary"))
    _line(painter, inner.adjusted(0, inner.height() - STANDING_HEIGHT - 2, 0, -2), standing.brief)


def _line(painter: QPainter, rect: QRect, text: str) -> None:
    cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(rect, flags | Qt.TextFlag.TextSingleLine, cut)


class FolderList(QTreeView):
    """Shows places and tells which one is chosen."""

    chosen = Signal(object)  # a Place
    menu_wanted = Signal(int, object)  # of an account, at a QPoint on the screen
    dropped = Signal(object)  # the Place that messages were dropped on

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = QStandardItemModel(self)
        self._places: dict[str, tuple[Place, QStandardItem]] = {}
        self._headings: dict[int, QStandardItem] = {}
        self._standings: dict[int, Words] = {}
        self._wanted = ALL_INBOXES
        self.setModel(self._model)
        self.setItemDelegate(FolderDelegate(self))
        self.setAccessibleName("Folders")
        self.setProperty("look", "panel")
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.selectionModel().currentChanged.connect(self._current)

    # What is shown

    def show_folders(
        self,
        accounts: Sequence[Account],
        folders: Sequence[Folder],
        outbox: int = 0,
        searches: Sequence[SavedSearch] = (),
    ) -> None:
        """Show the folders as they are now; what was chosen stays chosen, without telling."""
        blocked = self.selectionModel().blockSignals(True)
        self._model.clear()
        self._places = {}
        self._headings = {}
        inboxes = [one for one in folders if one.role.value == "inbox"]
        if len(accounts) > 1:
            everywhere = Place(
                ALL_INBOXES, "All inboxes", tuple(one.id for one in inboxes), "inbox"
            )
            self._add(everywhere, "inboxes", sum(one.unread for one in inboxes))
        if outbox:
            self._add(Place(OUTBOX, "Outbox", (), OUTBOX), "outbox", outbox)
        for account in accounts:
            self._heading(account)
            for folder in ordered([one for one in folders if one.account_id == account.id]):
                self._folder(folder)
        if searches:
            self._title("Searches")
        for search in searches:
            title = people.plain(search.name)
            self._add(Place(f"search:{search.id}", title, query=search.query), "search", 0)
        self.expandAll()
        self._restore()
        self.selectionModel().blockSignals(blocked)
        self.viewport().update()

    def choose(self, key: str) -> None:
        """Choose a place; it is told."""
        if key in self._places:
            self.setCurrentIndex(self._model.indexFromItem(self._places[key][1]))

    def step(self, step: int) -> None:
        """Choose the next place in the direction `step`."""
        keys = list(self._places)
        if self._wanted in keys:
            at = keys.index(self._wanted) + step
            if 0 <= at < len(keys):
                self.choose(keys[at])

    @property
    def place(self) -> Place | None:
        """The place that is chosen."""
        found = self._places.get(self._wanted)
        return found[0] if found else None

    @property
    def places(self) -> tuple[Place, ...]:
        """All places, from the top."""
        return tuple(place for place, _ in self._places.values())

    def _folder(self, folder: Folder) -> None:
        role = folder.role.value
        place = Place(f"folder:{folder.id}", people.plain(folder.name), (folder.id,), role)
        count = folder.unread if role in COUNTED else folder.total if role == "drafts" else 0
        self._add(place, ROLE_ICONS.get(role, "folder"), count).setData(folder.account_id, ACCOUNT)

    def _add(self, place: Place, icon: str, count: int) -> QStandardItem:
        item = QStandardItem(place.title)
        item.setData(place, PLACE)
        item.setData(icon, ICON)
        item.setData(count, COUNT)
        item.setData(
            f"{place.title}, {count} unread" if count else place.title,
            Qt.ItemDataRole.AccessibleTextRole,
        )
        item.setToolTip(place.title)
        self._model.appendRow(item)
        self._places[place.key] = (place, item)
        return item

    def show_standings(self, standings: Mapping[int, Words]) -> None:
        """Say how the accounts stand, by their ids."""
        before, self._standings = self._standings, dict(standings)
        for id, item in self._headings.items():
            if before.get(id) != self._standings.get(id):
                self._stand(id, item)

    def standing(self, account_id: int) -> str:
        """What is said of an account, in few words."""
        item = self._headings.get(account_id)
        shown: Words | None = item.data(WORDS) if item is not None else None
        return shown.brief if shown else ""

    def _heading(self, account: Account) -> None:
        item = self._title(people.plain(account.address))
        item.setData(account.id, ACCOUNT)
        self._headings[account.id] = item
        self._stand(account.id, item)

    def _title(self, words: str) -> QStandardItem:
        """A line that says what follows, and cannot be chosen."""
        item = QStandardItem(words)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._model.appendRow(item)
        return item

    def _stand(self, id: int, item: QStandardItem) -> None:
        standing = self._standings.get(id)
        item.setData(standing, WORDS)
        item.setToolTip(standing.full if standing else item.text())
        told = f"{item.text()}, {standing.brief}" if standing and standing.brief else item.text()
        item.setData(told, Qt.ItemDataRole.AccessibleTextRole)

    def _restore(self) -> None:
        """Mark what was chosen before; else the first inbox."""
        if self._wanted not in self._places and self._places:
            self._wanted = next(
                (key for key, (place, _) in self._places.items() if place.role == "inbox"),
                next(iter(self._places)),
            )
        if self._wanted in self._places:
            self.setCurrentIndex(self._model.indexFromItem(self._places[self._wanted][1]))

    # What Qt tells

    def _current(self, current: QModelIndex, previous: QModelIndex) -> None:
        place = current.data(PLACE)
        if isinstance(place, Place) and place.key != self._wanted:
            self._wanted = place.key
            self.chosen.emit(place)

    def _menu(self, at: QPoint) -> None:
        account_id = self.indexAt(at).data(ACCOUNT)
        if account_id:
            self.menu_wanted.emit(account_id, self.viewport().mapToGlobal(at))


def ordered(folders: Sequence[Folder]) -> list[Folder]:
    """The folders of one account: those with a role in the usual order, then one's own by name."""

    def rank(folder: Folder) -> tuple[int, str]:
        role = folder.role.value
        known = ROLE_ORDER.index(role) if role in ROLE_ORDER else len(ROLE_ORDER)
        return known, folder.name.casefold()

    return sorted(folders, key=rank)
