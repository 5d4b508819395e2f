"""Pictures that came inside a message, or were fetched for it, decoded before the text is shown.

Runs on a lane, never in the GUI thread. Sizes are looked at before anything is decoded, so that a
picture that claims to be huge costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QSize
from PySide6.QtGui import QImage, QImageReader

from mailclient.cancel import CancelToken

if TYPE_CHECKING:
    from mailclient.message.body import Attachment

FORMATS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
LARGEST_FILE = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
WIDEST = 1200


def inline_pictures(attachments: Iterable[Attachment], cancel: CancelToken) -> dict[str, QImage]:
    """The inline pictures of a message by Content-ID."""
    found: dict[str, QImage] = {}
    for one in attachments:
        cancel.check()
        if one.content_id and one.content_type in FORMATS and one.size <= LARGEST_FILE:
            picture = decode(one.data(), WIDEST)
            if picture is not None:
                found[one.content_id] = picture
    return found


def decoded(files: Mapping[str, bytes], cancel: CancelToken) -> dict[str, QImage]:
    """The pictures among some files, by the same names."""
    found: dict[str, QImage] = {}
    for name, data in files.items():
        cancel.check()
        picture = decode(data, WIDEST)
        if picture is not None:
            found[name] = picture
    return found


def decode(data: bytes, widest: int) -> QImage | None:
    """A picture, made smaller if it is wider than `widest`; None where it cannot be shown."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    reader = QImageReader(buffer)
    reader.setAllocationLimit(192)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > MOST_PIXELS:
        return None
    if size.width() > widest:
        reader.setScaledSize(QSize(widest, max(1, size.height() * widest // size.width())))
    picture = reader.read()
    return None if picture.isNull() else picture
