"""The fields of one server: name, port, security, user name. Nothing insecure comes by itself."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QLayout,
    QLineEdit,
    QWidget,
)

from mailclient.account import POP3_PORTS, SUBMISSION_PORTS, Authentication, Security, Server
from mailclient.errors import BadInput
from mailclient.gui import parts

_LOG_IN = (  # what is shown, how one logs in, by which mechanism
    ("With a password, in the best way", Authentication.PASSWORD, ""),
    ("Password: SCRAM-SHA-256", Authentication.PASSWORD, "SCRAM-SHA-256"),
    ("Password: PLAIN", Authentication.PASSWORD, "PLAIN"),
    ("Password: LOGIN", Authentication.PASSWORD, "LOGIN"),
    ("Password: CRAM-MD5", Authentication.PASSWORD, "CRAM-MD5"),
    ("Access token (OAuth 2)", Authentication.OAUTH2, ""),
    ("Without logging in", Authentication.NONE, ""),
)
_SECURITY = (
    (Security.TLS, "TLS (encrypted)"),
    (Security.STARTTLS, "STARTTLS (encrypted)"),
    (Security.NONE, "None: can be read on the way"),
)


class ServerFields(QGroupBox):
    """Shows and reads one server."""

    edited = Signal()

    def __init__(
        self, title: str, *, incoming: bool, known: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self._known = known  # a server that has been used: less encryption is asked about here
        self._ports = POP3_PORTS if incoming else SUBMISSION_PORTS
        self._base: Server | None = None
        self.host = QLineEdit()
        self.port = parts.number(1, 65535)
        self.port.setValue(self._ports[Security.TLS])
        self.security = QComboBox()
        for value, text in _SECURITY:
            self.security.addItem(text, value)
        self.username = QLineEdit()
        self.log_in = QComboBox()
        for at, (text, _, _) in enumerate(_LOG_IN):
            self.log_in.addItem(text, at)
        form = QFormLayout(self)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        for name, widget in (
            ("Server", self.host),
            ("Port", self.port),
            ("Security", self.security),
            ("User name", self.username),
            ("Log in", self.log_in),
        ):
            form.addRow(name, widget)
            widget.setAccessibleName(f"{title}: {name}")
        self.consent = QCheckBox("I understand: password and mail can be read on the way")
        self.consent.hide()
        form.addRow(self.consent)
        self.security.currentIndexChanged.connect(lambda at: self._security_chosen())
        for line in (self.host, self.username):
            line.textEdited.connect(lambda text: self.edited.emit())

    def add_row(self, row: QLayout) -> None:
        """Add something below the fields."""
        form = self.layout()
        if isinstance(form, QFormLayout):
            form.addRow(row)

    def show_server(self, server: Server) -> None:
        """Put a server's values in."""
        self._base = server
        self.consent.setChecked(False)
        self.host.setText(server.host)
        at = [value for value, _ in _SECURITY].index(server.security)
        self.security.setCurrentIndex(at)
        self.port.setValue(server.port)
        self.consent.setVisible(self._asks)
        self.username.setText(server.username)
        ways = [(authentication, mechanism) for _, authentication, mechanism in _LOG_IN]
        way = (server.authentication, server.mechanism)
        if way not in ways:  # set by hand on the command line: shown as it is
            self.log_in.addItem(f"Password: {server.mechanism}", -1)
        self.log_in.setCurrentIndex(ways.index(way) if way in ways else self.log_in.count() - 1)

    def server(self) -> Server:
        """The server as it is typed; raises BadInput."""
        base = self._base
        if self._asks and not self.consent.isChecked():
            raise BadInput(
                f"The connection to {self.host.text()} would not be encrypted any more.",
                "Choose TLS or STARTTLS, or tick that you understand.",
            )
        made = Server(
            self.host.text(),
            self.port.value(),
            Security(self.security.currentData()),
            self._authentication,
            self.username.text(),
            ca_file=base.ca_file if base else "",
            client_file=base.client_file if base else "",
            mechanism=self._mechanism,
        )
        if base is None or made.host != base.host:  # what was proved or accepted is the other's
            return made
        encrypted = "" if self.is_open else base.encrypted
        return replace(made, pin=base.pin, proven=base.proven, encrypted=encrypted)

    @property
    def _authentication(self) -> Authentication:
        at = int(self.log_in.currentData())
        if at < 0 and self._base is not None:
            return self._base.authentication
        return _LOG_IN[at][1]

    @property
    def _mechanism(self) -> str:
        at = int(self.log_in.currentData())
        return self._base.mechanism if at < 0 and self._base is not None else _LOG_IN[at][2]

    @property
    def is_open(self) -> bool:
        """Whether passwords and mail would go over the network in clear."""
        return Security(self.security.currentData()) is Security.NONE

    @property
    def needs_token(self) -> bool:
        """Whether one logs in with a token of the provider, not with a password."""
        return self._authentication is Authentication.OAUTH2

    @property
    def _asks(self) -> bool:
        """Whether the user must say that a connection may be open that was encrypted."""
        base = self._base
        return self._known and self.is_open and base is not None and base.is_encrypted

    @property
    def is_empty(self) -> bool:
        """Whether no server is named."""
        return not self.host.text().strip()

    def _security_chosen(self) -> None:
        self.consent.setVisible(self._asks)
        self.port.setValue(self._ports[Security(self.security.currentData())])
        self.edited.emit()
