"""Our window over a store at its size: `… -m tests.benchmarks.children.window_at_size PROFILE`.

From the start of the process to the first painted list; then one folder after the other, and the
list scrolled from end to end through the real model. `bare` in place of a profile is a shell of
three empty panes: the limit. Prints JSON; times in milliseconds, memory in bytes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QSplitter, QTreeView

if TYPE_CHECKING:
    from mailclient.gui.main_window import MainWindow

STEPS = 200  # places that the list is scrolled to
ROUNDS = 6  # times that each folder is chosen


def since_start() -> float:
    """Milliseconds since this process was started (Linux)."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return 1000 * (time.clock_gettime(time.CLOCK_BOOTTIME) - started)


def in_use() -> int:
    """The memory of this process, in bytes (Linux)."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def until(application: QApplication, done: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    while not done():
        application.processEvents()
        time.sleep(0.0002)


def bare(application: QApplication) -> dict[str, Any]:
    """The shell."""
    window = QMainWindow()
    panes = QSplitter()
    for pane in (QTreeView(), QTreeView(), QLabel()):
        panes.addWidget(pane)
    window.setCentralWidget(panes)
    window.resize(1240, 780)
    window.show()
    application.processEvents()
    window.repaint()
    return {"first_paint_ms": since_start(), "memory": in_use()}


def at_size(application: QApplication, profile: Path) -> dict[str, Any]:
    """Our window."""
    from mailclient.gui import frames

    with frames.loading():
        from mailclient.gui import theme
        from mailclient.gui.bridge import Bridge
        from mailclient.gui.main_window import MainWindow
    from tests.benchmarks.children.at_size import open_at

    theme.Look(application, "light")
    app = open_at(profile)
    bridge = Bridge(app.events, app.jobs)
    window = MainWindow(app, bridge)
    window.show()
    application.processEvents()
    window.repaint()
    found: dict[str, Any] = {"first_paint_ms": since_start()}
    until(application, lambda: window.model.rowCount() > 0)
    window.repaint()
    found["first_list_ms"] = since_start()
    found["switch_ms"] = switches(application, window)
    found["scroll_ms"] = scrolled(application, window)
    found["rows"] = window.model.rowCount()
    found["memory"] = in_use()
    window.close()
    bridge.close()
    app.close()
    return found


def switches(application: QApplication, window: MainWindow) -> dict[str, float]:
    """From choosing a folder to its painted list."""
    settled: list[str] = []
    window.listing.settled.connect(lambda: settled.append("settled"))
    places = [one for one in window.folders.places if one.folders]
    busy = [one for one in places if one.title in ("Inbox", "Second")]
    times = []
    for _ in range(ROUNDS):
        for place in reversed(busy):  # the first is listed already
            settled.clear()
            began = time.perf_counter()
            window.folders.choose(place.key)
            until(application, lambda: bool(settled))
            window.pane.list.viewport().repaint()
            times.append(1000 * (time.perf_counter() - began))
            until(application, lambda: not window.listing.busy)
    return spread(times)


def scrolled(application: QApplication, window: MainWindow) -> dict[str, float]:
    """From a new place of the scroll bar to the painted rows."""
    bar = window.pane.list.verticalScrollBar()
    times = []
    for step in range(STEPS):
        began = time.perf_counter()
        bar.setValue(bar.maximum() * (step * 37 % STEPS) // STEPS)
        window.pane.list.viewport().repaint()
        times.append(1000 * (time.perf_counter() - began))
        application.processEvents()
    return spread(times)


def spread(values: list[float]) -> dict[str, float]:
    """Median, 95 of 100, the longest."""
    ordered = sorted(values)
    return {
        "p50": median(ordered),
        "p95": ordered[round(0.95 * (len(ordered) - 1))],
        "max": ordered[-1],
    }


def main() -> None:
    """Show, measure, tell."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(sys.argv[:1])
    what = sys.argv[1]
    found = bare(application) if what == "bare" else at_size(application, Path(what))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
