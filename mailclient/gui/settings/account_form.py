"""The fields of one account: shown from an Account, read back as one. Keeps nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from mailclient.account import Account, EncryptionPolicy
from mailclient.gui import parts
from mailclient.gui.settings.certificate_files import FileField
from mailclient.gui.settings.choices import IntervalField, RetentionField
from mailclient.gui.wizard.servers import ServerFields
from mailclient.services.accounts import INCOMING, OUTGOING
from mailclient.services.journey import provider_domains
from mailclient.services.signin import by_token
from mailclient.sizes import size_words

_ENCRYPTION = {
    EncryptionPolicy.WHEN_POSSIBLE: "whenever everybody can read it",
    EncryptionPolicy.ALWAYS: "always",
    EncryptionPolicy.WHEN_I_SAY: "only when I say so",
}
KEPT = {
    None: "of encrypted mail: as the settings have it",
    True: "of encrypted mail, so that it is found",
    False: "of no encrypted mail",
}
_LARGEST = (None, 1_000_000, 5_000_000, 20_000_000, 100_000_000)


class AccountForm(QWidget):
    """Shows and reads an account."""

    certificate_wanted = Signal(str)  # of the incoming or the outgoing server
    sign_in_wanted = Signal()
    sign_out_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLineEdit()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText("unchanged")
        self.signed_in = parts.label(wrap=True)
        self.sign_in = QPushButton("Sign in…")
        self.sign_in.setAutoDefault(False)
        self.sign_in.clicked.connect(lambda: self.sign_in_wanted.emit())
        self.sign_out = parts.link_button("Sign out", self.sign_out_wanted.emit)
        self.retention = RetentionField("Leave mail on the server")
        self.largest = QComboBox()
        self.minutes = IntervalField("Collect mail")
        self.encryption = QComboBox()
        for policy, words in _ENCRYPTION.items():
            self.encryption.addItem(words, policy)
        self.provider = QLineEdit()
        self.provider.setPlaceholderText("example.net, only where their names do not tell")
        self.provider.setToolTip(
            "The domains of your provider's servers, with commas between; they are believed about "
            "the route of a message."
        )
        self.certificates = FileField(own=False)
        self.own_certificate = FileField(own=True)
        self.keep = QComboBox()
        for keep, words in KEPT.items():
            self.keep.addItem(words, keep)
        self.keep.setToolTip("Without, such mail is opened each time and not found by its text")
        self.paused = QCheckBox("Do not collect mail for this account")
        self.incoming = ServerFields("Incoming mail (POP3)", incoming=True, known=True)
        self.outgoing = ServerFields("Outgoing mail (SMTP)", incoming=False, known=True)
        self._arrange()

    def _arrange(self) -> None:
        form = self._form = QFormLayout(self)
        signing = self._signing = QWidget()
        row = QHBoxLayout(signing)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.signed_in, 1)
        row.addWidget(self.sign_out)
        row.addWidget(self.sign_in)
        for name, widget in (
            ("Your name", self.name),
            ("New password", self.password),
            ("Signing in", signing),
            ("Encrypt new messages", self.encryption),
            ("Keep opened copies", self.keep),
            ("Leave mail on the server", self.retention),
            ("Collect whole messages of", self.largest),
            ("Collect mail", self.minutes),
            ("Provider's servers", self.provider),
            ("Extra certificates", self.certificates),
            ("My own certificate", self.own_certificate),
        ):
            form.addRow(name, widget)
            widget.setAccessibleName(name)
        form.addRow(self.paused)
        for fields, what in ((self.incoming, INCOMING), (self.outgoing, OUTGOING)):
            button = QPushButton("Certificate…")
            button.setAutoDefault(False)
            button.setAccessibleName(f"Certificate of the {what} server")
            button.clicked.connect(
                lambda checked=False, what=what: self.certificate_wanted.emit(what)
            )
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(button)
            fields.add_row(row)
            form.addRow(fields)

    def show_account(self, account: Account, usual_minutes: int) -> None:
        """Put an account's values in; `usual_minutes` is how often all accounts are collected."""
        self.name.setText(account.name)
        self.password.clear()
        self._show_way_in(account)
        self.retention.show_retention(account.retention)
        self._offer_largest(account.largest)
        self.minutes.show_minutes(account.minutes, usual_minutes)
        self.encryption.setCurrentIndex(list(_ENCRYPTION).index(account.encryption))
        self.keep.setCurrentIndex(list(KEPT).index(account.keep_decrypted))
        self.provider.setText(", ".join(account.provider))
        server = account.incoming or account.outgoing
        for field, name in (
            (self.certificates, server.ca_file if server else ""),
            (self.own_certificate, server.client_file if server else ""),
        ):
            self._form.setRowVisible(field, server is not None)
            field.show_file(name)
        self.paused.setChecked(account.paused)
        for fields, server in (
            (self.incoming, account.incoming),
            (self.outgoing, account.outgoing),
        ):
            fields.setVisible(server is not None)
            if server is not None:
                fields.show_server(server)

    def _show_way_in(self, account: Account) -> None:
        """A field for the password, or for an account by token where one signs in."""
        tokens = by_token(account.incoming) or by_token(account.outgoing)
        self._form.setRowVisible(self.password, not tokens)
        self._form.setRowVisible(self._signing, tokens)

    def show_signed_in(self, provider: str, *, signed_in: bool) -> None:
        """Say where one signs in ("" where that is not known), and whether that was done."""
        words = "signed in" if signed_in else "not signed in"
        self.signed_in.setText(f"{provider}: {words}" if provider else words.capitalize())
        self.signed_in.setAccessibleName(self.signed_in.text())
        self.sign_in.setText("Sign in again…" if signed_in else "Sign in…")
        self.sign_out.setVisible(signed_in)

    def _offer_largest(self, current: int | None) -> None:
        sizes = list(dict.fromkeys((*_LARGEST, current)))
        self.largest.clear()
        for size in sizes:
            words = f"up to {size_words(size)}" if size is not None else "any size"
            self.largest.addItem(words, size)
        self.largest.setCurrentIndex(sizes.index(current))

    def account(self, before: Account) -> Account:
        """`before` with what is typed here; raises BadInput."""
        main = replace(before.identities[0], name=self.name.text())
        files: dict[str, Any] = {
            "ca_file": self.certificates.changed(),
            "client_file": self.own_certificate.changed(),
        }
        trusting = {name: file for name, file in files.items() if file is not None}
        return replace(
            before,
            identities=(main, *before.identities[1:]),
            incoming=replace(self.incoming.server(), **trusting) if before.incoming else None,
            outgoing=replace(self.outgoing.server(), **trusting) if before.outgoing else None,
            retention=self.retention.retention(),
            largest=self.largest.currentData(),
            minutes=self.minutes.minutes(),
            encryption=EncryptionPolicy(self.encryption.currentData()),
            keep_decrypted=self.keep.currentData(),
            paused=self.paused.isChecked(),
            provider=provider_domains(self.provider.text()),
        )
