"""The addresses that mail is written from. What was typed is kept when one turns away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account, Identity
from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import parts, people
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.compose.editor import Editor
from mailclient.gui.compose.format_bar import FormatBar
from mailclient.gui.strip import Strip
from mailclient.message.address import normalise
from mailclient.services.keys import KeyEntry

NEWEST = "The newest of this address"


class IdentityForm(QWidget):
    """One address and what goes with it."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.address = QLineEdit()
        self.name = QLineEdit()
        self.signature = QPlainTextEdit()
        self.signature.setMaximumHeight(72)
        self.signature.setTabChangesFocus(True)
        self.rich = Editor()
        self.rich.setProperty("look", "")
        self.rich.setMaximumHeight(72)
        self.rich.setTabChangesFocus(True)
        self.rich.show_rich("", ())
        self.key = QComboBox()
        self.reply_to = QLineEdit()
        self.sent = QLineEdit()
        self.sent.setPlaceholderText("Sent")
        self.bcc_self = QCheckBox("Send a copy of everything to this address")
        form = QFormLayout(self)
        bar = FormatBar(self.rich)
        bar.picture.hide()
        for words, field in (
            ("Address", self.address),
            ("Name", self.name),
            ("Signature", self.signature),
            ("Signature of rich text", bar),
            ("", self.rich),
            ("Key", self.key),
            ("Answers go to", self.reply_to),
            ("Keep what was sent in", self.sent),
            ("", self.bcc_self),
        ):
            form.addRow(words, field)
            if words and field is not bar:
                field.setAccessibleName(words)
        self.rich.setAccessibleName("Signature of rich text")
        for line in (self.address, self.name, self.reply_to, self.sent):
            line.textEdited.connect(lambda text: self.edited.emit())
        self.signature.textChanged.connect(self.edited)
        self.rich.textChanged.connect(self.edited)
        self.key.activated.connect(lambda at: self.edited.emit())
        self.bcc_self.clicked.connect(lambda: self.edited.emit())

    def show_identity(self, one: Identity) -> None:
        """Show an address."""
        for field, text in (
            (self.address, one.address),
            (self.name, one.name),
            (self.reply_to, one.reply_to),
            (self.sent, one.sent),
        ):
            field.setText(text)
        self.signature.setPlainText(one.signature)
        self.rich.show_rich(one.signature_html, ())
        self.bcc_self.setChecked(one.bcc_self)
        self.show_keys((), one.key)

    def show_keys(self, entries: tuple[KeyEntry, ...], chosen: str) -> None:
        """Offer one's own keys; the chosen one stays even where it is not here."""
        self.key.clear()
        self.key.addItem(NEWEST, "")
        for one in entries:
            words = one.key.user_ids[0] if one.key.user_ids else one.address
            short = f"{people.plain(words)} · {one.key.fingerprint[-16:]}"
            if self.key.findData(one.key.fingerprint) < 0:
                self.key.addItem(short, one.key.fingerprint)
        if chosen and self.key.findData(chosen) < 0:
            self.key.addItem(chosen, chosen)
        self.key.setCurrentIndex(max(0, self.key.findData(chosen)))

    def identity(self, before: Identity) -> Identity:
        """The address as it stands; raises BadInput."""
        has_rich = bool(self.rich.toPlainText().strip())
        return replace(
            before,
            address=self.address.text(),
            name=self.name.text(),
            signature=self.signature.toPlainText(),
            signature_html=self.rich.html() if has_rich else "",
            key=str(self.key.currentData() or ""),
            reply_to=self.reply_to.text().strip(),
            bcc_self=self.bcc_self.isChecked(),
            sent=self.sent.text(),
        )


