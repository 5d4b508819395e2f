"""Keys that came attached to a letter: taken in as found, and shown before one is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QWidget

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.notify import Notify
from mailclient.message.body import Attachment
from mailclient.services.handing_on import needs_code
from mailclient.services.jobs import Job
from mailclient.services.read import MessageView


class AttachedKeys(QObject):
    """Does it for one window."""

    def __init__(self, app: App, bridge: Bridge, notify: Notify, window: QWidget) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._notify = notify
        self._window = window

    def take(self, view: MessageView | None, at: int) -> None:
        """Take in the key that is an attachment; one of one's own opens with its code."""
        if view is None:
            return
        attachment = view.body.attachments[at]
        sender = view.envelope.from_[0].key if view.envelope.from_ else ""

        def work(job: Job) -> bool:
            data = attachment.data()
            if needs_code(data):
                return False
            self._app.keyfinding.attached(data, sender)
            return True

        def done(taken: bool) -> None:
            from mailclient.gui.keys.window import KeysWindow

            if taken:
                KeysWindow(self._app, self._bridge, self._window, sender).show()
            else:
                self.ask_code(attachment)

        self._run(work, done)

    def ask_code(self, attachment: Attachment) -> QInputDialog:
        """Ask for the code that another program of one's own has shown."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Code of the letter")
        dialog.setLabelText("The 36 digits that your other program shows:")
        dialog.textValueSelected.connect(lambda code: self._open(attachment, code))
        dialog.open()
        return dialog

    def _open(self, attachment: Attachment, code: str) -> None:
        self._run(
            lambda job: self._app.handing_on.take_in(attachment.data(), code),
            lambda done: self._notify.note("Your key is here, and mail to it opens."),
        )

    def _run(self, work: Callable[[Job], object], done: Callable[[Any], None]) -> None:
        self._bridge.run("work", work, done, self._notify.problem, owner=self)
