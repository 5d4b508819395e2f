"""What is done with messages of the outbox: tried, put off, taken back, settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from mailclient.app import App, now
from mailclient.gui.bridge import Bridge
from mailclient.gui.notify import Notify
from mailclient.gui.outbox_words import DOUBT, Act
from mailclient.gui.send_later import SendLaterDialog
from mailclient.message.draft import Draft
from mailclient.services.jobs import Job
from mailclient.services.send import TakenBack

Compose = Callable[[Draft, int, tuple[str, ...]], None]


class OutboxVerbs(QObject):
    """Carries out what the outbox and the bar of Undo ask for."""

    def __init__(
        self, app: App, bridge: Bridge, notify: Notify, compose: Compose, window: QWidget
    ) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._notify = notify
        self._compose = compose
        self._window = window
        self.may_leave = False  # though a message is about to be sent

    def do(self, id: int, act: Act) -> None:
        """Do what was asked for with one message."""
        match act:
            case Act.UNDO | Act.EDIT | Act.CORRECT:
                self.reopen(id)
            case Act.TO_DRAFTS | Act.GIVE_UP:
                self._to_drafts(id)
            case Act.SEND_NOW | Act.TRY_AGAIN:
                self.send_now(id)
            case Act.SEND_AGAIN:
                self._ask_again(id)
            case Act.LATER:
                SendLaterDialog(now(), lambda when: self._later(id, when), self._window).open()
            case Act.ARRIVED:
                self._bridge.run("work", lambda job: self._app.send.settle(id))
            case Act.KEEP_TRYING:
                self._bridge.run("work", lambda job: self._app.send.keep_trying(id))
            case _:
                assert_never(act)

    def send_now(self, id: int, *, doubtful: bool = False) -> None:
        """Have one message tried at once."""

        def work(job: Job) -> None:
            self._app.send.retry(id, doubtful=doubtful, cancel=job.cancel)
            of = self._app.send.item(id).account_id
            for account in self._app.accounts.list():
                if account.id == of:
                    self._app.send.start(account)

        self._bridge.run("work", work)

    def reopen(self, id: int) -> None:
        """Take a message back and go on writing it."""

        def work(job: Job) -> tuple[TakenBack, Draft | None]:
            back = self._app.send.take_back(id)
            draft = self._app.compose.open_draft(back.draft_id) if back.draft_id else None
            return back, draft

        def done(found: tuple[TakenBack, Draft | None]) -> None:
            back, draft = found
            if draft is None:
                self._notify.note("The message was taken out of the outbox.")
            else:
                self._compose(draft, back.draft_id, (back.note,) if back.note else ())

        self._bridge.run("work", work, done)

    def _to_drafts(self, id: int) -> None:
        def done(back: TakenBack) -> None:
            where = "The message is in Drafts." if back.draft_id else "The message was taken out."
            self._notify.note(f"{where} {back.note}".strip())

        self._bridge.run("work", lambda job: self._app.send.take_back(id), done)

    def _later(self, id: int, when: datetime) -> None:
        self._bridge.run("work", lambda job: self._app.send.later(id, when, job.cancel))

    def _ask_again(self, id: int) -> None:
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Send again?")
        box.setText("Send this message again?")
        box.setInformativeText(DOUBT)
        go = box.addButton("Send again", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        go.clicked.connect(lambda: self.send_now(id, doubtful=True))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def ask_to_leave(self, held: Sequence[int]) -> None:
        """Ask what becomes of messages that are about to be sent, when the window is closed."""
        box = QMessageBox(self._window)
        box.setWindowTitle("Close the window?")
        box.setText("A message has not been sent yet.")
        box.setInformativeText("If you close now, it goes out when the program runs next.")
        roles = QMessageBox.ButtonRole
        send = box.addButton("Send now", roles.AcceptRole)
        leave = box.addButton("Close", roles.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(send)
        for id in held:
            send.clicked.connect(lambda checked=False, id=id: self.send_now(id))
        leave.clicked.connect(self._leave)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _leave(self) -> None:
        self.may_leave = True
        self._window.close()
