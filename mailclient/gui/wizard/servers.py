"""The fields of one server: name, port, security, user name. Nothing insecure comes by itself."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QGroupBox, QLineEdit, QSpinBox, QWidget

from mailclient.account import POP3_PORTS, SUBMISSION_PORTS, Authentication, Security, Server

_SECURITY = (
    (Security.TLS, "TLS (encrypted)"),
    (Security.STARTTLS, "STARTTLS (encrypted)"),
    (Security.NONE, "None: everybody on the way can read it"),
)


class ServerFields(QGroupBox):
    """Shows and reads one server."""

    edited = Signal()

    def __init__(self, title: str, *, incoming: bool, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._ports = POP3_PORTS if incoming else SUBMISSION_PORTS
        self._base: Server | None = None
        self.host = QLineEdit()
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(self._ports[Security.TLS])
        self.security = QComboBox()
        for value, text in _SECURITY:
            self.security.addItem(text, value)
        self.username = QLineEdit()
        form = QFormLayout(self)
        for name, widget in (
            ("Server", self.host),
            ("Port", self.port),
            ("Security", self.security),
            ("User name", self.username),
        ):
            form.addRow(name, widget)
            widget.setAccessibleName(f"{title}: {name}")
        self.security.currentIndexChanged.connect(lambda at: self._security_chosen())
        for line in (self.host, self.username):
            line.textEdited.connect(lambda text: self.edited.emit())

    def show_server(self, server: Server) -> None:
        """Put a server's values in."""
        self._base = server
        self.host.setText(server.host)
        at = [value for value, _ in _SECURITY].index(server.security)
        self.security.setCurrentIndex(at)
        self.port.setValue(server.port)
        self.username.setText(server.username)

    def server(self) -> Server:
        """The server as it is typed; raises BadInput."""
        security = self.security.currentData()
        made = Server(
            self.host.text(), self.port.value(), Security(security), username=self.username.text()
        )
        if self._base is None:
            return made
        return replace(made, authentication=self._base.authentication, ca_file=self._base.ca_file)

    @property
    def is_open(self) -> bool:
        """Whether passwords and mail would go over the network in clear."""
        return Security(self.security.currentData()) is Security.NONE

    @property
    def needs_password(self) -> bool:
        """Whether one logs in with a password."""
        return self._base is None or self._base.authentication is Authentication.PASSWORD

    def _security_chosen(self) -> None:
        self.port.setValue(self._ports[Security(self.security.currentData())])
        self.edited.emit()
