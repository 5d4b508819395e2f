"""Looks after the store while the window is open: warns in a banner, and makes the daily backup
when nobody is there."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui.bridge import Bridge
from mailclient.gui.idle import IdleClock
from mailclient.gui.strip import Kind, Strip
from mailclient.services.jobs import Job

IDLE_SECONDS = 5 * 60
LOOK_MS = 60_000


class Housekeeper(QObject):
    """Serves one main window."""

    def __init__(self, app: App, bridge: Bridge, banner: Strip) -> None:
        super().__init__(banner)
        self._app = app
        self._bridge = bridge
        self._banner = banner
        self._told: tuple[str, ...] = ()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.idle = IdleClock(self)
        self.idle.idle.connect(self.back_up)

    def begin(self) -> None:
        """Look now, and from time to time."""
        self.look()
        self._timer.start()
        self.idle.wait_for(IDLE_SECONDS)

    def end(self) -> None:
        """Look no more."""
        self._timer.stop()
        self.idle.wait_for(0)

    def look(self) -> None:
        """See what the user has to know of the store and its disk."""
        self._bridge.run(
            "upkeep", lambda job: self._app.housekeeping.warnings(), self._show, owner=self
        )

    def _show(self, warnings: tuple[str, ...]) -> None:
        if warnings == self._told:
            return
        self._told = warnings
        if warnings:
            self._banner.say("\n".join(warnings), Kind.CAUTION)
        else:
            self._banner.clear()

    def back_up(self) -> None:
        """Make the daily backup, if it is time for it."""

        def work(job: Job) -> None:
            if self._app.housekeeping.due():
                self._app.housekeeping.back_up(job)

        self._bridge.run("upkeep", work, None, self._failed, owner=self)

    def _failed(self, problem: MailError) -> None:
        self._banner.problem(problem)
