"""The first page: name, address, password. Nothing else is asked."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from mailclient.account import Identity
from mailclient.gui import parts


class WhoPage(QWidget):
    """Shows and reads who the user is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLineEdit()
        self.address = QLineEdit()
        self.address.setPlaceholderText("ann@example.org")
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText("not needed where you sign in on a web page")
        form = QFormLayout(self)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(10)
        for name, field in (
            ("Your name", self.name), ("Address", self.address), ("Password", self.password)
        ):  # fmt: skip
            form.addRow(name, field)
            field.setAccessibleName(name)
        form.addRow(
            parts.label(
                "The password goes to your mail server alone, over an encrypted connection, and is "
                "kept where no other program reads it. It is not sent while the servers are looked "
                "for.",
                look="secondary",
                wrap=True,
            )
        )

    def identity(self) -> Identity:
        """Who the user is; raises BadInput."""
        return Identity(self.address.text(), self.name.text())
