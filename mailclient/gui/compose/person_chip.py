"""One person among the recipients: the name, and whether mail to them can be read by them alone."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QWidget

from mailclient.gui import parts, people
from mailclient.gui.compose.doubts import is_whole
from mailclient.gui.compose.flow_field import ROW
from mailclient.message.address import Address
from mailclient.services.readiness import ReadyState, RecipientReadiness

MARKS = {
    ReadyState.READY_VERIFIED: ("encrypted", "good", "key confirmed"),
    ReadyState.READY: ("encrypted", "secondary", "key found"),
    ReadyState.STALE: ("encrypted", "secondary", "key found, not seen for a while"),
    ReadyState.ASK: ("caution", "caution", "needs your decision"),
    ReadyState.LOOKING_UP: ("search", "secondary", "looking for a key"),
    ReadyState.NONE: ("unlocked", "secondary", "no key"),
    ReadyState.UNUSABLE: ("unlocked", "caution", "key cannot be used"),
}
LONGEST = 40


class PersonChip(QFrame):
    """Takes the keyboard: Delete takes the person out, Return goes on writing the address."""

    removed = Signal()
    edited = Signal()
    left = Signal(int)  # the keyboard goes one on (1) or one back (-1)

    def __init__(self, person: Address, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.person = person
        self.setProperty("look", "chip")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._mark = parts.Picture(14)
        self._mark.hide()
        words = people.short(person)
        self._words = parts.label(words if len(words) <= LONGEST else f"{words[:LONGEST]}…")
        self._close = parts.icon_button("close", f"Remove {words}", self.removed.emit)
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close.setIconSize(QSize(12, 12))
        self._close.setFixedSize(18, 18)
        self._close.setProperty("look", "small")
        self.setFixedHeight(ROW)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 3, 0)
        row.setSpacing(4)
        for part in (self._mark, self._words, self._close):
            row.addWidget(part)
        self.tell(None)

    def tell(self, readiness: RecipientReadiness | None, *, blind: bool = False) -> None:
        """Say how it stands with this person; None where nothing is known yet."""
        said = [people.plain(person_words(self.person))]
        if readiness is not None:
            icon, role, words = MARKS[readiness.state]
            self._mark.show_icon(icon, role)
            said += [f"{words}. {readiness.reason}"]
        elif not is_whole(self.person):
            self._mark.show_icon("danger", "danger")
            said += ["This is not an e-mail address yet."]
        self._mark.setVisible(readiness is not None or not is_whole(self.person))
        if blind:
            said += ["Gets a separate copy that nobody else knows of."]
        self.setToolTip("\n".join(said))
        self.setAccessibleName(", ".join(said))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete, edit, or go to the next."""
        match event.key():
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.removed.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_F2:
                self.edited.emit()
            case Qt.Key.Key_Left:
                self.left.emit(-1)
            case Qt.Key.Key_Right:
                self.left.emit(1)
            case _:
                super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go on writing the address."""
        self.edited.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the person."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Edit", self.edited.emit)
        menu.addAction("Remove", self.removed.emit)
        menu.popup(event.globalPos())


def person_words(person: Address) -> str:
    """Name and address, quoted so that they are read back as they are."""
    if any(sign in person.name for sign in ',;"<>'):
        name = person.name.replace('"', "'")
        return f'"{name}" <{person.address}>'
    return f"{person.name} <{person.address}>" if person.name else person.address
