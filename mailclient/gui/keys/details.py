"""One key in full: names, fingerprint, where it came from, and the decisions about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from mailclient.gui import parts, people
from mailclient.gui.keys.words import grouped, seen_as
from mailclient.message.security import Trust
from mailclient.services.keys import KeyEntry


class KeyDetails(QWidget):
    """Shows one key; comparing fingerprints is done by pasting, not by eye."""

    judged = Signal(str)  # verified, accepted, rejected
    export_wanted = Signal()
    backup_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: KeyEntry | None = None
        self._name = parts.label(weight=QFont.Weight.DemiBold, wrap=True)
        self._facts = parts.label(look="secondary", wrap=True)
        self._fingerprint = parts.label(wrap=True)
        self._fingerprint.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._fingerprint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.compare = QLineEdit()
        self.compare.setPlaceholderText("Paste the fingerprint that the person gave you")
        self.compare.setAccessibleName("Fingerprint to compare with")
        self._result = parts.label(look="secondary", wrap=True)
        self.confirm = _button("Confirm", lambda: self.judged.emit("verified"))
        self.accept = _button("Accept", lambda: self.judged.emit("accepted"))
        self.reject = _button("Reject", lambda: self.judged.emit("rejected"))
        self.export = _button("Save public key…", self.export_wanted.emit)
        self.backup = _button("Save a copy…", self.backup_wanted.emit)
        self.delete = _button("Delete…", self.delete_wanted.emit)
        self.compare.textChanged.connect(lambda text: self._compare())
        buttons = QHBoxLayout()
        for button in (self.confirm, self.accept, self.reject):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.export, self.backup, self.delete):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self._name, self._facts, self._fingerprint, self.compare, self._result):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(buttons)

    def show_nothing(self, why: str) -> None:
        """There is no key to show."""
        self._entry = None
        self._name.setText(why)
        for part in (self._facts, self._fingerprint, self._result):
            part.clear()
        for widget in (self.compare, self.confirm, self.accept, self.reject, self.export,
                       self.backup, self.delete):  # fmt: skip
            widget.setVisible(False)

    def show_entry(self, entry: KeyEntry) -> None:
        """Show this key for its address."""
        self._entry = entry
        own = entry.trust is Trust.OWN
        key = entry.key
        self._name.setText("\n".join(people.plain(one) for one in key.user_ids[:4]))
        since = f", here since {entry.since:%d %B %Y}" if entry.since else ""
        source = f" It came from: {entry.source}{since}." if entry.source else ""
        self._facts.setText(
            f"{seen_as(entry)}. {key.algorithm}, made on {key.created:%d %B %Y}.{source}"
        )
        self._fingerprint.setText(grouped(key.fingerprint))
        self.compare.clear()
        self._result.clear()
        for widget in (self.compare, self.confirm, self.accept, self.reject):
            widget.setVisible(not own)
        self.confirm.setEnabled(entry.trust is not Trust.VERIFIED)
        self.accept.setEnabled(entry.trust is not Trust.ACCEPTED)
        self.reject.setEnabled(entry.trust is not Trust.REJECTED)
        self.export.setVisible(True)
        self.delete.setVisible(True)
        self.backup.setVisible(key.has_secret)

    def _compare(self) -> None:
        """Say whether the pasted fingerprint is this key's."""
        entry = self._entry
        given = "".join(one for one in self.compare.text().upper() if one in "0123456789ABCDEF")
        if entry is None or not given:
            self._result.clear()
        elif given == entry.key.fingerprint:
            self._result.setText("It is the same. You can confirm the key.")
        elif len(given) < len(entry.key.fingerprint):
            self._result.setText("It is not complete yet.")
        else:
            self._result.setText("It is another key. Do not confirm this one.")


def _button(text: str, act: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: act())
    return button
