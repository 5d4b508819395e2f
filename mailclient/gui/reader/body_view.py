"""The message's text: sanitised, and without any way to the network or to the disk.

The only resources are pictures that came inside the message itself (cid:), or were fetched for it
because its reader said so, decoded beforehand. Everything else that a text asks for is answered
with an empty picture. Links are not followed: they are told, and the window decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QEvent, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from mailclient.gui import theme
from mailclient.gui.reader.blocked import without_missing
from mailclient.gui.reader.segments import beginning, from_first_line, in_lines, segments

LINE_HEIGHT = 130.0
MARGIN = 16.0


class BodyView(QTextBrowser):
    """Shows one text."""

    link_activated = Signal(str, str)  # its words, its target
    link_hovered = Signal(str)  # its target; "" when left
    shortened = Signal(bool)  # the text was too long and only its beginning is shown

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: Mapping[str, QImage] = {}
        self._text = ""
        self._html = ""
        self._zoom = 0
        self.setAccessibleName("Message text")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(False)
        self.anchorClicked.connect(self._clicked)
        self.highlighted.connect(lambda url: self.link_hovered.emit(url.toString()))

    # What is shown

    def show_text(self, text: str, *, whole: bool = False) -> None:
        """Show plain text; of a very long one the beginning, unless the `whole` is asked for."""
        text = from_first_line(text)
        self._text, self._html, self._pictures = text, "", {}
        shown = text if whole else beginning(text)
        self._fill_text(shown)
        self.shortened.emit(len(shown) < len(text))

    def show_html(self, html: str, pictures: Mapping[str, QImage]) -> None:
        """Show sanitised HTML with the pictures that came with it, by Content-ID."""
        self._text, self._html, self._pictures = "", html, pictures
        self._fill_html(html)
        self.shortened.emit(False)

    def show_whole(self) -> None:
        """Show all of a text that was cut."""
        self.show_text(self._text, whole=True)

    def empty(self) -> None:
        """Show nothing."""
        self.show_text("")

    def zoom(self, step: int) -> None:
        """Make the text larger or smaller; 0 brings back the usual size."""
        self._zoom = 0 if step == 0 else max(-5, min(12, self._zoom + step))
        around = self.parentWidget()
        font = QFont(around.font() if around is not None else self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(max(6.0, font.pointSizeF() + self._zoom))
        self.document().setDefaultFont(font)
        self.setFont(font)

    # How it is filled

    def _fill_text(self, text: str) -> None:
        colors = theme.of(self.palette())
        document = self._fresh()
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for one in segments(in_lines(text)):
            shape = QTextCharFormat()
            if one.depth or one.signature:
                shape.setForeground(colors.color("secondary"))
            if one.target:
                shape.setAnchor(True)
                shape.setAnchorHref(one.target)
                shape.setForeground(colors.color("accent"))
            cursor.insertText(one.text, shape)
        cursor.endEditBlock()
        self._space(document)
        self.setDocument(document)

    def _fill_html(self, html: str) -> None:
        colors = theme.of(self.palette())
        document = self._fresh()
        document.setDefaultStyleSheet(
            f"a {{ color: {colors.accent}; text-decoration: none; }}"
            f"blockquote {{ color: {colors.secondary}; margin: 4px 0 4px 12px; }}"
            f"table, td, th {{ border-color: {colors.line}; }}"
        )
        document.setHtml(without_missing(html, self._pictures, colors.secondary))
        self._space(document)
        self.setDocument(document)

    def _fresh(self) -> QTextDocument:
        document = QTextDocument(self)
        document.setUndoRedoEnabled(False)
        document.setDefaultFont(self.font())
        document.setDocumentMargin(MARGIN)
        return document

    def _space(self, document: QTextDocument) -> None:
        """Give the lines room."""
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        block = QTextBlockFormat()
        block.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(block)

    # What Qt asks

    def loadResource(self, type: int, name: QUrl | str) -> object:
        """Answer from the message itself, or with nothing: never from network or disk."""
        url = QUrl(name)
        if type == QTextDocument.ResourceType.ImageResource.value:
            picture = self._pictures.get(url.path()) if url.scheme() == "cid" else None
            return picture if picture is not None else _nothing()
        return QByteArray()

    def doSetSource(
        self,
        name: QUrl | str,
        type: QTextDocument.ResourceType = QTextDocument.ResourceType.UnknownResource,
    ) -> None:
        """Go nowhere: a message is no browser."""

    def changeEvent(self, event: QEvent) -> None:
        """Draw anew in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and (self._text or self._html):
            if self._html:
                self._fill_html(self._html)
            else:
                self._fill_text(beginning(self._text))

    def _clicked(self, url: QUrl) -> None:
        """Tell the link and the words that it was shown with."""
        target = url.toString()
        self.link_activated.emit(self._words_of(target), target)

    def _words_of(self, target: str) -> str:
        """The text of the first link to `target`."""
        block = self.document().begin()
        while block.isValid():
            fragments = block.begin()
            while not fragments.atEnd():
                fragment = fragments.fragment()
                if (
                    fragment.isValid()
                    and QUrl(fragment.charFormat().anchorHref()).toString() == target
                ):
                    return fragment.text()
                fragments += 1
            block = block.next()
        return ""


def _nothing() -> QImage:
    """A picture of one clear pixel. (With no picture at all Qt would look for a file.)"""
    image = QImage(1, 1, QImage.Format.Format_ARGB32)
    image.fill(QColor(Qt.GlobalColor.transparent))
    return image
