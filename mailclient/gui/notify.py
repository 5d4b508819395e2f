"""The one place that shows an error.

A fault (MailError) is a strip beside the thing acted on; a bug of ours is a window with its details
and a copy button. Neither stops what the user is doing. What was done and can be undone is said in
the same strip.
"""

from __future__ import annotations

import logging
import platform
import traceback
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient import __version__
from mailclient.errors import MailError
from mailclient.gui import parts
from mailclient.gui.strip import Kind, Strip

log = logging.getLogger(__name__)
NOTE_MS = 8000


class Notify(QObject):
    """Shows faults and notes in `strip`, and bugs in a window of their own."""

    def __init__(self, strip: Strip, parent: QWidget) -> None:
        super().__init__(parent)
        self._strip = strip
        self._window = parent
        self._bugs: BugWindow | None = None
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(NOTE_MS)
        self._fade.timeout.connect(strip.clear)

    def problem(self, error: MailError) -> None:
        """Show a fault until it is closed or another takes its place."""
        self._fade.stop()
        self._strip.problem(error)

    def note(self, text: str, choice: str = "", act: Callable[[], object] | None = None) -> None:
        """Say what was done, for some seconds, perhaps with one thing to do about it."""
        choices = [(choice, act)] if act is not None else []
        self._strip.say(text, Kind.INFO, choices)
        self._fade.start()

    def clear(self) -> None:
        """Take the strip away."""
        self._fade.stop()
        self._strip.clear()

    def bug(self, bug: BaseException) -> None:
        """Show a bug with its details, ready to be copied."""
        log.error("A bug was shown", exc_info=bug)
        if self._bugs is None:
            self._bugs = BugWindow(self._window)
        self._bugs.add(bug)
        self._bugs.show()


class BugWindow(QDialog):
    """Tells that the program made a mistake, and lets the details be copied."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong inside the program")
        self.setModal(False)
        self.resize(640, 380)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details of what went wrong")
        self.copy = QPushButton("Copy the details")
        self.copy.clicked.connect(self._copy)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(
            parts.label(
                "This is a mistake of the program, not yours, and no mail was lost. It would help "
                "if you reported it with these details; they hold no mail and no password.",
                wrap=True,
            )
        )
        layout.addWidget(self.details)
        layout.addWidget(buttons)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)

    def add(self, bug: BaseException) -> None:
        """Write one more bug into the details."""
        self.details.appendPlainText(report(bug))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())


def report(bug: BaseException) -> str:
    """The text of a report: version, platform, and where in our code it happened.

    Only the places are told, and the kind of the exception, not its words: those could quote mail.
    """
    frames = traceback.extract_tb(bug.__traceback__)
    places = "\n".join(f"  {f.filename}:{f.lineno} in {f.name}" for f in frames)
    return (
        f"mailclient {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{type(bug).__name__}\n{places}"
    )
