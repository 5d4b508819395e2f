"""The backups of the mail: which there are, one more now, one put in the place of today's mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import dates, parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.strip import Kind, Strip
from mailclient.services.housekeeping import Backup
from mailclient.sizes import size_words

ABOUT = (
    "Once a day, while nobody is at the computer, all of your mail is copied, encrypted, and the "
    "copy is looked through. The three newest are kept on this disk. Against a lost disk only a "
    "copy elsewhere helps: 'mailclient store backup' writes one."
)
WARNING = (
    "The backup takes the place of what is here now; mail that came since is not in it. What is "
    "here now is kept beside it as a file. The program closes and opens again for this."
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A backup to put in place, and the passphrase that opens it (None: the keyring does)."""

    file: Path
    own: str | None = field(default=None, repr=False)


class BackupsWindow(QDialog):
    """Emits `restore_wanted` once a backup and its passphrase fit."""

    restore_wanted = Signal(object)  # a Chosen

    def __init__(self, app: App, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Backups")
        self.resize(600, 500)
        self._app = app
        self._bridge = bridge
        self.strip = Strip()
        self.list = QListWidget()
        self.list.setAccessibleName("Backups")
        self.now = QPushButton("Back up now")
        self.other = QPushButton("Another file…")
        self.words = QLineEdit()
        self.words.setEchoMode(QLineEdit.EchoMode.Password)
        self.words.setPlaceholderText("Passphrase of the backup")
        self.words.setAccessibleName("Passphrase of the backup")
        self.words.setVisible(app.opens_with_passphrase)
        self.restore = QPushButton("Put it in place")
        self._arrange()
        self.now.clicked.connect(self._back_up)
        self.other.clicked.connect(self._ask)
        self.restore.clicked.connect(self._look)
        self.list.currentRowChanged.connect(lambda row: self._rest())
        self.words.textChanged.connect(lambda text: self._rest())
        self.read()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.strip)
        column.addWidget(parts.label("Backups", factor=1.3, weight=QFont.Weight.DemiBold))
        column.addWidget(parts.label(ABOUT, look="secondary", wrap=True))
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        for button in (self.now, self.other, self.restore):
            button.setAutoDefault(False)
        row.addWidget(self.now)
        row.addWidget(self.other)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(parts.hairline())
        column.addWidget(parts.label(WARNING, look="secondary", wrap=True))
        below = QHBoxLayout()
        below.addWidget(self.words, 1)
        below.addStretch(0 if self._app.opens_with_passphrase else 1)
        below.addWidget(self.restore)
        column.addLayout(below)

    # Which there are

    def read(self) -> None:
        """Show the backups that are here."""
        self._bridge.run(
            "upkeep",
            lambda job: self._app.housekeeping.backups(),
            self._show,
            self.strip.problem,
            owner=self,
        )

    def _show(self, found: Sequence[Backup]) -> None:
        self.list.clear()
        for one in found:
            self._add(one.path, f"{dates.full(one.made)}   ({size_words(one.size)})")
        self.list.setCurrentRow(0)
        self._rest()

    def _add(self, path: Path, words: str) -> None:
        item = QListWidgetItem(words)
        item.setData(Qt.ItemDataRole.UserRole, str(path))
        item.setToolTip(str(path))
        self.list.addItem(item)

    def _ask(self) -> None:
        dialog = QFileDialog(self, "A backup")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.add)
        dialog.open()

    def add(self, name: str) -> None:
        """Put a file on the list, and choose it."""
        self._add(Path(name), name)
        self.list.setCurrentRow(self.list.count() - 1)

    def _back_up(self) -> None:
        self.now.setEnabled(False)
        self._bridge.run(
            "upkeep",
            self._app.housekeeping.back_up,
            self._backed_up,
            self._failed,
            title="Backing up",
            owner=self,
        )

    def _backed_up(self, made: Backup) -> None:
        self.strip.say(f"The backup is whole ({size_words(made.size)}).", Kind.INFO)
        self.read()

    # Putting one in place

    def _look(self) -> None:
        """Look whether it can be done, before anything is closed for it."""
        item = self.list.currentItem()
        if item is None:
            return
        own = self.words.text() if self._app.opens_with_passphrase else None
        chosen = Chosen(Path(item.data(Qt.ItemDataRole.UserRole)), own)
        self.restore.setEnabled(False)
        self._bridge.run(
            "upkeep",
            lambda job: self._app.housekeeping.look(chosen.file, chosen.own),
            lambda fits: self.restore_wanted.emit(chosen),
            self._failed,
            owner=self,
        )

    def _failed(self, problem: MailError) -> None:
        self.strip.problem(problem)
        self._rest()

    def _rest(self) -> None:
        """Let that be used which can be."""
        typed = bool(self.words.text()) or not self._app.opens_with_passphrase
        self.now.setEnabled(True)
        self.restore.setEnabled(self.list.currentItem() is not None and typed)
