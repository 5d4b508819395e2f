"""The sources as they are asked, and what came of each."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from mailclient.gui import parts, people, theme
from mailclient.gui.wizard import words
from mailclient.transport.discover.values import Outcome, Source, Tried

_ICONS = {
    Outcome.ASKING: ("search", "secondary"),
    Outcome.FOUND: ("check", "text"),
    Outcome.REFUSED: ("caution", "secondary"),
}


class Sources(QWidget):
    """One line for each source."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = parts.label(wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._lines: dict[Source, tuple[parts.Picture, QLabel, QLabel]] = {}
        for row, source in enumerate(Source):
            icon, name, outcome = parts.Picture(), parts.label(), parts.label(look="secondary")
            icon.setFixedWidth(theme.ICON)
            outcome.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for at, widget in enumerate((icon, name, outcome)):
                self._grid.addWidget(widget, row, at)
            self._lines[source] = (icon, name, outcome)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self.title)
        column.addLayout(self._grid)
        column.addStretch(1)

    def begin(self, address: str) -> None:
        """Forget what was, for a new search."""
        domain = people.plain(address.rpartition("@")[2])
        self.title.setText(
            f"Looking for the servers of {domain}. Nobody is told more than that name, and no "
            "password is sent."
        )
        for source in Source:
            self.show_tried(
                Tried(source, Outcome.ASKING if source is Source.TABLE else Outcome.NOT_ASKED)
            )

    def show_tried(self, tried: Tried) -> None:
        """Show how a source stands."""
        icon, name, outcome = self._lines[tried.source]
        icon.show_icon(*_ICONS.get(tried.outcome, ("", "")))
        name.setText(people.plain(words.source_line(tried)))
        outcome.setText(words.outcome_line(tried))
        reason = people.plain(tried.reason)
        for widget in (name, outcome):
            widget.setToolTip(reason)
            widget.setAccessibleName(f"{name.text()}: {outcome.text()} {reason}".strip())

    @property
    def lines(self) -> dict[Source, str]:
        """What is said of each source."""
        return {source: outcome.text() for source, (_, _, outcome) in self._lines.items()}
