"""The recovery sheet of a key that was copied: printed or written down before it is closed."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QPageSize, QPdfWriter, QTextDocument
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


class CodeDialog(QDialog):
    """Shows the code of a letter that hands a key on, until it was typed in the other program."""

    def __init__(self, code: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Code for your other program")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        groups = code.split("-")
        rows = ["-".join(groups[at : at + 3]) for at in range(0, len(groups), 3)]
        self.code = parts.label("-\n".join(rows), factor=1.4, weight=QFont.Weight.DemiBold)
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        close = QPushButton("I have typed it")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(
            parts.label(
                "The letter is on its way. Open it in your other program and type this code there. "
                "It is kept nowhere; close this only when the key has arrived.",
                wrap=True,
            )
        )
        column.addWidget(self.code)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
