"""The test of both log-ins, each with a tick or with a plain reason."""

from __future__ import annotations

import re
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from mailclient.errors import CertificateRejected
from mailclient.gui import parts, people
from mailclient.services.accounts import INCOMING, OUTGOING, StepResult

_NAMES = {INCOMING: "Incoming mail", OUTGOING: "Outgoing mail"}


_METHOD = re.compile(r" \([^()]*\)\.$")


class LogIns(QWidget):
    """Two lines; hidden until something is tested."""

    certificate_wanted = Signal(str)  # of the incoming or the outgoing server

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._lines: dict[str, tuple[parts.Picture, QLabel, QPushButton]] = {}
        for row, what in enumerate(_NAMES):
            icon, text = parts.Picture(), parts.label(wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            button = parts.link_button(
                "Look at the certificate…", partial(self.certificate_wanted.emit, what)
            )
            grid.addWidget(icon, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, row, 1)
            grid.addWidget(button, row, 2, Qt.AlignmentFlag.AlignTop)
            self._lines[what] = (icon, text, button)
        self.clear()

    def clear(self) -> None:
        """Hide what was tested."""
        for _, text, button in self._lines.values():
            text.clear()
            button.hide()
        self.hide()

    def begin(self) -> None:
        """Say that both are being tested."""
        for what in _NAMES:
            self._put(what, "receive", "secondary", "logging in…")
        self.show()

    def show_result(self, result: StepResult) -> None:
        """A tick, or why not and what to do."""
        if result.ok:
            self._put(result.what, "check", "text", _in_short(result.text))
        else:
            self._put(result.what, "danger", "danger", f"{result.text} {result.advice}".strip())
        text, button = self._lines[result.what][1:]
        text.setToolTip(people.plain(result.detail))
        button.setVisible(isinstance(result.problem, CertificateRejected))

    def _put(self, what: str, picture: str, role: str, words: str) -> None:
        icon, text, button = self._lines[what]
        icon.show_icon(picture, role)
        text.setText(f"{_NAMES[what]}: {words}")
        text.setAccessibleName(text.text())
        button.hide()

    def words(self, what: str) -> str:
        """What is said of one server."""
        return self._lines[what][1].text()

    def button(self, what: str) -> QPushButton:
        """The way to the certificate of one server."""
        return self._lines[what][2]


def _in_short(text: str) -> str:
    """Without the method behind it, which 'account test' names; that nothing is encrypted stays."""
    return text if "not encrypted" in text else _METHOD.sub(".", text)
