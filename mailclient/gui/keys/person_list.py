"""The people whose keys are here: one's own addresses above, everybody else below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from mailclient.gui import icons, people
from mailclient.gui.keys.words import TRUST, person_name
from mailclient.services.people import Person

ROLE = Qt.ItemDataRole.UserRole
ROW = 44


class PersonList(QListWidget):
    """Lists people; emits the one that is chosen."""

    chosen = Signal(object)  # a Person

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("People")
        self.setIconSize(QSize(18, 18))
        self.setMinimumWidth(220)
        self._people: tuple[Person, ...] = ()
        self._wanted = ""
        self.currentItemChanged.connect(lambda item, before: self._emit())

    def show_people(self, found: Sequence[Person], wanted: str = "") -> None:
        """Show those whose name or address holds `wanted`; the chosen one stays chosen."""
        before = self._wanted or (self.person.address if self.person else "")
        self._people = tuple(found)
        words = wanted.strip().casefold()
        fitting = [one for one in found if words in f"{one.name} {one.address}".casefold()]
        self.blockSignals(True)
        self.clear()
        for title, mine in (("You", True), ("People", False)):
            some = [one for one in fitting if one.is_me is mine]
            if some:
                self._add_title(title)
            for one in some:
                self._add(one)
        self.blockSignals(False)
        self._choose(before)

    def choose(self, address: str) -> None:
        """Choose somebody, now or as soon as they are here."""
        self._wanted = address
        self._choose(address)

    def _choose(self, address: str) -> None:
        items = [self.item(at) for at in range(self.count())]
        mine = [one for one in items if isinstance(one.data(ROLE), Person)]
        same = [one for one in mine if one.data(ROLE).address == address]
        if same:
            self._wanted = ""
        if same or mine:
            self.setCurrentItem((same or mine)[0])
        else:
            self.chosen.emit(None)

    def _emit(self) -> None:
        self.chosen.emit(self.person)

    @property
    def person(self) -> Person | None:
        """Who is chosen."""
        item = self.currentItem()
        found = item.data(ROLE) if item is not None else None
        return found if isinstance(found, Person) else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Who is listed, from above."""
        found = (self.item(at).data(ROLE) for at in range(self.count()))
        return tuple(one.address for one in found if isinstance(one, Person))

    def _add_title(self, words: str) -> None:
        item = QListWidgetItem(words)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        item.setFont(font)
        self.addItem(item)

    def _add(self, person: Person) -> None:
        name, address = person_name(person), people.plain(person.address)
        item = QListWidgetItem(f"{name}\n{address}" if address not in ("", name) else name)
        icon, role, said = _mark(person)
        item.setIcon(icons.icon(icon, role))
        item.setData(ROLE, person)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {address}. {said}")
        item.setToolTip(said)
        item.setSizeHint(QSize(0, ROW))
        self.addItem(item)


def _mark(person: Person) -> tuple[str, str, str]:
    """Icon, colour and words for how it stands with a person."""
    if person.changed:
        return "caution", "caution", "Another key waits for your decision"
    if not person.entries:
        return "people", "secondary", "No key is here"
    best = min(person.entries, key=lambda one: list(TRUST).index(one.trust))
    if all(one.key.revoked or one.key.expired for one in person.entries):
        return "caution", "caution", "No key is left that has not ended or was not withdrawn"
    return TRUST[best.trust]
