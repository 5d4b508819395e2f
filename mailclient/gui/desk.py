"""The profile at this screen: open, locked after a while or when asked to, and open again.

Locked means closed: the store's key is out of memory, no mail is collected, and what was on the
screen is gone. What was being written is among the drafts, and comes back with the window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from mailclient.app import App
from mailclient.errors import StoreLocked
from mailclient.gui import frames, parts, theme
from mailclient.gui.bridge import Changes
from mailclient.gui.idle import IdleClock
from mailclient.gui.opening import Door, Opening
from mailclient.gui.passphrase import PassphraseDialog
from mailclient.gui.session import Session
from mailclient.gui.single import FirstWindow
from mailclient.services.upkeep import Restored
from mailclient.settings import LOCK_AFTER_MINUTES, THEME
from mailclient.store.moving import Arrived

if TYPE_CHECKING:
    from mailclient.gui.backups import Chosen
    from mailclient.gui.settings.new_passphrase import Change
    from mailclient.gui.settings.taking_in import Packed

LOCKED = StoreLocked("Your mail is locked.", "Type the passphrase to go on.")


class Desk(QObject):
    """Opens, locks and unlocks one profile."""

    def __init__(self, look: theme.Look, door: Door, first: FirstWindow) -> None:
        super().__init__()
        self._look = look
        self._first = first
        self._uri = ""
        self._drafts: Sequence[int] = ()
        self._leaving = False
        self._came: Arrived | None = None
        self._restored: Restored | None = None
        self.session: Session | None = None
        self.opening = Opening(door, self)
        self.opening.opened.connect(self._opened)
        self.opening.arrived.connect(self._arrived)
        self.opening.restored.connect(self._put_back)
        self.opening.given_up.connect(lambda: QApplication.exit(1))
        self.idle = IdleClock(self)
        self.idle.idle.connect(self.lock)
        first.called.connect(self.called)

    @property
    def dialog(self) -> PassphraseDialog | None:
        """What asks for the passphrase, while it is asked for."""
        return self.opening.dialog

    def begin(self, uri: str = "") -> None:
        """Open the profile, and show it when it is open."""
        self._uri = uri
        QApplication.setQuitOnLastWindowClosed(False)
        self.opening.begin()

    def _opened(self, app: App) -> None:
        QApplication.setQuitOnLastWindowClosed(True)
        uri, drafts = self._uri, self._drafts
        self._uri, self._drafts = "", ()
        self.open(app, uri, drafts)

    def open(self, app: App, uri: str = "", drafts: Sequence[int] = ()) -> None:
        """Show a profile, and go on with what was being written."""
        self._look.choose(app.settings.get(THEME))
        session = Session(app, self._look)
        self.session = session
        session.window.lock_wanted.connect(self.lock)
        session.bridge.changed.connect(self._changed)
        session.take_in_wanted.connect(self.take_in)
        session.window.restore_wanted.connect(self.restore)
        session.window.passphrase_wanted.connect(self.change_passphrase)
        self._watch()
        session.begin(uri)
        if self._came is not None:
            session.tell_arrived(self._came)
            self._came = None
        if self._restored is not None:
            session.tell_restored(self._restored)
            self._restored = None
        for one in drafts:
            session.window.verbs.edit(one)
        QTimer.singleShot(0, session, frames.spare)

    def called(self, uri: str) -> None:
        """Come to the front, for another start of the program."""
        if self.session is not None:
            self.session.called(uri)
            return
        self._uri = uri or self._uri
        for window in (self.opening.waiting, self.dialog):
            if window is not None:
                parts.to_the_front(window)

    def lock(self) -> None:
        """Keep what is being written, close the profile, and ask for the passphrase."""
        session = self.session
        if session is None or session.wizard is not None or not session.app.opens_with_passphrase:
            return
        session.window.verbs.put_away(
            lambda drafts: QTimer.singleShot(0, self, lambda: self._locked(drafts))
        )

    def leave(self, then: Callable[[], None]) -> None:
        """Keep what is being written, then go; at once where somebody asks a second time."""
        if self.session is None or self._leaving:
            then()
            return
        self._leaving = True
        self.session.window.verbs.put_away(lambda drafts: then())

    def close(self) -> None:
        """End all of it."""
        self.idle.wait_for(0)
        self._first.close()
        self.opening.close()
        if self.session is not None:
            self.session.close()
            self.session = None
        frames.spare_no_more()

    def tell_bug(self, bug: BaseException) -> None:
        """Show a mistake of the program where there is a window for it."""
        if self.session is not None:
            self.session.window.notify.bug(bug)

    def take_in(self, packed: Packed) -> None:
        """Close the empty profile, make it the packed one, and open it again."""
        QTimer.singleShot(0, self, lambda: self._take_in(packed))

    def _take_in(self, packed: Packed) -> None:
        if self._clear():
            self.opening.take_in(packed)

    def restore(self, chosen: Chosen) -> None:
        """Keep what is being written, close the profile, put a backup in place, open it again."""
        if self.session is not None:
            self.session.window.verbs.put_away(
                lambda drafts: QTimer.singleShot(0, self, lambda: self._restore(chosen))
            )

    def _restore(self, chosen: Chosen) -> None:
        if self._clear():
            self.opening.restore(chosen)

    def _put_back(self, restored: Restored) -> None:
        self._restored = restored

    def change_passphrase(self, change: Change) -> None:
        """Keep what is being written, close the profile, give it another passphrase."""
        if self.session is not None:
            self.session.window.verbs.put_away(
                lambda drafts: QTimer.singleShot(0, self, lambda: self._change(change, drafts))
            )

    def _change(self, change: Change, drafts: Sequence[int]) -> None:
        if self._clear():
            self._drafts = drafts
            self.opening.rekey(change)

    def _arrived(self, arrived: Arrived) -> None:
        self._came = arrived

    def _locked(self, drafts: Sequence[int]) -> None:
        if self._clear():
            self._drafts = drafts
            self.opening.ask(LOCKED)

    def _clear(self) -> bool:
        """Close the profile with all of its windows; whether there was one."""
        if self.session is None:
            return False
        self.idle.wait_for(0)
        QApplication.setQuitOnLastWindowClosed(False)
        self.session.close()
        self.session = None
        for window in QApplication.topLevelWidgets():
            window.hide()
            if window.windowType() is not Qt.WindowType.Popup:  # who proposes owns the list of it
                window.deleteLater()
        frames.spare_no_more()
        return True

    def _watch(self) -> None:
        if self.session is not None:
            self.idle.wait_for(60 * self.session.app.settings.get(LOCK_AFTER_MINUTES))

    def _changed(self, changes: Changes) -> None:
        if LOCK_AFTER_MINUTES.key in changes.settings:
            self._watch()
