"""Mail in and out: what the window has collected and sent, and what it shows of the servers."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.certificate import CertificateDialog
from mailclient.gui.server_mailbox import ServerMailboxWindow
from mailclient.services.accounts import INCOMING, OUTGOING


class Traffic(QObject):
    """Starts the work of one window between here and the servers."""

    def __init__(self, app: App, bridge: Bridge, window: QWidget) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._window = window

    def receive(self) -> None:
        """Collect the mail of all accounts, and send what waits."""
        self._bridge.run("work", lambda job: self._app.schedule.collect_all())
        self.send_queued()

    def show_mailbox(self) -> None:
        """Show what lies on the server."""
        ServerMailboxWindow(self._app, self._bridge, self._window).show()

    def show_certificate(self, lane: str) -> None:
        """Show the certificate that has stopped the work of a lane."""
        kind, _, address = lane.partition(":")
        what = INCOMING if kind == "fetch" else OUTGOING
        account = self._app.accounts.get(address)
        CertificateDialog(self._app, self._bridge, account, what, self._window).show()

    def send_queued(self) -> None:
        """Send what is due."""

        def work() -> None:
            for account in self._app.accounts.list():
                if account.outgoing is not None:
                    self._app.send.start(account)

        self._bridge.run("work", lambda job: work())

    def start(self, kind: str, address: str) -> None:
        """Start a collection ("fetch") or a dispatch ("send") of one account again."""
        begin = self._app.schedule.collect if kind == "fetch" else self._app.send.start
        self._bridge.run("work", lambda job: begin(self._app.accounts.get(address)))

    def send_again(self, id: int) -> None:
        """Have a message of the outbox sent again."""
        self._bridge.run(
            "work", lambda job: self._app.send.retry(id), lambda done: self.send_queued()
        )

    def take_back(self, id: int) -> None:
        """Take a message out of the outbox."""
        self._bridge.run("work", lambda job: self._app.send.cancel(id))
