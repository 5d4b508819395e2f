"""Keeps a draft while it is written: some seconds after the last change, and when asked to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui.bridge import Bridge
from mailclient.message.draft import Draft

SAVE_MS = 4000
MS_PER_MB = 1000  # a draft with large files is written anew as a whole


class DraftKeeper(QObject):
    """Saves one draft, each time in place of the last; only one saving is under way at a time."""

    kept = Signal()
    failed = Signal(object)  # MailError

    def __init__(
        self,
        app: App,
        bridge: Bridge,
        draft: Callable[[], Draft],
        draft_id: int | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._app = app
        self._bridge = bridge
        self._draft = draft
        self.id = draft_id
        self.dirty = False
        self.saving = False
        self.ended = False
        self._then: Callable[[], None] | None = None  # asked for while a saving was under way
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self.save)

    def touch(self) -> None:
        """Something was changed."""
        self.dirty = True
        if not self._timer.isActive():  # every few seconds, also while somebody types on
            self._timer.start(self._pause())

    def _pause(self) -> int:
        size = sum(one.size for one in self._draft().attachments)
        return SAVE_MS + MS_PER_MB * (size // 1_000_000)

    def end(self) -> None:
        """Save nothing any more: the message was sent, kept or dropped."""
        self.ended = True
        self._timer.stop()

    def save(self, then: Callable[[], None] = lambda: None) -> None:
        """Keep what is written; `then` follows once it is kept."""
        if self.ended:
            return
        if self.saving:
            self._then = then
            return
        self.saving, self.dirty = True, False
        draft, previous = self._draft(), self.id

        def kept(id: int) -> None:
            self.saving, self.id = False, id
            if self.dirty and not self.ended:
                self.touch()
            self.kept.emit()
            again, self._then = self._then, None
            if again is not None:
                self.save(again)
            then()

        def failed(problem: MailError) -> None:
            self.saving, self.dirty = False, True
            self.failed.emit(problem)

        self._bridge.run(
            "work",
            lambda job: self._app.compose.save_draft(draft, previous),
            kept,
            failed,
            owner=self,
        )

    def finish(self, then: Callable[[], object]) -> None:
        """Keep what is written for the last time; `then` follows once it is kept."""

        def kept() -> None:
            self.end()
            then()

        if self.dirty or self.saving:
            self.save(kept)
        else:
            kept()

    def discard(self) -> None:
        """Drop the draft for good."""
        self.end()
        id = self.id
        if id is not None:
            self._bridge.run("work", lambda job: self._app.compose.discard_draft(id))
