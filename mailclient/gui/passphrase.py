"""Asks for the passphrase of a profile that is locked, or for one that it is to have."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.errors import MailError
from mailclient.gui import parts
from mailclient.gui.strip import Strip

SHORTEST = 8  # signs of a new one: whoever has the file of the mail can try at leisure


class PassphraseDialog(QDialog):
    """A field and a reason; stays until the passphrase fits or it is given up.

    With `new` the passphrase is typed twice, and becomes that of a profile. Emits `typed`; whoever
    tries it calls `wrong`, or closes it.
    """

    typed = Signal(str)

    def __init__(self, why: str, *, new: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = "Choose a passphrase for your mail" if new else "Unlock your mail"
        self.setWindowTitle(title)
        self.setMinimumSize(500, 330 if new else 240)  # with room for what is said
        self._new = new
        self.field = _secret("Passphrase")
        self.again = _secret("Once more")
        self.strip = Strip()
        buttons = QDialogButtonBox()
        self.unlock = QPushButton("Use it" if new else "Unlock")
        self.unlock.setProperty("look", "primary")
        self.unlock.setDefault(True)
        buttons.addButton(self.unlock, QDialogButtonBox.ButtonRole.AcceptRole)
        self.quit = buttons.addButton("Quit", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._try)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow("Passphrase", self.field)
        if new:
            form.addRow("Once more", self.again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(parts.label(title, factor=1.2, weight=QFont.Weight.DemiBold))
        layout.addWidget(parts.label(why, look="secondary", wrap=True))
        layout.addLayout(form)
        layout.addWidget(self.strip)
        layout.addStretch(1)
        layout.addWidget(buttons)

    def wrong(self, problem: MailError) -> None:
        """Say why it was not taken, and ask again."""
        self._rest(False)
        self.strip.problem(problem)
        self.field.selectAll()
        self.field.setFocus()

    def _try(self) -> None:
        words = self.field.text()
        if not words:
            return
        if self._new and len(words) < SHORTEST:
            self.strip.say(
                f"The passphrase is shorter than {SHORTEST} signs. Take several words: whoever has "
                "your files can try at leisure."
            )
            return
        if self._new and words != self.again.text():
            self.strip.say("The two passphrases are not the same. Type them again.")
            self.again.setFocus()
            return
        self.strip.clear()
        self._rest(True)
        self.typed.emit(words)

    def _rest(self, resting: bool) -> None:
        """Take nothing more while a passphrase is tried."""
        for widget in (self.field, self.again, self.unlock, self.quit):
            widget.setEnabled(not resting)
        usual = "Use it" if self._new else "Unlock"
        self.unlock.setText("Opening…" if resting else usual)

    def reject(self) -> None:
        """Give up; not in the middle of a try, which comes to its end by itself."""
        if self.quit.isEnabled():
            super().reject()


def _secret(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setAccessibleName(name)
    return field
