"""The real window, steered from outside, with a probe that comes round every 20 milliseconds.

    python -m tests.faults.windowed PROFILE PASSPHRASE GNUPG

Each line of the input is a command: `receive`, `read` (opens every message of the list, one after
the other), `begin` (measure anew), `gaps` (say what was measured), `picture FILE`. Each line of the
output is an answer, or how a collection ended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer
from PySide6.QtWidgets import QApplication

from mailclient.app import App, open_profile
from mailclient.gui import frames, theme
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.paths import Profile
from mailclient.services.events import CollectionEnded, Event
from mailclient.settings import THREADS
from tests.faults.gaps import EVERY, Gaps
from tests.faults.hurried import hurry

READ_EVERY = 120  # milliseconds: somebody leans on the key for the next message


def say(line: object) -> None:
    print(line, flush=True)


def tell(event: Event) -> None:
    if isinstance(event, CollectionEnded):
        say(f"ended {event.problem or ''}".rstrip())


class Desk(QObject):
    """The window, the probe, and whoever steers."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self.gaps = Gaps()
        app.settings.set(THREADS, False)  # `read` opens each message: each has a row
        self.bridge = Bridge(app.events, app.jobs)
        self.window = MainWindow(app, self.bridge)
        self.window.resize(1024, 700)
        self.window.show()
        self._row = 0
        self._probe = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._probe.timeout.connect(lambda: self.gaps.come_round())
        self._probe.start(round(EVERY * 1000))
        self._reads = QTimer(self)
        self._reads.timeout.connect(self._next)
        self._input = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
        self._input.activated.connect(self._heard)
        self.bridge.bug.connect(lambda bug: say(f"bug {bug!r}"))

    def _heard(self) -> None:
        lines = os.read(0, 4096).decode().splitlines()
        if not lines:
            QApplication.quit()
        for line in lines:
            command, _, rest = line.partition(" ")
            match command:
                case "receive":
                    self.window.traffic.receive()
                case "read":
                    self._row = 0
                    self._reads.start(READ_EVERY)
                case "begin":
                    self.gaps.begin()
                    say("begun")
                case "gaps":
                    say(self.gaps)
                case "picture":
                    self.window.grab().save(rest)
                    say("taken")

    def _next(self) -> None:
        """Open the next message of the list."""
        if self._row == self.window.model.rowCount():
            self._reads.stop()
            say(f"read {self._row}")
            return
        self.window.pane.list.select_row(self._row)
        self._row += 1


def main() -> None:
    profile, passphrase, gnupg = sys.argv[1:]
    hurry()
    application = QApplication([])
    look = theme.Look(application)
    app = open_profile(Profile(Path(profile)), passphrase=passphrase, gnupg_home=Path(gnupg))
    look.choose("light")
    desk = Desk(app)
    assert app.schedule  # which hears of an end before whoever waits for one
    app.events.subscribe(tell)
    with frames.beside_lanes():
        frames.spare()
        say("ready")
        application.exec()
    desk.bridge.close()
    app.close()


if __name__ == "__main__":
    main()
