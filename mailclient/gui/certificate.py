"""The facts of a server's certificate, and the decision about one that cannot be verified."""

from __future__ import annotations

from collections.abc import Callable

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
    """Looks at the certificate of one server of an account, and shows it.

    The fingerprint of an accepted one goes to `taken`, or into the account that is kept.
    """

    def __init__(
        self,
        app: App,
        bridge: Bridge,
        account: Account,
        what: str,
        parent: QWidget | None = None,
        *,
        taken: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Certificate of the server")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(580, 420)
        self._app = app
        self._bridge = bridge
        self._account = account
        self._what = what
        self._taken = taken
        self.found: Certificate | None = None
        self.title = parts.label(factor=1.2, weight=QFont.Weight.DemiBold, wrap=True)
        self.strip = Strip()
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        roles = QDialogButtonBox.ButtonRole
        self.accept_button = buttons.addButton("Accept this certificate", roles.ActionRole)
        self.revoke_button = buttons.addButton("Take the exception back", roles.ActionRole)
        self._close = buttons.button(QDialogButtonBox.StandardButton.Close)
        for button in (self.accept_button, self.revoke_button):
            button.setVisible(False)
            button.setAutoDefault(False)
        self.accept_button.clicked.connect(lambda: self._set(self.found and self.found.fingerprint))
        self.revoke_button.clicked.connect(lambda: self._set(""))
        self._close.setDefault(True)
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
        self.title.setText(f"The certificate of {found.host}")
        text, kind = verdict(found)
        self.strip.say(text, kind, lasting=True)
        self._close.setFocus()  # nobody accepts by a key that was meant for something else
        self.accept_button.setVisible(
            bool(found.problem) and found.may_except and not found.accepted
        )
        self.revoke_button.setVisible(bool(found.accepted_before))
        groups = found.fingerprint.upper()
        for name, value in (
            ("For the servers", ", ".join(found.names) or "none is named"),
            ("Subject", found.subject or "none is named"),
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

    def _set(self, fingerprint: str | None) -> None:
        """Accept a certificate for this server, or none."""
        if fingerprint is None:
            return
        if self._taken is not None:
            self._taken(fingerprint)
            self.close()
            return

        def work(job: object) -> None:
            accounts = self._app.accounts
            current = accounts.get(self._account.address)
            accounts.change(accounts.accepting(current, self._what, fingerprint))

        self._bridge.run("work", work, self._kept, self._failed, owner=self)

    def _kept(self, done: None) -> None:
        self.close()


def verdict(found: Certificate) -> tuple[str, Kind]:
    """What is to be thought of a certificate, and what to do about it."""
    if not found.problem:
        if found.accepted_before:
            return (
                "This certificate can be verified: the exception that you made for this server is "
                "not needed any more. Take it back, and the server is checked like any other.",
                Kind.INFO,
            )
        return "This certificate is good; nothing has to be done.", Kind.INFO
    if found.accepted:
        return f"You have accepted this certificate for this server. {found.problem}", Kind.INFO
    if not found.may_except:
        return (
            f"{found.problem} This provider's certificates can be verified, so somebody may be "
            "listening. Try another network.",
            Kind.DANGER,
        )
    changed = (
        "This is not the certificate that you have accepted for this server (its fingerprint began "
        f"with {found.accepted_before[:8].upper()}). "
        if found.accepted_before
        else ""
    )
    return (
        f"{changed}{found.problem} If this server is your own or your firm's, compare the "
        "fingerprint with what its owner tells you. If it fits, you can accept this one "
        "certificate for this server.",
        Kind.CAUTION,
    )
