"""From Send to the queue: what is asked on the way, and what becomes of a refusal.

Nothing goes out less protected than the switches say, and words that came out of encrypted mail
never go out in clear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from PySide6.QtCore import QLocale, QObject, Qt, Signal
from PySide6.QtWidgets import QMenu, QMessageBox, QPushButton, QToolButton, QWidget

from mailclient.app import App, now
from mailclient.errors import AlreadyQueued, MailError
from mailclient.gui import icons, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.doubts import Doubt, doubt, is_whole
from mailclient.gui.compose.form import ComposeForm
from mailclient.gui.compose.keeper import DraftKeeper
from mailclient.gui.send_later import fill_menu
from mailclient.gui.strip import Kind, Strip
from mailclient.message.draft import Draft
from mailclient.services.send import Queued
from mailclient.settings import REMIND_OF_FILES, UNDO_SECONDS


class Sending(QObject):
    """Sends what stands in one form."""

    sent = Signal()
    files_wanted = Signal()

    def __init__(
        self, app: App, bridge: Bridge, form: ComposeForm, keeper: DraftKeeper, window: QWidget
    ) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self.form = form
        self.keeper = keeper
        self.protection = form.protection
        self.strip = Strip()
        self.send_button = QPushButton("Send")
        self.later_button = QToolButton()
        self._later: datetime | None = None
        self._window = window
        self._settled = set() if app.settings.get(REMIND_OF_FILES) else {Doubt.FILE}
        self._offer_later()
        self.protection.told.connect(self._name_button)
        self._name_button()

    def _name_button(self) -> None:
        """The button says what it will do."""
        words = "Send encrypted" if self.protection.encrypt.isChecked() else "Send"
        self.send_button.setText(words)
        self.send_button.setAccessibleName(words)

    def _offer_later(self) -> None:
        """A button beside Send with the times that it can be sent at."""
        menu = QMenu(self.later_button)
        menu.aboutToShow.connect(lambda: fill_menu(menu, now(), self.send_later, self._window))
        self.later_button.setText("Send later")
        self.later_button.setIcon(icons.icon("later", "text"))
        self.later_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.later_button.setToolTip("Choose when it is sent (Ctrl+Shift+Return)")
        self.later_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.later_button.setMenu(menu)

    def send_later(self, when: datetime) -> None:
        """Send it at a time, as `send` does."""
        self._later = when
        self._send()

    def send(self) -> None:
        """Send it as the switches say, or say why not and what can be done."""
        self._later = None
        self._send()

    def _send(self) -> None:
        if self.keeper.ended:
            return
        for line in self.form.lines:
            line.commit()
        draft = self.form.draft()
        found = doubt(
            draft,
            can_encrypt=self.protection.can_encrypt or not self.protection.missing(),
            settled=self._settled,
            languages=[one[:2] for one in QLocale.system().uiLanguages()],
        )
        if found is None:
            self._queue(draft)
        else:
            self._ask(found)

    def _ask(self, found: Doubt) -> None:
        """Say what speaks against sending, and what can be done."""
        say = self.strip.say
        match found:
            case Doubt.NOBODY:
                say("The message has no recipient. Say who it goes to.", Kind.CAUTION)
                self.form.to.entry.setFocus()
            case Doubt.UNFINISHED:
                self._unfinished()
            case Doubt.KEYS:
                self._cannot_encrypt()
            case Doubt.FILE:
                choices = (("Attach", self.files_wanted.emit), self._settle("Send without", found))
                say("You write of an attachment, and there is none.", Kind.CAUTION, choices)
            case Doubt.SUBJECT:
                write = ("Write one", self.form.subject.setFocus)
                choices = (write, self._settle("Send without", found))
                say("The message has no subject.", Kind.CAUTION, choices)
                self.form.subject.setFocus()
            case _:
                assert_never(found)

    def _unfinished(self) -> None:
        """Name whom mail cannot be sent to, and go there."""
        for line in self.form.lines:
            for one in line.people():
                if not is_whole(one):
                    shown = people.plain(one.address or one.name)
                    words = f"“{shown}” in {line.name} is no whole address."
                    self.strip.say(f"{words} Correct it, or take it out.", Kind.CAUTION)
                    line.entry.setFocus()
                    return

    def send_clear(self) -> None:
        """Send it to everybody unencrypted, after a question that says what that means."""
        self._later = None
        for line in self.form.lines:
            line.commit()
        draft = replace(self.form.draft(), encrypt=False)
        settled = self._settled | {Doubt.SUBJECT, Doubt.FILE}
        found = doubt(draft, can_encrypt=True, settled=settled, languages=())
        if found is not None:
            self._ask(found)
        elif draft.quotes_protected:
            self._cannot_encrypt()
        else:
            self._ask_clear()

    def _settle(self, words: str, one: Doubt) -> tuple[str, Callable[[], object]]:
        def settled() -> None:
            self._settled.add(one)
            self.strip.clear()
            self._send()

        return words, settled

    def _cannot_encrypt(self) -> None:
        missing = self.protection.missing()
        choices: list[tuple[str, Callable[[], object]]] = [
            (f"Remove {people.plain(one)}", lambda one=one: self._remove(one))  # type: ignore[misc]
            for one in missing[:2]
        ]
        if self.form.draft().quotes_protected:
            choices.append(("Leave out the encrypted words…", self._leave_out))
        else:
            choices.append(("Send unencrypted…", self._ask_clear))
        self.strip.say(
            "There is no usable key for " + ", ".join(missing) + ". Nothing was sent.",
            Kind.CAUTION,
            choices,
        )

    def _remove(self, address: str) -> None:
        self.form.remove(address)
        self.strip.clear()

    def _leave_out(self) -> None:
        """Take out what came from encrypted mail; the writer looks at the rest before it goes."""
        try:
            left = self._app.compose.without_protected(self.form.draft())
        except MailError as problem:
            self.strip.problem(problem)
            return
        self.form.show_draft(left)
        self.protection.start(encrypt=False, sign=left.sign)
        self.protection.touched = True
        self.strip.say(
            "What was encrypted is taken out: the quoted words, the subject, the files. Look at "
            "what is left; every server on the way will be able to read it.",
            Kind.CAUTION,
        )

    def _ask_clear(self) -> None:
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Send unencrypted?")
        box.setText("Send this message unencrypted?")
        box.setInformativeText(
            "Every server on the way can read it, its subject and its files too."
        )
        go = box.addButton("Send unencrypted", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        go.clicked.connect(lambda: self._queue(replace(self.form.draft(), encrypt=False)))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _queue(self, draft: Draft) -> None:
        self._enable(False)
        self.keeper.when_idle(lambda: self._put_into_queue(draft))

    def _put_into_queue(self, draft: Draft) -> None:
        draft_id, later = self.keeper.id, self._later
        seconds = 0 if later else self._app.settings.get(UNDO_SECONDS)
        self._bridge.run(
            "work",
            lambda job: self._app.send.queue(
                draft, draft_id=draft_id, undo_seconds=seconds, later=later, cancel=job.cancel
            ),
            lambda queued: self._queued(draft, queued),
            self._not_queued,
            owner=self,
        )

    def _enable(self, on: bool) -> None:
        for button in (self.send_button, self.later_button):
            button.setEnabled(on)

    def _queued(self, draft: Draft, queued: Queued) -> None:
        self.keeper.end()
        self._app.send.start(self._app.accounts.get(draft.sender.address))
        self.sent.emit()

    def _not_queued(self, problem: MailError) -> None:
        self._enable(True)
        choices = []
        if isinstance(problem, AlreadyQueued):
            choices.append(("Send as a new message", self._send_anew))
        self.strip.problem(problem, choices)
        self.keeper.touch()

    def _send_anew(self) -> None:
        """Forget that this draft was sent before."""
        self.form.renew()
        self.strip.clear()
        self._send()
