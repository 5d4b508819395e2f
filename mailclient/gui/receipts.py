"""What the user decides about a read receipt, done."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.notify import Notify
from mailclient.gui.reader.notices import Offer
from mailclient.services.jobs import Job


class ReceiptDecisions(QObject):
    """Serves one reader."""

    def __init__(self, app: App, bridge: Bridge, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._bridge = bridge
        self._notify = notify

    def decide(self, id: int, offer: Offer) -> None:
        """Send the read receipt that a message asks for, or not, or never to whom it would go."""
        receipts = self._app.receipts

        def work(job: Job) -> None:
            if offer is Offer.RECEIPT:
                self._app.send.start(receipts.send(id))
            elif offer is Offer.NEVER_RECEIPT:
                receipts.never(id)
            else:
                receipts.dismiss(id)

        self._bridge.run("work", work, None, self._notify.problem, owner=self)
