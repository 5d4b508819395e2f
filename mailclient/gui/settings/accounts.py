"""The accounts in the settings: names, signatures, servers, password, what stays on the server."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account, EncryptionPolicy, Retention
from mailclient.app import App
from mailclient.errors import BadInput
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.strip import Strip
from mailclient.gui.wizard.servers import ServerFields
from mailclient.gui.wizard.window import Wizard

_ENCRYPTION = {
    EncryptionPolicy.WHEN_POSSIBLE: "whenever everybody can read it",
    EncryptionPolicy.ALWAYS: "always",
    EncryptionPolicy.WHEN_I_SAY: "only when I say so",
}
_RETENTION = {
    "14": "for 14 days", "30": "for 30 days", "yes": "until I delete it there",
    "no": "not at all: delete it once it is stored here",
}  # fmt: skip


class AccountsPage(QWidget):
    """A list on the left, the chosen account on the right."""

    def __init__(self, app: App, bridge: Bridge, strip: Strip) -> None:
        super().__init__()
        self._app = app
        self._bridge = bridge
        self._strip = strip
        self._accounts: tuple[Account, ...] = ()
        self.list = QListWidget()
        self.list.setAccessibleName("Accounts")
        self.list.setMaximumWidth(200)
        self.name = QLineEdit()
        self.signature = QPlainTextEdit()
        self.signature.setMaximumHeight(80)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText("unchanged")
        self.retention = QComboBox()
        self.encryption = QComboBox()
        for policy, words in _ENCRYPTION.items():
            self.encryption.addItem(words, policy)
        self.paused = QCheckBox("Do not collect mail for this account")
        self.incoming = ServerFields("Incoming mail (POP3)", incoming=True)
        self.outgoing = ServerFields("Outgoing mail (SMTP)", incoming=False)
        self._arrange()
        self.list.currentRowChanged.connect(lambda row: self._show())
        bridge.changed.connect(self._changed)
        self._read()

    def _arrange(self) -> None:
        form = QFormLayout()
        for name, widget in (
            ("Your name", self.name),
            ("Signature", self.signature),
            ("New password", self.password),
            ("Leave mail on the server", self.retention),
            ("Encrypt new messages", self.encryption),
        ):
            form.addRow(name, widget)
            widget.setAccessibleName(name)
        form.addRow(self.paused)
        form.addRow(self.incoming)
        form.addRow(self.outgoing)
        self._details = QWidget()
        self._details.setLayout(form)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._details)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        add = QPushButton("Add…")
        add.clicked.connect(lambda: Wizard(self._app, self._bridge, self.window()).show())
        self.remove = QPushButton("Remove…")
        self.remove.clicked.connect(self._ask_remove)
        left.addWidget(add)
        left.addWidget(self.remove)
        self.keep = QPushButton("Keep changes")
        self.keep.setProperty("look", "primary")
        self.keep.clicked.connect(self._keep)
        right = QVBoxLayout()
        right.addWidget(area, 1)
        right.addWidget(self.keep, 0, Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.addLayout(left)
        row.addLayout(right, 1)
        for button in (add, self.remove, self.keep):
            button.setAutoDefault(False)

    def _changed(self, changes: Changes) -> None:
        if changes.accounts:
            self._read()

    def _read(self) -> None:
        chosen = max(self.list.currentRow(), 0)
        self._accounts = self._app.accounts.list()
        self.list.clear()
        self.list.addItems([one.address for one in self._accounts])
        self.list.setCurrentRow(min(chosen, len(self._accounts) - 1))
        self._show()

    @property
    def account(self) -> Account | None:
        """The chosen account."""
        row = self.list.currentRow()
        return self._accounts[row] if 0 <= row < len(self._accounts) else None

    def _show(self) -> None:
        account = self.account
        for widget in (self._details, self.keep, self.remove):
            widget.setEnabled(account is not None)
        if account is None:
            return
        self.name.setText(account.name)
        self.signature.setPlainText(account.identities[0].signature)
        self.password.clear()
        self.retention.clear()
        words = dict(_RETENTION)
        word = account.retention.word()
        words.setdefault(word, f"for {word} days")
        for value, text in words.items():
            self.retention.addItem(text, value)
        self.retention.setCurrentIndex(list(words).index(word))
        self.encryption.setCurrentIndex(list(_ENCRYPTION).index(account.encryption))
        self.paused.setChecked(account.paused)
        for fields, server in (
            (self.incoming, account.incoming),
            (self.outgoing, account.outgoing),
        ):
            fields.setVisible(server is not None)
            if server is not None:
                fields.show_server(server)

    def _keep(self) -> None:
        before = self.account
        if before is None:
            return
        try:
            after = self._edited(before)
        except BadInput as problem:
            self._strip.problem(problem)
            return
        password = self.password.text()

        def work(job: object) -> None:
            self._app.accounts.change(after)
            if password:
                self._app.accounts.set_password(after, password)

        self._bridge.run(
            "work",
            work,
            lambda done: self._strip.say("The changes are kept."),
            self._strip.problem,
            owner=self,
        )

    def _edited(self, account: Account) -> Account:
        main = replace(
            account.identities[0],
            name=self.name.text(),
            signature=self.signature.toPlainText(),
        )
        return replace(
            account,
            identities=(main, *account.identities[1:]),
            incoming=self.incoming.server() if account.incoming else None,
            outgoing=self.outgoing.server() if account.outgoing else None,
            retention=Retention.parse(str(self.retention.currentData())),
            encryption=EncryptionPolicy(self.encryption.currentData()),
            paused=self.paused.isChecked(),
        )

    def _ask_remove(self) -> None:
        account = self.account
        if account is None:
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Remove the account?")
        box.setText(f"Remove {account.address} from this program?")
        box.setInformativeText("Its mailbox on the server stays as it is.")
        roles = QMessageBox.ButtonRole
        keep = box.addButton("Remove, keep its mail here", roles.AcceptRole)
        drop = box.addButton("Remove with its mail", roles.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        keep.clicked.connect(lambda: self._remove(account, with_mail=False))
        drop.clicked.connect(lambda: self._remove(account, with_mail=True))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _remove(self, account: Account, *, with_mail: bool) -> None:
        self._bridge.run(
            "work",
            lambda job: self._app.accounts.remove(account.address, with_mail=with_mail),
            lambda done: self._strip.say(f"{account.address} was removed."),
            self._strip.problem,
            owner=self,
        )
