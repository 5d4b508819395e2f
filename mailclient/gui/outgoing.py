"""The queue in the places where one sees it: the outbox, the bar of Undo, the line below."""

from __future__ import annotations

from mailclient.app import App, now
from mailclient.gui.activity_line import ActivityLine
from mailclient.gui.outbox_pane import OutboxPane
from mailclient.gui.outbox_words import overdue, warning
from mailclient.gui.undo_bar import UndoBar

WAITING_NOTICE, OVERDUE_NOTICE = 0, -1  # no account has these numbers


class Outgoing:
    """Brings them up to date together."""

    def __init__(self, app: App, pane: OutboxPane, undo: UndoBar, activity: ActivityLine) -> None:
        self._app = app
        self._pane = pane
        self._undo = undo
        self._activity = activity

    def show(self) -> int:
        """Show what waits, what of it can be undone, and what waits for too long; returns how many
        messages are in sight."""
        items = self._app.send.unsent()
        self._pane.show_items(items, now())
        self._undo.show_items(items)
        self._activity.tell(WAITING_NOTICE, warning(items, now()))
        return len(items)

    def tell_overdue(self) -> None:
        """Say what was to go out while the program was closed; before any of it is sent."""
        self._activity.tell(OVERDUE_NOTICE, overdue(self._app.send.unsent(), now()))
