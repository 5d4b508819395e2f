"""Loads what the reader shows, and does what is wanted with it: save, open, look at the source.

The newest selection alone is loaded. A message counts as read once it has been shown for a while.
Files that are opened lie in a private folder that goes when the program ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox

from mailclient.app import App
from mailclient.cancel import CancelToken
from mailclient.errors import MailError
from mailclient.gui import people
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.counting_answers import CountingAnswers
from mailclient.gui.fetching_pictures import FetchingPictures
from mailclient.gui.notify import Notify
from mailclient.gui.reader.pictures import inline_pictures
from mailclient.gui.reader.reader import Reader
from mailclient.gui.reader.route_view import RouteWindow
from mailclient.gui.reader.saving import is_program, save_all, write, write_new
from mailclient.gui.reader.source import SourceWindow, as_text, headers_of
from mailclient.gui.receipts import ReceiptDecisions
from mailclient.gui.route_check import serve
from mailclient.services.read import MessageView
from mailclient.settings import READ_AFTER_SECONDS

if TYPE_CHECKING:
    from mailclient.message.body import Attachment
    from mailclient.services.mailbox import Line


@dataclass(frozen=True, slots=True)
class Loaded:
    """A message ready to be shown, with what the ledger knows of it."""

    view: MessageView
    pictures: Mapping[str, QImage]
    line: Line | None = None
    around: Sequence[int] = ()  # the messages of its conversation, oldest first


def load(app: App, id: int, cancel: CancelToken, *, again: bool = False) -> Loaded:
    """Read a message, opened and judged `again` if wanted, and decode its pictures; on a lane."""
    view = app.read.check_again(id, cancel) if again else app.read.view(id, cancel)
    loaded = prepared(view, cancel, app.mailbox.line(id))
    return replace(loaded, around=app.conversations.around(id))


def prepared(view: MessageView, cancel: CancelToken, line: Line | None = None) -> Loaded:
    """Decode the pictures of a message; on a lane."""
    cancel.check()
    wanted = bool(view.body.html) and not view.encrypted
    return Loaded(view, inline_pictures(view.body.attachments, cancel) if wanted else {}, line)


class OpenedFiles:
    """The private folder for attachments that are opened; made when first needed.

    It lies in the user's runtime folder where there is one: that is in memory, and gone after the
    session even if the program was killed (XDG Base Directory Specification).
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def put(self, name: str, data: bytes) -> Path:
        """Write a file that only the user may read, and nobody change."""
        if self._folder is None:
            runtime = os.environ.get("XDG_RUNTIME_DIR")
            place = runtime if runtime and os.access(runtime, os.W_OK) else None
            self._folder = tempfile.TemporaryDirectory(prefix="mail-", dir=place)
        return write_new(Path(self._folder.name), name, data, 0o400)

    def close(self) -> None:
        """Remove what was opened."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class Reading(QObject):
    """Serves one reader."""

    part_opened = Signal(object)  # a Loaded: a protected part, opened by itself
    edit_wanted = Signal(int)  # the id of a draft

    def __init__(
        self, app: App, bridge: Bridge, reader: Reader, notify: Notify, opened: OpenedFiles
    ) -> None:
        super().__init__(reader)
        self._app = app
        self._bridge = bridge
        self._reader = reader
        self._notify = notify
        self._opened = opened
        self._id = 0
        self._seen = QTimer(self)
        self._seen.setSingleShot(True)
        self._seen.timeout.connect(self._mark_read)
        bridge.changed.connect(self._changed)
        reader.link_wanted.connect(lambda url: QDesktopServices.openUrl(QUrl(url)))
        reader.open_wanted.connect(self.open)
        reader.save_wanted.connect(self.save)
        reader.save_all_wanted.connect(self.save_all)
        reader.check_wanted.connect(self.check_again)
        reader.part_wanted.connect(self._open_part)
        reader.edit_wanted.connect(lambda: self.edit_wanted.emit(self._id))
        reader.rest_wanted.connect(self._fetch_rest)
        fetching = FetchingPictures(app, bridge, notify, reader)
        reader.pictures_wanted.connect(lambda: fetching.begin(self._id))
        CountingAnswers(app, bridge, reader)
        receipts = ReceiptDecisions(app, bridge, notify, self)
        reader.receipt_decided.connect(lambda offer: receipts.decide(self._id, offer))

    @property
    def id(self) -> int:
        """The message that is shown or being loaded; 0 without one."""
        return self._id

    # Loading

    def show(self, id: int) -> None:
        """Show a message of the store."""
        self._seen.stop()
        self._id = id
        self._reader.wait_for("Opening the message…")
        self._load(lambda cancel: load(self._app, id, cancel))

    def show_none(self, title: str, text: str = "") -> None:
        """Show words instead."""
        self._seen.stop()
        self._id = 0
        self._bridge.run("read", lambda job: None, newest=self._lane)  # what loads is not wanted
        self._reader.show_nothing(title, text)

    def show_loaded(self, loaded: Loaded) -> None:
        """Show what was loaded already."""
        self._id = loaded.view.id
        self._reader.neighbours.show_around(loaded.view.id, loaded.around)
        self._reader.show_message(loaded.view, loaded.pictures, loaded.line)
        if loaded.view.unread and self._id:
            self._seen.start(self._app.settings.get(READ_AFTER_SECONDS) * 1000)

    def check_again(self) -> None:
        """Open and judge the message anew."""
        if id := self._id:
            self._reader.wait_for("Checking the message…")
            self._load(lambda cancel: load(self._app, id, cancel, again=True))

    def _fetch_rest(self) -> None:
        """Fetch the whole of a message of which only the head is here."""
        if id := self._id:
            self._bridge.run(
                "rest",
                lambda job: self._app.mailbox.fetch_rest(id, job),
                None,
                self._notify.problem,
                title="Fetching the rest of a message",
                owner=self,
            )

    @property
    def _lane(self) -> str:
        """What tells this reader's loading apart from that of other windows."""
        return f"reader:{id(self._reader)}"

    def _load(self, work: Callable[[CancelToken], Loaded]) -> None:
        self._bridge.run(
            "read",
            lambda job: work(job.cancel),
            self.show_loaded,
            self._failed,
            newest=self._lane,
            owner=self,
        )

    def _failed(self, problem: MailError) -> None:
        self._reader.show_nothing(problem.text, problem.advice)

    def _mark_read(self) -> None:
        view = self._reader.view
        if view is not None and view.id == self._id and self._id:
            id = self._id
            self._bridge.run("work", lambda job: self._app.organise.mark([id], unread=False))

    def _changed(self, changes: Changes) -> None:
        """Load again what changed while it is shown, and show it if it reads differently."""
        if self._id and self._id in changes.messages and self._reader.view is not None:
            id = self._id
            self._bridge.run(
                "read",
                lambda job: load(self._app, id, job.cancel),
                self._shown_anew,
                lambda problem: None,  # it has gone; the list moves on by itself
                newest=self._lane,
                owner=self,
            )

    def _shown_anew(self, loaded: Loaded) -> None:
        old, new = self._reader.view, loaded.view
        if old is None or new.id != self._id:
            return
        if _reads_the_same(old, new):
            self._reader.view = new
            self._reader.neighbours.show_around(new.id, loaded.around)
        else:
            self.show_loaded(loaded)

    # Looking closer

    def source(self) -> None:
        """Show the message as it was received."""
        self._raw(lambda raw: as_text(raw), "Source")

    def headers(self) -> None:
        """Show all its headers."""
        self._raw(lambda raw: as_text(headers_of(raw)), "All headers")

    def route(self) -> None:
        """Show the way that the message took."""
        if (view := self._reader.view) is not None:
            window = RouteWindow(view.journey, self._subject(), self._reader.window())
            serve(window, self._id, self._app, self._bridge)
            window.show()

    def save_message(self) -> None:
        """Save the message as it was received."""
        if id := self._id:
            self._save_as(f"{self._subject()}.eml", lambda: self._app.read.raw(id))

    def _raw(self, form: Callable[[bytes], str], what: str) -> None:
        if not (id := self._id):
            return
        title = f"{what}: {self._subject()}"

        def show(text: str) -> None:
            SourceWindow(title, text, self._reader.window()).show()

        self._bridge.run("read", lambda job: form(self._app.read.raw(id)), show, owner=self)

    def _subject(self) -> str:
        view = self._reader.view
        return (people.plain(view.envelope.subject) if view else "") or "message"

    def _open_part(self, number: str) -> None:
        if id := self._id:
            self._bridge.run(
                "read",
                lambda job: prepared(
                    self._app.read.view_part(self._app.read.raw(id), number, job.cancel),
                    job.cancel,
                ),
                self.part_opened.emit,
                owner=self,
            )

    # Attachments

    def save(self, attachment: Attachment) -> None:
        """Ask where, and save one attachment."""
        self._save_as(attachment.name, attachment.data)

    def save_all(self) -> None:
        """Ask for a folder, and save all attachments into it."""
        attachments = self._reader.attachments.attachments
        dialog = QFileDialog(self._reader, "Save all attachments in")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)

        def chosen(folder: str) -> None:
            self._bridge.run(
                "work",
                lambda job: save_all(attachments, Path(folder), job.cancel),
                lambda paths: self._notify.note(f"{len(paths)} files saved in {folder}"),
                title="Saving attachments",
                owner=self,
            )

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def open(self, attachment: Attachment) -> None:
        """Open an attachment with the system's program for it; what can run is asked about."""
        if not is_program(attachment.name, attachment.content_type):
            self._open(attachment)
            return
        box = QMessageBox(self._reader)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("This file can run as a program")
        box.setText(f"{people.plain(attachment.name)} can run as a program on this computer.")
        box.setInformativeText(
            "A program from a mail can read and change everything you can. Open it only if you "
            "were expecting it from this sender."
        )
        roles = QMessageBox.ButtonRole
        go = box.addButton("Open it all the same", roles.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        go.clicked.connect(lambda: self._open(attachment))
        box.open()

    def _open(self, attachment: Attachment) -> None:
        self._bridge.run(
            "work",
            lambda job: self._opened.put(attachment.name, attachment.data()),
            _open_outside,
            owner=self,
        )

    def _save_as(self, name: str, data: Callable[[], bytes]) -> None:
        dialog = QFileDialog(self._reader, "Save as")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(people.file_name(name))

        def chosen(path: str) -> None:
            self._bridge.run(
                "work",
                lambda job: write(Path(path), data()),
                lambda saved: self._notify.note(f"Saved as {saved}"),
                owner=self,
            )

        dialog.fileSelected.connect(chosen)
        dialog.open()


def _reads_the_same(old: MessageView, new: MessageView) -> bool:
    """Whether nothing has changed of what is shown."""
    return (
        old.id == new.id
        and old.verdict == new.verdict
        and old.envelope == new.envelope
        and (old.body.text, old.body.html) == (new.body.text, new.body.html)
        and old.size == new.size
        and (old.outcomes, old.receipt) == (new.outcomes, new.receipt)
    )


def _open_outside(path: Path) -> None:
    """Hand a file to the program that the desktop has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
