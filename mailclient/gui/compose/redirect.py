"""Asks who gets a message as it is, and says what that means."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import parts, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.recipients import RecipientLine
from mailclient.gui.strip import Strip
from mailclient.message.address import format_address
from mailclient.message.security import Encryption
from mailclient.services.jobs import Job
from mailclient.services.read import MessageView
from mailclient.services.redirect import Redirection
from mailclient.services.send import Queued


class RedirectDialog(QDialog):
    """Sends one message on; it stays open as long as that was not possible."""

    def __init__(
        self, app: App, bridge: Bridge, view: MessageView, begun: Redirection, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Redirect")
        self.resize(520, 200)
        self._app, self._bridge, self._view, self._begun = app, bridge, view, begun
        self.to = RecipientLine("To")
        self.strip = Strip()
        form = QFormLayout()
        form.addRow("Message", parts.label(people.plain(view.envelope.subject) or "(no subject)"))
        form.addRow("From", parts.label(people.plain(format_address(begun.sender))))
        form.addRow("To", self.to)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.send_button = self.buttons.addButton(
            "Redirect", QDialogButtonBox.ButtonRole.ActionRole
        )
        self.send_button.setDefault(True)
        column = QVBoxLayout(self)
        column.addWidget(self.strip)
        column.addLayout(form)
        column.addWidget(parts.label(_meaning(view), look="secondary", wrap=True))
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.to.prefix_typed.connect(self._complete)
        self.buttons.rejected.connect(self.reject)
        self.send_button.clicked.connect(self._send)
        self.to.setFocus()

    def _complete(self, prefix: str) -> None:
        self._bridge.run(
            "search",
            lambda job: self._app.compose.complete(prefix),
            lambda found: self.to.propose(prefix, found),
            newest="completion",
            owner=self,
        )

    def _send(self) -> None:
        wanted = replace(self._begun, to=self.to.people())
        self.send_button.setEnabled(False)

        def work(job: Job) -> Queued:
            raw = self._app.read.raw(self._view.id)
            return self._app.redirect.queue(self._view, raw, wanted)

        def failed(problem: MailError) -> None:
            self.send_button.setEnabled(True)
            self.strip.problem(problem)

        self._bridge.run("work", work, lambda queued: self._queued(wanted), failed, owner=self)

    def _queued(self, wanted: Redirection) -> None:
        self._app.send.start(self._app.accounts.get(wanted.sender.address))
        self.accept()


def _meaning(view: MessageView) -> str:
    words = "It goes on exactly as you received it; an answer goes to its author, not to you."
    if view.verdict.encryption is not Encryption.NONE:
        words += " It stays encrypted for whom it was encrypted: only they can read it."
    return words
