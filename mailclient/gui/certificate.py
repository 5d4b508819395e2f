"""The facts of a server's certificate, and the decision about one that cannot be verified."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from mailclient.account import Account
from mailclient.app import App
from mailclient.gui import dates, parts, people
from mailclient.gui.bridge import Bridge
from mailclient.gui.strip import Kind, Strip
from mailclient.transport.certificate import Certificate


class CertificateDialog(QDialog):
    """Looks at the certificate of one server of an account, and shows it."""

    def __init__(
        self, app: App, bridge: Bridge, account: Account, what: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Certificate of the server")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 380)
        self._app = app
        self._bridge = bridge
        self._account = account
        self._what = what
        self.found: Certificate | None = None
        self.title = parts.label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self.strip = Strip()
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.accept_button = buttons.addButton(
            "Accept this certificate", QDialogButtonBox.ButtonRole.DestructiveRole
        )
        self.accept_button.setVisible(False)
        self.accept_button.clicked.connect(self._accept)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(self.title)
        column.addWidget(self.strip)
        column.addLayout(self._form)
        column.addStretch(1)
        column.addWidget(buttons)
        self.title.setText("Looking at the certificate…")
        bridge.run(
            "work",
            lambda job: app.accounts.certificate(account, what, job.cancel),
            self._show,
            self._failed,
            owner=self,
        )

    def _failed(self, problem: Exception) -> None:
        self.title.setText("The server shows no certificate")
        self.strip.say(str(problem), Kind.DANGER, lasting=True)

    def _show(self, found: Certificate) -> None:
        self.found = found
        self.title.setText(found.host)
        if not found.problem:
            self.strip.say("This certificate is good; nothing has to be done.", lasting=True)
        elif found.may_except:
            self.strip.say(
                f"{found.problem} If this server is your own or your firm's, compare the "
                "fingerprint with what its owner tells you. If it fits, you can accept this one "
                "certificate for this server.",
                Kind.CAUTION,
                lasting=True,
            )
        else:
            self.strip.say(
                f"{found.problem} This provider's certificates can be verified, so somebody may be "
                "listening. Try another network.",
                Kind.DANGER,
                lasting=True,
            )
        groups = found.fingerprint.upper()
        for name, value in (
            ("For", ", ".join(found.names) or found.subject),
            ("Issued by", found.issuer),
            ("Valid", f"{dates.day(found.since)} to {dates.day(found.until)}"),
            ("Key", found.key),
            (
                "Fingerprint (SHA-256)",
                "\n".join(
                    " ".join(groups[at + step : at + step + 4] for step in range(0, 32, 4))
                    for at in (0, 32)
                ),
            ),
        ):
            label = parts.label(people.plain(value) if "\n" not in value else value, wrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setAccessibleName(f"{name}: {value}")
            self._form.addRow(parts.label(name, look="secondary"), label)
        self.accept_button.setVisible(bool(found.problem) and found.may_except)

    def _accept(self) -> None:
        found = self.found
        if found is None:
            return

        def work(job: object) -> None:
            accounts = self._app.accounts
            current = accounts.get(self._account.address)
            accounts.change(accounts.accepting(current, self._what, found.fingerprint))

        self._bridge.run("work", work, self._accepted, self._failed, owner=self)

    def _accepted(self, done: None) -> None:
        self.close()
