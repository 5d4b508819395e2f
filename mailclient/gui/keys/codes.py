"""Codes to scan, drawn and read by the package zxing-cpp; where it is missing there are none."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

from PySide6.QtGui import QImage, QPixmap

QUIET = 4  # white squares around a code
SIDE = 240  # pixels, about


@cache
def available() -> bool:
    """Whether codes can be shown and read here."""
    return find_spec("zxingcpp") is not None


def drawn(text: str) -> QPixmap:
    """A code with this text, black on white in every theme, as scanners want it."""
    import zxingcpp  # late: an extra that may be missing

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    made: Any = zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False)
    picture = memoryview(made)
    rows, columns = made.shape
    image = QImage(columns + 2 * QUIET, rows + 2 * QUIET, QImage.Format.Format_Grayscale8)
    image.fill(255)
    values = bytes(picture)
    for at, value in enumerate(values):
        if not value:
            image.setPixel(QUIET + at % columns, QUIET + at // columns, 0xFF000000)
    step = max(2, SIDE // image.width())
    return QPixmap.fromImage(image.scaled(image.width() * step, image.height() * step))


def read(image: QImage) -> tuple[str, ...]:
    """The texts of the codes in a picture; none where there is none, or no picture."""
    import zxingcpp  # late: an extra that may be missing

    if image.isNull():
        return ()
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    view = memoryview(grey.constBits())
    width, height, line = grey.width(), grey.height(), grey.bytesPerLine()
    rows = b"".join(bytes(view[at * line : at * line + width]) for at in range(height))
    found = zxingcpp.read_barcodes(memoryview(rows).cast("B", (height, width)))
    return tuple(one.text for one in found)
