"""The Encrypt and Sign switches, and one line that says what they will do and what can be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from mailclient.gui import icons, parts, people, theme
from mailclient.services.readiness import Readiness

SHOWN = 2  # names in the line; the chips show everybody


class Protection(QWidget):
    """Below the recipients."""

    changed = Signal()
    remove_wanted = Signal(str)  # an address
    key_wanted = Signal(str)  # an address

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.encrypt = _switch("encrypted", "Encrypt")
        self.encrypt.setToolTip("Encrypt this message (Ctrl+Shift+E)")
        self.sign = _switch("signed", "Sign")
        self.sign.setToolTip("Sign this message (Ctrl+Shift+S)")
        self.touched = False  # once the user has decided, nothing is switched by itself
        self._readiness: Readiness | None = None
        self._has_key = True
        self._summary = parts.label(look="secondary", wrap=True)
        self._fixes = QHBoxLayout()
        self._fixes.setSpacing(0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(8)
        row.addWidget(self.encrypt)
        row.addWidget(self.sign)
        row.addWidget(self._summary, 1)
        row.addLayout(self._fixes)
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
        words = self._sentence(encrypting)
        self._summary.setText(words)
        self._summary.setAccessibleName(words)
        self._offer(encrypting)

    def _sentence(self, encrypting: bool) -> str:
        if encrypting and not self._has_key:
            return "You have no key of your own for this address yet. Make one in Keys and people."
        if encrypting and self._readiness is None:
            return "Will be encrypted and signed."
        if encrypting and not self.can_encrypt:
            return self._why()
        if encrypting:
            return "Everyone can read this encrypted. Its subject is hidden on the way."
        if self.sign.isChecked():
            return "Will be signed. Every server on the way can read it."
        if self.can_encrypt:
            return "Not encrypted, though everybody here could read it encrypted."
        return "Not encrypted: every server on the way can read it."

    def _why(self) -> str:
        """Who cannot be reached in private, and why where it is one."""
        recipients = self._readiness.recipients if self._readiness is not None else ()
        missing = [one for one in recipients if not one.ready]
        if len(missing) == 1:
            return people.plain(missing[0].reason)
        names = ", ".join(people.plain(one.address) for one in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        return f"No usable key for {names}{more}."

    def _offer(self, encrypting: bool) -> None:
        """What can be done about the first who cannot be reached."""
        while (item := self._fixes.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        missing = self.missing()
        if not encrypting or not missing or not self._has_key:
            return
        first = missing[0]
        choices: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Ask for a key", lambda: self.key_wanted.emit(first)),
            ("Remove", lambda: self.remove_wanted.emit(first)),
        )
        for words, act in choices:
            button = parts.link_button(words, act)
            button.setAccessibleName(f"{words}: {people.plain(first)}")
            button.setToolTip(people.plain(first))
            self._fixes.addWidget(button)


def _switch(icon: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setText(text)
    button.setIcon(icons.icon(icon, "text"))
    button.setIconSize(QSize(theme.ICON, theme.ICON))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(text)
    return button
