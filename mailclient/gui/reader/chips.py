"""A person as a chip: the name if there is one, and always the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from mailclient.gui import icons, people, theme

if TYPE_CHECKING:
    from mailclient.message.address import Address

SIDE = 8
SLACK = 8  # what is drawn may be a little wider than what was measured
GAP = 6
MARK = 15
LONGEST = 1000  # of a name or an address; the rest of a longer one is in the source


class PersonChip(QAbstractButton):
    """Shows one person; a click or the menu key offers what can be done with the address."""

    write_wanted = Signal(str)  # the address as written
    search_wanted = Signal(str)

    def __init__(self, person: Address, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = people.plain(person.name[:LONGEST])
        self._address = people.plain(person.address[:LONGEST]) or "no address"
        self._raw = person.address
        self._pretends = people.pretends(person)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        spoken = f"{self._name} <{self._address}>" if self._name else self._address
        if self._pretends:
            spoken += ". Careful: the name shows another address than the mail comes from"
        self.setAccessibleName(spoken)
        self.setToolTip(spoken)
        self.clicked.connect(lambda: self._offer(self.mapToGlobal(QPoint(0, self.height()))))

    @property
    def shown(self) -> tuple[str, str]:
        """The name and the address that are drawn."""
        return self._name, self._address

    def sizeHint(self) -> QSize:
        """Room for both."""
        name, small = self._fonts()
        width = _width(small, self._address)
        if self._name:
            width += _width(name, self._name) + GAP
        if self._pretends:
            width += MARK + GAP
        return QSize(width + 2 * SIDE + SLACK, self.fontMetrics().height() + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw mark, name and address; the address is cut last."""
        colors = theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "caution" if self._pretends else "accent" if self.hasFocus() else "line"
        painter.setPen(colors.color(edge))
        painter.setBrush(colors.color("hover" if self.underMouse() else "panel"))
        box = self.rect().adjusted(0, 0, -1, -1)
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        x, right = SIDE, self.width() - SIDE
        name, small = self._fonts()
        if self._pretends:
            icons.paint(
                painter, QRect(x, (self.height() - MARK) // 2, MARK, MARK), "caution", "caution"
            )
            x += MARK + GAP
        wanted = min(_width(small, self._address), right - x)
        if self._name:
            room = max(0, right - x - wanted - GAP)
            painter.setFont(name)
            painter.setPen(colors.color("text"))
            x += _draw(painter, QRect(x, 0, room, self.height()), self._name) + GAP
        painter.setFont(small)
        painter.setPen(colors.color("secondary" if self._name else "text"))
        _draw(painter, QRect(x, 0, right - x, self.height()), self._address)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu."""
        self._offer(event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Draw anew when the pointer comes or goes."""
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def _fonts(self) -> tuple[QFont, QFont]:
        return self.font(), theme.scaled(self.font(), 0.95)

    def _offer(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Copy address", lambda: QGuiApplication.clipboard().setText(self._raw))
        menu.addAction("Write to this address", lambda: self.write_wanted.emit(self._raw))
        menu.addAction("Find mail from here", lambda: self.search_wanted.emit(self._raw))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)


def _width(font: QFont, text: str) -> int:
    return QFontMetrics(font).horizontalAdvance(text)


def _draw(painter: QPainter, rect: QRect, text: str) -> int:
    """Draw one line, cut where it is too long; returns its width."""
    cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(rect, flags | Qt.TextFlag.TextSingleLine, cut)
    return painter.fontMetrics().horizontalAdvance(cut)
