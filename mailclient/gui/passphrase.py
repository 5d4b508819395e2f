"""Asks for the passphrase of a profile that is locked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from mailclient.app import App
from mailclient.errors import MailError, StoreLocked
from mailclient.gui import parts
from mailclient.gui.strip import Strip


class PassphraseDialog(QDialog):
    """A field and a reason; stays until the passphrase fits or it is given up."""

    def __init__(
        self, problem: StoreLocked, unlock: Callable[[str], App], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unlock your mail")
        self.setMinimumWidth(420)
        self.app: App | None = None
        self._unlock = unlock
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName("Passphrase")
        self.strip = Strip()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self._try)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(parts.label("Unlock your mail", factor=1.2, weight=QFont.Weight.DemiBold))
        layout.addWidget(parts.label(problem.text, look="secondary", wrap=True))
        layout.addWidget(self.field)
        layout.addWidget(self.strip)
        layout.addWidget(buttons)

    @classmethod
    def ask(cls, problem: StoreLocked, unlock: Callable[[str], App]) -> App | None:
        """The opened program; None where it was given up."""
        dialog = cls(problem, unlock)
        dialog.exec()
        return dialog.app

    def _try(self) -> None:
        words = self.field.text()
        if not words:
            return
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            self.app = self._unlock(words)
        except MailError as wrong:
            self.strip.problem(wrong)
            self.field.selectAll()
        else:
            self.accept()
        finally:
            QGuiApplication.restoreOverrideCursor()
