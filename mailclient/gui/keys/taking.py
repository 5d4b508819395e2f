"""Taking keys in: from a file, from the clipboard, from a picture of a code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from mailclient.app import App
from mailclient.crypto.api import Imported
from mailclient.errors import BadInput
from mailclient.gui.bridge import Bridge
from mailclient.gui.keys import codes
from mailclient.gui.keys.copies import Copies
from mailclient.gui.keys.key_verbs import PICTURES
from mailclient.gui.strip import Strip
from mailclient.services.comparing import scanned, words_of
from mailclient.services.handing_on import needs_code
from mailclient.services.jobs import Job
from mailclient.services.keys import KeyEntry
from mailclient.services.read import read_file

NOTHING = BadInput(
    "There is no key in it.", "Copy the whole text of a key, or the number of one that is here."
)


class Taking(QObject):
    """Does it for one window."""

    taken = Signal(str)  # the address of a key that came in
    to_compare = Signal(object, object, str)  # a KeyEntry, its words, and what was scanned

    def __init__(
        self, app: App, bridge: Bridge, strip: Strip, copies: Copies, window: QWidget
    ) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._copies = copies
        self._window = window

    def choose_file(self) -> None:
        """Ask for a file with keys."""
        dialog = QFileDialog(self._window, "Take in keys")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.file)
        dialog.open()

    def file(self, name: str) -> None:
        """Take in the keys of a file; for a copy of one's own the code is asked for."""

        def work(job: Job) -> str | None:
            data = read_file(Path(name))
            return None if needs_code(data) else self._take(data, "file")

        def done(address: str | None) -> None:
            if address is None:
                self._copies.ask_code(name)
            else:
                self._told(address)

        self._run(work, done)

    def clipboard(self) -> None:
        """Take in a key, or compare one, from what was copied."""
        clipboard = QGuiApplication.clipboard()
        text = clipboard.text()
        if text.strip():
            self.text(text, "clipboard")
        else:
            self.picture(clipboard.image())

    def choose_picture(self) -> None:
        """Ask for a picture of a code."""
        dialog = QFileDialog(self._window, "A picture of a code", "", PICTURES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.picture(QImage(name)))
        dialog.open()

    def picture(self, image: QImage) -> None:
        """Take in a key, or compare one, by a code in a picture."""
        found = codes.read(image) if codes.available() else ()
        if found:
            self.text(found[0], "code")
        else:
            self._strip.problem(
                BadInput("There is no code to be read in it.", "Take a sharper picture of it.")
            )

    def text(self, text: str, source: str) -> None:
        """Take in a key in a text; one that only says which key it means is compared with that."""
        found = scanned(text)
        if found is None:
            self._strip.problem(NOTHING)
        elif found.key:
            self._run(lambda job: self._take(found.key, source), self._told)
        else:
            self._run(
                lambda job: self._known(found.fingerprint),
                lambda known: self.to_compare.emit(*known, text),
            )

    def _known(self, fingerprint: str) -> tuple[KeyEntry, tuple[str, ...]]:
        if not self._app.keys.find(fingerprint):
            raise BadInput(
                "The key that it names is not here.",
                "Take the key in first, or write to the person: it is looked for then.",
            )
        return self._app.keys.entries(fingerprint)[0], words_of(fingerprint)

    def _take(self, data: bytes, source: str) -> str:
        """The address of the first key."""
        imported: tuple[Imported, ...] = self._app.keys.import_keys(data, source)
        entries = self._app.keys.entries(imported[0].fingerprint)
        return entries[0].address

    def _told(self, address: str) -> None:
        self._strip.say("The key was taken in. Confirm it when you talk to its owner.")
        self.taken.emit(address)

    def _run(self, work: Callable[[Job], object], done: Callable[[Any], None]) -> None:
        self._bridge.run("work", work, done, self._strip.problem, owner=self)
