"""Widgets side by side in as many rows as they need, up to some; from there on they scroll."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from mailclient.gui.reader.flow import Flow

ROW = 26
SPACE = 4
EDGE = 3


class FlowField(QScrollArea):
    """A scroll area that is as high as its rows."""

    def __init__(self, most_rows: int, look: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = most_rows * (ROW + SPACE) + 2 * EDGE
        self.inside = QWidget()
        self.inside.setProperty("look", look)
        self.flow = Flow(self.inside, SPACE)
        self.flow.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        self.setProperty("look", look)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(self.inside)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def fit(self) -> None:
        """Take the height of what is inside."""
        self.flow.invalidate()
        width = max(200, self.viewport().width())
        wanted = max(ROW + 2 * EDGE, self.flow.heightForWidth(width)) + 6
        scrolls = wanted > self._most
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOn if scrolls else policy.ScrollBarAlwaysOff
        )
        self.setFixedHeight(min(wanted, self._most))

    def to_end(self) -> None:
        """Show the last row, once everything has its place."""
        QTimer.singleShot(0, self, self._to_end)

    def _to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another height."""
        super().resizeEvent(event)
        self.fit()

    def sizeHint(self) -> QSize:
        """As high as it is."""
        return QSize(320, self.height())
