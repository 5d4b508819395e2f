"""A message on paper or as a PDF file: its head, what its seal says, its text; black on white.

Nothing is loaded: pictures that came inside the message are shown, all others are not there. It is
laid out on a lane; only the question which printer is asked in the window.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMarginsF, QObject, QSaveFile, QUrl
from PySide6.QtGui import (
    QFont,
    QImage,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from mailclient.errors import BadInput, MailError
from mailclient.gui import dates, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.notify import Notify
from mailclient.message.address import Address

if TYPE_CHECKING:
    from mailclient.gui.reader.reader import Reader
    from mailclient.services.read import MessageView

MARGIN = 15.0  # millimetres
POINTS = 10
Pictures = Mapping[str, QImage]


class Paper(QTextDocument):
    """A document that answers for nothing but pictures of its own."""

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self._pictures = pictures
        self.setDefaultFont(QFont("sans-serif", POINTS))
        self.setDefaultStyleSheet("body, td, th, p, pre { color: black; background: white; }")

    def loadResource(self, type: int, name: QUrl | str) -> object:
        """A picture that came inside the message, or nothing: never from network or disk."""
        url = QUrl(name)
        if type == QTextDocument.ResourceType.ImageResource.value and url.scheme() == "cid":
            picture = self._pictures.get(url.path())
            if picture is not None:
                return picture
        if type == QTextDocument.ResourceType.ImageResource.value:
            empty = QImage(1, 1, QImage.Format.Format_ARGB32)
            empty.fill(0)
            return empty
        return QByteArray()


def page_of(view: MessageView, *, formatted: bool) -> str:
    """The HTML of a message on paper."""
    head = view.envelope
    rows = [
        ("From", _people(head.from_)),
        ("To", _people(head.to)),
        ("Cc", _people(head.cc)),
        ("Date", dates.full(head.date) if head.date else ""),
        ("Security", view.verdict.summary),
        ("Files", ", ".join(people.plain(one.name) for one in view.body.attachments)),
    ]
    told = "".join(
        f"<tr><td><b>{name}</b>&nbsp;&nbsp;</td><td>{escape(words)}</td></tr>"
        for name, words in rows
        if words
    )
    html = view.body.html if formatted and not view.encrypted else None
    lines = escape(view.body.text)
    text = html or f'<p style="white-space: pre-wrap;">{lines}</p>'
    subject = escape(people.plain(head.subject) or "No subject")
    return f"<body><h2>{subject}</h2><table>{told}</table><hr/>{text}</body>"


def _people(some: tuple[Address, ...]) -> str:
    return ", ".join(people.full(one) for one in some)


def lay_out(page: str, pictures: Pictures, device: QPagedPaintDevice) -> None:
    """Put a page into a device, on as many sheets as it takes."""
    paper = Paper(pictures)
    paper.setHtml(page)
    paper.print_(device)


def write_pdf(page: str, pictures: Pictures, title: str, path: Path) -> Path:
    """Write a page as a PDF file, whole or not at all; raises BadInput."""
    file = QSaveFile(str(path))
    if not file.open(QSaveFile.OpenModeFlag.WriteOnly):
        raise BadInput(f"{path} cannot be written: {file.errorString()}.", "Choose another place.")
    writer = QPdfWriter(file)
    writer.setTitle(title)
    writer.setCreator("mailclient")
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(MARGIN, MARGIN, MARGIN, MARGIN), QPageLayout.Unit.Millimeter)
    lay_out(page, pictures, writer)
    if not file.commit():
        raise BadInput(f"{path} cannot be written: {file.errorString()}.", "Choose another place.")
    return path


class Printing(QObject):
    """Prints what one reader shows."""

    def __init__(self, reader: Reader, bridge: Bridge, notify: Notify, window: QWidget) -> None:
        super().__init__(window)
        self._reader = reader
        self._bridge = bridge
        self._notify = notify
        self._window = window

    def ask_pdf(self) -> None:
        """Ask where, and write the message as a PDF file."""
        view = self._reader.view
        if view is None:
            return
        dialog = QFileDialog(self._window, "Save as PDF")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(f"{people.file_name(view.envelope.subject or 'message')}.pdf")
        dialog.fileSelected.connect(lambda name: self.save_pdf(Path(name)))
        dialog.open()

    def save_pdf(self, path: Path) -> None:
        """Write the message as a PDF file."""
        view = self._reader.view
        if view is None:
            return
        page = page_of(view, formatted=self._reader.shows_html)
        pictures, title = dict(self._reader.pictures), people.plain(view.envelope.subject)
        self._bridge.run(
            "work",
            lambda job: write_pdf(page, pictures, title, path),
            lambda saved: self._notify.note(f"Saved as {saved}"),
            title="Saving as PDF",
            owner=self,
        )

    def ask_printer(self) -> None:
        """Ask which printer, and print the message."""
        if self._reader.view is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self._window)
        dialog.setWindowTitle("Print")
        dialog.accepted.connect(lambda: self.print_on(printer))
        QDialog.open(dialog)

    def print_on(self, printer: QPrinter) -> None:
        """Print the message."""
        view = self._reader.view
        if view is None:
            return
        page = page_of(view, formatted=self._reader.shows_html)
        pictures = dict(self._reader.pictures)
        self._bridge.run(
            "print",
            lambda job: lay_out(page, pictures, printer),
            lambda done: self._notify.note("The message was handed to the printer."),
            self._failed,
            title="Printing",
            owner=self,
        )

    def _failed(self, problem: MailError) -> None:
        self._notify.problem(problem)
