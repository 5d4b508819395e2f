"""Opens the profile before there is a window, without ever standing still itself.

The work is done on a lane, as all work is. What is waited for is said in a small window, what is
missing is asked for: a passphrase, or patience with the keyring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMessageBox

from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled, KeyringLocked, MailError, PassphraseNeeded, StoreLocked
from mailclient.gui import people
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.passphrase import PassphraseDialog
from mailclient.gui.waiting import WaitingWindow
from mailclient.services.events import Events
from mailclient.services.jobs import Job, Jobs
from mailclient.services.moving import Told
from mailclient.services.upkeep import Restored
from mailclient.store.moving import Arrived
from mailclient.store.vault import Way

if TYPE_CHECKING:
    from mailclient.gui.backups import Chosen
    from mailclient.gui.settings.new_passphrase import Change
    from mailclient.gui.settings.taking_in import Packed

PATIENCE_MS = 500  # what is open by then has needed no window that says so
LANE = "opening"
NEW = (
    "You type it at each start; without it nobody can read your mail on this computer. Nobody can "
    "look it up or reset it, so keep it where you keep such things."
)


@dataclass(frozen=True, slots=True)
class Door:
    """How a profile is opened; each of these blocks for a while.

    `open` asks the keyring where it has the key, `unlock` takes a passphrase, `way` is what the
    profile is unlocked with (None: it is not there yet), `take_in` makes it one that was packed,
    `restore` puts a backup in its place, `rekey` gives it another passphrase.
    """

    open: Callable[[CancelToken], App]
    unlock: Callable[[str], App]
    way: Callable[[], Way | None]
    take_in: Callable[[Path, str, str | None, Told], Arrived]
    restore: Callable[[Path, str | None], Restored]
    rekey: Callable[[str, str], None]


class Opening(QObject):
    """Emits `opened` with the App, or `given_up`."""

    opened = Signal(object)
    given_up = Signal()
    arrived = Signal(object)  # what of a packed profile is here now
    restored = Signal(object)  # how a backup was put in place

    def __init__(self, door: Door, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._door = door
        events = Events()
        self._jobs = Jobs(events)
        self._bridge = Bridge(events, self._jobs, self)
        self._bridge.changed.connect(self._stepped)
        self._taking = ""
        self._token = CancelToken()
        self._leaving = False
        self._by_passphrase = False
        self.dialog: PassphraseDialog | None = None
        self.waiting: WaitingWindow | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._say_so)

    def begin(self) -> None:
        """Open as the profile is opened; ask where that is not enough."""
        self._token, self._leaving, self._by_passphrase = CancelToken(), False, False
        token = self._token

        def work(job: Job) -> App | None:
            try:
                return self._door.open(token)
            except Cancelled:
                return None

        if self.waiting is not None and self.waiting.isVisible():
            self.waiting.wait()
        self._timer.start()
        self._bridge.run(LANE, work, self._ended, self._failed)

    def ask(self, why: StoreLocked) -> None:
        """Ask for the passphrase, until it fits or is given up."""
        self._ask(why.text, new=False)

    def take_in(self, packed: Packed) -> None:
        """Make the closed, empty profile one that was packed, and open it."""
        self._change(
            f"Taking in {people.plain(packed.file.name)}…",
            lambda job: self._door.take_in(packed.file, packed.words, packed.own, job.progress),
            packed.own,
            self.arrived.emit,
        )

    def rekey(self, change: Change) -> None:
        """Give the closed profile another passphrase, and open it."""
        self._change(
            "Encrypting your mail with a new key…",
            lambda job: self._door.rekey(change.old, change.new),
            change.new,
            lambda done: None,
        )

    def restore(self, chosen: Chosen) -> None:
        """Put a backup in the place of the closed store, and open it."""
        self._change(
            "Putting the backup in place…",
            lambda job: self._door.restore(chosen.file, chosen.own),
            chosen.own,
            self.restored.emit,
        )

    def _change(
        self,
        title: str,
        work: Callable[[Job], object],
        own: str | None,
        tell: Callable[[object], object],
    ) -> None:
        """Do what the profile is closed for; either way it is opened again."""
        self._taking = title
        self._window().progress(title, "")

        def done(result: object) -> None:
            self._end_change()
            tell(result)
            if own is None:
                self.begin()
            else:
                self._window().wait()
                self._unlock(own)

        def failed(problem: MailError) -> None:
            _tell(problem)
            self._end_change()
            self.begin()

        self._bridge.run(LANE, work, done, failed, title=title)

    def _stepped(self, changes: Changes) -> None:
        if self._taking and self.waiting is not None:
            for view in self._jobs.views():
                self.waiting.progress(self._taking, view.note)

    def _end_change(self) -> None:
        for view in self._jobs.views():
            self._jobs.forget(view.id)
        self._taking = ""

    def close(self) -> None:
        """Show nothing any more, and wait for nobody."""
        self._timer.stop()
        self._token.cancel()
        self._drop()
        self._bridge.close()
        self._jobs.close()

    # How it ended

    def _ended(self, app: App | None) -> None:
        self._timer.stop()
        if app is not None and not self._leaving:
            self.opened.emit(app)  # first, so that there is always a window
            self._drop()
        elif app is not None:
            app.close()
            self._give_up()
        elif self._by_passphrase and not self._leaving:
            self._drop()
            self._ask(NEW, new=True)
        else:
            self._give_up()

    def _failed(self, problem: MailError) -> None:
        self._timer.stop()
        if self._leaving:
            self._give_up()
        elif isinstance(problem, KeyringLocked) and self._door.way() is Way.KEYRING:
            self._window().fail(_by_keyring(problem))
        elif isinstance(problem, (PassphraseNeeded, KeyringLocked)):
            self._drop()
            new = isinstance(problem, KeyringLocked)
            self._ask(f"{problem.text} {NEW}" if new else problem.text, new=new)
        else:
            self._drop()
            _tell(problem)
            self._give_up()

    def _give_up(self) -> None:
        self._drop()
        self.given_up.emit()

    def _drop(self) -> None:
        """Take the windows away."""
        for window in (self.waiting, self.dialog):
            if window is not None:
                window.blockSignals(True)
                window.hide()
                window.deleteLater()
        self.waiting = self.dialog = None

    # The windows

    def _window(self) -> WaitingWindow:
        if self.waiting is None:
            new = self._door.way() is None
            self.waiting = WaitingWindow(lambda: self._token.waits, may_choose=new)
            self.waiting.passphrase_wanted.connect(self._choose)
            self.waiting.again_wanted.connect(self.begin)
            self.waiting.quit_wanted.connect(self._leave)
        return self.waiting

    def _say_so(self) -> None:
        self._window().wait()

    def _choose(self) -> None:
        """Wait for the keyring no more; if it answers in this very moment, that counts."""
        self._by_passphrase = True
        self._token.cancel()

    def _leave(self) -> None:
        self._leaving = True
        self._token.cancel()
        if self.waiting is not None and self.waiting.bar.isVisible():
            self.waiting.leave()
        else:
            self._give_up()

    def _ask(self, why: str, *, new: bool) -> None:
        dialog = self.dialog = PassphraseDialog(why, new=new)
        dialog.typed.connect(self._unlock)
        dialog.rejected.connect(self._give_up)
        dialog.show()

    def _unlock(self, words: str) -> None:
        self._bridge.run(LANE, lambda job: self._door.unlock(words), self._ended, self._refused)

    def _refused(self, problem: MailError) -> None:
        if self.dialog is not None:
            self.dialog.wrong(problem)
        else:
            self._failed(problem)


def _by_keyring(problem: MailError) -> MailError:
    """The fault, with what can be done about it from a window."""
    return MailError(
        problem.text,
        "The key of your mail is kept there and nowhere else. Unlock the password store of your "
        "computer (often called keyring or wallet), then try again.",
        problem.detail,
    )


def _tell(problem: MailError) -> None:
    """Say why there will be no window."""
    box = QMessageBox()
    box.setIcon(QMessageBox.Icon.Critical)
    box.setWindowTitle("Mail")
    box.setText(problem.text)
    box.setInformativeText(problem.advice)
    box.setDetailedText(problem.detail)
    box.exec()
