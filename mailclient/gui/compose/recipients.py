"""A field for recipients: people as chips, completed from people known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QMimeData, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from mailclient.gui.compose.doubts import is_whole
from mailclient.gui.compose.flow_field import ROW, FlowField
from mailclient.gui.compose.person_chip import PersonChip, person_words
from mailclient.message.address import Address, typed_people
from mailclient.services.readiness import RecipientReadiness

PAUSE_MS = 120
MOST_ROWS = 3
ENTRY_WIDTH = 130
PROPOSAL_WIDTH = 420


class _Entry(QLineEdit):
    """Where a name is typed; keys are offered to the field around it first."""

    def __init__(self, taken: Callable[[QKeyEvent], bool]) -> None:
        super().__init__()
        self._taken = taken

    def event(self, event: QEvent) -> bool:
        """Offer Tab to the field too, which Qt would take for going on."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Tab
            and self._taken(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type, unless the key means something to the field."""
        if not self._taken(event):
            super().keyPressEvent(event)


class RecipientLine(FlowField):
    """One of To, Cc and Bcc; it grows to three rows, then scrolls."""

    changed = Signal()  # the people, a moment after the last key
    touched = Signal()  # the user has changed something
    prefix_typed = Signal(str)  # the beginning of a name that is being typed

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(MOST_ROWS, "field", parent)
        self.name = name
        self._chips: list[PersonChip] = []
        self._states: Mapping[str, RecipientReadiness] = {}
        self.entry = _Entry(self._key)
        self.entry.setFrame(False)
        self.entry.setProperty("look", "entry")
        self.entry.setAccessibleName(name)
        self.entry.setMinimumWidth(ENTRY_WIDTH)
        self.entry.setFixedHeight(ROW)
        self.flow.addWidget(self.entry)
        self.setFocusProxy(self.entry)
        self._completion()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._settle)
        self.entry.textEdited.connect(self._typed)
        self.entry.editingFinished.connect(self.commit)
        self.fit()

    def _completion(self) -> None:
        self._proposals = QStringListModel(self)
        self._completer = QCompleter(self._proposals, self)
        self._completer.setWidget(self.entry)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.activated.connect(self._take)

    # What is in it

    def people(self) -> tuple[Address, ...]:
        """Everybody named here, what is unfinished as it stands."""
        return (*(one.person for one in self._chips), *typed_people(self.entry.text()))

    def finished(self) -> tuple[Address, ...]:
        """Everybody who is not being typed any more."""
        return tuple(one.person for one in self._chips)

    def show_people(self, people: Sequence[Address]) -> None:
        """Put these people in."""
        for chip in self._chips:
            self._drop(chip)
        self._chips = []
        self.entry.clear()
        for one in people:
            self._add(one)
        self.fit()
        self.changed.emit()

    def setText(self, text: str) -> None:
        """Type this, as a user would, in place of what is there."""
        self.show_people(())
        self.entry.setText(text)
        self._typed(text)

    def remove(self, address: str) -> None:
        """Take somebody out."""
        self.show_people([one for one in self.people() if one.key != address])

    def mark(self, states: Mapping[str, RecipientReadiness]) -> None:
        """Say how it stands with each."""
        self._states = states
        for chip in self._chips:
            chip.tell(states.get(chip.person.key), blind=self.name == "Bcc")

    def commit(self) -> None:
        """Make chips of what was typed."""
        popup = self._completer.popup()
        if popup is not None and popup.isVisible():
            return
        found = typed_people(self.entry.text())
        if not found:
            return
        self.entry.clear()
        for one in found:
            self._add(one)
        self.fit()
        self.to_end()
        self._settle()

    # Chips

    def _add(self, person: Address) -> None:
        chip = PersonChip(person)
        chip.removed.connect(lambda: self._remove(chip))
        chip.edited.connect(lambda: self._edit(chip))
        chip.left.connect(lambda step: self._go(self._chips.index(chip) + step))
        self._chips.append(chip)
        self.flow.removeWidget(self.entry)
        self.flow.addWidget(chip)
        self.flow.addWidget(self.entry)
        chip.show()
        chip.tell(self._states.get(person.key), blind=self.name == "Bcc")

    def _drop(self, chip: PersonChip) -> None:
        self.flow.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def _remove(self, chip: PersonChip) -> None:
        at = self._chips.index(chip)
        self._chips.remove(chip)
        self._drop(chip)
        self._go(min(at, len(self._chips)))
        self.fit()
        self.touched.emit()
        self.changed.emit()

    def _edit(self, chip: PersonChip) -> None:
        """Go on writing an address."""
        self.commit()
        words = person_words(chip.person)
        self._remove(chip)
        self.entry.setText(words)
        self.entry.setFocus()

    def _go(self, at: int) -> None:
        if 0 <= at < len(self._chips):
            self._chips[at].setFocus()
        else:
            self.entry.setFocus()

    # Typing

    def _typed(self, text: str) -> None:
        if text.endswith((",", ";")) and text.count('"') % 2 == 0:
            self.commit()
        self._timer.start()
        self.touched.emit()

    def _settle(self) -> None:
        self._timer.stop()
        prefix = self.entry.text().strip()
        if prefix and self.entry.hasFocus():
            self.prefix_typed.emit(prefix)
        self.changed.emit()

    def propose(self, prefix: str, people: Sequence[Address]) -> None:
        """Offer people for what is being typed; nothing if that has changed meanwhile."""
        if prefix != self.entry.text().strip() or not self.entry.hasFocus():
            return
        here = {one.person.key for one in self._chips}
        new = [one for one in people if one.key not in here]
        self._proposals.setStringList([person_words(one) for one in new])
        popup = self._completer.popup()
        if new:
            entry = self.entry.rect()
            width = max(entry.width(), min(PROPOSAL_WIDTH, self.width()))
            self._completer.complete(entry.adjusted(0, 0, width - entry.width(), 0))
        elif popup is not None:
            popup.hide()

    def _take_proposal(self) -> bool:
        """Take the proposal that is chosen, or the first one for what is no whole address yet."""
        popup = self._completer.popup()
        if popup is None or not popup.isVisible():
            return False
        chosen = popup.selectionModel().selectedIndexes()  # the current one is not always chosen
        typed = typed_people(self.entry.text())
        if chosen:
            self._take(str(chosen[0].data()))
        elif typed and not is_whole(typed[-1]):
            self._take(self._proposals.stringList()[0])
        else:
            popup.hide()
            return False
        return True

    def _take(self, text: str) -> None:
        """Put a proposal in place of what was typed."""
        self.entry.setText(text)
        popup = self._completer.popup()
        if popup is not None:
            popup.hide()  # which ends the typing, as far as Qt is concerned
        self.commit()
        self.touched.emit()
        self.entry.setFocus(Qt.FocusReason.OtherFocusReason)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the chips writes."""
        self.entry.setFocus()

    def _key(self, event: QKeyEvent) -> bool:
        """Return and Tab take a proposal, Return makes a chip, Backspace goes to the last."""
        if event.key() == Qt.Key.Key_Tab:
            return self._take_proposal()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                return False
            if not self._take_proposal():
                self.commit()
            return True
        at_start = self.entry.cursorPosition() == 0 and not self.entry.hasSelectedText()
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Left) and at_start and self._chips:
            self._go(len(self._chips) - 1)
            return True
        if event.matches(QKeySequence.StandardKey.Paste):
            return self._paste(QGuiApplication.clipboard().mimeData())
        return False

    def _paste(self, data: QMimeData) -> bool:
        """A list of addresses becomes chips at once."""
        lines = [line.strip(" ,;") for line in data.text().splitlines() if line.strip(" ,;")]
        people = typed_people(", ".join(lines))
        if len(people) < 2 and not (people and people[0].domain):
            return False
        self.entry.insert(", ".join(person_words(one) for one in people))
        self.commit()
        self.touched.emit()
        return True
