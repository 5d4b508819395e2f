"""Pictures that are not shown leave their words, not a hole as large as the picture.

Works on a document that is filled already; loads nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat

from mailclient.gui import people

LONGEST_WORDS = 120


def replace_missing(document: QTextDocument, shown: Collection[str], color: QColor) -> int:
    """Put its words in place of every picture that is not among the Content-IDs `shown`."""
    missing: list[tuple[int, str]] = []
    block = document.begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            shape = fragment.charFormat()
            if shape.isImageFormat() and not _is_shown(shape.toImageFormat().name(), shown):
                words = shape.property(QTextFormat.Property.ImageAltText.value)
                missing += [
                    (fragment.position() + at, str(words or "")) for at in range(fragment.length())
                ]
            fragments += 1
        block = block.next()
    shape = QTextCharFormat()
    shape.setForeground(color)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for position, words in reversed(missing):
        cursor.setPosition(position)
        cursor.deleteChar()
        told = people.plain(words)[:LONGEST_WORDS]
        if told:
            cursor.insertText(f"[{told}]", shape)
    cursor.endEditBlock()
    return len(missing)


def _is_shown(name: str, shown: Collection[str]) -> bool:
    url = QUrl(name)
    return url.scheme() == "cid" and url.path() in shown
