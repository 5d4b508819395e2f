"""How the window stays alive while mail is collected, understood and shown in it.

A timer of 5 ms counts in the window's own loop; between two of its calls lies a gap in which
nothing could be painted or typed. The mail comes from a real Dovecot, with a reader open.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from mailclient.app import App, open_profile
from mailclient.gui import frames, theme
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.paths import Profile
from mailclient.services.jobs import JobState
from tests.benchmarks.mailbox import messages
from tests.servers.surroundings import mail_servers_running

PROBE_MS = 5
STEP_MS = 400  # so often the next message is chosen in the list


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--json", type=Path)


class Probe:
    """Notes the gaps between the calls of a timer."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer()
        self._timer.setInterval(PROBE_MS)
        self._timer.timeout.connect(self._called)

    def start(self) -> None:
        """Begin to count."""
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """End."""
        self._timer.stop()

    def _called(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def figures(self) -> dict[str, float]:
        """Milliseconds: median, 99 of 100, the longest; and how often a frame of 33 ms was lost."""
        ordered = sorted(self.gaps)
        return {
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
            "longest_ms": round(ordered[-1] * 1000, 1),
            "over_33_ms": sum(gap > 0.033 for gap in ordered),
            "calls": len(ordered),
        }


def main(options: argparse.Namespace) -> None:
    """Collect so many messages in the window, and print what the loop had to bear."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    frames.keep_short()
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.Look(application, "light")
    with ExitStack() as stack:
        servers = stack.enter_context(mail_servers_running())
        for raw in messages(options.messages):
            servers.deliver("alice", raw)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mc-"))
        app = open_profile(Profile(Path(folder) / "profile"), passphrase="a passphrase")
        stack.callback(app.close)
        app.accounts.add(servers.account("alice"), servers.password("alice"))
        figures = {"still": _run(application, app, 0)}
        figures["collecting"] = _run(application, app, options.messages)
    for name, found in figures.items():
        print(f"{name:>11}: " + "  ".join(f"{key} {value}" for key, value in found.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def _run(application: QApplication, app: App, count: int) -> dict[str, float]:
    """The figures of a window: for two seconds as it is, or until so many messages are shown."""
    bridge = Bridge(app.events, app.jobs)
    window = MainWindow(app, bridge)
    window.show()
    frames.spare()
    _spin(application, 1.0)
    probe = Probe()
    step = QTimer()
    step.setInterval(STEP_MS)
    step.timeout.connect(lambda: window.pane.list.step(1))
    step.start()
    began = time.perf_counter()
    probe.start()
    if count:
        window.traffic.receive()
        while window.model.rowCount() < count or _busy(app):
            _spin(application, 0.2)
    else:
        _spin(application, 2.0)
    probe.stop()
    step.stop()
    found = probe.figures()
    if count:
        found["messages_per_second"] = round(count / (time.perf_counter() - began))
    window.close()
    bridge.close()
    return found


def _busy(app: App) -> bool:
    running = any(one.state in (JobState.RUNNING, JobState.WAITING) for one in app.jobs.views())
    return running or bool(app._store.messages.pending())


def _spin(application: QApplication, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        application.processEvents()
        time.sleep(0.0005)
