"""Fields for files of certificates: those that servers are trusted by besides, and one's own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from mailclient.transport.tls import context


class FileField(QWidget):
    """Names a file, typed or chosen; looks into one that was changed."""

    edited = Signal()

    def __init__(self, *, own: bool) -> None:
        """`own` is for the user's own certificate with its key, else for what is trusted."""
        super().__init__()
        self._own = own
        self._before = ""
        self.name = QLineEdit()
        self.name.setPlaceholderText(
            "a PEM file, if the server asks for one; else empty"
            if own
            else "a PEM file, for a firm's own servers; else empty"
        )
        self.name.setToolTip(
            "Your own certificate and its private key, for this account's two servers if they ask "
            "for one."
            if own
            else "Certificates of this file are trusted for this account's two servers, besides "
            "those of the system."
        )
        self.name.textEdited.connect(lambda text: self.edited.emit())
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.setAccessibleName(
            "Choose the file of your own certificate" if own else "Choose a file of certificates"
        )
        self.choose.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.name, 1)
        row.addWidget(self.choose)
        self.setFocusProxy(self.name)

    def setAccessibleName(self, name: str) -> None:
        """Name the field itself."""
        super().setAccessibleName(name)
        self.name.setAccessibleName(name)

    def show_file(self, name: str) -> None:
        """Show which file it is; "" for none."""
        self._before = name
        self.name.setText(name)

    def changed(self) -> str | None:
        """The file that is named now, None if it is the one of before; raises BadInput for one
        that does not hold what it should."""
        text = self.name.text().strip()
        if text == self._before:
            return None
        name = str(Path(text).expanduser().absolute()) if text else ""
        if name and self._own:
            context("", name)
        elif name:
            context(name)
        return name

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Your own certificate" if self._own else "Extra certificates")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["Certificates (*.pem *.crt *.cer)", "All files (*)"])
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, name: str) -> None:
        self.name.setText(name)
        self.edited.emit()
