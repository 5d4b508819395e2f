"""The files that go with a message: names, sizes, and a way to take each out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from mailclient.gui import parts, people
from mailclient.gui.compose.flow_field import ROW, FlowField
from mailclient.message.draft import AttachmentSource
from mailclient.sizes import size_words

LONGEST = 44
MOST_ROWS = 3


class AttachmentBar(FlowField):
    """Hidden while there are none."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(MOST_ROWS, "panel", parent)
        self._sources: list[AttachmentSource] = []
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

    def show_sources(self, sources: Sequence[AttachmentSource]) -> None:
        """Show these files in place of those that are here."""
        self._sources = list(sources)
        self._show()

    def remove(self, source: AttachmentSource) -> None:
        """Take one out."""
        self._sources = [one for one in self._sources if one is not source]
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        while (item := self.flow.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for source in self._sources:
            self.flow.addWidget(self._chip(source))
        if len(self._sources) > 1:
            whole = size_words(sum(one.size for one in self._sources))
            words = f"{len(self._sources)} files, {whole}"
            total = parts.label(words, look="secondary")
            total.setFixedHeight(ROW)
            self.flow.addWidget(total)
        self.fit()
        self.setVisible(bool(self._sources))

    def _chip(self, source: AttachmentSource) -> QFrame:
        chip = QFrame()
        chip.setProperty("look", "chip")
        chip.setFixedHeight(ROW)
        row = QHBoxLayout(chip)
        row.setContentsMargins(8, 0, 3, 0)
        row.setSpacing(6)
        picture = parts.Picture(14)
        picture.show_icon("attachment")
        row.addWidget(picture)
        name = people.plain(source.name)
        chip.setToolTip(f"{name}, {source.content_type}")
        chip.setAccessibleName(f"{name}, {size_words(source.size)}")
        row.addWidget(parts.label(name if len(name) <= LONGEST else _short(name)))
        row.addWidget(parts.label(size_words(source.size), look="secondary"))
        close = parts.icon_button("close", f"Remove {name}", lambda: self.remove(source))
        close.setProperty("look", "small")
        close.setIconSize(QSize(12, 12))
        close.setFixedSize(18, 18)
        row.addWidget(close)
        return chip


def _short(name: str) -> str:
    """The beginning and the end, which says what kind of file it is."""
    return f"{name[: LONGEST - 12]}…{name[-11:]}"
