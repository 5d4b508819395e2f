"""Checking the signatures of sending servers, when the Route window asks for it."""

from __future__ import annotations

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui.bridge import Bridge
from mailclient.gui.reader.route_view import RouteWindow
from mailclient.message.signatures import ServerSignature, signature_words


def serve(window: RouteWindow, id: int, app: App, bridge: Bridge) -> None:
    """Have a window's question about a stored message answered; about another it asks none."""
    window.check.setVisible(bool(id))

    def failed(problem: MailError) -> None:
        window.tell(str(problem))
        window.check.setEnabled(True)

    def done(found: tuple[ServerSignature, ...]) -> None:
        window.tell(signature_words(found))

    window.check_wanted.connect(
        lambda: bridge.run(
            "signatures",
            lambda job: app.journeys.signatures(id, job.cancel),
            done,
            failed,
            title="Checking the signatures of servers",
            owner=window,
        )
    )
