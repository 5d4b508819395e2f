"""Searches among the folders: kept under a name, listed like a folder, forgotten again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

if TYPE_CHECKING:
    from mailclient.gui.main_window import MainWindow

PREFIX = "search:"


class KeptSearches(QObject):
    """Keeps and forgets what the pane asks for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.pane.keep_wanted.connect(self._ask)
        window.pane.forget_wanted.connect(self._forget)

    def _ask(self) -> None:
        """Ask for a name, and keep what is searched for."""
        query = self._window.listing.question.query
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Keep this search")
        dialog.setLabelText(f"Name of the folder that shows what fits\n{query}")
        dialog.setTextValue(self._window.listing.question.search[:40])
        dialog.textValueSelected.connect(lambda name: self.keep(name, query))
        dialog.open()

    def keep(self, name: str, query: str) -> None:
        """Keep a query under a name; it is shown among the folders."""
        app = self._window.app
        self._window.bridge.run("work", lambda job: app.search.keep(name, query), owner=self)

    def _forget(self) -> None:
        place = self._window.listing.question.place
        if place is None or not place.key.startswith(PREFIX):
            return
        id = int(place.key.removeprefix(PREFIX))
        app = self._window.app
        self._window.bridge.run("work", lambda job: app.search.forget(id), owner=self)
