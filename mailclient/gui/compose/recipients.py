"""A line for recipients: addresses with commas between, completed from people known here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from mailclient.message.address import Address, format_address, parse_addresses
from mailclient.message.words import clean

PAUSE_MS = 120


class RecipientLine(QLineEdit):
    """One of To, Cc and Bcc."""

    changed = Signal()  # the people, a moment after the last key
    prefix_typed = Signal(str)  # the beginning of a name that is being typed

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrame(False)
        self._proposals = QStringListModel(self)
        self._completer = QCompleter(self._proposals, self)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.activated.connect(self._take)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._settle)
        self.textEdited.connect(lambda text: self._timer.start())
        self.editingFinished.connect(self._settle)

    def people(self) -> tuple[Address, ...]:
        """Everybody named here, what is unfinished as it stands."""
        found: list[Address] = []
        for piece in _pieces(clean(self.text())):
            read = parse_addresses(piece)
            found += read or (Address("", piece),)
        return tuple(found)

    def show_people(self, people: Sequence[Address]) -> None:
        """Put these people in."""
        self.setText(", ".join(_written(one) for one in people))
        self.setCursorPosition(0)
        self.changed.emit()

    def remove(self, address: str) -> None:
        """Take somebody out."""
        self.show_people([one for one in self.people() if one.key != address])

    def propose(self, prefix: str, people: Sequence[Address]) -> None:
        """Offer people for what is being typed; nothing if that has changed meanwhile."""
        if prefix != self._last_piece() or not self.hasFocus():
            return
        self._proposals.setStringList([_written(one) for one in people])
        if people:
            self._completer.complete()
        else:
            popup = self._completer.popup()
            if popup is not None:
                popup.hide()

    def _settle(self) -> None:
        self._timer.stop()
        prefix = self._last_piece()
        if len(prefix) >= 1 and self.hasFocus():
            self.prefix_typed.emit(prefix)
        self.changed.emit()

    def _last_piece(self) -> str:
        pieces = _pieces(self.text()[: self.cursorPosition()], keep_empty=True)
        return pieces[-1] if pieces else ""

    def _take(self, text: str) -> None:
        """Put a proposal in place of what was typed."""
        before = self.text()[: self.cursorPosition()]
        after = self.text()[self.cursorPosition() :].lstrip(", ")
        kept = before[: len(before) - len(self._last_piece())].rstrip()
        start = f"{kept} " if kept else ""
        self.setText(f"{start}{text}, {after}")
        self.setCursorPosition(len(start) + len(text) + 2)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()


def _pieces(text: str, *, keep_empty: bool = False) -> list[str]:
    """Split at commas outside of quotes."""
    pieces: list[str] = [""]
    quoted = False
    for sign in text:
        if sign == '"':
            quoted = not quoted
        if sign in ",;" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += sign
    stripped = [piece.strip() for piece in pieces]
    return stripped if keep_empty else [piece for piece in stripped if piece]


def _written(person: Address) -> str:
    if any(sign in person.name for sign in ',;"<>'):
        name = person.name.replace('"', "'")
        return f'"{name}" <{person.address}>'
    return format_address(person)
