"""Asks for the passphrase of a key: the present one, and a new one where it is to be changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from mailclient.gui import parts
from mailclient.gui.strip import Kind, Strip


class KeyPassphraseDialog(QDialog):
    """Emits `given` with the present and the new passphrase ("" for none)."""

    given = Signal(str, str)

    def __init__(self, title: str, text: str, *, change: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        self.present, self.new, self.again = QLineEdit(), QLineEdit(), QLineEdit()
        self.strip = Strip()
        form = QFormLayout(self)
        form.setContentsMargins(20, 20, 20, 16)
        form.addRow(parts.label(text, wrap=True))
        fields = [("Present passphrase", self.present)]
        fields += [("New passphrase", self.new), ("Once more", self.again)] if change else []
        for name, field in fields:
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setAccessibleName(name)
            form.addRow(name, field)
        form.addRow(self.strip)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def _take(self) -> None:
        if self.new.text() != self.again.text():
            self.strip.say("The two new passphrases differ.", Kind.CAUTION)
            return
        self.given.emit(self.present.text(), self.new.text())
        self.accept()
