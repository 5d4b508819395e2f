"""The window in which a message is written: fields, protection, text, files; drafts keep.

It never sends less protected than its switches say, and nothing typed is lost by a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QMessageBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.app import App
from mailclient.gui import icons, parts, people, theme
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.form import ComposeForm
from mailclient.gui.compose.keeper import DraftKeeper
from mailclient.gui.compose.readying import Readying
from mailclient.gui.compose.recipients import RecipientLine
from mailclient.gui.compose.sending import Sending
from mailclient.gui.compose.spelling import SpellCheck
from mailclient.gui.documentation import help_key
from mailclient.gui.keys.window import KeysWindow
from mailclient.gui.strip import Kind
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.settings import COMPOSE_FORMAT, SIGN_BY_DEFAULT

ASKING = (
    "Hello,\n\nI should like to write to you so that nobody else can read it. Please answer with "
    "your public key for OpenPGP; most mail programs can attach it."
)
PICTURES = "Pictures (*.png *.jpg *.jpeg *.gif *.webp)"


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
        sign = draft.sign or (draft_id is None and app.settings.get(SIGN_BY_DEFAULT))
        self.form = ComposeForm(app.compose.identities(), draft, sign=sign)
        if draft_id is None and app.settings.get(COMPOSE_FORMAT) == "rich" and not draft.html:
            self.form.make_rich(True)
        self.protection = self.form.protection
        self.keeper = DraftKeeper(app, bridge, self.form.draft, draft_id, self)
        self.sending = Sending(app, bridge, self.form, self.keeper, self)
        self.strip = self.sending.strip
        self.readying = Readying(app, bridge, self.form, self.strip)
        self.send_button = self.sending.send_button
        self.spelling = SpellCheck(self.form.text, app.spelling, self.strip, self)
        self.rich_button = QToolButton()
        self._arrange()
        self._connect()
        self._shortcuts()
        if notes:
            self.strip.say(" ".join(notes), Kind.INFO)
        self.readying.ask()
        self.setAcceptDrops(True)

    # Putting together

    def _arrange(self) -> None:
        self.resize(780, 660)
        self._retitle()
        self.send_button.setProperty("look", "primary")
        self.send_button.setIcon(icons.icon("sent", "on_accent"))
        self.send_button.setToolTip("Send (Ctrl+Return)")
        attach = QToolButton()
        attach.setText("Attach")
        attach.setIcon(icons.icon("attachment", "text"))
        attach.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        attach.setToolTip("Attach files (Ctrl+Shift+A)")
        attach.clicked.connect(self._choose_files)
        attach.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        attach.setMenu(self._attach_menu())
        self.rich_button.setText("Rich text")
        self.rich_button.setIcon(icons.icon("rich", "text"))
        self.rich_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.rich_button.setCheckable(True)
        self.rich_button.setChecked(self.form.text.rich)
        self.rich_button.setToolTip("Bold, lists, links and pictures in this message")
        self._saved = parts.label(look="secondary")
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.PADDING, 8, theme.PADDING, 8)
        bar.setSpacing(8)
        for widget in (self.send_button, self.sending.later_button, attach, self.rich_button):
            bar.addWidget(widget)
        bar.addWidget(self.form.asks)
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
        self.form.begin()  # only inside its window does a field keep the keyboard

    def _connect(self) -> None:
        for line in self.form.lines:
            line.prefix_typed.connect(lambda prefix, line=line: self._complete(line, prefix))
        form = self.form
        form.touched.connect(self.keeper.touch)
        form.subject.textChanged.connect(lambda text: self._retitle())
        form.text.files_dropped.connect(self.attach)
        form.text.picture_for_file.connect(lambda picture: form.attachments.add([picture]))
        form.format.picture_wanted.connect(self._choose_pictures)
        form.format.refused.connect(lambda words: self.strip.say(words, Kind.CAUTION))
        self.protection.key_wanted.connect(self._ask_for_key)
        self.protection.decision_wanted.connect(self._decide)
        self.protection.clear_wanted.connect(self.sending.send_clear)
        self.keeper.stands.connect(lambda standing: self._saved.setText(standing.value))
        self.keeper.failed.connect(self.strip.problem)
        self.sending.sent.connect(self.close)
        self.sending.files_wanted.connect(self._choose_files)
        self.send_button.clicked.connect(self.sending.send)
        self.rich_button.clicked.connect(self._choose_format)

    def _shortcuts(self) -> None:
        keys: tuple[tuple[QKeySequence | str | QKeySequence.StandardKey, Callable[[], object]], ...]
        keys = (
            ("Ctrl+Return", self.sending.send),
            ("Ctrl+Enter", self.sending.send),
            ("Ctrl+Shift+Return", self.sending.later_button.showMenu),
            ("Ctrl+Shift+E", self.protection.encrypt.click),
            ("Ctrl+Shift+S", self.protection.sign.click),
            ("Ctrl+Shift+A", self._choose_files),
            ("Ctrl+Shift+V", self.form.text.paste_plain),
            ("F6", self.focusNextChild),  # out of the text, which keeps the Tab key
            (QKeySequence.StandardKey.Save, self.keeper.save),
            (QKeySequence.StandardKey.Close, self.close),
        )
        for key, act in keys:
            QShortcut(QKeySequence(key), self, act)

    def _retitle(self) -> None:
        help_key(self, "writing.md")
        self.setWindowTitle(people.plain(self.form.subject.text()) or "New message")

    def _complete(self, line: RecipientLine, prefix: str) -> None:
        self._bridge.run(
            "search",
            lambda job: self._app.compose.complete(prefix),
            lambda found: line.propose(prefix, found),
            newest="completion",
            owner=self,
        )

    def _ask_for_key(self, address: str) -> None:
        """Begin a message that asks somebody for a key, beside this one."""
        draft = self._app.compose.blank(self.form.writer().address, f"mailto:{address}")
        text = f"{ASKING}\n{draft.text}"
        draft = replace(draft, subject="Your public key", text=text, encrypt=False)
        window = ComposeWindow(self._app, self._bridge, draft)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.setParent(self, Qt.WindowType.Window)
        window.show()

    def _decide(self, address: str) -> None:
        """Show somebody's keys, so that one of them can be chosen."""
        KeysWindow(self._app, self._bridge, self, address).show()

    # Files and text

    def _choose_files(self) -> None:
        dialog = QFileDialog(self, "Attach files")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.attach([Path(name) for name in names]))
        dialog.open()

    def _choose_pictures(self) -> None:
        dialog = QFileDialog(
            self, "Insert pictures", "", "Pictures (*.png *.jpg *.jpeg *.gif *.webp)"
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(
            lambda names: self._read([Path(name) for name in names], self._insert_pictures)
        )
        dialog.open()

    def _attach_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Files…", self._choose_files)
        menu.addAction("My key, so that others can encrypt to me", self._attach_key)
        return menu

    def _attach_key(self) -> None:
        who = self.form.writer().address
        self._bridge.run(
            "work",
            lambda job: self._app.handing_on.public_key(who),
            lambda key: self.form.attachments.add([key]),
            self.strip.problem,
            owner=self,
        )

    def attach(self, paths: list[Path]) -> None:
        """Read files and add them."""
        self._read(paths, self.form.attachments.add)

    def _read(self, paths: list[Path], then: Callable[[list[AttachmentSource]], None]) -> None:
        self._bridge.run(
            "work",
            lambda job: [self._app.compose.attachment(path) for path in paths],
            then,
            self.strip.problem,
            owner=self,
        )

    def _insert_pictures(self, sources: list[AttachmentSource]) -> None:
        """Show them in the text; what cannot be shown is attached."""
        rest = [one for one in sources if not self.form.text.insert_picture(one)]
        self.form.attachments.add(rest)

    def _choose_format(self) -> None:
        """Rich or plain; what would be lost is asked about."""
        wanted = self.rich_button.isChecked()
        if not wanted and self.form.text.is_formatted:
            self.rich_button.setChecked(True)
            choices = (("Make it plain", lambda: self._make_rich(False)),)
            self.strip.say("Formatting and pictures will be lost.", Kind.CAUTION, choices)
            return
        self._make_rich(wanted)

    def _make_rich(self, rich: bool) -> None:
        self.strip.clear()
        self.form.make_rich(rich)
        self.rich_button.setChecked(rich)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Attach the files that were dropped."""
        urls = event.mimeData().urls()
        self.attach([Path(url.toLocalFile()) for url in urls if url.isLocalFile()])

    # The end

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what becomes of a message that was not sent."""
        if not self.keeper.open:
            self.readying.stop()
            event.accept()
            return
        event.ignore()
        if not (self.keeper.dirty or self.keeper.saving):  # all of it is kept
            self.keeper.finish(self.close)
            return
        box = QMessageBox(self)
        box.setWindowTitle("Keep this message?")
        box.setText("Keep this message in Drafts?")
        box.setInformativeText("It has not been sent.")
        roles = QMessageBox.ButtonRole
        keep = box.addButton("Keep", roles.AcceptRole)
        drop = box.addButton("Discard", roles.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        keep.clicked.connect(lambda: self.keeper.finish(self.close))
        drop.clicked.connect(self._discard)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _discard(self) -> None:
        self.keeper.discard(self.close)
