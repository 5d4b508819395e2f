"""Changing the passphrase of the profile: the old one, and twice the new one."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.passphrase import SHORTEST
from mailclient.gui.strip import Strip


@dataclass(frozen=True, slots=True)
class Change:
    """From which passphrase to which."""

    old: str = field(repr=False)
    new: str = field(repr=False)


class NewPassphraseDialog(QDialog):
    """Emits `wanted` once the old one fits; the profile is closed for the rest."""

    wanted = Signal(object)

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change the passphrase")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(520, 340)
        self._app = app
        self._bridge = bridge
        self.old, self.new, self.again = QLineEdit(), QLineEdit(), QLineEdit()
        self.strip = Strip()
        self.change = QPushButton("Change it")
        self.change.setProperty("look", "primary")
        self.change.setDefault(True)
        self.change.clicked.connect(self._look)
        column = parts.headed(
            self,
            "Change the passphrase",
            "All of your mail is encrypted anew, with another key; a large mailbox takes some "
            "minutes. Backups that were made before still open with the passphrase of then.",
        )
        lines = (
            ("Passphrase now", self.old),
            ("New passphrase", self.new),
            ("Once more", self.again),
        )
        column.addLayout(parts.secrets(QFormLayout(), lines))
        column.addWidget(self.strip)
        column.addStretch(1)
        column.addLayout(parts.closing(self, "Cancel", self.change))

    def _look(self) -> None:
        """Look whether it can be done, before anything is closed for it."""
        change = Change(self.old.text(), self.new.text())
        if len(change.new) < SHORTEST:
            self.strip.say(
                f"The new passphrase is shorter than {SHORTEST} signs. Take several words."
            )
            return
        if change.new != self.again.text():
            self.strip.say("The two new passphrases are not the same. Type them again.")
            return
        self.strip.clear()
        self.change.setEnabled(False)
        self._bridge.run(
            "moving",
            lambda job: self._app.check_passphrase(change.old),
            lambda fits: self.wanted.emit(change),
            self._failed,
            owner=self,
        )

    def _failed(self, problem: MailError) -> None:
        self.change.setEnabled(True)
        self.strip.problem(problem)
        self.old.selectAll()
        self.old.setFocus()
