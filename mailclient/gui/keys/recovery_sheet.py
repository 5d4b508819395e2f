"""The recovery sheet of a key that was copied: printed or written down before it is closed."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, Signal
from PySide6.QtGui import QFontDatabase, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.gui import parts

PRINTED_POINTS = 10


class RecoverySheet(QDialog):
    """Shows the text of a sheet; `pdf_wanted` brings a file name and the bytes of the PDF."""

    pdf_wanted = Signal(str, bytes)

    def __init__(self, text: str, file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Recovery sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(700, 620)
        self._text = text
        self.shown = QPlainTextEdit(text)
        self.shown.setReadOnly(True)
        self.shown.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.shown.setAccessibleName("Recovery sheet")
        self.save = QPushButton("Save as PDF…")
        self.save.setAutoDefault(False)
        self.save.clicked.connect(self._choose)
        self.done_button = QPushButton("I have the code")
        self.done_button.setProperty("look", "primary")
        self.done_button.setDefault(True)
        self.done_button.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.save)
        buttons.addWidget(self.done_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(10)
        column.addWidget(
            parts.label(
                f"The copy lies in {file}. Only this code opens it, and the code is kept nowhere: "
                "print this sheet or write the code down now.",
                wrap=True,
            )
        )
        column.addWidget(self.shown, 1)
        column.addLayout(buttons)

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Save the recovery sheet")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile("recovery-sheet.pdf")
        dialog.fileSelected.connect(lambda name: self.pdf_wanted.emit(name, self.pdf()))
        dialog.open()

    def pdf(self) -> bytes:
        """The sheet as a PDF of one page."""
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(buffer)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setTitle("Recovery sheet")
        document = QTextDocument()
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSize(PRINTED_POINTS)
        document.setDefaultFont(font)
        document.setPlainText(self._text)
        document.print_(writer)
        buffer.close()
        return bytes(data.data())
