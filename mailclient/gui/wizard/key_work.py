"""What the third page sets going: a key is made, taken from a file, and its copy saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtWidgets import QFileDialog, QInputDialog

from mailclient.account import Identity
from mailclient.app import App
from mailclient.crypto.api import KeyInfo
from mailclient.errors import KeyMissing
from mailclient.gui import people
from mailclient.gui.keys.recovery_sheet import RecoverySheet
from mailclient.gui.reader.saving import write_secret
from mailclient.gui.strip import Strip
from mailclient.gui.wizard.key_page import KeyPage
from mailclient.services.handing_on import needs_code
from mailclient.services.jobs import Job
from mailclient.services.read import read_file
from mailclient.services.recovery import Copy


class Run(Protocol):
    """Does work off the thread of the window, and hands over its result."""

    def __call__(self, work: Callable[[Job], Any], done: Callable[[Any], None], /) -> None:
        """Run `work`, then `done`."""


class KeyWork:
    """Carries out what is chosen on the page."""

    def __init__(self, app: App, page: KeyPage, strip: Strip, run: Run) -> None:
        self._app = app
        self._page = page
        self._strip = strip
        self._run = run
        self._identity = Identity("nobody@localhost")
        page.file_wanted.connect(self._choose_file)
        page.backup_wanted.connect(self._choose_backup)

    def begin(self, identity: Identity, ready: Callable[[], None]) -> None:
        """Look whether there is a key already, show the choice, then call `ready`."""
        self._identity = identity

        def known(key: KeyInfo | None) -> None:
            self._page.begin(identity.address, key)
            ready()

        self._run(lambda job: self._app.keys.own_key(identity.address), known)

    def create(self) -> None:
        """Make a key."""
        self._page.choose_between(False)
        self._page.say("key", "Your key is being made…")
        who = self._identity
        self._run(
            lambda job: self._app.keys.generate(who.address, who.name, None),
            lambda key: self._page.show_key(key, made=True),
        )

    def _choose_file(self) -> None:
        dialog = QFileDialog(self._page, "Take in a key")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.take_file)
        dialog.open()

    def take_file(self, name: str, code: str | None = None) -> None:
        """Take in the keys of a file, and use the one for this address; a copy opens by its
        code."""
        address = self._identity.address

        def work(job: Job) -> KeyInfo | None:
            data = read_file(Path(name))
            if code is None and needs_code(data):
                return None
            if code is None:
                self._app.keys.import_keys(data)
            else:
                self._app.handing_on.take_in(data, code)
            key = self._app.keys.own_key(address)
            if key is None:
                raise KeyMissing(
                    f"The file holds no usable secret key for {people.plain(address)}.",
                    "Choose another file, or create a key.",
                )
            return key

        def done(key: KeyInfo | None) -> None:
            if key is None:
                self.ask_code(name)
            else:
                self._page.show_key(key, made=False)

        self._strip.clear()
        self._run(work, done)

    def ask_code(self, name: str) -> None:
        """Ask for the code that opens a copy of a key, or the file of a setup message."""
        dialog = QInputDialog(self._page)
        dialog.setWindowTitle("Recovery code")
        dialog.setLabelText(
            "The 36 digits on your recovery sheet or of your other program, or the passphrase of "
            "the file:"
        )
        dialog.textValueSelected.connect(lambda code: self.take_file(name, code))
        dialog.open()

    def _choose_backup(self) -> None:
        dialog = QFileDialog(self._page, "Save a copy of your key")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(people.file_name(f"{self._identity.address}-backup.asc"))
        dialog.fileSelected.connect(self.save_backup)
        dialog.open()

    def save_backup(self, name: str) -> None:
        """Save a copy of the key in a file, and show the sheet with the code that opens it."""
        key = self._page.key
        if key is None:
            return

        def work(job: Job) -> Copy:
            copy = self._app.recovery.copy(key.fingerprint)
            write_secret(Path(name), copy.data)
            self._app.recovery.kept(copy.fingerprint)
            return copy

        self._run(work, lambda copy: self._show_sheet(copy, name))

    def _show_sheet(self, copy: Copy, name: str) -> None:
        self._page.show_saved(name)
        sheet = RecoverySheet(copy.sheet, people.plain(name), self._page)
        sheet.pdf_wanted.connect(
            lambda path, pdf: self._run(
                lambda job: write_secret(Path(path), pdf), lambda done: None
            )
        )
        sheet.open()
