"""The window in which a message is written: fields, protection, text, files; drafts keep.

It never sends less protected than its switches say, and nothing typed is lost by a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import icons, parts, people, theme
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.compose.form import ComposeForm
from mailclient.gui.compose.keeper import DraftKeeper
from mailclient.gui.compose.recipients import RecipientLine
from mailclient.gui.strip import Kind, Strip
from mailclient.message.draft import Draft
from mailclient.services.readiness import Readiness
from mailclient.services.sealing import own_key
from mailclient.services.send import Queued
from mailclient.settings import SIGN_BY_DEFAULT

_PROMISES_FILE = re.compile(r"\b(attach(ed|ment|ments)?|enclosed|anhang|beigef)", re.IGNORECASE)


class ComposeWindow(QMainWindow):
    """One message that is being written."""

    def __init__(
        self,
        app: App,
        bridge: Bridge,
        draft: Draft,
        draft_id: int | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._app = app
        self._bridge = bridge
        self._quotes_protected = draft.quotes_protected
        self._file_asked = False
        identities = [one for account in app.accounts.list() for one in account.identities]
        sign = draft.sign or app.settings.get(SIGN_BY_DEFAULT)
        self.form = ComposeForm(identities, draft, sign=sign)
        self.protection = self.form.protection
        self.keeper = DraftKeeper(app, bridge, self.form.draft, draft_id, self)
        self.strip = Strip()
        self.send_button = QPushButton("Send")
        self._arrange()
        self._connect()
        if notes:
            self.strip.say(" ".join(notes), Kind.INFO)
        self._ask_readiness()
        self.setAcceptDrops(True)

    # Putting together

    def _arrange(self) -> None:
        self.resize(760, 640)
        self._retitle()
        self.send_button.setProperty("look", "primary")
        self.send_button.setIcon(icons.icon("sent", "on_accent"))
        self.send_button.setToolTip("Send (Ctrl+Return)")
        attach = QPushButton("Attach")
        attach.setIcon(icons.icon("attachment", "text"))
        attach.clicked.connect(self._choose_files)
        self._saved = parts.label(look="secondary")
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.PADDING, 8, theme.PADDING, 8)
        bar.addWidget(self.send_button)
        bar.addWidget(attach)
        bar.addStretch(1)
        bar.addWidget(self._saved)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        for part in (parts.hairline(), self.strip):
            column.addWidget(part)
        column.addWidget(self.form, 1)
        self.setCentralWidget(page)

    def _connect(self) -> None:
        for line in self.form.lines:
            line.prefix_typed.connect(lambda prefix, line=line: self._complete(line, prefix))
        self.form.touched.connect(self.keeper.touch)
        self.form.people_changed.connect(self._ask_readiness)
        self.form.subject.textChanged.connect(lambda text: self._retitle())
        self.keeper.kept.connect(lambda: self._saved.setText("Saved in Drafts"))
        self.keeper.failed.connect(self.strip.problem)
        self.send_button.clicked.connect(self.send)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.send)
        QShortcut(QKeySequence("Ctrl+Enter"), self, self.send)
        QShortcut(QKeySequence("Ctrl+Shift+E"), self, self.protection.encrypt.click)
        QShortcut(QKeySequence.StandardKey.Save, self, self.keeper.save)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        self._bridge.changed.connect(self._changed)

    def _retitle(self) -> None:
        self.setWindowTitle(people.plain(self.form.subject.text()) or "New message")

    def _complete(self, line: RecipientLine, prefix: str) -> None:
        self._bridge.run(
            "search",
            lambda job: self._app.compose.complete(prefix),
            lambda found: line.propose(prefix, found),
            newest="completion",
            owner=self,
        )

    def _changed(self, changes: Changes) -> None:
        if changes.keys:
            self._ask_readiness()

    def _ask_readiness(self) -> None:
        """Find out who can be reached in private, off this thread."""
        draft = self.form.draft()
        wanted = tuple(
            dict.fromkeys(one.key for one in (*draft.to, *draft.cc, *draft.bcc) if one.domain)
        )

        def look(job: object) -> tuple[Readiness | None, bool]:
            has_key = own_key(self._app.accounts, self._app.keys, draft.sender.address) is not None
            return (self._app.keys.readiness(wanted) if wanted else None), has_key

        self._bridge.run(
            "read",
            look,
            lambda found: self.protection.show_readiness(found[0], has_key=found[1]),
            self.strip.problem,
            newest=f"readiness {id(self)}",
            owner=self,
        )

    # Files

    def _choose_files(self) -> None:
        dialog = QFileDialog(self, "Attach files")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.attach([Path(name) for name in names]))
        dialog.open()

    def attach(self, paths: list[Path]) -> None:
        """Read files and add them."""
        self._bridge.run(
            "work",
            lambda job: [self._app.compose.attachment(path) for path in paths],
            self.form.attachments.add,
            self.strip.problem,
            owner=self,
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Attach the files that were dropped."""
        urls = event.mimeData().urls()
        self.attach([Path(url.toLocalFile()) for url in urls if url.isLocalFile()])

    # Sending

    def send(self) -> None:
        """Send it as the switches say, or say why not and what can be done."""
        draft = self.form.draft()
        if self.keeper.ended:
            return
        if draft.encrypt and not self.protection.can_encrypt and self.protection.missing():
            self._cannot_encrypt()
            return
        if not draft.attachments and not self._file_asked and self._promises_file(draft):
            self._file_asked = True
            choices = (("Attach", self._choose_files), ("Send without", self.send))
            self.strip.say("You write of an attachment, and there is none.", Kind.CAUTION, choices)
            return
        self._queue(draft, allow_clear=False)

    def _promises_file(self, draft: Draft) -> bool:
        own = [line for line in draft.text.split("\n") if not line.startswith(">")]
        return bool(_PROMISES_FILE.search("\n".join([draft.subject, *own])))

    def _cannot_encrypt(self) -> None:
        missing = self.protection.missing()
        choices: list[tuple[str, Callable[[], object]]] = [
            (f"Remove {people.plain(one)}", lambda one=one: self._remove(one))  # type: ignore[misc]
            for one in missing[:2]
        ]
        choices.append(("Send unencrypted…", self._ask_clear))
        self.strip.say(
            "There is no usable key for " + ", ".join(missing) + ". Nothing was sent.",
            Kind.CAUTION,
            choices,
        )

    def _remove(self, address: str) -> None:
        self.form.remove(address)
        self.strip.clear()

    def _ask_clear(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Send unencrypted?")
        box.setText("Send this message unencrypted?")
        leaks = " It quotes a message that was encrypted." if self._quotes_protected else ""
        box.setInformativeText(
            f"Every server on the way can read it, its subject and its files too.{leaks}"
        )
        go = box.addButton("Send unencrypted", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        go.clicked.connect(
            lambda: self._queue(replace(self.form.draft(), encrypt=False), allow_clear=True)
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _queue(self, draft: Draft, *, allow_clear: bool) -> None:
        if self.keeper.saving:
            QTimer.singleShot(50, lambda: self._queue(draft, allow_clear=allow_clear))
            return
        self.send_button.setEnabled(False)
        draft_id = self.keeper.id
        self._bridge.run(
            "work",
            lambda job: self._app.send.queue(
                draft, draft_id=draft_id, allow_clear=allow_clear, cancel=job.cancel
            ),
            lambda queued: self._queued(draft, queued),
            self._not_queued,
            owner=self,
        )

    def _queued(self, draft: Draft, queued: Queued) -> None:
        self.keeper.end()
        self._app.send.start(self._app.accounts.get(draft.sender.address))
        self.close()

    def _not_queued(self, problem: MailError) -> None:
        self.send_button.setEnabled(True)
        self.strip.problem(problem)
        self.keeper.touch()

    # The end

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what becomes of a message that was not sent."""
        if self.keeper.ended or not (self.keeper.dirty or self.keeper.saving):
            event.accept()
            return
        event.ignore()
        box = QMessageBox(self)
        box.setWindowTitle("Keep this message?")
        box.setText("Keep this message in Drafts?")
        box.setInformativeText("It has not been sent.")
        roles = QMessageBox.ButtonRole
        keep = box.addButton("Keep", roles.AcceptRole)
        drop = box.addButton("Discard", roles.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        keep.clicked.connect(lambda: self.keeper.save(self._leave))
        drop.clicked.connect(self._discard)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _leave(self) -> None:
        self.keeper.end()
        self.close()

    def _discard(self) -> None:
        self.keeper.discard()
        self.close()
