"""Keys and people: whose keys are here, what is thought of each, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.crypto.api import KeyInfo
from mailclient.gui import icons, parts, people
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.documentation import help_key
from mailclient.gui.keys.copies import Copies
from mailclient.gui.keys.details import KeyDetails
from mailclient.gui.keys.new_key import NewKeyDialog
from mailclient.gui.keys.words import TRUST, seen_as
from mailclient.gui.reader.saving import write
from mailclient.gui.strip import Kind, Strip
from mailclient.services.keys import KeyEntry
from mailclient.services.read import read_file


class KeysWindow(QDialog):
    """A list of people with their keys, and the details of the chosen one."""

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        help_key(self, "encryption.md")
        self.setWindowTitle("Keys and people")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(860, 560)
        self._app = app
        self._bridge = bridge
        self._entries: tuple[KeyEntry, ...] = ()
        self.strip = Strip()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a person")
        self.filter.setAccessibleName("Find a person")
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels(["Person", "What you think of the key", "Valid until"])
        self.tree.setRootIsDecorated(False)
        self.tree.setAccessibleName("Keys")
        self.details = KeyDetails()
        self.copies = Copies(app, bridge, self.strip, self)
        self.reminder = Strip()
        self._arrange()
        self.filter.textChanged.connect(lambda text: self._show())
        self.tree.currentItemChanged.connect(lambda item, before: self._chosen())
        self.details.judged.connect(self._judge)
        self.details.export_wanted.connect(self._export)
        self.details.backup_wanted.connect(self._backup)
        self.details.delete_wanted.connect(self._ask_delete)
        bridge.changed.connect(self._changed)
        self._read()

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.addWidget(self.filter, 1)
        for text, icon, act in (
            ("New key…", "key", self._new),
            ("Import…", "down", self._choose_import),
            ("Restore…", "key", self.copies.choose_restore),
        ):
            button = QPushButton(text)
            button.setIcon(icons.icon(icon, "text"))
            button.setAutoDefault(False)
            button.clicked.connect(lambda checked=False, act=act: act())
            bar.addWidget(button)
        header = self.tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(10)
        column.addWidget(parts.label("Keys and people", factor=1.2, weight=QFont.Weight.DemiBold))
        column.addLayout(bar)
        column.addWidget(self.strip)
        column.addWidget(self.reminder)
        column.addWidget(self.tree, 2)
        column.addWidget(parts.hairline())
        column.addWidget(self.details, 1)

    # The list

    def _changed(self, changes: Changes) -> None:
        if changes.keys:
            self._read()

    def _read(self) -> None:
        self._bridge.run(
            "read",
            lambda job: (self._app.keys.list(), self._app.recovery.wanting()),
            lambda found: self._arrived(*found),
            self.strip.problem,
            newest=f"keys {id(self)}",
            owner=self,
        )

    def _arrived(self, entries: tuple[KeyEntry, ...], wanting: tuple[KeyInfo, ...]) -> None:
        self._entries = entries
        self._show()
        self._remind(wanting)

    def _remind(self, wanting: tuple[KeyInfo, ...]) -> None:
        """As long as there is no copy of a key of one's own, say so."""
        if not wanting:
            self.reminder.clear()
            return
        key = wanting[0]
        who = next(iter(key.addresses), "")
        save = ("Save a copy…", lambda: self.copies.choose(key.fingerprint, who))
        self.reminder.say(
            f"There is no copy of your key{f' for {people.plain(who)}' if who else ''}. If this "
            "computer is lost, your encrypted mail cannot be read any more.",
            Kind.CAUTION,
            (save,),
        )

    def _show(self) -> None:
        before = self.entry
        wanted = self.filter.text().casefold()
        self.tree.clear()
        for entry in self._entries:
            name = people.plain(entry.key.user_ids[0]) if entry.key.user_ids else ""
            if wanted not in f"{name} {entry.address}".casefold():
                continue
            ends = f"{entry.key.expires:%d %B %Y}" if entry.key.expires else "no end"
            item = QTreeWidgetItem([people.plain(entry.address) or name, seen_as(entry), ends])
            icon, role = TRUST[entry.trust][:2]
            item.setIcon(1, icons.icon(icon, role))
            item.setToolTip(0, name)
            item.setData(0, Qt.ItemDataRole.UserRole, entry)
            self.tree.addTopLevelItem(item)
            if before and (before.address, before.key.fingerprint) == (
                entry.address,
                entry.key.fingerprint,
            ):
                self.tree.setCurrentItem(item)
        first = self.tree.topLevelItem(0)
        if self.tree.currentItem() is None and first is not None:
            self.tree.setCurrentItem(first)
        if not self._entries:
            self.details.show_nothing(
                "No keys yet. Make one of your own, or import one that somebody gave you."
            )

    @property
    def entry(self) -> KeyEntry | None:
        """The chosen key for its address."""
        item = self.tree.currentItem()
        found = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, KeyEntry) else None

    def _chosen(self) -> None:
        if self.entry is not None:
            self.details.show_entry(self.entry)

    # What can be done

    def _work(self, act: Callable[[], object], said: str) -> None:
        """Do something off this thread and say that it was done."""
        self._bridge.run(
            "work",
            lambda job: act(),
            lambda done: self.strip.say(said),
            self.strip.problem,
            owner=self,
        )

    def _judge(self, word: str) -> None:
        entry = self.entry
        if entry is not None:
            self._work(
                lambda: self._app.keys.trust(entry.key.fingerprint, entry.address or None, word),
                f"The key of {people.plain(entry.address)} is now {word}.",
            )

    def _new(self) -> None:
        dialog = NewKeyDialog([one.address for one in self._app.accounts.list()], self)
        dialog.wanted.connect(self._make)
        dialog.open()

    def _make(self, address: str, name: str, passphrase: str) -> None:
        self.strip.say("Making the key…", lasting=True)
        self._work(
            lambda: self._app.keys.generate(address, name, passphrase or None),
            f"There is a new key for {address}.",
        )

    def _choose_import(self) -> None:
        dialog = QFileDialog(self, "Import keys")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(
            lambda name: self._work(
                lambda: self._app.keys.import_keys(read_file(Path(name))),
                "The keys were taken in.",
            )
        )
        dialog.open()

    def _export(self) -> None:
        entry = self.entry
        if entry is None:
            return
        dialog = QFileDialog(self, "Save the key")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(people.file_name(f"{entry.address or 'key'}-public.asc"))
        dialog.fileSelected.connect(
            lambda name: self._work(
                lambda: write(Path(name), self._app.keys.export(entry.key.fingerprint)),
                f"Saved as {name}.",
            )
        )
        dialog.open()

    def _backup(self) -> None:
        if self.entry is not None:
            self.copies.choose(self.entry.key.fingerprint, self.entry.address)

    def _ask_delete(self) -> None:
        entry = self.entry
        if entry is None:
            return
        own = entry.key.has_secret
        text = (
            "Mail that was encrypted to it and is not opened yet can never be read again. Save a "
            "copy first."
            if own
            else "Mail to this person cannot be encrypted any more until you import a key again."
        )
        self._ask(
            "Delete your own key?" if own else "Delete this key?",
            text,
            "Delete",
            lambda: self._work(
                lambda: self._app.keys.delete(entry.key.fingerprint, secret=own),
                "The key was deleted.",
            ),
        )

    def _ask(self, title: str, text: str, words: str, act: Callable[[], object]) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(title)
        box.setText(title)
        box.setInformativeText(text)
        go = box.addButton(words, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        go.clicked.connect(lambda: act())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
