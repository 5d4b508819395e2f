"""Starts the window: theme, one window a profile, passphrase or wizard where needed.

The program is asked for (`open_app`) only once it is clear that no other window has the profile.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import TracebackType

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from mailclient.app import App, open_profile
from mailclient.errors import MailError, StoreLocked
from mailclient.gui import theme
from mailclient.gui.desk import Desk
from mailclient.gui.passphrase import PassphraseDialog
from mailclient.gui.single import FirstWindow, hand_over
from mailclient.paths import Profile
from mailclient.settings import THEME

log = logging.getLogger(__name__)
SWITCH_SECONDS = 0.001  # keeps frames short while mail is parsed on a lane


def run(
    open_app: Callable[[], App],
    profile: Profile,
    uri: str = "",
    *,
    unlock: Callable[[str], App] | None = None,
) -> int:
    """Run the window until it is closed; returns the exit status.

    `unlock` opens the profile with a passphrase, where `open_app` found it locked.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    application = _application()
    if hand_over(profile.folder, uri):
        return 0
    first = FirstWindow(profile.folder)
    look = theme.Look(application)
    unlock = unlock or (lambda words: open_profile(profile, passphrase=words))
    try:
        app = _open(open_app, unlock)
    except MailError as problem:
        _tell(problem)
        first.close()
        return 1
    if app is None:
        first.close()
        return 1
    look.choose(app.settings.get(THEME))
    desk = Desk(look, unlock, first)
    sys.excepthook = _hook(desk)
    desk.open(app, uri)
    status = application.exec()
    desk.close()
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


def _open(open_app: Callable[[], App], unlock: Callable[[str], App]) -> App | None:
    """Open the profile; where it is locked ask for its passphrase until it fits or is given up."""
    try:
        return open_app()
    except StoreLocked as problem:
        return PassphraseDialog.ask(problem, unlock)


def _tell(problem: MailError) -> None:
    """Say why there will be no window."""
    box = QMessageBox()
    box.setIcon(QMessageBox.Icon.Critical)
    box.setWindowTitle("Mail")
    box.setText(problem.text)
    box.setInformativeText(problem.advice)
    box.setDetailedText(problem.detail)
    box.exec()


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
