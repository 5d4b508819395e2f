"""Draws a row of the outbox: the subject, whom it is for, and how it stands."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from mailclient.gui import theme

MARGIN = 8
Index = QModelIndex | QPersistentModelIndex


class OutboxDelegate(QStyledItemDelegate):
    """Three lines, each cut where it does not fit."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as three lines."""
        return QSize(0, 3 * QFontMetrics(option.font).lineSpacing() + 2 * MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        colors = theme.of(option.palette)
        rect: QRect = option.rect
        font: QFont = option.font
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colors.selection))
        line = QFontMetrics(font).lineSpacing()
        at = QRect(rect.left() + 14, rect.top() + MARGIN, rect.width() - 28, line)
        looks = ((QFont.Weight.DemiBold, colors.text), (font.weight(), colors.secondary))
        for words, (weight, color) in zip(
            str(index.data()).split("\n"), (*looks, (font.weight(), colors.text)), strict=False
        ):
            shown = theme.scaled(font, 1.0, QFont.Weight(weight))
            painter.setFont(shown)
            painter.setPen(QColor(color))
            cut = QFontMetrics(shown).elidedText(words, Qt.TextElideMode.ElideRight, at.width())
            painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, cut)
            at.translate(0, line)
        painter.restore()
