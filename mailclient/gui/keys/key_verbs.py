"""What can be done with the keys of others: confirm, use, refuse, look for, save, delete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from mailclient.account import EncryptionPolicy
from mailclient.app import App
from mailclient.gui import dates, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.keys import codes
from mailclient.gui.keys.comparing import ConfirmDialog
from mailclient.gui.keys.own_verbs import ask
from mailclient.gui.keys.words import asked_above, grouped
from mailclient.gui.reader.saving import write
from mailclient.gui.strip import Strip
from mailclient.services.comparing import words_of
from mailclient.services.jobs import Job
from mailclient.services.keyfinding import Search
from mailclient.services.keys import KeyEntry

PICTURES = "Pictures (*.png *.jpg *.jpeg *.gif *.webp *.bmp)"
SAID = {
    "verified": "The key of {who} is confirmed.",
    "accepted": "The key of {who} is used from now on. Confirm it when you talk to them.",
    "rejected": "The key of {who} is refused and never used.",
}


class KeyVerbs(QObject):
    """Does it for one window, and tells in its strip what came of it."""

    def __init__(self, app: App, bridge: Bridge, strip: Strip, window: QWidget) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._window = window

    # Deciding

    def confirm(self, entry: KeyEntry) -> None:
        """Compare a key with what its owner says."""
        fingerprint = entry.key.fingerprint
        self._run(lambda job: words_of(fingerprint), lambda words: self.show_words(entry, words))

    def show_words(self, entry: KeyEntry, words: tuple[str, ...], scanned: str = "") -> None:
        """Show the words of a key; what was scanned already is compared at once."""
        who = people.plain(entry.address)
        dialog = ConfirmDialog(who, entry.key.fingerprint, words, self._window)
        dialog.judged.connect(lambda word, how: self.judge(entry, word, how))
        dialog.picture_wanted.connect(lambda: self._choose_picture(dialog))
        dialog.clipboard_wanted.connect(lambda: self._from_clipboard(dialog))
        if scanned:
            dialog.take(scanned, "code")
        dialog.open()

    def judge(self, entry: KeyEntry, word: str, how: str = "") -> None:
        """Say what to think of a key."""
        who = people.plain(entry.address)
        self._run(
            lambda job: self._app.keys.trust(
                entry.key.fingerprint, entry.address or None, word, how
            ),
            lambda done: self._strip.say(SAID[word].format(who=who)),
        )

    def _choose_picture(self, dialog: ConfirmDialog) -> None:
        chooser = QFileDialog(dialog, "A picture of the code", "", PICTURES)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(lambda name: self._compare_picture(dialog, QImage(name)))
        chooser.open()

    def _from_clipboard(self, dialog: ConfirmDialog) -> None:
        clipboard = QGuiApplication.clipboard()
        text = clipboard.text().strip()
        if text:
            dialog.given.setText(text)
        else:
            self._compare_picture(dialog, clipboard.image())

    def _compare_picture(self, dialog: ConfirmDialog, image: QImage) -> None:
        found = codes.read(image)
        if found:
            dialog.take(found[0], "code")
        else:
            dialog.told.setText("There is no code to be read in this picture.")

    # How to write to somebody

    def set_policy(self, address: str, policy: EncryptionPolicy | None) -> None:
        """Say how to write to somebody."""
        self._run(lambda job: self._app.people.set_policy(address, policy), lambda done: None)

    # The rest

    def find(self, entry: KeyEntry) -> None:
        """Look for somebody's keys anew, everywhere."""
        self._strip.say(f"Looking for the key of {people.plain(entry.address)} …", lasting=True)
        self._run(
            lambda job: self._app.keyfinding.everywhere(entry.address, job.cancel), self._found
        )

    def _found(self, search: Search) -> None:
        who = people.plain(search.address)
        if search.found:
            found = f"What was found for {who} is shown here."
        else:
            found = f"No key of {who} was found by looking."
        self._strip.say(f"{asked_above(search.renewal)} {found}".lstrip())

    def details(self, entry: KeyEntry) -> None:
        """Show what a key is, in full."""
        key = entry.key
        names = "\n".join(people.plain(one) for one in key.user_ids[:8])
        box = QMessageBox(self._window)
        box.setWindowTitle("Details of the key")
        box.setText(names or "This key carries no name.")
        box.setInformativeText(
            f"Fingerprint: {grouped(key.fingerprint)}\n\n{key.algorithm}, made on "
            f"{dates.day(key.created)}."
        )
        box.show()

    def save(self, entry: KeyEntry) -> None:
        """Save a public key for others."""
        dialog = QFileDialog(self._window, "Save the key for others")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(people.file_name(f"{entry.address or 'key'}-public.asc"))
        dialog.fileSelected.connect(
            lambda name: self._run(
                lambda job: write(Path(name), self._app.keys.export(entry.key.fingerprint)),
                lambda path: self._strip.say(f"Saved as {people.plain(name)}."),
            )
        )
        dialog.open()

    def delete(self, entry: KeyEntry) -> None:
        """Delete a key, after a question."""
        own = entry.key.has_secret
        text = (
            "Mail that was encrypted to it and is not opened yet can never be read again. Save a "
            "copy first."
            if own
            else "Mail to this person cannot be encrypted any more until there is a key again."
        )
        if entry.key.vouches:
            text = "What it vouches for counts no more until you accept each key yourself."
        ask(
            self._window,
            "Delete your own key?" if own else "Delete this key?",
            text,
            "Delete",
            lambda: self._run(
                lambda job: self._app.keys.delete(entry.key.fingerprint, secret=own),
                lambda done: self._strip.say("The key was deleted."),
            ),
        )

    def _run(self, work: Callable[[Job], object], done: Callable[[Any], None]) -> None:
        self._bridge.run("work", work, done, self._strip.problem, owner=self)
