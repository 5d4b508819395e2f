"""The full explanation behind the seal line: what was checked, the key, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts
from mailclient.gui.reader.wording import Section


class Details(QDialog):
    """Tells the sections one below the other; stays open beside the message."""

    check_again = Signal()
    keys_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Security of this message")
        self.setModal(False)
        self.resize(520, 520)
        self._sections: tuple[Section, ...] = ()
        self._headline = parts.label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setAccessibleName("What was checked")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        roles = QDialogButtonBox.ButtonRole
        again = buttons.addButton("Check again", roles.ActionRole)
        keys = buttons.addButton("Keys and people", roles.ActionRole)
        copy = buttons.addButton("Copy", roles.ActionRole)
        again.clicked.connect(self.check_again)
        keys.clicked.connect(self.keys_wanted)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.words))
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self._headline)
        layout.addWidget(self._area, 1)
        layout.addWidget(buttons)

    def tell(self, headline: str, sections: Sequence[Section]) -> None:
        """Show these sections."""
        self._sections = tuple(sections)
        self._headline.setText(headline)
        self._headline.setVisible(bool(headline))
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 12, 0)
        layout.setSpacing(4)
        for section in sections:
            title = parts.label(section.title, weight=QFont.Weight.DemiBold, wrap=True)
            title.setContentsMargins(0, 8, 0, 0)
            layout.addWidget(title)
            for line in section.lines:
                text = parts.label(line, look="secondary", wrap=True)
                text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                layout.addWidget(text)
        layout.addStretch(1)
        self._area.setWidget(page)

    @property
    def words(self) -> str:
        """All that is told, as text."""
        told = [self._headline.text()] if self._headline.text() else []
        for section in self._sections:
            told.append("\n".join((section.title, *(f"  {line}" for line in section.lines))))
        return "\n\n".join(told)
