"""Asks for whom a new key is to be made, and whether a passphrase guards it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QWidget,
)

from mailclient.gui import parts
from mailclient.gui.strip import Kind, Strip


class NewKeyDialog(QDialog):
    """Emits `wanted` with address, name and passphrase ("" for none)."""

    wanted = Signal(str, str, str)

    def __init__(self, addresses: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New key")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(440)
        self.address = QComboBox()
        self.address.setEditable(True)
        self.address.addItems(list(addresses))
        self.name = QLineEdit()
        self.passphrase = QLineEdit()
        self.again = QLineEdit()
        for field in (self.passphrase, self.again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        self.strip = Strip()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.setContentsMargins(20, 20, 20, 16)
        for name, widget in (
            ("Address", self.address),
            ("Name", self.name),
            ("Passphrase", self.passphrase),
            ("Once more", self.again),
        ):
            form.addRow(name, widget)
            widget.setAccessibleName(name)
        form.addRow(
            parts.label(
                "Without a passphrase the key works without any question; it is then guarded by "
                "your log-in to this computer alone.",
                look="secondary",
                wrap=True,
            )
        )
        form.addRow(self.strip)
        form.addRow(buttons)

    def _take(self) -> None:
        if self.passphrase.text() != self.again.text():
            self.strip.say("The two passphrases differ.", Kind.CAUTION)
            return
        if "@" not in self.address.currentText():
            self.strip.say("The address is missing.", Kind.CAUTION)
            return
        self.wanted.emit(
            self.address.currentText().strip(), self.name.text(), self.passphrase.text()
        )
        self.accept()
