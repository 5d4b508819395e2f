"""Keeps a draft while it is written: some seconds after the last change, and when asked to.

Large files are kept once, and with each saving after that only the words. What is open here comes
back with its window after a crash, until the window is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal

from mailclient.app import App
from mailclient.errors import MailError, NotFound
from mailclient.gui.bridge import Bridge
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.services.jobs import Job

SAVE_MS = 4000
MS_PER_MB = 1000  # files that are new in a draft are written with it

Then = Callable[[], object]


class Standing(Enum):
    """How what is written and what is kept compare; the value is what the window says."""

    AS_BEGUN = ""
    CHANGED = "Not saved yet"
    SAVING = "Saving…"
    SAVED = "Saved in Drafts"
    FAILED = "Could not be saved"


class DraftKeeper(QObject):
    """Saves one draft, each time in place of the last; only one saving is under way at a time."""

    stands = Signal(object)  # Standing
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
        self.standing = Standing.AS_BEGUN
        self._taken_up = draft_id is not None and draft_id in app.compose.being_written()
        self._files: tuple[AttachmentSource, ...] | None = None  # those that are kept
        self._waiting: list[Then] = []  # for the saving that is under way
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.save)

    @property
    def open(self) -> bool:
        """Whether anything is to be kept, or noted, before the window is closed."""
        return not self.ended and (self.dirty or self.saving or self._taken_up)

    def touch(self) -> None:
        """Something was changed."""
        if self.ended:
            return
        self.dirty = True
        if not self.saving:
            self._stand(Standing.CHANGED)
        self._wait()

    def _wait(self) -> None:
        if not self._timer.isActive():  # every few seconds, also while somebody types on
            draft = self._draft()
            size = 0 if self._files == draft.files else sum(one.size for one in draft.files)
            self._timer.start(SAVE_MS + MS_PER_MB * (size // 1_000_000))

    def _stand(self, standing: Standing) -> None:
        self.standing = standing
        self.stands.emit(standing)

    def end(self) -> None:
        """Save nothing any more: the message was sent, kept or dropped."""
        self.ended = True
        self._timer.stop()

    def when_idle(self, then: Then) -> None:
        """Do it now, or as soon as no saving is under way, however that ends."""
        if self.saving:
            self._waiting.append(then)
        else:
            then()

    def save(self) -> None:
        """Keep what is written."""
        if self.ended:
            return
        if self.saving:
            self.dirty = True
            return
        draft = self._draft()
        self._run(draft, lambda: self._keep(draft))

    def _keep(self, draft: Draft) -> int:
        compose, id = self._app.compose, self.id
        if id is not None and self._taken_up and draft.is_large and draft.files == self._files:
            try:
                compose.save_words(draft, id)
                return id
            except NotFound:  # somebody has dropped it meanwhile
                self.id = None
        return compose.save_draft(draft, self.id, writing=True)

    def _run(self, draft: Draft, keep: Callable[[], int], last: Then | None = None) -> None:
        self.saving, self.dirty = True, False
        self._timer.stop()
        self._stand(Standing.SAVING)

        def kept(id: int) -> None:
            self.saving, self.id, self._files = False, id, draft.files
            self._taken_up = last is None
            self._stand(Standing.CHANGED if self.dirty else Standing.SAVED)
            if last is not None:
                last()
            self._go_on()

        def failed(problem: MailError) -> None:
            self.saving, self.dirty = False, True
            self._stand(Standing.FAILED)
            self.failed.emit(problem)
            self._go_on()

        def work(job: Job) -> int:
            return keep()

        self._bridge.run("work", work, kept, failed, owner=self)

    def _go_on(self) -> None:
        """Once a saving has ended."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one()
        if self.dirty and not self.ended and not self.saving:
            self._wait()

    def finish(self, then: Then) -> None:
        """Keep what is written for the last time; `then` follows once it is kept, and not if it
        cannot be."""
        self.when_idle(lambda: self._finish(then))

    def _finish(self, then: Then) -> None:
        def ended() -> None:
            if self.dirty and not self.ended:  # somebody went on typing
                self._finish(then)
                return
            self.end()
            then()

        draft, id = self._draft(), self.id
        if self.ended or not (self.dirty or self._taken_up):
            self.end()
            then()
        elif self.dirty or id is None:
            self._run(draft, lambda: self._app.compose.save_draft(draft, id), ended)
        else:
            self._run(draft, lambda: self._app.compose.put_down(id), ended)

    def discard(self, then: Then) -> None:
        """Drop the draft for good, and go on."""
        self.when_idle(lambda: self._discard(then))

    def _discard(self, then: Then) -> None:
        self.end()
        id = self.id
        if id is None:
            then()
            return

        def work(job: Job) -> None:
            with suppress(NotFound):  # somebody has dropped it already
                self._app.compose.discard_draft(id)

        def gone(done: None) -> None:
            then()

        self._bridge.run("work", work, gone, self.failed.emit, owner=self)
