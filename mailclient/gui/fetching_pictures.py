"""Pictures on the network, fetched for the message that is read because its reader said so."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.notify import Notify
from mailclient.gui.reader.pictures import decoded
from mailclient.gui.reader.reader import Reader
from mailclient.services.jobs import Job
from mailclient.services.pictures import Pictured

Found = tuple[Pictured, dict[str, QImage]]


class FetchingPictures(QObject):
    """Serves one reader."""

    def __init__(self, app: App, bridge: Bridge, notify: Notify, reader: Reader) -> None:
        super().__init__(reader)
        self._app = app
        self._bridge = bridge
        self._notify = notify
        self._reader = reader

    def begin(self, id: int) -> None:
        """Fetch those of a message, and show them if it is still read then."""

        def fetched(job: Job) -> Found:
            pictured = self._app.read.pictured(id, job.cancel)
            return pictured, decoded(pictured.files, job.cancel)

        def show(found: Found) -> None:
            pictured, pictures = found
            if self._reader.view is not None and self._reader.view.id == id:
                missing = pictured.missing + len(pictured.files) - len(pictures)
                self._reader.show_pictured(pictured.html, pictures, missing)

        self._bridge.run(
            "pictures",
            fetched,
            show,
            self._notify.problem,
            title="Fetching pictures",
            owner=self,
        )
