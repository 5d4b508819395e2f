"""Asks for the name of a new folder, and whose it is to be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account
from mailclient.errors import MailError
from mailclient.gui.strip import Strip


class NewFolderDialog(QDialog):
    """Emits `wanted` with the account's id and the name; stays until the folder is there."""

    wanted = Signal(int, str)

    def __init__(
        self, accounts: Sequence[Account], chosen: int, parent: QWidget | None = None
    ) -> None:
        """`chosen` is the account to begin with, by its id."""
        super().__init__(parent)
        self.setWindowTitle("New folder")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(420, 180)
        self.name = QLineEdit()
        self.account = QComboBox()
        for one in accounts:
            self.account.addItem(one.address, one.id)
        self.account.setCurrentIndex(max(0, self.account.findData(chosen)))
        self.strip = Strip()
        self.make = QPushButton("Make the folder")
        self.make.setProperty("look", "primary")
        self.make.setDefault(True)
        self.make.clicked.connect(
            lambda: self.wanted.emit(int(self.account.currentData()), self.name.text())
        )
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (cancel, self.make):
            buttons.addWidget(button)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        for words, field in (("Name", self.name), ("In", self.account)):
            form.addRow(words, field)
            field.setAccessibleName(words)
        form.setRowVisible(self.account, len(accounts) > 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.strip)
        column.addStretch(1)
        column.addLayout(buttons)

    def refuse(self, problem: MailError) -> None:
        """Say why there is no such folder now."""
        self.strip.problem(problem)
        self.name.selectAll()
        self.name.setFocus()
