"""What can be done with a key of one's own: carried out off this thread, told in the strip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from mailclient.app import App
from mailclient.crypto.api import KeyInfo, Published
from mailclient.errors import KeyLocked, MailError
from mailclient.gui import dates, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.keys.comparing import ShowDialog
from mailclient.gui.keys.passphrases import KeyPassphraseDialog
from mailclient.gui.keys.recovery_sheet import CodeDialog
from mailclient.gui.keys.words import grouped
from mailclient.gui.strip import Kind, Strip
from mailclient.services.comparing import code_of, words_of
from mailclient.services.jobs import Job
from mailclient.services.keys import KeyEntry

PUBLISHING = (
    "Your public key and the address {who} are given to the server keys.openpgp.org, where anybody "
    "can find them. The server sends you a letter; only when you have followed its link is the key "
    "found by your address. You can end that later, but not make others forget it."
)
GUARDING = (
    "With a passphrase, somebody who takes over this computer still cannot use your key. You are "
    "asked for it when mail is opened or sent. If you forget it, nothing can open your mail; leave "
    "the new one empty for none."
)
HANDING_ON = (
    "A letter goes to yourself, at {who}. It carries your key, closed by a code that is shown "
    "next. Open the letter in your other program and type the code there."
)
ENDING = (
    "Do this when somebody else has your key, or when you use it no more. Nobody can write to you "
    "with it afterwards; what you have received still opens here. It cannot be taken back."
)


class OwnVerbs(QObject):
    """Does it for one window."""

    def __init__(self, app: App, bridge: Bridge, strip: Strip, window: QWidget) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._window = window

    # Going on

    def extend(self, fingerprint: str) -> None:
        """Let a key go on for two years, with one click."""
        self._run(lambda job: self._app.recovery.extend(fingerprint), self._extended)

    def _extended(self, key: KeyInfo) -> None:
        until = f" until {dates.day(key.expires)}" if key.expires else ""
        self._strip.say(
            f"Your key is valid{until}. Others learn of it with your next letters; if you have "
            "published it, do so again."
        )

    def renew(self, entry: KeyEntry) -> None:
        """Give a key a new part that others encrypt to."""
        self._ask(
            "Give your key a new part?",
            "Others encrypt to the new part from now on; what was encrypted before still opens. "
            "Save a new copy of the key afterwards.",
            "Give it a new part",
            lambda: self._renew(entry, ""),
        )

    def _renew(self, entry: KeyEntry, passphrase: str) -> None:
        self._run(
            lambda job: self._app.recovery.renew(entry.key.fingerprint, passphrase),
            lambda key: self._strip.say("Your key has a new part. Save a new copy of it."),
            lambda problem: self._locked(entry, problem),
        )

    def _locked(self, entry: KeyEntry, problem: MailError) -> None:
        if not isinstance(problem, KeyLocked):
            self._strip.problem(problem)
            return
        dialog = KeyPassphraseDialog(
            "Passphrase of your key", str(problem), change=False, parent=self._window
        )
        dialog.given.connect(lambda present, new: self._renew(entry, present))
        dialog.open()

    def change_passphrase(self, entry: KeyEntry) -> None:
        """Ask for the passphrase that is to guard a key."""
        dialog = KeyPassphraseDialog(
            "Passphrase of your key", GUARDING, change=True, parent=self._window
        )
        dialog.given.connect(
            lambda old, new: self._run(
                lambda job: self._app.recovery.change_passphrase(entry.key.fingerprint, old, new),
                lambda done: self._strip.say(
                    "Your key is guarded by the new passphrase."
                    if new
                    else "No passphrase guards your key any more."
                ),
            )
        )
        dialog.open()

    # For others

    def show(self, entry: KeyEntry) -> None:
        """Show words and code by which others confirm a key."""
        fingerprint = entry.key.fingerprint
        self._run(lambda job: words_of(fingerprint), lambda words: self._shown(entry, words))

    def _shown(self, entry: KeyEntry, words: tuple[str, ...]) -> None:
        fingerprint = entry.key.fingerprint
        who = people.plain(entry.address)
        self._open(ShowDialog(who, words, code_of(fingerprint), grouped(fingerprint), self._window))

    def publish(self, entry: KeyEntry) -> None:
        """Give a key to the key server, after what that means was said."""
        who = people.plain(entry.address)
        self._ask(
            "Publish your key?",
            PUBLISHING.format(who=who),
            "Publish",
            lambda: self._run(
                lambda job: self._app.keyfinding.publish(entry.address, job.cancel),
                self._published,
            ),
        )

    def _published(self, done: Published) -> None:
        if done.state == "published":
            self._strip.say(f"Your key can be found at {done.place} by your address.")
        else:
            self._strip.say(
                f"Your key is at {done.place}. Follow the link in the letter that comes from "
                "there; until then it is not found by your address."
            )

    def hand_on(self, entry: KeyEntry) -> None:
        """Send a key to another program of one's own."""
        self._ask(
            "Use your key in another program?",
            HANDING_ON.format(who=people.plain(entry.address)),
            "Send the letter",
            lambda: self._run(lambda job: self._sent(entry, job), self._show_code),
        )

    def _sent(self, entry: KeyEntry, job: Job) -> str:
        setup = self._app.handing_on.letter(entry.address)
        self._app.send.queue(setup.draft, cancel=job.cancel)
        self._app.send.start_due()
        return setup.code

    def _show_code(self, code: str) -> None:
        self._open(CodeDialog(code, self._window))

    # The end

    def end(self, entry: KeyEntry) -> None:
        """End a key for ever, after a question."""
        self._ask(
            "End your key for ever?",
            ENDING,
            "End it",
            lambda: self._run(
                lambda job: self._app.recovery.revoke(entry.key.fingerprint),
                lambda key: self._strip.say(
                    "Your key has ended. Save it for others and give it to those who write to you, "
                    "so that they learn of it.",
                    Kind.INFO,
                ),
            ),
        )

    # Inside

    def _open(self, dialog: QDialog) -> None:
        self._strip.clear()
        dialog.open()

    def _ask(self, title: str, text: str, words: str, act: Callable[[], object]) -> None:
        ask(self._window, title, text, words, act)

    def _run(
        self,
        work: Callable[[Job], object],
        done: Callable[[Any], None],
        failed: Callable[[MailError], None] | None = None,
    ) -> None:
        self._bridge.run("work", work, done, failed or self._strip.problem, owner=self)


def ask(window: QWidget, title: str, text: str, words: str, act: Callable[[], object]) -> None:
    """Ask before something that cannot be taken back; Cancel is what Return does."""
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setText(title)
    box.setInformativeText(text)
    go = box.addButton(words, QMessageBox.ButtonRole.ActionRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    go.clicked.connect(lambda: act())
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
