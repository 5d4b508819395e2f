"""Icons: one family (Phosphor), drawn in the text colour, named by what they mean.

The font is the one that qtawesome ships. It is read from that package without importing it: the
import alone takes longer (120 ms) than the window's whole first paint may.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)

from mailclient.gui import theme

NAMES = {
    "account": "user-circle",
    "archive": "archive-box",
    "attachment": "paperclip",
    "back": "arrow-left",
    "best": "medal",
    "bold": "text-bolder",
    "broken": "lock-simple-fill",
    "bullets": "list-bullets",
    "caution": "warning",
    "check": "check",
    "close": "x",
    "compose": "note-pencil",
    "confirmed": "circle-wavy-check",
    "copy": "copy",
    "danger": "warning-circle",
    "delete": "trash",
    "details": "caret-down",
    "down": "arrow-down",
    "drafts": "pencil-simple",
    "empty": "envelope-simple-open",
    "encrypted": "lock-simple",
    "file": "file",
    "file-archive": "file-dotted",
    "file-image": "image",
    "file-pdf": "file-pdf",
    "file-program": "terminal-window",
    "file-text": "file-text",
    "filter": "funnel-simple",
    "folded": "caret-right",
    "folder": "folder-simple",
    "forward": "arrow-bend-up-right",
    "forward-page": "arrow-right",
    "forwarded": "arrow-bend-up-right",
    "head-only": "cloud-arrow-down",
    "headers": "list-bullets",
    "help": "question",
    "inbox": "tray",
    "inboxes": "tray",
    "info": "info",
    "italic": "text-italic",
    "junk": "shield-warning",
    "key": "key",
    "link": "link-simple",
    "later": "clock",
    "locked": "lock-key",
    "menu": "list",
    "move": "folder-simple-plus",
    "numbers": "list-numbers",
    "open": "arrow-square-out",
    "outbox": "paper-plane-tilt",
    "people": "users",
    "print": "printer",
    "quit": "sign-out",
    "quote": "quotes",
    "read": "envelope-open",
    "receive": "arrows-clockwise",
    "receipts": "checks",
    "replied": "arrow-bend-up-left",
    "reply": "arrow-bend-up-left",
    "reply-all": "arrow-bend-double-up-left",
    "rich": "text-aa",
    "route": "path",
    "keep": "bookmark-simple",
    "save": "download-simple",
    "search": "magnifying-glass",
    "sent": "paper-plane-tilt",
    "settings": "gear-six",
    "signed": "check-circle",
    "source": "code",
    "star": "star",
    "starred": "star-fill",
    "stop": "x-circle",
    "trash": "trash",
    "undelivered": "arrow-u-up-left",
    "underline": "text-underline",
    "undo": "arrow-counter-clockwise",
    "unlocked": "lock-simple-open",
    "unread": "envelope",
    "unsigned": "minus-circle",
    "up": "arrow-up",
    "warning": "warning",
}


@cache
def _family() -> tuple[str, dict[str, str]]:
    """The font's family and its table of characters; loaded once, with the first icon."""
    spec = find_spec("qtawesome")
    if spec is None or spec.origin is None:
        return "", {}
    fonts = Path(spec.origin).parent / "fonts"
    font = next(iter(sorted(fonts.glob("phosphor-*.ttf"))), None)
    table = next(iter(sorted(fonts.glob("phosphor-charmap-*.json"))), None)
    if font is None or table is None:
        return "", {}
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(font)))
    return (families[0] if families else ""), json.loads(table.read_text())


def character(name: str) -> str:
    """The character that draws the icon `name` in the icon font; "" where there is none."""
    code = _family()[1].get(NAMES[name])
    return chr(int(code, 16)) if code else ""


def paint(painter: QPainter, rect: QRect, name: str, color: str) -> None:
    """Draw the icon `name` centred in `rect`, as large as its height."""
    font = QFont(_family()[0])
    font.setPixelSize(rect.height())
    painter.save()
    painter.setFont(font)
    painter.setPen(theme.of(QGuiApplication.palette()).color(color))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, character(name))
    painter.restore()


class _Engine(QIconEngine):
    """Draws one icon in the colour that the palette has at that moment."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw into `rect`."""
        palette = QGuiApplication.palette()
        painter.save()
        if mode == QIcon.Mode.Disabled:
            painter.setOpacity(
                palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text).alphaF()
            )
        active = state == QIcon.State.On and self._role in ("text", "secondary")
        paint(painter, rect, self._name, "accent" if active else self._role)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Draw onto a clear ground."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """Another of the same."""
        return _Engine(self._name, self._role)

    def key(self) -> str:
        """A name for this kind of engine."""
        return "mailclient"


def icon(name: str, role: str = "text") -> QIcon:
    """The icon `name`, drawn in the theme's colour for `role`; follows a change of theme."""
    return QIcon(_Engine(name, role))
