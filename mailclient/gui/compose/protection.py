"""The Encrypt and Sign switches, and what they will do for each recipient, in words."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from mailclient.gui import icons, parts, people, theme
from mailclient.services.readiness import Readiness, ReadyState

_LOOKS = {
    ReadyState.READY_VERIFIED: ("encrypted", "good", "key confirmed"),
    ReadyState.READY: ("encrypted", "secondary", "key found"),
    ReadyState.STALE: ("encrypted", "secondary", "key found, not seen for a while"),
    ReadyState.ASK: ("caution", "caution", "needs your decision"),
    ReadyState.NONE: ("unlocked", "secondary", "no key"),
    ReadyState.UNUSABLE: ("unlocked", "caution", "key cannot be used"),
}
SHOWN = 6


class Protection(QWidget):
    """Below the recipients: the switches and one line for each recipient."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.encrypt = _switch("encrypted", "Encrypt")
        self.encrypt.setToolTip("Encrypt this message (Ctrl+Shift+E)")
        self.sign = _switch("signed", "Sign")
        self.touched = False  # once the user has decided, nothing is switched by itself
        self._readiness: Readiness | None = None
        self._has_key = True
        self._summary = parts.label(look="secondary", wrap=True)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.encrypt)
        row.addWidget(self.sign)
        row.addWidget(self._summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addLayout(row)
        column.addLayout(self._lines)
        self.encrypt.clicked.connect(self._decided)
        self.encrypt.toggled.connect(lambda on: self._tell())
        self.sign.toggled.connect(lambda on: self._tell())
        self.sign.clicked.connect(lambda: self.changed.emit())

    def start(self, *, encrypt: bool, sign: bool) -> None:
        """Where the switches begin; a message that begins encrypted stays so."""
        self.encrypt.setChecked(encrypt)
        self.sign.setChecked(sign)
        self.touched = encrypt

    def show_readiness(self, readiness: Readiness | None, *, has_key: bool) -> None:
        """How it stands with everybody; None where there is nobody yet."""
        self._readiness, self._has_key = readiness, has_key
        if not self.touched:
            self.encrypt.setChecked(readiness is not None and readiness.can_encrypt and has_key)
        self._tell()

    @property
    def can_encrypt(self) -> bool:
        """Whether everybody can be reached in private."""
        return self._has_key and self._readiness is not None and self._readiness.can_encrypt

    @property
    def words(self) -> str:
        """What the line says."""
        return self._summary.text()

    def missing(self) -> tuple[str, ...]:
        """The addresses that cannot be reached in private."""
        if self._readiness is None:
            return ()
        return tuple(one.address for one in self._readiness.recipients if not one.ready)

    def _decided(self) -> None:
        self.touched = True
        self.changed.emit()

    def _tell(self) -> None:
        encrypting = self.encrypt.isChecked()
        self.sign.setEnabled(not encrypting)  # what is encrypted is always signed as well
        self._summary.setText(self._sentence(encrypting))
        self._show_lines(encrypting)

    def _sentence(self, encrypting: bool) -> str:
        if encrypting and not self._has_key:
            return "You have no key of your own for this address yet. Make one in Keys and people."
        if encrypting and self._readiness is None:
            return "Will be encrypted and signed."
        if encrypting and not self.can_encrypt:
            return "Cannot be encrypted for everybody yet:"
        if encrypting:
            return "Will be encrypted and signed. Its subject is hidden on the way."
        if self.sign.isChecked():
            return "Will be signed. Every server on the way can read it."
        if self.can_encrypt:
            return "Not encrypted, though everybody here could read it encrypted."
        return "Not encrypted: every server on the way can read it."

    def _show_lines(self, encrypting: bool) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        if self._readiness is None or not encrypting:
            return
        for one in self._readiness.recipients[:SHOWN]:
            icon, role, words = _LOOKS[one.state]
            self._lines.addWidget(
                _line(icon, role, f"{people.plain(one.address)}: {words}", one.reason)
            )
        if len(self._readiness.recipients) > SHOWN:
            more = len(self._readiness.recipients) - SHOWN
            self._lines.addWidget(parts.label(f"and {more} more", look="secondary"))


def _switch(icon: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setText(text)
    button.setIcon(icons.icon(icon, "text"))
    button.setIconSize(QSize(theme.ICON, theme.ICON))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(text)
    return button


def _line(icon: str, role: str, text: str, reason: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(8, 0, 0, 0)
    row.setSpacing(6)
    picture = QLabel()
    picture.setPixmap(icons.icon(icon, role).pixmap(QSize(14, 14)))
    row.addWidget(picture)
    row.addWidget(parts.label(text), 0)
    row.addWidget(parts.label(reason, look="secondary"), 1)
    line.setAccessibleName(f"{text}. {reason}")
    return line
