"""Copies of one's own keys: saved with a recovery sheet, and taken back with its code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QWidget

from mailclient.app import App
from mailclient.gui import people
from mailclient.gui.bridge import Bridge
from mailclient.gui.keys.recovery_sheet import RecoverySheet
from mailclient.gui.reader.saving import write_secret
from mailclient.gui.strip import Strip
from mailclient.services.jobs import Job
from mailclient.services.read import read_file
from mailclient.services.recovery import Copy


class Copies(QObject):
    """Does it for one window, and tells in its strip what came of it."""

    def __init__(self, app: App, bridge: Bridge, strip: Strip, window: QWidget) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._window = window

    def choose(self, fingerprint: str, address: str) -> None:
        """Ask where the copy of a key is to lie."""
        dialog = QFileDialog(self._window, "Save a copy of your key")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(people.file_name(f"{address or 'key'}-backup.asc"))
        dialog.fileSelected.connect(lambda name: self.save(fingerprint, name))
        dialog.open()

    def save(self, fingerprint: str, name: str) -> None:
        """Save a copy of a key and show its sheet."""

        def work(job: Job) -> Copy:
            copy = self._app.recovery.copy(fingerprint)
            write_secret(Path(name), copy.data)
            self._app.recovery.kept(copy.fingerprint)
            return copy

        self._run(work, lambda copy: self._show(copy, name))

    def _show(self, copy: Copy, name: str) -> None:
        self._strip.clear()
        sheet = RecoverySheet(copy.sheet, people.plain(name), self._window)
        sheet.pdf_wanted.connect(self._save_pdf)
        sheet.open()

    def _save_pdf(self, name: str, pdf: bytes) -> None:
        self._run(
            lambda job: write_secret(Path(name), pdf),
            lambda path: self._strip.say(f"The recovery sheet lies in {people.plain(name)}."),
        )

    def choose_restore(self) -> None:
        """Ask for the file of a copy."""
        dialog = QFileDialog(self._window, "Take back a key from its copy")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.ask_code)
        dialog.open()

    def ask_code(self, name: str) -> None:
        """Ask for the code that opens a file."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Recovery code")
        dialog.setLabelText(
            "The 36 digits on your recovery sheet or of your other program, or the passphrase of "
            "the file:"
        )
        dialog.setTextEchoMode(QLineEdit.EchoMode.Normal)
        dialog.textValueSelected.connect(lambda code: self.restore(name, code))
        dialog.open()

    def restore(self, name: str, code: str) -> None:
        """Take back the key in a file."""
        self._run(
            lambda job: self._app.handing_on.take_in(read_file(Path(name)), code),
            lambda imported: self._strip.say("Your key is here again, and mail to it opens."),
        )

    def _run(self, work: Callable[[Job], object], done: Callable[[Any], None]) -> None:
        self._bridge.run("work", work, done, self._strip.problem, owner=self)
