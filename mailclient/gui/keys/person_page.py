"""The page of one person: how to write to them, their keys, and what happened to these."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts, people
from mailclient.gui.keys.card import KeyCard
from mailclient.gui.keys.words import POLICIES, history, person_name
from mailclient.gui.strip import Kind, Strip
from mailclient.services.people import Person

MOST_EVENTS = 40


class PersonPage(QWidget):
    """Shows a person; a key's card emits what is wanted of it."""

    wanted = Signal(object, object)  # a KeyEntry and a KeyVerb
    policy_chosen = Signal(str, object)  # an address and an EncryptionPolicy, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._address = ""
        self.cards: list[KeyCard] = []
        self.name = parts.label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self.address = parts.label(look="secondary", wrap=True)
        self.warning = Strip()
        self.policy = QComboBox()
        for policy, words in POLICIES.items():
            self.policy.addItem(words, policy)
        self.policy.setAccessibleName("Encrypt letters to this person")
        self.policy.activated.connect(
            lambda at: self.policy_chosen.emit(self._address, self.policy.itemData(at))
        )
        self._writing = QWidget()
        row = QHBoxLayout(self._writing)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(parts.label("Encrypt letters to them"))
        row.addWidget(self.policy)
        row.addStretch(1)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.history = parts.label(look="secondary", wrap=True)
        self.history.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._arrange()

    def _arrange(self) -> None:
        inside = QWidget()
        inside.setProperty("look", "pane")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 4, 16, 16)
        column.setSpacing(8)
        self._title = parts.label("What happened", weight=QFont.Weight.DemiBold)
        for part in (self.name, self.address, self.warning, self._writing):
            column.addWidget(part)
        column.addLayout(self._list)
        column.addSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self.history)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def show_person(self, person: Person) -> None:
        """Show a person with their keys."""
        self._address = person.address
        name = person_name(person)
        self.name.setText(name)
        address = people.plain(person.address)
        self.address.setText(address if address != name else "")
        self.address.setVisible(address not in ("", name))
        self._writing.setVisible(not person.is_me and bool(person.address))
        self.policy.setCurrentIndex(list(POLICIES).index(person.policy))
        self._show_cards(person)
        self._warn(person)
        lines = history(person)[:MOST_EVENTS]
        self.history.setText("\n".join(lines))
        self._title.setVisible(bool(lines))

    def show_nothing(self, title: str, text: str) -> None:
        """There is nobody to show."""
        self._address = ""
        self.name.setText(title)
        self.address.setText(text)
        self.address.show()
        self._clear()
        for part in (self.warning, self._writing, self._title):
            part.hide()
        self.history.clear()

    def _clear(self) -> None:
        for card in self.cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = []

    def _show_cards(self, person: Person) -> None:
        self._clear()
        waiting_first = sorted(person.entries, key=lambda one: not one.changed)
        for entry in waiting_first:
            card = KeyCard(entry)
            card.wanted.connect(lambda verb, entry=entry: self.wanted.emit(entry, verb))
            self._list.addWidget(card)
            self.cards.append(card)

    def _warn(self, person: Person) -> None:
        if person.changed:
            self.warning.say(
                "Another key than the one you use came for this address. It is not used before you "
                "decide. Ask the person, by another way than mail, whether it is theirs.",
                Kind.CAUTION,
                lasting=True,
            )
        else:
            self.warning.clear()
