"""Keys and people: whose keys are here, what is thought of each, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App, now
from mailclient.crypto.api import KeyInfo
from mailclient.gui import icons, people
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.documentation import help_key
from mailclient.gui.keys import codes
from mailclient.gui.keys.card import KeyVerb
from mailclient.gui.keys.copies import Copies
from mailclient.gui.keys.key_verbs import KeyVerbs
from mailclient.gui.keys.new_key import NewKeyDialog
from mailclient.gui.keys.own_verbs import OwnVerbs
from mailclient.gui.keys.person_list import PersonList
from mailclient.gui.keys.person_page import PersonPage
from mailclient.gui.keys.taking import Taking
from mailclient.gui.keys.words import ending
from mailclient.gui.strip import Kind, Strip
from mailclient.services.jobs import Job
from mailclient.services.keys import KeyEntry
from mailclient.services.people import Person

Found = tuple[tuple[Person, ...], tuple[KeyInfo, ...], tuple[KeyInfo, ...]]


class KeysWindow(QDialog):
    """People on the left, the chosen one's keys on the right."""

    def __init__(
        self, app: App, bridge: Bridge, parent: QWidget | None = None, address: str = ""
    ) -> None:
        super().__init__(parent)
        help_key(self, "encryption.md")
        self.setWindowTitle("Keys and people")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(940, 620)
        self._app = app
        self._bridge = bridge
        self._found: tuple[Person, ...] = ()
        self.strip, self.reminder, self.ends = Strip(), Strip(), Strip()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a person")
        self.filter.setAccessibleName("Find a person")
        self.people = PersonList()
        self.page = PersonPage()
        self.copies = Copies(app, bridge, self.strip, self)
        self.own = OwnVerbs(app, bridge, self.strip, self)
        self.others = KeyVerbs(app, bridge, self.strip, self)
        self.taking = Taking(app, bridge, self.strip, self.copies, self)
        self._acts = self._all_acts()
        self._arrange()
        self._connect()
        if address:
            self.people.choose(address)
        self._read()

    def _arrange(self) -> None:
        left = QWidget()
        left.setProperty("look", "panel")
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.filter)
        column.addWidget(self.people, 1)
        new = _button("New key…", "key", self._new)
        take = _button("Take in", "down", lambda: None)
        take.setMenu(self._taking_menu())
        for button in (new, take):
            column.addWidget(button)
        right = QWidget()
        right.setProperty("look", "pane")
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for part in (self.strip, self.ends, self.reminder):
            column.addWidget(part)
        column.addSpacing(8)
        column.addWidget(self.page, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(left)
        split.addWidget(right)
        split.setSizes([270, 670])
        split.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)

    def _taking_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("From a file…", self.taking.choose_file)
        menu.addAction("From the clipboard", self.taking.clipboard)
        if codes.available():
            menu.addAction("From a picture of a code…", self.taking.choose_picture)
        menu.addAction("My own key from its copy…", self.copies.choose_restore)
        return menu

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda text: self._show())
        self.people.chosen.connect(self._chosen)
        self.page.wanted.connect(lambda entry, verb: self._acts[verb](entry))
        self.page.policy_chosen.connect(self.others.set_policy)
        self.taking.taken.connect(self.people.choose)
        self.taking.to_compare.connect(self.others.show_words)
        self._bridge.changed.connect(self._changed)

    def _all_acts(self) -> dict[KeyVerb, Callable[[KeyEntry], object]]:
        verb, own, others = KeyVerb, self.own, self.others
        return {
            verb.CONFIRM: others.confirm,
            verb.ACCEPT: lambda entry: others.judge(entry, "accepted"),
            verb.REFUSE: lambda entry: others.judge(entry, "rejected"),
            verb.FIND: others.find,
            verb.DETAILS: others.details,
            verb.SAVE: others.save,
            verb.DELETE: others.delete,
            verb.EXTEND: lambda entry: own.extend(entry.key.fingerprint),
            verb.BACKUP: lambda entry: self.copies.choose(entry.key.fingerprint, entry.address),
            verb.SHOW: own.show,
            verb.PUBLISH: own.publish,
            verb.RENEW: own.renew,
            verb.PASSPHRASE: own.change_passphrase,
            verb.HAND_ON: own.hand_on,
            verb.END: own.end,
        }

    # What is shown

    def _changed(self, changes: Changes) -> None:
        if changes.keys:
            self._read()

    def _read(self) -> None:
        def work(job: Job) -> Found:
            recovery = self._app.recovery
            return self._app.people.list(), recovery.wanting(), recovery.ending()

        self._bridge.run(
            "read",
            work,
            lambda found: self._arrived(*found),
            self.strip.problem,
            newest=f"keys {id(self)}",
            owner=self,
        )

    def _arrived(
        self,
        found: tuple[Person, ...],
        wanting: tuple[KeyInfo, ...],
        ends: tuple[KeyInfo, ...],
    ) -> None:
        self._found = found
        self._show()
        self._remind(wanting)
        self._tell_ends(ends)

    def _show(self) -> None:
        self.people.show_people(self._found, self.filter.text())

    def _chosen(self, person: Person | None) -> None:
        if person is None:
            self.page.show_nothing(
                "No keys yet" if not self._found else "Nobody is called so",
                "Make one of your own, or take in one that somebody gave you."
                if not self._found
                else "",
            )
            return
        address = person.address
        self._bridge.run(
            "read",
            lambda job: self._app.people.one(address),
            self.page.show_person,
            self.strip.problem,
            newest=f"person {id(self)}",
            owner=self,
        )

    @property
    def entry(self) -> KeyEntry | None:
        """The newest key of the chosen person."""
        person = self.people.person
        return person.entries[0] if person is not None and person.entries else None

    # What is asked

    def _remind(self, wanting: tuple[KeyInfo, ...]) -> None:
        """As long as there is no copy of a key of one's own, say so."""
        if not wanting:
            self.reminder.clear()
            return
        key, who = wanting[0], _whose(wanting[0])
        save = ("Save a copy…", lambda: self.copies.choose(key.fingerprint, who))
        self.reminder.say(
            f"There is no copy of your key{f' for {people.plain(who)}' if who else ''}. If this "
            "computer is lost, your encrypted mail cannot be read any more.",
            Kind.CAUTION,
            (save,),
        )

    def _tell_ends(self, ends: tuple[KeyInfo, ...]) -> None:
        """As long as a key of one's own ends soon, ask whether it is to go on."""
        if not ends or ends[0].expires is None:
            self.ends.clear()
            return
        key = ends[0]
        go_on = (KeyVerb.EXTEND.value, lambda: self.own.extend(key.fingerprint))
        words = ending(ends[0].expires, people.plain(_whose(key)), now())
        self.ends.say(words, Kind.CAUTION, (go_on,), lasting=True)

    def _new(self) -> None:
        dialog = NewKeyDialog([one.address for one in self._app.accounts.list()], self)
        dialog.wanted.connect(self._make)
        dialog.open()

    def _make(self, address: str, name: str, passphrase: str) -> None:
        self.strip.say("Making the key…", lasting=True)
        self._bridge.run(
            "work",
            lambda job: self._app.keys.generate(address, name, passphrase or None),
            lambda key: self._made(address),
            self.strip.problem,
            owner=self,
        )

    def _made(self, address: str) -> None:
        self.strip.say(f"There is a new key for {people.plain(address)}.")
        self.people.choose(address)


def _whose(key: KeyInfo) -> str:
    return next(iter(key.addresses), "")


def _button(text: str, icon: str, act: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setIcon(icons.icon(icon, "text"))
    button.setAutoDefault(False)
    button.clicked.connect(lambda: act())
    return button
