"""Small widgets that several screens share: a hairline, a label, a quiet button, an empty state.

Nothing in here knows about mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import icons, theme


def hairline(parent: QWidget | None = None) -> QFrame:
    """A line one pixel high."""
    line = QFrame(parent)
    line.setProperty("look", "hairline")
    line.setFixedHeight(1)
    return line


def label(
    text: str = "",
    *,
    look: str = "",
    factor: float = 1.0,
    weight: QFont.Weight = QFont.Weight.Normal,
    wrap: bool = False,
) -> QLabel:
    """A line of plain text; never read as markup, whatever it holds."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if look:
        made.setProperty("look", look)
    if factor != 1.0 or weight != QFont.Weight.Normal:
        made.setFont(theme.scaled(made.font(), factor, weight))
    return made


def icon_button(name: str, tip: str, act: Callable[[], object] | None = None) -> QToolButton:
    """A flat button that shows an icon alone; `tip` is its name to a screen reader."""
    button = QToolButton()
    button.setIcon(icons.icon(name, "secondary"))
    button.setIconSize(QSize(theme.ICON, theme.ICON))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if act is not None:
        button.clicked.connect(lambda: act())
    return button


def link_button(text: str, act: Callable[[], object] | None = None) -> QPushButton:
    """A button that looks like a link."""
    button = QPushButton(text)
    button.setProperty("look", "link")
    button.setAccessibleName(text)
    button.setAutoDefault(False)
    if act is not None:
        button.clicked.connect(lambda: act())
    return button


def secrets(form: QFormLayout, lines: Iterable[tuple[str, QLineEdit]]) -> QFormLayout:
    """A form with lines that are typed unseen, each with its name."""
    form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
    for name, line in lines:
        line.setEchoMode(QLineEdit.EchoMode.Password)
        line.setAccessibleName(name)
        form.addRow(name, line)
    return form


def headed(window: QWidget, title: str, about: str) -> QVBoxLayout:
    """The column of a small window: what it is for, in a line and in a paragraph."""
    column = QVBoxLayout(window)
    column.setContentsMargins(24, 20, 24, 16)
    column.setSpacing(12)
    column.addWidget(label(title, factor=1.2, weight=QFont.Weight.DemiBold))
    column.addWidget(label(about, look="secondary", wrap=True))
    return column


def closing(window: QWidget, words: str, act: QPushButton, *beside: QWidget) -> QHBoxLayout:
    """The last row of such a window: the way out, what stands beside it, and what it is for."""
    close = QPushButton(words)
    close.setAutoDefault(False)
    close.clicked.connect(window.close)
    row = QHBoxLayout()
    for one in (close, *beside):
        row.addWidget(one)
    row.addStretch(1)
    row.addWidget(act)
    return row


def number(least: int, most: int) -> QSpinBox:
    """A field for a whole number, its text as far from the edge as that of other fields."""
    field = QSpinBox()
    field.setRange(least, most)
    field.lineEdit().setTextMargins(8, 0, 8, 0)
    return field


class Title(QLabel):
    """A line in bold that ends in … where there is no room for it; its tooltip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.scaled(self.font(), 1.1, QFont.Weight.DemiBold))

    def minimumSizeHint(self) -> QSize:
        """Some letters and the …"""
        return QSize(
            self.fontMetrics().horizontalAdvance("mmm…"), super().minimumSizeHint().height()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        room = self.contentsRect()
        cut = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, self.alignment(), cut)
        painter.end()


class Picture(QLabel):
    """An icon, drawn again when the colours change; nothing until one is shown."""

    def __init__(self, side: int = theme.ICON, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._icon = ("", "")

    def show_icon(self, name: str, role: str = "secondary") -> None:
        """Show an icon in a colour of the theme; "" for none."""
        self._icon = (name, role)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the colours of another palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._draw()

    def _draw(self) -> None:
        name, role = self._icon
        if name:
            self.setPixmap(icons.icon(name, role).pixmap(QSize(self._side, self._side)))
        else:
            self.clear()


class EmptyState(QWidget):
    """Says what belongs in an empty pane, and what to do."""

    def __init__(self, icon: str = "empty", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = Picture(36)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._icon = icon
        self._title = label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self._text = label(look="secondary", wrap=True)
        for part in (self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addStretch(2)
        for part in (self._picture, self._title, self._text):
            layout.addWidget(part)
        layout.addStretch(3)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def say(self, title: str, text: str = "") -> None:
        """Show these words."""
        self._picture.show_icon(self._icon)
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(f"{title} {text}".strip())

    @property
    def words(self) -> str:
        """What is shown."""
        return f"{self._title.text()} {self._text.text()}".strip()


def to_the_front(window: QWidget) -> None:
    """Show a window before all others."""
    window.show()
    window.raise_()
    window.activateWindow()
