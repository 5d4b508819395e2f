"""Keeps the line over a message true while mail comes in: how many its conversation has.

Nothing is loaded again: what is read stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from mailclient.app import App
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.reader.reader import Reader


class CountingAnswers(QObject):
    """Serves one reader."""

    def __init__(self, app: App, bridge: Bridge, reader: Reader) -> None:
        super().__init__(reader)
        self._app = app
        self._bridge = bridge
        self._reader = reader
        bridge.changed.connect(self._changed)

    def _changed(self, changes: Changes) -> None:
        """Count again when other messages than the one that is shown have changed."""
        shown = self._shown()
        if not shown or shown in changes.messages or not changes.folders_of_messages:
            return

        def show(around: Sequence[int]) -> None:
            if self._shown() == shown:
                self._reader.neighbours.show_around(shown, around)

        self._bridge.run(
            "read",
            lambda job: self._app.conversations.around(shown),
            show,
            lambda problem: None,  # it has gone; the list moves on by itself
            newest=f"answers:{id(self)}",
            owner=self,
        )

    def _shown(self) -> int:
        """The message of the store that is shown; 0 where there is none."""
        view = self._reader.view
        return view.id if view is not None else 0
