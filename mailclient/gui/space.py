"""What takes the space: a picture of folders, senders, years and the largest messages.

Each bar leads to its mail: Enter or a double click searches for it in the main window.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.gui import parts, people, theme
from mailclient.gui.bridge import Bridge
from mailclient.gui.strip import Strip
from mailclient.services.retention import Share, Space
from mailclient.sizes import size_words
from mailclient.store.messages import MessageRow

HEIGHT = 46
SHARE = Qt.ItemDataRole.UserRole + 1  # how much of the largest, 0 to 1000
TOLD = Qt.ItemDataRole.UserRole + 2  # the size and the count
GOAL = Qt.ItemDataRole.UserRole + 3  # a query, or the id of a message
Index = QModelIndex | QPersistentModelIndex


class BarDelegate(QStyledItemDelegate):
    """Draws a name, what it takes, and a bar under them."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally high."""
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one."""
        colors = theme.of(option.palette)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, colors.color("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colors.color("hover"))
        inner = rect.adjusted(12, 6, -12, -8)
        told = str(index.data(TOLD))
        painter.setPen(colors.color("secondary"))
        width = painter.fontMetrics().horizontalAdvance(told) + 8
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(inner, right, told)
        painter.setPen(colors.color("text"))
        name = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, inner.width() - width - 12
        )
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.drawText(inner, left | Qt.TextFlag.TextSingleLine, name)
        track = QRect(inner.left(), inner.bottom() - 7, inner.width(), 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("line"))
        painter.drawRoundedRect(track, 4, 4)
        share = max(8, track.width() * int(index.data(SHARE)) // 1000)
        painter.setBrush(colors.color("accent"))
        painter.drawRoundedRect(QRect(track.left(), track.top(), share, 8), 4, 4)
        painter.restore()


class Bars(QListWidget):
    """A list of bars, the first the longest unless it is by year."""

    chosen = Signal(object)  # a query, or the id of a message

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(BarDelegate(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemActivated.connect(lambda item: self.chosen.emit(item.data(GOAL)))

    def show_bars(self, bars: Sequence[tuple[str, int, str, str | int]]) -> None:
        """Show these: a name, a size in bytes, what is told of it, where it leads to."""
        self.clear()
        most = max((size for _, size, _, _ in bars), default=0) or 1
        for name, size, told, goal in bars:
            item = QListWidgetItem(name)
            item.setData(SHARE, size * 1000 // most)
            item.setData(TOLD, told)
            item.setData(GOAL, goal)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}: {told}")
            item.setToolTip(name)
            self.addItem(item)
        self.setCurrentRow(0)


class SpaceWindow(QWidget):
    """Shows what takes the space, and leads to it."""

    search_wanted = Signal(str)
    message_wanted = Signal(int)

    def __init__(self, app: App, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What takes the space")
        self.resize(640, 560)
        self._app = app
        self.strip = Strip()
        self.total = parts.label(factor=1.3, weight=QFont.Weight.DemiBold)
        self.about = parts.label(
            "Enter or a double click shows the mail in the main window.", look="secondary"
        )
        self.wait = QProgressBar()
        self.wait.setRange(0, 0)
        self.wait.setAccessibleName("All mail is being looked at")
        self.tabs = QTabWidget()
        self.folders = self._bars("Folders")
        self.senders = self._bars("Senders")
        self.years = self._bars("Years")
        self.largest = self._bars("Largest messages")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        for part in (self.strip, self.total, self.about, self.wait):
            column.addWidget(part)
        column.addWidget(self.tabs, 1)
        self.total.setText("Looking at all mail…")
        bridge.run("space", app.retention.space, self.show_space, self._failed, owner=self)

    def _bars(self, name: str) -> Bars:
        made = Bars(name)
        made.chosen.connect(self._go)
        self.tabs.addTab(made, name)
        return made

    def show_space(self, space: Space) -> None:
        """Show what was found."""
        self.wait.hide()
        noun = "message" if space.count == 1 else "messages"
        self.total.setText(f"{size_words(space.size)} in {space.count:,} {noun}")
        for bars, shares in (
            (self.folders, space.folders),
            (self.senders, space.senders),
            (self.years, space.years),
        ):
            bars.show_bars([_bar(one) for one in shares])
        self.largest.show_bars([_message(one) for one in space.largest])
        self.folders.setFocus()

    def _failed(self, problem: Exception) -> None:
        self.wait.hide()
        self.total.setText("")
        self.strip.say(str(problem))

    def _go(self, goal: str | int) -> None:
        if isinstance(goal, int):
            self.message_wanted.emit(goal)
        else:
            self.search_wanted.emit(goal)


def _bar(one: Share) -> tuple[str, int, str, str | int]:
    noun = "message" if one.count == 1 else "messages"
    told = f"{size_words(one.size)} · {one.count:,} {noun}"
    return people.plain(one.words), one.size, told, one.query


def _message(row: MessageRow) -> tuple[str, int, str, str | int]:
    who = people.several(row.from_) or "Unknown sender"
    name = f"{people.plain(row.subject) or 'No subject'} — {who}"
    return name, row.size, size_words(row.size), row.id
