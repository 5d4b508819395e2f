"""Garbage is collected in the GUI thread alone: a widget that ends in another one ends the program.

In a program of its own, for the tests themselves have the collector turned off.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui.bridge import Bridge
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp

RUN = """
import gc, json, sys, threading
from collections import Counter
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from mailclient.gui.desk import Desk
from mailclient.gui.run import run
from mailclient.paths import Profile

collected, ended = Counter(), Counter()
thread = lambda: threading.current_thread().name
gc.callbacks.append(lambda phase, info: collected.update([thread()] if phase == "stop" else []))

class Cycle:
    def __init__(self, *holds):
        self.itself, self.holds = self, holds
    def __del__(self):
        ended[thread()] += 1

def lane():
    for _ in range(100_000):
        Cycle()

def begin(desk, uri):
    for _ in range(10):
        window = QWidget()
        window.timer, window.cycle = QTimer(), Cycle(window)
        window.timer.start(1000)
        window.show()
        window.close()
    desk.lane = threading.Thread(target=lane, name="lane")
    desk.lane.start()
    desk.look = QTimer(desk)
    desk.look.timeout.connect(lambda: desk.lane.is_alive() or QApplication.exit(0))
    desk.look.start(20)

Desk.begin = begin
status = run(Profile(Path(sys.argv[1])), None)
print(json.dumps([status, sorted(collected), sorted(ended), sum(ended.values())]))
"""


def test_what_lanes_and_closed_windows_leave_ends_in_the_gui_thread(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "another thread" not in done.stderr
    status, collected, ended, count = json.loads(done.stdout)
    assert status == 0
    assert collected == ["MainThread"]
    assert ended == ["MainThread"]
    assert count > 50_000  # it is collected while the program runs, not when it ends


class Held:
    """Stands for a widget."""

    def takes(self, what: object) -> object:
        return what


@pytest.mark.parametrize("fault", [None, MailError("No.", "")])
def test_a_lane_is_never_the_last_to_hold_what_was_acted_on(
    fault: MailError | None,
    qtbot: QtBot,
    make_app: MakeApp,
    bridge_of: Callable[[App], Bridge],
) -> None:
    bridge = bridge_of(make_app("ann"))
    held = Held()

    def work(job: Job, held: Held = held) -> object:
        if fault is not None:
            raise fault
        return held.takes("done")

    answers: list[object] = []
    there = weakref.ref(held)
    task = bridge.run(
        "read",
        work,
        lambda result, held=held: answers.append(held.takes(result)),
        lambda problem, held=held: answers.append(held.takes(problem)),
    )
    future = task.future  # which a lane may still hold
    del held, work
    assert there() is not None
    qtbot.waitUntil(lambda: bool(answers))
    qtbot.waitUntil(lambda: there() is None)
    assert future is not None
    assert future.done()
