"""The files that go with a message: names, sizes, and a way to take each out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from mailclient.gui import icons, parts, people
from mailclient.gui.reader.flow import Flow
from mailclient.message.draft import AttachmentSource
from mailclient.sizes import size_words


class AttachmentBar(QWidget):
    """Hidden while there are none."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sources: list[AttachmentSource] = []
        self._flow = Flow(self)
        self.hide()

    @property
    def sources(self) -> tuple[AttachmentSource, ...]:
        """The files."""
        return tuple(self._sources)

    def add(self, sources: Sequence[AttachmentSource]) -> None:
        """Take in more files."""
        self._sources += sources
        self._show()
        if sources:
            self.changed.emit()

    def remove(self, source: AttachmentSource) -> None:
        """Take one out."""
        self._sources = [one for one in self._sources if one is not source]
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for source in self._sources:
            self._flow.addWidget(self._chip(source))
        self.setVisible(bool(self._sources))

    def _chip(self, source: AttachmentSource) -> QFrame:
        chip = QFrame()
        chip.setProperty("look", "panel")
        row = QHBoxLayout(chip)
        row.setContentsMargins(8, 2, 2, 2)
        row.setSpacing(6)
        picture = QLabel()
        picture.setPixmap(icons.icon("attachment", "secondary").pixmap(QSize(14, 14)))
        row.addWidget(picture)
        name = people.plain(source.name)
        row.addWidget(parts.label(name))
        row.addWidget(parts.label(size_words(len(source.data)), look="secondary"))
        row.addWidget(parts.icon_button("close", f"Remove {name}", lambda: self.remove(source)))
        return chip
