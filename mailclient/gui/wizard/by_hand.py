"""The form by hand: both servers, side by side, and the words that an open one needs."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from mailclient.account import Server
from mailclient.gui import parts
from mailclient.gui.settings.certificate_files import FileField
from mailclient.gui.strip import Kind, Strip
from mailclient.gui.wizard.servers import ServerFields


class ByHand(QWidget):
    """Shows and reads both servers."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = Strip()
        self.incoming = ServerFields("Incoming mail (POP3)", incoming=True)
        self.outgoing = ServerFields("Outgoing mail (SMTP)", incoming=False)
        self.consent = QCheckBox(
            "I understand: my password and my mail go over the network so that others can read them"
        )
        self.consent.hide()
        self.trusted = FileField(own=False)
        self.own = FileField(own=True)
        self.files = QWidget()
        self.show_files = parts.link_button("Certificates of your own…", self._show_files)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.incoming)
        row.addWidget(self.outgoing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.strip)
        column.addLayout(row)
        column.addWidget(self.consent)
        column.addWidget(self.files)
        column.addWidget(self.show_files, 0, Qt.AlignmentFlag.AlignLeft)
        form = QFormLayout(self.files)
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        for name, field in (("Extra certificates", self.trusted), ("My own certificate", self.own)):
            form.addRow(name, field)
            field.setAccessibleName(name)
            field.edited.connect(self._edited)
        self.files.hide()
        for fields in (self.incoming, self.outgoing):
            fields.edited.connect(self._edited)
        self.consent.toggled.connect(lambda on: self.edited.emit())

    def say(self, text: str, kind: Kind) -> None:
        """Say above the form why it is shown; "" for no reason."""
        if text:
            self.strip.say(text, kind, lasting=True)
        else:
            self.strip.clear()

    def _edited(self) -> None:
        self.show_consent()
        self.edited.emit()

    def _show_files(self) -> None:
        """Show the fields that few need."""
        self.show_files.hide()
        self.files.show()
        self.trusted.setFocus()

    def servers(self) -> tuple[Server, Server]:
        """Both servers as they are typed; raises BadInput."""
        incoming, outgoing = self.incoming.server(), self.outgoing.server()
        trusted, own = self.trusted.changed(), self.own.changed()
        if trusted is not None:
            incoming, outgoing = (replace(one, ca_file=trusted) for one in (incoming, outgoing))
        if own is not None:
            incoming, outgoing = (replace(one, client_file=own) for one in (incoming, outgoing))
        return incoming, outgoing

    def show_consent(self) -> None:
        """Ask for the words where a server is open."""
        self.consent.setVisible(self.is_open)
        if not self.is_open:
            self.consent.setChecked(False)

    @property
    def is_open(self) -> bool:
        """Whether a password would go over the network in clear."""
        return self.incoming.is_open or self.outgoing.is_open
