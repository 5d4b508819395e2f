"""The head of a message: its subject, its people, its date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mailclient.gui import dates, parts, people
from mailclient.gui.reader.chips import PersonChip
from mailclient.gui.reader.flow import Flow

if TYPE_CHECKING:
    from mailclient.message.address import Address
    from mailclient.message.envelope import Envelope

FIRST = 5
MOST = 100  # who are compared with each other


class Header(QWidget):
    """Shows an envelope."""

    write_wanted = Signal(str)
    search_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.subject = parts.label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self.subject.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.date = parts.label(look="secondary", factor=0.9)
        self.place = parts.label(look="secondary", factor=0.9)
        self.place.setAlignment(Qt.AlignmentFlag.AlignRight)
        when = QVBoxLayout()
        when.setSpacing(2)
        when.addWidget(self.date, 0, Qt.AlignmentFlag.AlignRight)
        when.addWidget(self.place, 0, Qt.AlignmentFlag.AlignRight)
        when.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.subject, 1)
        top.addLayout(when)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._lines: dict[str, tuple[QLabel, QWidget, Flow]] = {}
        for at, word in enumerate(("From", "To", "Cc", "Bcc", "Answers to")):
            name = parts.label(word, look="secondary", factor=0.9)
            name.setContentsMargins(0, 4, 0, 0)
            holder = QWidget()
            flow = Flow(holder)
            self._grid.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(holder, at, 1)
            self._lines[word] = (name, holder, flow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addLayout(self._grid)

    def show_envelope(self, envelope: Envelope, sender: Sequence[Address], place: str = "") -> None:
        """Show an envelope; `sender` is who the message is shown to come from, `place` where its
        copy on the server stands."""
        subject = people.plain(envelope.subject) or "No subject"
        self.subject.setText(subject)
        self.subject.setAccessibleName(f"Subject: {subject}")
        self.date.setText(dates.full(envelope.date) if envelope.date else "No date")
        self.date.setAccessibleName(f"Date: {self.date.text()}")
        self.place.setText(place)
        self.place.setVisible(bool(place))
        self._fill("From", sender)
        self._fill("To", envelope.to)
        self._fill("Cc", envelope.cc)
        self._fill("Bcc", envelope.bcc)
        own = {person.key for person in sender[:MOST]}
        others = [person for person in envelope.reply_to[:MOST] if person.key not in own]
        self._fill("Answers to", others)

    def _fill(self, word: str, persons: Sequence[Address], *, whole: bool = False) -> None:
        name, holder, flow = self._lines[word]
        flow.clear()
        shown = persons if whole or len(persons) <= FIRST + 1 else persons[:FIRST]
        for person in shown:
            chip = PersonChip(person)
            chip.write_wanted.connect(self.write_wanted)
            chip.search_wanted.connect(self.search_wanted)
            flow.addWidget(chip)
        if len(shown) < len(persons):
            rest = len(persons) - len(shown)
            flow.addWidget(
                parts.link_button(f"and {rest} more", lambda: self._fill(word, persons, whole=True))
            )
        if not persons and word == "From":
            flow.addWidget(parts.label("The message names no sender", look="secondary"))
        visible = bool(persons) or word == "From"
        name.setVisible(visible)
        holder.setVisible(visible)
        holder.updateGeometry()

    @property
    def chips(self) -> tuple[PersonChip, ...]:
        """All chips that are shown."""
        return tuple(
            widget
            for _, holder, flow in self._lines.values()
            for at in range(flow.count())
            if (item := flow.itemAt(at)) is not None
            and isinstance(widget := item.widget(), PersonChip)
        )
