"""The profile at this screen: open, locked after a while or when asked to, and open again.

Locked means closed: the store's key is out of memory, no mail is collected, and what was on the
screen is gone. What was being written is among the drafts, and comes back with the window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from mailclient.app import App
from mailclient.errors import StoreLocked
from mailclient.gui import theme
from mailclient.gui.bridge import Changes
from mailclient.gui.idle import IdleClock
from mailclient.gui.passphrase import PassphraseDialog
from mailclient.gui.session import Session, to_the_front
from mailclient.gui.single import FirstWindow
from mailclient.settings import LOCK_AFTER_MINUTES

LOCKED = StoreLocked("Your mail is locked.", "Type the passphrase to go on.")


class Desk(QObject):
    """Opens, locks and unlocks one profile."""

    def __init__(
        self,
        look: theme.Look,
        unlock: Callable[[str], App],
        first: FirstWindow,
    ) -> None:
        super().__init__()
        self._look = look
        self._unlock = unlock
        self._first = first
        self.session: Session | None = None
        self.dialog: PassphraseDialog | None = None
        self.idle = IdleClock(self)
        self.idle.idle.connect(self.lock)
        first.called.connect(self.called)

    def open(self, app: App, uri: str = "", drafts: Sequence[int] = ()) -> None:
        """Show a profile, and go on with what was being written."""
        session = Session(app, self._look)
        self.session = session
        session.window.lock_wanted.connect(self.lock)
        session.bridge.changed.connect(self._changed)
        self._watch()
        session.begin(uri)
        for one in drafts:
            session.window.verbs.edit(one)

    def called(self, uri: str) -> None:
        """Come to the front, for another start of the program."""
        if self.session is not None:
            self.session.called(uri)
        elif self.dialog is not None:
            to_the_front(self.dialog)

    def lock(self) -> None:
        """Keep what is being written, close the profile, and ask for the passphrase."""
        session = self.session
        if session is None or session.wizard is not None or not session.app.opens_with_passphrase:
            return
        session.window.verbs.put_away(
            lambda drafts: QTimer.singleShot(0, self, lambda: self._locked(drafts))
        )

    def close(self) -> None:
        """End all of it."""
        self.idle.wait_for(0)
        self._first.close()
        if self.session is not None:
            self.session.close()
            self.session = None

    def tell_bug(self, bug: BaseException) -> None:
        """Show a mistake of the program where there is a window for it."""
        if self.session is not None:
            self.session.window.notify.bug(bug)

    def _locked(self, drafts: Sequence[int]) -> None:
        if self.session is None:
            return
        self.idle.wait_for(0)
        self.session.close()
        self.session = None
        QApplication.setQuitOnLastWindowClosed(False)
        for window in QApplication.topLevelWidgets():
            window.hide()
            window.deleteLater()
        self.dialog = PassphraseDialog(LOCKED, self._unlock)
        self.dialog.finished.connect(lambda result: self._answered(drafts))
        self.dialog.show()

    def _answered(self, drafts: Sequence[int]) -> None:
        app = self.dialog.app if self.dialog is not None else None
        self.dialog = None
        QApplication.setQuitOnLastWindowClosed(True)
        if app is None:
            QApplication.quit()
            return
        self.open(app, "", drafts)

    def _watch(self) -> None:
        if self.session is not None:
            self.idle.wait_for(60 * self.session.app.settings.get(LOCK_AFTER_MINUTES))

    def _changed(self, changes: Changes) -> None:
        if LOCK_AFTER_MINUTES.key in changes.settings:
            self._watch()
