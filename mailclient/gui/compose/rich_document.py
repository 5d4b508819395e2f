"""Rich text as lines of ours, into a document of Qt and back. No HTML passes between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QFont,
    QGuiApplication,
    QImage,
    QPalette,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextImageFormat,
    QTextList,
    QTextListFormat,
)

from mailclient.gui import theme
from mailclient.message.rich import Line, ListKind, Run
from mailclient.message.words import clean

QUOTE = int(QTextFormat.Property.UserProperty) + 1  # how deep a block is quoted
INDENT = 18
WIDEST = 480
_STYLES = {
    ListKind.BULLETS: QTextListFormat.Style.ListDisc,
    ListKind.NUMBERS: QTextListFormat.Style.ListDecimal,
}


def quoted(depth: int) -> QTextBlockFormat:
    """The look of a block that is quoted so deep."""
    look = QTextBlockFormat()
    look.setProperty(QUOTE, depth)
    look.setLeftMargin(INDENT * depth)
    return look


def depth_of(block: QTextBlock) -> int:
    """How deep a block is quoted."""
    found = block.blockFormat().property(QUOTE)
    return found if isinstance(found, int) else 0


def put(cursor: QTextCursor, lines: Sequence[Line], pictures: Mapping[str, QImage]) -> None:
    """Write lines where the cursor is; the first goes on in the block that is there."""
    cursor.beginEditBlock()
    inside: QTextList | None = None
    last = Line()
    for at, line in enumerate(lines):
        if at:
            cursor.insertBlock(quoted(line.quote), QTextCharFormat())
        elif cursor.block().length() <= 1:
            cursor.setBlockFormat(quoted(line.quote))
        if line.list is ListKind.NONE:
            inside = None
        elif inside is not None and (line.list, line.quote) == (last.list, last.quote):
            inside.add(cursor.block())
        else:
            inside = cursor.createList(list_look(line.list, line.quote))
        for run in line.runs:
            put_run(cursor, run, pictures, quoted=bool(line.quote))
        last = line
    cursor.endEditBlock()


def list_look(kind: ListKind, depth: int = 0) -> QTextListFormat:
    """The look of a list."""
    look = QTextListFormat()
    look.setStyle(_STYLES[kind])
    look.setIndent(1 + depth // 2)
    return look


def put_run(
    cursor: QTextCursor, run: Run, pictures: Mapping[str, QImage], *, quoted: bool = False
) -> None:
    """Write text of one look, or a picture."""
    look = char_look(run)
    if quoted and not run.link:
        look.setForeground(theme.of(QGuiApplication.palette()).color("secondary"))
    picture = pictures.get(run.picture) if run.picture else None
    if picture is None:
        cursor.insertText(f"[{run.text}]" if run.picture else run.text, look)
        return
    document = cursor.document()
    address = f"cid:{run.picture}"
    document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(address), picture)
    shown = QTextImageFormat()
    shown.setName(address)
    shown.setWidth(min(WIDEST, max(1, picture.width())))
    shown.setProperty(int(QTextFormat.Property.ImageAltText), run.text)
    if run.link:
        shown.setAnchor(True)
        shown.setAnchorHref(run.link)
    cursor.insertImage(shown)
    cursor.setCharFormat(QTextCharFormat())


def char_look(run: Run) -> QTextCharFormat:
    """The look of a run."""
    look = QTextCharFormat()
    if run.bold:
        look.setFontWeight(QFont.Weight.Bold)
    look.setFontItalic(run.italic)
    look.setFontUnderline(run.underline or bool(run.link))
    if run.link:
        look.setAnchor(True)
        look.setAnchorHref(run.link)
        look.setForeground(QGuiApplication.palette().color(QPalette.ColorRole.Link))
    return look


def blocks(cursor: QTextCursor) -> list[QTextBlock]:
    """The blocks that are marked, or the one that the cursor is in."""
    document = cursor.document()
    block, end = document.findBlock(cursor.selectionStart()), cursor.selectionEnd()
    found = []
    while block.isValid() and block.position() <= end:
        found.append(block)
        block = block.next()
    return found


def take(document: QTextDocument) -> tuple[Line, ...]:
    """The lines of a document."""
    lines: list[Line] = []
    block = document.begin()
    while block.isValid():
        lines += _lines(block)
        block = block.next()
    return tuple(lines)


def _lines(block: QTextBlock) -> list[Line]:
    """A block; a line end inside it makes it several."""
    kind, depth = take_kind(block), depth_of(block)
    rows: list[list[Run]] = [[]]
    fragments = block.begin()
    while not fragments.atEnd():
        fragment = fragments.fragment()
        look = fragment.charFormat()
        for at, text in enumerate(fragment.text().split("\u2028")):
            if at:
                rows.append([])
            if text:
                rows[-1] += _runs(text, look)
        fragments += 1
    return [Line(_joined(row), depth, kind) for row in rows]


def take_kind(block: QTextBlock) -> ListKind:
    """What a block is in a list."""
    inside = block.textList()
    if inside is None:
        return ListKind.NONE
    style = inside.format().style()
    return ListKind.NUMBERS if style == _STYLES[ListKind.NUMBERS] else ListKind.BULLETS


def _runs(text: str, look: QTextCharFormat) -> list[Run]:
    link = look.anchorHref()
    run = Run(
        clean(text),
        bold=look.fontWeight() >= QFont.Weight.DemiBold,
        italic=look.fontItalic(),
        underline=look.fontUnderline() and not link,
        link=link,
    )
    if not look.isImageFormat():
        return [run]
    name = look.toImageFormat().name().removeprefix("cid:")
    words = look.property(int(QTextFormat.Property.ImageAltText))
    picture = Run(str(words or "picture"), link=link, picture=name)
    return [picture] * len(text)  # each is one letter of the text


def _joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Neighbours of one look as one run."""
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if last and not run.picture and replace(last, text=run.text) == run:
            found[-1] = replace(last, text=last.text + run.text)
        else:
            found.append(run)
    return tuple(found)
