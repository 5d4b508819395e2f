"""A bare shell of three panes with a probe in its loop: what the machine itself takes away.

`python -m tests.benchmarks.children.idle_shell`: for each line of the input it prints the figures
since the line before, as JSON, and measures anew.
"""

from __future__ import annotations

import json
import os
import sys
from threading import Thread

from PySide6.QtCore import QMetaObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QSplitter, QTreeView

from tests.benchmarks.probe import Probe


class Shell(QMainWindow):
    """The panes."""

    def __init__(self) -> None:
        super().__init__()
        panes = QSplitter()
        for pane in (QTreeView(), QTreeView(), QLabel()):
            panes.addWidget(pane)
        self.setCentralWidget(panes)
        self.resize(1240, 780)


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    shell = Shell()
    shell.show()
    probe = Probe()
    probe.start()

    def answer() -> None:
        for _ in sys.stdin:
            print(json.dumps(probe.figures()), flush=True)
            probe.gaps.clear()
        QMetaObject.invokeMethod(application, "quit", Qt.ConnectionType.QueuedConnection)

    Thread(target=answer, daemon=True).start()
    application.exec()


if __name__ == "__main__":
    main()
