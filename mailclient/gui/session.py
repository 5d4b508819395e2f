"""An open profile with its windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from mailclient.app import App
from mailclient.gui import parts, theme
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.main_window import MainWindow
from mailclient.services.upkeep import Restored
from mailclient.settings import THEME
from mailclient.store.moving import Arrived

if TYPE_CHECKING:
    from mailclient.gui.wizard.window import Wizard

QUIET_MS = 2000


class Session(QObject):
    """What lives as long as the profile is open here: the bridge and the windows."""

    take_in_wanted = Signal(object)  # a packed profile

    def __init__(self, app: App, look: theme.Look) -> None:
        super().__init__()
        self.app = app
        self._look = look
        self.bridge = Bridge(app.events, app.jobs)
        self.window = MainWindow(app, self.bridge)
        self.wizard: Wizard | None = None
        self._quiet = QTimer(self)  # nothing has arrived for a moment: time for the index
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self._index)
        self.bridge.changed.connect(self._changed)
        self.window.take_in_wanted.connect(self.take_in_wanted)

    def begin(self, uri: str) -> None:
        """Show the window; where there is no account, first the wizard."""
        from mailclient.gui.wizard.window import Wizard

        if self.app.accounts.list():
            self._begin_work()
        else:
            self.wizard = Wizard(self.app, self.bridge, None)
            self.wizard.finished.connect(self._after_wizard)
            self.wizard.take_in_wanted.connect(self.take_in_wanted)
            self.wizard.show()
        if uri:
            QTimer.singleShot(0, lambda: self.called(uri))

    def called(self, uri: str) -> None:
        """Come to the front; write, if a mailto: link came along."""
        shown = self.wizard if self.wizard is not None else self.window
        parts.to_the_front(shown)
        if uri and self.wizard is None:
            self.window.verbs.compose(uri)

    def tell_arrived(self, arrived: Arrived) -> None:
        """Say what of a packed profile is here now."""
        self.window.strip.say(
            f"Here now: accounts {arrived.accounts}, passwords {arrived.passwords}, messages "
            f"{arrived.messages:,}. Use them on one computer only, or leave mail on the server: "
            "each one deletes there by its own settings."
            + (" Keys came along, too." if arrived.keys else ""),
            choices=[("Look at the keys", self.window.commands.others.show_storage)] * arrived.keys,
        )

    def tell_restored(self, restored: Restored) -> None:
        """Say that a backup is in place, and where the mail from before lies."""
        aside = f" What was here before is {restored.aside}." if restored.aside else ""
        self.window.strip.say(
            f"The backup is in place, with {restored.messages:,} messages.{aside}"
        )

    def close(self) -> None:
        """Tell nothing any more, and close the profile."""
        if self.wizard is not None:
            self.wizard.blockSignals(True)  # its end begins no work any more
        self._quiet.stop()
        self.window.housekeeper.end()  # what sees every event must not outlive its window
        self.bridge.close()
        self.app.close()

    def _after_wizard(self, result: int) -> None:
        self.wizard = None
        self._begin_work()
        self.window.read_folders()
        self.window.strip.say(
            "Mail that you have in another program can come here, too, with its folders and marks.",
            choices=[("Import mail…", self.window.commands.files.show_import)],
        )

    def _begin_work(self) -> None:
        self.window.show()
        self.window.outgoing.tell_overdue()
        self.window.asking.begin()
        self.app.intake.start(self.app.jobs)  # what the last run was stopped before
        self.window.verbs.take_up()
        self.app.conversations.start()
        self.window.commands.files.remind()
        self.window.housekeeper.begin()
        self.app.schedule.start()
        self.app.dispatch.start()
        self._quiet.start()

    def _changed(self, changes: Changes) -> None:
        if changes.keys or changes.accounts or changes.settings:
            self.app.intake.start(self.app.jobs)  # what waited for a key, or is kept otherwise now
        if THEME.key in changes.settings:
            self._look.choose(self.app.settings.get(THEME))
        if changes.messages:
            self._quiet.start()

    def _index(self) -> None:
        """Index what is inside attachments, and whatever else is still to be indexed."""
        self.bridge.run("index", self.app.indexing.run, newest="index")
