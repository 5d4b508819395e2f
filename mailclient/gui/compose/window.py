"""The window in which a message is written: fields, protection, text, files; drafts keep.

It never sends less protected than its switches say, and nothing typed is lost by a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QFontDatabase,
    QKeySequence,
    QShortcut,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import icons, parts, people, theme
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.compose.attachments import AttachmentBar
from mailclient.gui.compose.protection import Protection
from mailclient.gui.compose.recipients import RecipientLine
from mailclient.gui.strip import Kind, Strip
from mailclient.message.address import Address, format_address
from mailclient.message.build import Draft
from mailclient.message.words import clean
from mailclient.services.readiness import Readiness
from mailclient.services.send import Queued
from mailclient.settings import SIGN_BY_DEFAULT

SAVE_MS = 8000
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
        self._base = draft
        self._draft_id = draft_id
        self._dirty = False
        self._saving = False
        self._done = False
        self._file_asked = False
        self.strip = Strip()
        self.from_box = QComboBox()
        self.to = RecipientLine("To")
        self.cc = RecipientLine("Cc")
        self.bcc = RecipientLine("Bcc")
        self.subject = QLineEdit()
        self.protection = Protection()
        self.attachments = AttachmentBar()
        self.text = QPlainTextEdit()
        self.send_button = QPushButton("Send")
        self._arrange()
        self._fill()
        self._connect()
        if notes:
            self.strip.say(" ".join(notes), Kind.INFO)
        self._ask_readiness()
        self.setAcceptDrops(True)

    # Putting together

    def _arrange(self) -> None:
        self.setWindowTitle("New message")
        self.resize(760, 640)
        self.send_button.setProperty("look", "primary")
        self.send_button.setIcon(icons.icon("sent", "on_accent"))
        self.send_button.setToolTip("Send (Ctrl+Return)")
        attach = QPushButton("Attach")
        attach.setIcon(icons.icon("attachment", "text"))
        attach.clicked.connect(self._choose_files)
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.PADDING, 8, theme.PADDING, 8)
        bar.addWidget(self.send_button)
        bar.addWidget(attach)
        bar.addStretch(1)
        self._saved = parts.label(look="secondary")
        bar.addWidget(self._saved)
        fields = QGridLayout()
        fields.setContentsMargins(theme.PADDING, 8, theme.PADDING, 4)
        fields.setVerticalSpacing(4)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("From", self.from_box),
            ("To", self.to),
            ("Cc", self.cc),
            ("Bcc", self.bcc),
            ("Subject", self.subject),
        )
        for at, (name, widget) in enumerate(rows):
            fields.addWidget(parts.label(name, look="secondary"), at, 0)
            fields.addWidget(widget, at, 1)
            widget.setAccessibleName(name)
        fields.addWidget(self.protection, len(rows), 1)
        fields.addWidget(self.attachments, len(rows) + 1, 1)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.text.setProperty("look", "page")
        self.text.setTabChangesFocus(False)
        self.text.setAccessibleName("Message text")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        for part in (parts.hairline(), self.strip):
            column.addWidget(part)
        column.addLayout(fields)
        column.addWidget(parts.hairline())
        column.addWidget(self.text, 1)
        self.setCentralWidget(page)

    def _fill(self) -> None:
        draft = self._base
        for account in self._app.accounts.list():
            for one in account.identities:
                self.from_box.addItem(
                    format_address(Address(one.name, one.address)), Address(one.name, one.address)
                )
        for at in range(self.from_box.count()):
            if self.from_box.itemData(at).key == draft.sender.key:
                self.from_box.setCurrentIndex(at)
        self.to.show_people(draft.to)
        self.cc.show_people(draft.cc)
        self.bcc.show_people(draft.bcc)
        self.subject.setText(draft.subject)
        self.text.setPlainText(draft.text)
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.attachments.add(draft.attachments)
        sign = draft.sign or self._app.settings.get(SIGN_BY_DEFAULT)
        self.protection.start(encrypt=draft.encrypt, sign=sign)
        self._retitle()
        (self.text if draft.to and draft.subject else self.to).setFocus()

    def _connect(self) -> None:
        for line in (self.to, self.cc, self.bcc):
            line.textEdited.connect(lambda text: self._touched())
            line.changed.connect(self._ask_readiness)
            line.prefix_typed.connect(lambda prefix, line=line: self._complete(line, prefix))
        self.from_box.currentIndexChanged.connect(lambda at: self._ask_readiness())
        self.subject.textEdited.connect(lambda text: self._touched())
        self.subject.textChanged.connect(lambda text: self._retitle())
        self.text.textChanged.connect(self._touched)
        self.attachments.changed.connect(self._touched)
        self.protection.changed.connect(self._touched)
        self.send_button.clicked.connect(self.send)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.send)
        QShortcut(QKeySequence("Ctrl+Enter"), self, self.send)
        QShortcut(QKeySequence.StandardKey.Save, self, self._save)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self._save)
        self._bridge.changed.connect(self._changed)

    # What is written

    def draft(self) -> Draft:
        """The message as it stands."""
        sender = self.from_box.currentData()
        return replace(
            self._base,
            sender=sender if isinstance(sender, Address) else self._base.sender,
            to=self.to.people(),
            cc=self.cc.people(),
            bcc=self.bcc.people(),
            subject=clean(self.subject.text()),
            text=self.text.toPlainText(),
            attachments=self.attachments.sources,
            encrypt=self.protection.encrypt.isChecked(),
            sign=self.protection.sign.isChecked(),
        )

    def _touched(self) -> None:
        self._dirty = True
        self._timer.start()

    def _retitle(self) -> None:
        self.setWindowTitle(people.plain(self.subject.text()) or "New message")

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
        draft = self.draft()
        wanted = tuple(
            dict.fromkeys(one.key for one in (*draft.to, *draft.cc, *draft.bcc) if one.domain)
        )

        def look(job: object) -> tuple[Readiness | None, bool]:
            has_key = self._app.keys.own_key(draft.sender.address) is not None
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
            self.attachments.add,
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
        draft = self.draft()
        if self._done:
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
        for line in (self.to, self.cc, self.bcc):
            line.remove(address)
        self.strip.clear()
        self._touched()

    def _ask_clear(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Send unencrypted?")
        box.setText("Send this message unencrypted?")
        leaks = " It quotes a message that was encrypted." if self._base.quotes_protected else ""
        box.setInformativeText(
            f"Every server on the way can read it, its subject and its files too.{leaks}"
        )
        go = box.addButton("Send unencrypted", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        go.clicked.connect(
            lambda: self._queue(replace(self.draft(), encrypt=False), allow_clear=True)
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _queue(self, draft: Draft, *, allow_clear: bool) -> None:
        if self._saving:
            QTimer.singleShot(50, lambda: self._queue(draft, allow_clear=allow_clear))
            return
        self._timer.stop()
        self.send_button.setEnabled(False)
        draft_id = self._draft_id
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
        self._done = True
        self._app.send.start(self._app.accounts.get(draft.sender.address))
        self.close()

    def _not_queued(self, problem: MailError) -> None:
        self.send_button.setEnabled(True)
        self.strip.problem(problem)
        self._timer.start()

    # Drafts

    def _save(self, then: Callable[[], None] = lambda: None) -> None:
        """Keep what is written; `then` follows once it is kept."""
        if self._saving or self._done:
            return
        self._saving, self._dirty = True, False
        draft, previous = self.draft(), self._draft_id

        def kept(id: int) -> None:
            self._saving, self._draft_id = False, id
            self._saved.setText("Saved in Drafts")
            then()

        def failed(problem: MailError) -> None:
            self._saving, self._dirty = False, True
            self.strip.problem(problem)

        self._bridge.run(
            "work",
            lambda job: self._app.compose.save_draft(draft, previous),
            kept,
            failed,
            owner=self,
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what becomes of a message that was not sent."""
        if self._done or not (self._dirty or self._saving):
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
        keep.clicked.connect(lambda: self._save(self._leave))
        drop.clicked.connect(self._discard)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _leave(self) -> None:
        self._done = True
        self.close()

    def _discard(self) -> None:
        self._done = True
        self._timer.stop()
        id = self._draft_id
        if id is not None:
            self._bridge.run("work", lambda job: self._app.compose.discard_draft(id))
        self.close()
