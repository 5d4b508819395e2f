"""Packing the profile for another computer: what goes along, a passphrase, and where to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from mailclient.app import App
from mailclient.errors import BadInput, MailError
from mailclient.gui import parts, people
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.documentation import DocumentationWindow, help_key
from mailclient.gui.strip import Strip
from mailclient.services.jobs import JobState
from mailclient.services.moving import Packed
from mailclient.sizes import size_words

TITLE = "Packing for another computer"


class MovingWindow(QDialog):
    """Stands beside the other windows; a file that is being written is written to its end."""

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Move to another computer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(560, 440)  # with room for what is said, so that no field is squeezed
        self._app = app
        self._bridge = bridge
        self.everything = QRadioButton("Everything, with all mail")
        self.everything.setChecked(True)
        self.settings = QRadioButton("Accounts, passwords, settings and folders, without the mail")
        self.keys = QCheckBox("Also my secret OpenPGP keys, and the keys of people")
        self.passphrase = QLineEdit()
        self.again = QLineEdit()
        self.strip = Strip()
        self.save = QPushButton("Save the file…")
        self.save.setProperty("look", "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self._ask)
        help_key(self, "moving.md")
        bridge.changed.connect(self._stepped)
        self._arrange()

    def _arrange(self) -> None:
        how = parts.link_button(
            "How it goes on there…", lambda: DocumentationWindow("moving.md", self).show()
        )
        column = parts.headed(
            self,
            "Move to another computer",
            "One encrypted file takes it all along, with the passwords of your accounts. "
            "Whoever has the file can try passphrases at leisure, so take several words; "
            "without them nobody can read it.",
        )
        for choice in (self.everything, self.settings, self.keys):
            column.addWidget(choice)
        lines = (("Passphrase", self.passphrase), ("Once more", self.again))
        column.addLayout(parts.secrets(QFormLayout(), lines))
        column.addWidget(self.strip)
        column.addStretch(1)
        column.addLayout(parts.closing(self, "Close", self.save, how))

    def _ask(self) -> None:
        """Ask where the file is to lie, once the passphrase is good."""
        try:
            self._app.moving.check(self.passphrase.text())
            if self.passphrase.text() != self.again.text():
                raise BadInput("The two passphrases are not the same.", "Type them again.")
        except BadInput as problem:
            self.strip.problem(problem)
            self.passphrase.setFocus()
            return
        self.strip.clear()
        dialog = QFileDialog(self, "Save the file for the other computer")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # a file is never replaced
        dialog.selectFile("mail.moved")
        dialog.fileSelected.connect(self.write)
        dialog.open()

    def write(self, name: str) -> None:
        """Write the file."""
        target, words = Path(name), self.passphrase.text()
        mail, keys = self.everything.isChecked(), self.keys.isChecked()
        self.save.setEnabled(False)
        self.save.setText("Writing…")
        self._bridge.run(
            "moving",
            lambda job: self._app.moving.pack(
                target, words, mail=mail, with_keys=keys, told=job.progress
            ),
            lambda packed: self._written(target, packed),
            self._failed,
            title=TITLE,
            owner=self,
        )

    def _stepped(self, changes: Changes) -> None:
        """Show which step of the writing is under way."""
        if changes.jobs and not self.save.isEnabled():
            for view in self._app.jobs.views():
                if view.title == TITLE and view.state is JobState.RUNNING and view.note:
                    self.strip.say(view.note, lasting=True)

    def _written(self, target: Path, packed: Packed) -> None:
        self._ready()
        self.passphrase.clear()
        self.again.clear()
        self.strip.say(
            f"{people.plain(target.name)} is whole ({size_words(packed.size)}): accounts "
            f"{packed.accounts}, passwords {packed.passwords}, keys {packed.keys}. On the other "
            "computer: Bring mail from another computer… at the first start, or in the menu.",
            lasting=True,
        )

    def _failed(self, problem: MailError) -> None:
        self._ready()
        self.strip.problem(problem)

    def _ready(self) -> None:
        self.save.setEnabled(True)
        self.save.setText("Save the file…")
