"""The field that a message is written in, plain or rich. It never loads anything from anywhere."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QMimeData, QUrl, Signal
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QImageWriter,
    QKeyEvent,
    QKeySequence,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from mailclient.gui.compose import rich_document
from mailclient.gui.reader.pictures import WIDEST, decode
from mailclient.message import rich
from mailclient.message.draft import AttachmentSource
from mailclient.message.html import sanitise

LARGEST_PICTURE = 16 * 1024 * 1024


class Editor(QTextEdit):
    """Shows the text of a draft and gives it back."""

    files_dropped = Signal(list)  # of Path
    edited = Signal()  # the text, and not what is only drawn with it
    recoloured = Signal()
    picture_for_file = Signal(object)  # AttachmentSource: pasted where there is no rich text

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rich = False
        self._is_edit, self._steps = False, 0
        self.document().contentsChange.connect(self._look_for_edit)
        self.document().undoCommandAdded.connect(self._note_edit)
        self.textChanged.connect(self._tell_of_edit)
        self._pictures: dict[str, AttachmentSource] = {}
        self._images: dict[str, QImage] = {}
        self.setAccessibleName("Message text")
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("look", "page")
        self.setAcceptRichText(False)
        self.setTabChangesFocus(False)

    def changeEvent(self, event: QEvent) -> None:
        """Tell of other colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.recoloured.emit()

    def _look_for_edit(self, at: int, removed: int, added: int) -> None:
        """What is only drawn anew counts as changed, too, but is nothing that can be undone."""
        steps = self.document().availableUndoSteps()
        self._is_edit |= removed != added or steps != self._steps
        self._steps = steps

    def _note_edit(self) -> None:
        self._is_edit = True

    def _tell_of_edit(self) -> None:
        if self._is_edit:
            self._is_edit = False
            self.edited.emit()

    # What is in it

    def show_plain(self, text: str) -> None:
        """Show plain text."""
        self.rich = False
        self.setPlainText(text)
        self._to_start()

    def show_rich(self, html: str, pictures: Sequence[AttachmentSource]) -> None:
        """Show rich text with its pictures."""
        self.rich = True
        self.clear()
        for one in pictures:
            self._keep(one)
        rich_document.put(self.textCursor(), rich.from_html(html), self._images)
        self.document().clearUndoRedoStacks()
        self._to_start()

    def html(self) -> str:
        """The text as HTML of our own."""
        return rich.to_html(rich_document.take(self.document()))

    def plain(self) -> str:
        """The text as plain text, whatever it is now."""
        return rich.to_plain(rich_document.take(self.document())) if self.rich else self.text

    @property
    def text(self) -> str:
        """The letters, with spaces as they are typed."""
        return self.toPlainText().replace("\u00a0", " ")

    @property
    def pictures(self) -> tuple[AttachmentSource, ...]:
        """The pictures that the text shows."""
        shown = rich.pictures_in(rich_document.take(self.document())) if self.rich else ()
        return tuple(one for id, one in self._pictures.items() if id in shown)

    @property
    def is_formatted(self) -> bool:
        """Whether there is more to it than letters: making it plain would lose that."""
        return any(
            line.list is not rich.ListKind.NONE
            or any(one.bold or one.italic or one.underline or one.picture for one in line.runs)
            for line in rich_document.take(self.document())
        )

    def _to_start(self) -> None:
        self.moveCursor(QTextCursor.MoveOperation.Start)

    # Pictures

    def insert_picture(self, source: AttachmentSource) -> bool:
        """Put a picture where the cursor is; False if it is none that can be shown."""
        id = f"{secrets.token_hex(8)}@picture"
        kept = AttachmentSource(source.name, source.content_type, source.data, content_id=id)
        if not self.rich or not self._keep(kept):
            return False
        run = rich.Run(source.name or "picture", picture=id)
        rich_document.put_run(self.textCursor(), run, self._images)
        return True

    def _keep(self, source: AttachmentSource) -> bool:
        if source.size > LARGEST_PICTURE or not source.content_type.startswith("image/"):
            return False
        image = decode(b"".join(source.chunks()), WIDEST)
        if image is None:
            return False
        self._pictures[source.content_id] = source
        self._images[source.content_id] = image
        return True

    def loadResource(self, type: int, name: QUrl | str) -> object:
        """Nothing from outside of the document."""
        if isinstance(name, QUrl) and name.scheme() == "cid":
            return super().loadResource(type, name)
        return None

    # Pasting

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text, files and pictures."""
        return source.hasText() or source.hasUrls() or source.hasImage() or source.hasHtml()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Files are attached, a picture is shown (or attached), foreign HTML becomes ours."""
        files = [Path(one.toLocalFile()) for one in source.urls() if one.isLocalFile()]
        if files:
            self.files_dropped.emit(files)
        elif source.hasImage() and not source.hasText():
            picture = _as_png(source.imageData())
            if picture is not None and not self.insert_picture(picture):
                self.picture_for_file.emit(picture)
        elif self.rich and source.hasHtml():
            lines = rich.from_html(sanitise(source.html()).html)
            rich_document.put(self.textCursor(), _without_pictures(lines), {})
        else:
            self.textCursor().insertText(source.text(), QTextCharFormat())

    def paste_plain(self) -> None:
        """The letters of what was copied, and nothing of its look."""
        self.textCursor().insertText(QGuiApplication.clipboard().text(), QTextCharFormat())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return leaves a list, or a quote, in an empty line or at the end of it."""
        is_return = event.matches(QKeySequence.StandardKey.InsertParagraphSeparator)
        if not (is_return and self.rich and self._leave()):
            super().keyPressEvent(event)

    def _leave(self) -> bool:
        cursor = self.textCursor()
        block = cursor.block()
        inside = cursor.currentList()
        if inside is not None and block.length() <= 1:
            inside.remove(block)
            cursor.setBlockFormat(rich_document.quoted(rich_document.depth_of(block)))
            return True
        if rich_document.depth_of(block) and cursor.atBlockEnd() and inside is None:
            cursor.insertBlock(rich_document.quoted(0), QTextCharFormat())
            self.setTextCursor(cursor)
            return True
        return False

    # Looks

    def toggle_bold(self) -> None:
        """Bold, or no longer."""
        look = QTextCharFormat()
        is_bold = self.fontWeight() >= QFont.Weight.DemiBold
        look.setFontWeight(QFont.Weight.Normal if is_bold else QFont.Weight.Bold)
        self.mergeCurrentCharFormat(look)

    def toggle_italic(self) -> None:
        """Italic, or no longer."""
        self.setFontItalic(not self.fontItalic())

    def toggle_underline(self) -> None:
        """Underlined, or no longer."""
        self.setFontUnderline(not self.fontUnderline())

    def toggle_list(self, kind: rich.ListKind) -> None:
        """The marked lines as a list, or as lines again."""
        cursor = self.textCursor()
        here = rich_document.take_kind(cursor.block())
        cursor.beginEditBlock()
        if here is kind:
            for block in rich_document.blocks(cursor):
                if (inside := block.textList()) is not None:
                    inside.remove(block)
                    QTextCursor(block).setBlockFormat(QTextBlockFormat())
        else:
            cursor.createList(rich_document.list_look(kind))
        cursor.endEditBlock()

    def toggle_quote(self) -> None:
        """The marked lines as a quote, or as one's own again."""
        cursor = self.textCursor()
        depth = 0 if rich_document.depth_of(cursor.block()) else 1
        cursor.beginEditBlock()
        for block in rich_document.blocks(cursor):
            QTextCursor(block).setBlockFormat(rich_document.quoted(depth))
        cursor.endEditBlock()

    def set_link(self, address: str) -> None:
        """Put a link behind the marked text, or the address itself; "" takes it away."""
        cursor = self.textCursor()
        words = cursor.selectedText() or address
        cursor.insertText(words, rich_document.char_look(rich.Run(words, link=address)))
        self.setCurrentCharFormat(QTextCharFormat())


def _without_pictures(lines: Sequence[rich.Line]) -> list[rich.Line]:
    """Pictures of another message are not there; their words are."""
    return [
        rich.Line(
            tuple(rich.Run(f"[{one.text}]") if one.picture else one for one in line.runs),
            line.quote,
            line.list,
        )
        for line in lines
    ]


def _as_png(image: object) -> AttachmentSource | None:
    """A picture from the clipboard as a file."""
    if not isinstance(image, QImage) or image.isNull():
        return None
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return AttachmentSource("picture.png", "image/png", bytes(data.data()))
