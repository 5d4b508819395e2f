"""Shows in the rows that are seen the words around what was searched for.

They are read from the messages themselves, on the lane `search`, for the rows in sight alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.listing import Listing
from mailclient.gui.message_list.model import MessageModel
from mailclient.gui.message_list.view import MessageListView
from mailclient.message.excerpt import Excerpt

PAUSE_MS = 80  # without scrolling, before anything is read


class FoundWords(QObject):
    """Keeps the rows in sight explained while a search is listed."""

    def __init__(
        self, app: App, bridge: Bridge, listing: Listing, model: MessageModel, view: MessageListView
    ) -> None:
        super().__init__(view)
        self._app = app
        self._bridge = bridge
        self._listing = listing
        self._model = model
        self._view = view
        self._asked: set[int] = set()
        self._query = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._look)
        listing.settled.connect(self._pause.start)
        view.verticalScrollBar().valueChanged.connect(lambda value: self._pause.start())

    def _look(self) -> None:
        question = self._listing.question
        if not question.everywhere:
            return
        if question.query != self._query:
            self._query = question.query
            self._asked.clear()
        wanted = [id for id in self._view.ids_in_sight() if id not in self._asked]
        if not wanted:
            return
        self._asked.update(wanted)
        self._bridge.run(
            "search",
            lambda job: self._app.search.excerpts(question.query, wanted, job.cancel),
            lambda found: self._explain(question.query, found),
            lambda problem: None,  # the search itself tells what is wrong with it
            owner=self,
        )

    def _explain(self, query: str, found: Mapping[int, Excerpt]) -> None:
        if query == self._listing.question.query:
            self._model.explain(found)