class IdentitiesPage(QWidget):
    """A list of all addresses on the left, the chosen one on the right."""

    def __init__(self, app: App, bridge: Bridge, strip: Strip) -> None:
        super().__init__()
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._found: list[tuple[Account, Identity]] = []
        self._shown: tuple[Account, Identity] | None = None
        self._touched = False
        self.list = QListWidget()
        self.list.setAccessibleName("Addresses")
        self.list.setMaximumWidth(240)
        self.form = IdentityForm()
        self.add = QPushButton("Add…")
        self.remove = QPushButton("Remove")
        self.keep = QPushButton("Keep changes")
        self.keep.setProperty("look", "primary")
        self._arrange()
        self._read()

    def _arrange(self) -> None:
        left = QVBoxLayout()
        for widget in (self.list, self.add, self.remove):
            left.addWidget(widget)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.keep)
        right = QVBoxLayout()
        right.addWidget(parts.label(TAGS, look="secondary", wrap=True))
        right.addWidget(self.form, 1)
        right.addLayout(below)
        row = QHBoxLayout(self)
        row.addLayout(left)
        row.addLayout(right, 1)
        for button in (self.add, self.remove, self.keep):
            button.setAutoDefault(False)
        self.list.currentRowChanged.connect(lambda row: self._chosen())
        self.form.edited.connect(self._touch)
        self.add.clicked.connect(self._ask_address)
        self.remove.clicked.connect(self._remove)
        self.keep.clicked.connect(self.keep_changes)
        self._bridge.changed.connect(self._changed)

    def _changed(self, changes: Changes) -> None:
        if changes.accounts and not self._touched:
            self._read()

    def _read(self) -> None:
        """Show the addresses as they are now."""
        accounts = self._app.accounts.list()
        self._found = [(account, one) for account in accounts for one in account.identities]
        wanted = self._shown[1].address if self._shown else ""
        self.list.blockSignals(True)
        self.list.clear()
        for account, one in self._found:
            item = QListWidgetItem(people.plain(one.address))
            item.setToolTip(f"{people.plain(one.name)}, account {people.plain(account.address)}")
            self.list.addItem(item)
        keys = [normalise(one.address) for _, one in self._found]
        at = keys.index(normalise(wanted)) if wanted and normalise(wanted) in keys else 0
        self.list.setCurrentRow(at if keys else -1)
        self.list.blockSignals(False)
        self._show()

    def _show(self) -> None:
        row = self.list.currentRow()
        self._shown = self._found[row] if 0 <= row < len(self._found) else None
        self.form.setEnabled(self._shown is not None)
        self.remove.setEnabled(self._shown is not None)
        if self._shown is not None:
            one = self._shown[1]
            self.form.show_identity(one)
            self._bridge.run(
                "work",
                lambda job: tuple(entry for entry in self._app.keys.list() if entry.key.has_secret),
                lambda entries: self._offer(one, entries),
                newest="own keys",
                owner=self,
            )
        self._touched = False
        self.keep.setEnabled(False)

    def _offer(self, one: Identity, entries: tuple[KeyEntry, ...]) -> None:
        if self._shown is not None and self._shown[1] is one:
            self.form.show_keys(entries, str(self.form.key.currentData() or one.key))

    def _touch(self) -> None:
        self._touched = self._shown is not None
        self.keep.setEnabled(self._touched)

    def _chosen(self) -> None:
        """Another address: what was typed for the one before is kept first."""
        if self.keep_changes():
            self._show()

    def keep_changes(self) -> bool:
        """Keep what was typed; False, and a word why, where that cannot be kept."""
        if not self._touched or self._shown is None:
            return True
        account, before = self._shown
        try:
            after = self.form.identity(before)
        except MailError as problem:
            self._strip.problem(problem)
            return False
        self._touched = False
        self.keep.setEnabled(False)
        self._shown = (account, after)
        self._work(lambda: self._app.accounts.keep_identity(account, after, before.address))
        return True

    def _ask_address(self) -> None:
        accounts = self._app.accounts.list()
        if not accounts:
            return
        account = self._shown[0] if self._shown else accounts[0]
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Another address")
        dialog.setLabelText(f"Another address of {people.plain(account.address)}")
        dialog.textValueSelected.connect(lambda text: self.add_address(account, text))
        dialog.open()

    def add_address(self, account: Account, address: str) -> None:
        """Let an account write from one more address."""
        try:
            one = Identity(address, account.name)
        except MailError as problem:
            self._strip.problem(problem)
            return
        self._shown = (account, one)
        self._work(lambda: self._app.accounts.keep_identity(account, one))

    def _remove(self) -> None:
        if self._shown is not None:
            address = self._shown[1].address
            self._touched = False
            self._work(lambda: self._app.accounts.drop_identity(address))

    def _work(self, act: Callable[[], object]) -> None:
        self._bridge.run(
            "work", lambda job: act(), lambda done: self._read(), self._failed, owner=self
        )

    def _failed(self, problem: MailError) -> None:
        self._strip.problem(problem)
        self._read()


TAGS = (
    "Mail to an address with a tag, such as ann+shop@example.org, belongs to the one without it, "
    "and is answered from the address that it was written to."
)
