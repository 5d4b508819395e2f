"""How the window stays alive while mail is collected, decrypted, understood and shown in it.

A timer of 5 ms counts in the window's own loop; between two of its calls lies a gap in which
nothing could be painted or typed. The mail comes from a real Dovecot, one in twenty encrypted and
signed, with a reader open. A bare shell of three panes does nothing beside it, in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from mailclient.app import App
from mailclient.gui import frames, theme
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.services.events import CollectionEnded, Event
from mailclient.services.jobs import JobState
from tests.benchmarks.mailbox import messages
from tests.benchmarks.openpgp import bench_open
from tests.benchmarks.probe import Probe
from tests.servers.surroundings import mail_servers_running

STEP_MS = 400  # so often the next message is chosen in the list
ENCRYPTED = 20  # one of so many
Figures = dict[str, dict[str, float]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--json", type=Path)


class Idle:
    """The bare shell, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._asked, self._said = process.stdin, process.stdout

    def figures(self) -> dict[str, float]:
        """What it has lost since it was asked before."""
        self._asked.write("\n")
        self._asked.flush()
        found: dict[str, float] = json.loads(self._said.readline())
        return found


@contextmanager
def idle_shell() -> Iterator[Idle]:
    """A shell for as long as this lasts."""
    command = [sys.executable, "-m", "tests.benchmarks.children.idle_shell"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        shell = Idle(process)
        shell.figures()  # it is there
        yield shell
        assert process.stdin is not None
        process.stdin.close()


def main(options: argparse.Namespace) -> None:
    """Collect so many messages in the window, and print what the loop had to bear."""
    figures = measure(options.messages)
    for name, found in figures.items():
        print(f"{name:>28}: " + "  ".join(f"{key} {value}" for key, value in found.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def measure(count: int) -> Figures:
    """The figures of our window and of the shell beside it: at rest, and while mail comes."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.Look(application, "light")
    letters = argparse.Namespace(messages=max(1, count // ENCRYPTED), size=10_000, keys=0)
    found: Figures = {}
    with frames.beside_lanes(), ExitStack() as stack:
        servers = stack.enter_context(mail_servers_running())
        bench = stack.enter_context(bench_open(letters))
        sealed = cycle(bench.letters)
        for at, raw in enumerate(messages(count)):
            servers.deliver("alice", next(sealed) if at % ENCRYPTED == 0 else raw)
        account = bench.app.accounts.add(servers.account("alice"), servers.password("alice"))
        idle = stack.enter_context(idle_shell())
        for name, wanted in (("at rest", 0), ("while mail comes", count)):
            idle.figures()
            found[name] = _run(application, bench.app, wanted)
            found[f"{name}, a bare shell"] = idle.figures()
        assert len(bench.app._store.ledger.sizes(account.id)) == count
    return found


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
    ended: list[Event] = []
    app.events.subscribe(lambda event: ended.extend(_ends(event)))
    began = time.perf_counter()
    probe.start()
    if count:
        window.traffic.receive()
        while not ended or _busy(app):
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
    frames.spare_no_more()
    return found


def _ends(event: Event) -> list[Event]:
    return [event] if isinstance(event, CollectionEnded) else []


def _busy(app: App) -> bool:
    running = any(one.state in (JobState.RUNNING, JobState.WAITING) for one in app.jobs.views())
    return running or bool(app._store.messages.pending())


def _spin(application: QApplication, seconds: float) -> None:
    """Let the window live so long, as its own loop does."""
    QTimer.singleShot(round(1000 * seconds), application.quit)
    application.exec()
