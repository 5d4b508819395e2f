"""Starts the window: theme, one window a profile.

The profile is opened only once it is clear that no other window has it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import TracebackType

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from mailclient.gui import frames, theme
from mailclient.gui.desk import Desk
from mailclient.gui.ending import Ending
from mailclient.gui.opening import Door
from mailclient.gui.single import FirstWindow, hand_over
from mailclient.paths import Profile

log = logging.getLogger(__name__)


def run(profile: Profile, door: Door, uri: str = "") -> int:
    """Run the window until it is closed; returns the exit status."""
    application = _application()
    if hand_over(profile.folder, uri):
        return 0
    with frames.beside_lanes():
        desk = Desk(theme.Look(application), door, FirstWindow(profile.folder))
        sys.excepthook = _hook(desk)
        ending = Ending()
        ending.wanted.connect(lambda: desk.leave(lambda: application.exit(0)))
        desk.begin(uri)
        status = application.exec()
        desk.close()
        ending.close()
    return int(status)


def _application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setDesktopFileName("mailclient")
    application = QApplication(sys.argv[:1])
    application.setApplicationName("mailclient")
    application.setApplicationDisplayName("Mail")
    return application


def _hook(
    desk: Desk,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Show what went wrong in the window's own code, as any other bug."""

    def hook(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("The window's own code failed", exc_info=(kind, bug, trace))
        desk.tell_bug(bug)

    return hook
