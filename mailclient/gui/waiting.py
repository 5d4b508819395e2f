"""The window of a profile that is not open yet: what is waited for, and the ways out."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from mailclient.errors import MailError
from mailclient.gui import parts

LOOK_MS = 200
KEYRING = "Waiting for your computer's password store…"
KEYRING_MORE = (
    "It keeps the key of your mail. It may be asking for its own password in another window; else "
    "it is busy, or does not answer."
)
STORE = "Opening your mail…"
STORE_MORE = (
    "After a crash, or with a new version of the program, all of it is looked through once. That "
    "can take a while."
)


class WaitingWindow(QDialog):
    """Says what the start waits for; never in the way of what is waited for."""

    passphrase_wanted = Signal()
    again_wanted = Signal()
    quit_wanted = Signal()

    def __init__(
        self,
        asking: Callable[[], bool],
        *,
        may_choose: bool,
        parent: QWidget | None = None,
    ) -> None:
        """`asking` tells whether it is the keyring that is waited for; `may_choose` whether a
        passphrase can take its place, which it can for a profile that is not there yet."""
        super().__init__(parent)
        self.setWindowTitle("Mail")
        self.setMinimumWidth(480)
        self._asking = asking
        self._may_choose = may_choose
        self.title = parts.label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self.text = parts.label(look="secondary", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Waiting")
        self.passphrase = _button("Use a passphrase instead…", self.passphrase_wanted.emit)
        self.again = _button("Try again", self.again_wanted.emit)
        self.again.setProperty("look", "primary")
        self.quit = _button("Quit", self.quit_wanted.emit)
        buttons = QHBoxLayout()
        buttons.addWidget(self.quit)
        buttons.addStretch(1)
        buttons.addWidget(self.passphrase)
        buttons.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        for widget in (self.title, self.text, self.bar):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(buttons)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    def wait(self) -> None:
        """Say what is waited for, as long as it is."""
        self.again.hide()
        self.bar.show()
        self.quit.show()
        self.quit.setEnabled(True)
        self._look()
        self._timer.start()
        self.show()

    def fail(self, problem: MailError) -> None:
        """Say what came of it, and what can be done."""
        self._timer.stop()
        self.bar.hide()
        self.again.show()
        self.again.setDefault(True)
        self.passphrase.setVisible(self._may_choose)
        self.quit.setEnabled(True)
        self._say(problem.text, problem.advice)
        self.show()
        self.again.setFocus()

    def progress(self, title: str, step: str) -> None:
        """Say which step of something is under way that comes to its end by itself."""
        self._timer.stop()
        self.bar.show()
        for button in (self.passphrase, self.again, self.quit):
            button.hide()
        self.quit.setEnabled(False)
        self._say(title, step)
        self.show()

    def leave(self) -> None:
        """The user has had enough; what cannot be stopped comes to its end."""
        for button in (self.passphrase, self.again, self.quit):
            button.setEnabled(False)

    def _look(self) -> None:
        keyring = self._asking()
        self.passphrase.setVisible(keyring and self._may_choose)
        self._say(*((KEYRING, KEYRING_MORE) if keyring else (STORE, STORE_MORE)))

    def _say(self, title: str, text: str) -> None:
        self.title.setText(title)
        self.text.setText(text)
        self.setAccessibleName(title)

    def reject(self) -> None:
        """Escape, and the window's own button: as Quit."""
        if self.quit.isEnabled():
            self.quit_wanted.emit()


def _button(words: str, act: Callable[[], object]) -> QPushButton:
    button = QPushButton(words)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: act())
    return button
