"""Paints one row of the list: two lines, marks at the right, nothing that needs the store.

Only prepared text is drawn, each field by itself, so that no text can run into another's place.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from mailclient.gui import icons, theme
from mailclient.gui.message_list.model import MessageModel
from mailclient.gui.message_list.rows import RowText

LEFT = 26
RIGHT = 14
BELOW = 18  # as much further in stand the messages below a head
MARK = 16
MARKED = 64  # of 255: how much of its colour lies behind what was searched for
Index = QModelIndex | QPersistentModelIndex
Marks = tuple[tuple[int, int], ...]


class RowDelegate(QStyledItemDelegate):
    """Draws rows and notices clicks on the star."""

    star_clicked = Signal(int)  # the position of the row
    count_clicked = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._fonts: tuple[QFont, QFont, QFont] | None = None
        self._base = QFont()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally high."""
        return QSize(200, theme.ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        model = index.model()
        if not isinstance(model, MessageModel):
            return
        row = model.row(index.row())
        colors = theme.of(option.palette)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if selected:
            painter.fillRect(rect, colors.color("selection"))
        elif hovered:
            painter.fillRect(rect, colors.color("hover"))
        painter.fillRect(
            rect.left() + LEFT, rect.bottom(), rect.width() - LEFT, 1, colors.color("line")
        )
        if row is not None:
            self._row(painter, rect, row, colors, hovered=hovered)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(colors.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)  # what an unread row left would fill it
            painter.drawRect(rect.adjusted(0, 0, -1, -2))
        painter.restore()

    def _row(
        self, painter: QPainter, rect: QRect, row: RowText, colors: theme.Theme, *, hovered: bool
    ) -> None:
        """Draw what a row says."""
        usual, bold, small = self._sizes(painter.font())
        if row.below:
            rect = rect.adjusted(BELOW, 0, 0, 0)
            painter.fillRect(rect.left() + 2, rect.top(), 2, rect.height(), colors.color("line"))
        left, right = rect.left() + LEFT, rect.right() - RIGHT
        first, second = rect.top() + 8, rect.top() + 30
        if row.unread:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(colors.color("accent"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPoint(rect.left() + 14, first + 9), 4, 4)
        painter.setFont(small)
        when_width = painter.fontMetrics().horizontalAdvance(row.when) + 2
        painter.setPen(colors.color("accent" if row.unread else "secondary"))
        _text(painter, QRect(right - when_width, first, when_width, 18), row.when)
        end = right - when_width - 10
        if row.count:
            end = self._pill(painter, end, first, row) - 8
        if row.answer:
            icons.paint(painter, QRect(end - MARK, first + 1, MARK, MARK), row.answer, "secondary")
            end -= MARK + 6
        painter.setFont(bold if row.unread else usual)
        painter.setPen(colors.color("text"))
        _text(painter, QRect(left, first, end - left, 18), row.people)
        end = self._marks(painter, right, second, row, hovered=hovered)
        painter.setFont(bold if row.unread else usual)
        painter.setPen(colors.color("text"))
        room = (end - left) // (2 if row.marks else 1)  # what was found is seen in each row
        width = _text(painter, QRect(left, second, room, 18), row.subject)
        if row.snippet and width + 40 < end - left:
            painter.setFont(small)
            painter.setPen(colors.color("secondary"))
            begin = left + width + 8
            place = QRect(begin, second, end - begin, 18)
            _text(painter, place, row.snippet, row.marks, colors)

    def _pill(self, painter: QPainter, right: int, top: int, row: RowText) -> int:
        """Draw how many messages a conversation has, and whether they are shown; returns where
        that begins."""
        words = f"{row.count:,}"
        width = painter.fontMetrics().horizontalAdvance(words) + MARK + 12
        rect = QRect(right - width, top, width, 18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme.of(QApplication.palette())
        painter.setPen(colors.color("accent" if row.unread else "secondary"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, 9, 9)
        _text(painter, rect.adjusted(8, 0, -MARK - 2, 0), words)
        arrow = QRect(rect.right() - MARK - 2, top + 2, 14, 14)
        icons.paint(painter, arrow, "details" if row.opened else "folded", "secondary")
        return rect.left()

    def _marks(
        self, painter: QPainter, right: int, top: int, row: RowText, *, hovered: bool
    ) -> int:
        """Draw the marks of a row from the right; returns where they begin."""
        marks: list[tuple[str, str]] = []
        if row.starred:
            marks.append(("starred", "accent"))
        elif hovered:
            marks.append(("star", "secondary"))
        if row.seal is not None:
            marks.append((row.seal.icon, row.seal.role))
        if row.attachment:
            marks.append(("attachment", "secondary"))
        if row.undelivered:
            marks.append(("undelivered", "danger"))
        if row.partial:
            marks.append(("head-only", "secondary"))
        for name, role in marks:
            icons.paint(painter, QRect(right - MARK, top + 1, MARK, MARK), name, role)
            right -= MARK + 5
        return right - 3

    def _sizes(self, base: QFont) -> tuple[QFont, QFont, QFont]:
        """Usual, bold and small; made once."""
        if self._fonts is None or base != self._base:
            self._base = QFont(base)
            bold = theme.scaled(base, 1.0, QFont.Weight.DemiBold)
            self._fonts = (QFont(base), bold, theme.scaled(base, 0.9))
        return self._fonts

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Take a click on the star."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            rect: QRect = option.rect
            star = QRect(rect.right() - RIGHT - MARK - 4, rect.top() + 26, MARK + 8, MARK + 10)
            at = event.position().toPoint()
            if star.contains(at):
                self.star_clicked.emit(index.row())
                return True
            if isinstance(model, MessageModel) and self._on_pill(rect, at, model.row(index.row())):
                self.count_clicked.emit(index.row())
                return True
        return super().editorEvent(event, model, option, index)

    def _on_pill(self, rect: QRect, at: QPoint, row: RowText | None) -> bool:
        """Whether a click is on the count of a conversation."""
        if row is None or not row.count:
            return False
        metrics = QFontMetrics(self._sizes(self._base)[2])
        end = rect.right() - RIGHT - metrics.horizontalAdvance(row.when) - 12
        width = metrics.horizontalAdvance(f"{row.count:,}") + MARK + 12
        return QRect(end - width - 4, rect.top() + 4, width + 8, 26).contains(at)


def led_to(metrics: QFontMetrics, text: str, marks: Marks, width: int) -> tuple[str, Marks]:
    """A text, begun later where the first of what is marked would not be seen in so many pixels."""
    if not marks or metrics.horizontalAdvance(f"{text[: marks[0][1]]}…") <= width:
        return text, marks
    begin, end = marks[0]
    lead = (width - metrics.horizontalAdvance(text[begin:end])) // 2  # as much stands behind it
    while begin and metrics.horizontalAdvance(f"…{text[begin - 1 : marks[0][0]]}") <= lead:
        begin -= 1
    return f"…{text[begin:]}", tuple((one - begin + 1, other - begin + 1) for one, other in marks)


def _text(
    painter: QPainter,
    rect: QRect,
    text: str,
    marks: Marks = (),
    colors: theme.Theme | None = None,
) -> int:
    """Draw one line, cut with an ellipsis where it is too long, on what is marked in it; returns
    its width."""
    metrics = painter.fontMetrics()
    text, marks = led_to(metrics, text, marks, rect.width())
    cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    if colors is not None:
        _mark(painter, rect, text, marks, len(cut) - (cut != text), colors)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(rect, flags | Qt.TextFlag.TextSingleLine, cut)
    return metrics.horizontalAdvance(cut)


def _mark(
    painter: QPainter, rect: QRect, text: str, marks: Marks, shown: int, colors: theme.Theme
) -> None:
    """Colour the ground of what is marked, of so many letters as are shown."""
    metrics = painter.fontMetrics()
    ground = colors.color("caution")
    ground.setAlpha(MARKED)
    for start, end in marks:
        if start < shown:
            left = rect.left() + metrics.horizontalAdvance(text[:start])
            width = metrics.horizontalAdvance(text[: min(end, shown)]) + rect.left() - left
            painter.fillRect(left - 1, rect.top() + 1, width + 2, rect.height() - 1, ground)
