"""The way of a message as a picture: its steps on a line of time, the newest on top.

A list, so that the keyboard walks it and a screen reader reads each step as a sentence.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QKeySequence, QPainter, QPen, QShortcut
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts, theme
from mailclient.gui.reader.route_entries import Entry, Mark, entries, headline
from mailclient.message.authentication import authentication_words
from mailclient.message.route_words import route_lines
from mailclient.services.journey import Journey

ENTRY = Qt.ItemDataRole.UserRole
AXIS = 116
TEXT = 144
TOP = 12
DOT = 6
Index = QModelIndex | QPersistentModelIndex


class _Painter(QStyledItemDelegate):
    """Draws one entry: its time, its place on the line, what it says."""

    def __init__(self, view: QListWidget) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as its words, and higher the longer the step took."""
        entry: Entry = index.data(ENTRY)
        line = option.fontMetrics.height() + 2
        if entry.mark is Mark.LINE:
            return QSize(0, 2 * TOP + self._words(option, entry).height())
        rows = 1 + len(entry.lines) + bool(entry.delay)
        return QSize(0, TOP + rows * line + TOP + entry.gap)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw it in the colours of the theme."""
        entry: Entry = index.data(ENTRY)
        colors = theme.of(QGuiApplication.palette())
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & option.state.State_Selected:
            painter.fillRect(rect, colors.color("selection"))
        if entry.mark is Mark.LINE:
            self._line(painter, option, entry, colors)
        else:
            self._axis(painter, rect, entry, index, colors)
            self._text(painter, option, entry, colors)
        painter.restore()

    def _words(self, option: QStyleOptionViewItem, entry: Entry) -> QRect:
        """Where the words of the dividing line stand, wrapped."""
        rect: QRect = option.rect
        width = self._view.viewport().width()
        room = QRect(TEXT, rect.top() + TOP, max(120, width - TEXT - 16), 10_000)
        return option.fontMetrics.boundingRect(
            room, Qt.TextFlag.TextWordWrap, " ".join((entry.title, *entry.lines))
        )

    def _line(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, colors: theme.Theme
    ) -> None:
        rect: QRect = option.rect
        painter.setPen(QPen(colors.color("caution"), 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(rect.left() + 16, rect.top() + 4, rect.right() - 16, rect.top() + 4)
        painter.setPen(QPen(colors.color("line"), 2, Qt.PenStyle.DotLine))
        painter.drawLine(AXIS, rect.top() + 8, AXIS, rect.bottom() + 1)
        painter.setPen(colors.color("caution"))
        painter.setFont(option.font)
        words = " ".join((entry.title, *entry.lines))
        painter.drawText(self._words(option, entry), Qt.TextFlag.TextWordWrap, words)

    def _axis(
        self, painter: QPainter, rect: QRect, entry: Entry, index: Index, colors: theme.Theme
    ) -> None:
        """The line of time, solid where somebody vouches for it, and the step on it."""
        middle = QPoint(AXIS, rect.top() + TOP + 9)
        solid = entry.mark is Mark.VOUCHED
        style = Qt.PenStyle.SolidLine if solid else Qt.PenStyle.DotLine
        painter.setPen(QPen(colors.color("accent" if solid else "secondary"), 2, style))
        if index.row() > 0:
            painter.drawLine(AXIS, rect.top(), AXIS, middle.y() - DOT)
        if index.row() < index.model().rowCount() - 1:
            painter.drawLine(AXIS, middle.y() + DOT, AXIS, rect.bottom() + 1)
        role = "accent" if solid else "secondary"
        painter.setPen(QPen(colors.color(role), 2))
        painter.setBrush(colors.color(role) if solid else QColor(colors.ground))
        painter.drawEllipse(middle, DOT - 1, DOT - 1)

    def _text(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, colors: theme.Theme
    ) -> None:
        rect: QRect = option.rect
        base: QFont = option.font
        line = option.fontMetrics.height() + 2
        small = theme.scaled(base, 0.9)
        top, width = rect.top() + TOP, rect.right() - TEXT - 16
        painter.setFont(base)
        painter.setPen(colors.color("text"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(12, top, AXIS - 28, line), right, entry.clock)
        painter.setFont(theme.scaled(base, 1.0, QFont.Weight.DemiBold))
        _cut(painter, QRect(TEXT, top, width, line), entry.title)
        painter.setFont(small)
        painter.setPen(colors.color("secondary"))
        painter.drawText(QRect(12, top + line, AXIS - 28, line), right, entry.day)
        for at, words in enumerate(entry.lines, 1):
            _cut(painter, QRect(TEXT, top + at * line, width, line), words)
        if entry.delay:
            painter.setPen(colors.color("caution" if entry.wrong else "secondary"))
            below = QRect(TEXT, rect.bottom() - TOP - line + 6, width, line)
            _cut(painter, below, entry.delay)


def _cut(painter: QPainter, rect: QRect, text: str) -> None:
    """One line, shortened in its middle where it is too long."""
    fitting = painter.fontMetrics().elidedText(
        text, Qt.TextElideMode.ElideMiddle, max(0, rect.width())
    )
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fitting)


class RouteWindow(QWidget):
    """The way of one message; Escape closes it."""

    check_wanted = Signal()  # the signatures of the servers

    def __init__(self, journey: Journey, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Route: {subject}")
        self.resize(680, 620)
        self._journey = journey
        self.headline = parts.label(
            headline(journey), factor=1.2, weight=QFont.Weight.DemiBold, wrap=True
        )
        self.said = parts.label(authentication_words(journey.authentication), wrap=True)
        self.said.setVisible(bool(self.said.text()))
        self.checked = parts.label(wrap=True)
        self.checked.hide()
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setAccessibleName("The steps, the newest first")
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        for entry in entries(journey.route, None):
            item = QListWidgetItem(entry.spoken)
            item.setData(ENTRY, entry)
            item.setToolTip(entry.spoken)
            self.list.addItem(item)
        self.facts = parts.label(look="secondary", factor=0.9, wrap=True)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts.setAccessibleName("What the chosen step says besides")
        self.list.currentItemChanged.connect(self._chosen)
        self._arrange()
        self.list.setCurrentRow(0)
        self.list.setFocus()
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)

    def _arrange(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        roles = QDialogButtonBox.ButtonRole
        self.check = buttons.addButton("Check the signatures", roles.ActionRole)
        self.check.setToolTip(
            "Ask the name servers of the sending domains for their keys (DKIM). They learn that "
            "somebody looks at a message of theirs."
        )
        self.check.clicked.connect(self._wait)
        copy = buttons.addButton("Copy", roles.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.words))
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self.headline)
        layout.addWidget(self.said)
        layout.addWidget(self.checked)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.facts)
        layout.addWidget(buttons)

    def _wait(self) -> None:
        self.check.setEnabled(False)
        self.tell("Asking name servers for the keys…")
        self.check_wanted.emit()

    def tell(self, words: str) -> None:
        """Show what became of the check."""
        self.checked.setText(words)
        self.checked.setAccessibleName(words)
        self.checked.show()

    def _chosen(self, item: QListWidgetItem | None) -> None:
        entry: Entry | None = item.data(ENTRY) if item is not None else None
        self.facts.setText(entry.facts if entry is not None else "")

    @property
    def words(self) -> str:
        """All of it as text."""
        lines = route_lines(self._journey.route, None)
        told = (self.headline.text(), self.said.text(), self.checked.text(), *lines)
        return "\n".join(one for one in told if one)
