"""The seal line: one sentence with one icon, and two chips, encryption and signature.

It stands in the window's own frame above the text, in a layout of its own: nothing that a message
holds can reach it. It shows what the judge said, and nothing else. A click opens the explanation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QWidget

from mailclient.gui import icons, parts, theme
from mailclient.gui.reader.wording import Chip, SealText, seal_text

if TYPE_CHECKING:
    from mailclient.message.security import Verdict


LEFT = 16  # pixels before the icon; the strips below it begin there, too
LEAST_SENTENCE = 260  # pixels; with less room beside them the chips stand below
SLACK = 10  # what is drawn may be a little wider than what was measured


class SealChip(QLabel):
    """One half of the verdict: an icon and a word or two."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chip = Chip("unsigned", "secondary", "")
        self._name = name
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.scaled(self.font(), 0.9))

    def show_chip(self, chip: Chip) -> None:
        """Show this."""
        self._chip = chip
        self.setText(chip.words)
        self.setAccessibleName(f"{self._name}: {chip.words}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the icon and the words."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._chip.words) + 34 + SLACK, metrics.height() + 8)

    def minimumSizeHint(self) -> QSize:
        """The icon and some of the words."""
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon and the words in the chip's colour."""
        colors = theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colors.color("line"))
        painter.setBrush(colors.color("ground"))
        box = self.rect().adjusted(0, 0, -1, -1)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        side = 14
        mark = box.adjusted(8, (box.height() - side) // 2, 0, 0)
        mark.setSize(QSize(side, side))
        icons.paint(painter, mark, self._chip.icon, self._chip.role)
        painter.setPen(colors.color(self._chip.role))
        painter.setFont(self.font())
        words = painter.fontMetrics().elidedText(
            self._chip.words, Qt.TextElideMode.ElideRight, box.width() - 34
        )
        painter.drawText(box.adjusted(26, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, words)


class SealLine(QFrame):
    """The line; it stands over each message, so that none can paint one where there is none."""

    details_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._icon = parts.Picture()
        self.sentence = parts.label(wrap=True)
        self.encryption = SealChip("Encryption")
        self.signature = SealChip("Signature")
        self._chips = QWidget()
        chips = QHBoxLayout(self._chips)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.setSpacing(8)
        for chip in (self.encryption, self.signature):
            chips.addWidget(chip)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(LEFT, 7, 12, 7)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._icon, 0, 0)
        self._grid.addWidget(self.sentence, 0, 1)
        self._below: bool | None = None
        self._put_chips()
        self.hide()

    def _put_chips(self) -> None:
        """Beside the sentence where there is room for both, else below it."""
        wanted = sum(one.sizeHint().width() for one in (self.encryption, self.signature))
        below = self.width() - wanted < LEAST_SENTENCE
        if below is self._below:
            return
        self._below = below
        self._grid.removeWidget(self._chips)
        if below:
            self._grid.addWidget(self._chips, 1, 1, Qt.AlignmentFlag.AlignLeft)
        else:
            self._grid.addWidget(self._chips, 0, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the chips where there is room."""
        super().resizeEvent(event)
        self._put_chips()

    def show_verdict(self, verdict: Verdict) -> None:
        """Show what the judge said."""
        text = seal_text(verdict)
        self.encryption.show_chip(text.encryption)
        self.signature.show_chip(text.signature)
        self.sentence.setText(text.sentence)
        self._icon.show_icon(_icon(text), text.role)
        self.sentence.setProperty("look", "secondary" if text.quiet else None)
        self.sentence.style().polish(self.sentence)
        chips = "" if text.quiet else f" {text.encryption.words}. {text.signature.words}."
        self.setAccessibleName(f"Security: {text.sentence}{chips} Press Enter for details")
        self.setToolTip("What was checked (Ctrl+Alt+S)")
        self._put_chips()
        self._chips.setHidden(text.quiet)
        self.show()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the explanation."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.details_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the explanation."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.details_wanted.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a frame while the line has the keyboard."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(theme.of(self.palette()).color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def _icon(text: SealText) -> str:
    """The one icon of the line."""
    if text.quiet:
        return "unlocked"
    if text.role == "caution":
        return "caution"
    if text.encryption.icon in ("locked", "broken"):
        return text.encryption.icon
    if text.role == "good":
        return "confirmed"
    return text.encryption.icon if text.encryption.icon == "encrypted" else text.signature.icon
