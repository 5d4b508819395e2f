"""What is done with messages: keep order, write, answer. Each through the bridge, each undone.

Takes ids, calls the use cases, says what was done. It shows no list and no message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.notify import Notify
from mailclient.message.draft import Draft
from mailclient.message.quote import Whom
from mailclient.services.again import again
from mailclient.services.compose import Reply
from mailclient.services.jobs import Job
from mailclient.services.organise import Undo
from mailclient.services.read import MessageView
from mailclient.services.redirect import Redirection

if TYPE_CHECKING:
    from mailclient.gui.compose.window import ComposeWindow

UNDOS = 50


class Verbs(QObject):
    """The commands that change something or begin a message."""

    undoable = Signal(bool)
    not_done = Signal()  # a move failed: what was taken off the list belongs there still

    def __init__(self, app: App, bridge: Bridge, notify: Notify, window: QWidget) -> None:
        super().__init__(window)
        self._app = app
        self._bridge = bridge
        self._notify = notify
        self._window = window
        self._undos: list[Undo] = []
        self._composers: list[ComposeWindow] = []

    # Keeping order

    def archive(self, ids: Sequence[int]) -> None:
        """Move to the archive."""
        self._organise(ids, self._app.organise.archive)

    def archive_by_year(self, ids: Sequence[int]) -> None:
        """Move to the archive, into a folder for each year."""
        self._organise(ids, self._app.retention.archive_by_year)

    def delete(self, ids: Sequence[int]) -> None:
        """Move to the trash; out of the trash: for good."""
        self._organise(ids, self._app.organise.delete)

    def junk(self, ids: Sequence[int]) -> None:
        """Move to the junk."""
        self._organise(ids, self._app.organise.junk)

    def move(self, ids: Sequence[int], folder_id: int) -> None:
        """Move to a folder."""
        self._organise(ids, lambda some: self._app.organise.move(some, folder_id))

    def mark(
        self, ids: Sequence[int], *, unread: bool | None = None, flagged: bool | None = None
    ) -> None:
        """Mark as read or unread, star or not; not told, as the list shows it."""
        self._bridge.run(
            "work",
            lambda job: self._app.organise.mark(ids, unread=unread, flagged=flagged),
            self._remember,
            owner=self,
        )

    def undo(self) -> None:
        """Take back what was done last."""
        if not self._undos:
            return
        last = self._undos.pop()
        self.undoable.emit(bool(self._undos))
        if last.undo is not None:
            act = last.undo
            self._bridge.run(
                "work",
                lambda job: act(),
                lambda done: self._notify.note(f"Undone. {last.text} was taken back."),
                owner=self,
            )

    def new_folder(
        self,
        account_id: int,
        name: str,
        done: Callable[[], None],
        failed: Callable[[MailError], None],
    ) -> None:
        """Make a folder."""
        self._bridge.run(
            "work",
            lambda job: self._app.organise.create_folder(account_id, name),
            lambda folder: done(),
            failed,
            owner=self,
        )

    def _organise(self, ids: Sequence[int], act: Callable[[Sequence[int]], Undo]) -> None:
        if ids:
            self._bridge.run("work", lambda job: act(ids), self._done, self._failed, owner=self)

    def done(self, undo: Undo) -> None:
        """Say what was done elsewhere, and let it be taken back."""
        self._done(undo)

    def _done(self, undo: Undo) -> None:
        self._remember(undo)
        if undo.undo is not None:
            self._notify.note(undo.text, "Undo", self.undo)
        else:
            self._notify.note(undo.text)

    def _failed(self, problem: MailError) -> None:
        self._notify.problem(problem)
        self.not_done.emit()

    def _remember(self, undo: Undo) -> None:
        if undo.undo is not None:
            self._undos = [*self._undos[-UNDOS:], undo]
            self.undoable.emit(True)

    # Writing

    def compose(self, mailto: str | None = None, sender: str | None = None) -> None:
        """Begin a message, perhaps from a mailto: link."""
        self._bridge.run(
            "read",
            lambda job: self._app.compose.blank(sender, mailto),
            self.open_composer,
            owner=self,
        )

    def reply(self, id: int, whom: Whom) -> None:
        """Answer a message."""

        def work(job: Job) -> Reply:
            return self._app.compose.reply(self._app.read.view(id, job.cancel), whom)

        self._bridge.run(
            "read",
            work,
            lambda reply: self.open_composer(reply.draft, notes=reply.notes),
            owner=self,
        )

    def forward(self, id: int) -> None:
        """Pass a message on."""
        self._bridge.run(
            "read",
            lambda job: self._app.compose.forward(self._app.read.view(id, job.cancel)),
            self.open_composer,
            owner=self,
        )

    def send_again(self, id: int, recipient: str) -> None:
        """Begin a sent message anew for somebody whom it did not reach."""
        self._bridge.run(
            "read",
            lambda job: again(self._app.compose, self._app.read.view(id, job.cancel), recipient),
            lambda begun: self.open_composer(begun.draft, notes=begun.notes),
            owner=self,
        )

    def forward_attached(self, id: int) -> None:
        """Pass a message on as a file."""

        def work(job: Job) -> Draft:
            view = self._app.read.view(id, job.cancel)
            return self._app.compose.forward_attached(view, self._app.read.raw(id))

        self._bridge.run("read", work, self.open_composer, owner=self)

    def edit_as_new(self, id: int) -> None:
        """Begin a new message that is as this one."""
        self._bridge.run(
            "read",
            lambda job: self._app.compose.edit_as_new(self._app.read.view(id, job.cancel)),
            self.open_composer,
            owner=self,
        )

    def redirect(self, id: int) -> None:
        """Ask who gets a message as it is."""

        def work(job: Job) -> tuple[MessageView, Redirection]:
            view = self._app.read.view(id, job.cancel)
            return view, self._app.redirect.begin(view)

        def ask(found: tuple[MessageView, Redirection]) -> None:
            from mailclient.gui.compose.redirect import RedirectDialog

            RedirectDialog(self._app, self._bridge, *found, self._window).open()

        self._bridge.run("read", work, ask, owner=self)

    def edit(self, id: int) -> None:
        """Go on with a draft; one that is being written is only brought to the front."""
        for window in self._composers:
            if window.keeper.id == id and not window.keeper.ended:
                parts.to_the_front(window)
                return
        self._bridge.run(
            "read",
            lambda job: self._app.compose.open_draft(id),
            lambda draft: self.open_composer(draft, id),
            owner=self,
        )

    def open_composer(
        self, draft: Draft, draft_id: int | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        """Open a window to write in."""
        from mailclient.gui.compose.window import ComposeWindow

        window = ComposeWindow(self._app, self._bridge, draft, draft_id, notes)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._composers.append(window)
        window.destroyed.connect(lambda: self._composers.remove(window))
        parts.to_the_front(window)

    def take_up(self) -> None:
        """Open what was being written when the program was stopped, and say so."""
        drafts = self._app.compose.being_written()
        for one in drafts:
            self.edit(one)
        if drafts:
            what = "A message was" if len(drafts) == 1 else f"{len(drafts)} messages were"
            self._notify.note(f"{what} open when the program was stopped; here you can go on.")

    def put_away(self, then: Callable[[Sequence[int]], None]) -> None:
        """Keep and close all that is being written; `then` gets the drafts, once all are closed.

        A message that cannot be kept stays open, and says why; `then` is not called.
        """
        drafts: list[int] = []
        waiting = list(self._composers)

        def closed(window: ComposeWindow) -> None:
            waiting.remove(window)
            window.close()
            if window.keeper.id is not None:
                drafts.append(window.keeper.id)
            if not waiting:
                then(drafts)

        if not waiting:
            then(())
        for window in tuple(waiting):
            window.keeper.finish(lambda window=window: closed(window))  # type: ignore[misc]
