"""The Encrypt and Sign switches, and one line that says what they will do and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from mailclient.account import EncryptionPolicy
from mailclient.gui import icons, parts, people, theme
from mailclient.services.readiness import Readiness, ReadyState, RecipientReadiness

SHOWN = 2  # names in the line; the chips show everybody


class Protection(QWidget):
    """Below the recipients."""

    changed = Signal()
    told = Signal()  # what is said has changed
    remove_wanted = Signal(str)  # an address
    key_wanted = Signal(str)  # an address
    find_wanted = Signal(str)  # an address
    decision_wanted = Signal(str)  # an address
    accept_wanted = Signal(str, str)  # an address and the fingerprint of its key
    clear_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.encrypt = _switch("encrypted", "Encrypt")
        self.encrypt.setToolTip("Encrypt this message (Ctrl+Shift+E)")
        self.sign = _switch("signed", "Sign")
        self.sign.setToolTip("Sign this message (Ctrl+Shift+S)")
        self.touched = False  # once the user has decided, nothing is switched by itself
        self._readiness: Readiness | None = None
        self._has_key = True
        self._offered: RecipientReadiness | None = None
        self._summary = parts.label(look="secondary", wrap=True)
        self._fixes = QHBoxLayout()
        self._fixes.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.encrypt)
        row.addWidget(self.sign)
        row.addWidget(self._summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(self._fixes)
        self.encrypt.clicked.connect(self._decided)
        self.encrypt.toggled.connect(lambda on: self._tell())
        self.sign.toggled.connect(lambda on: self._tell())
        self.sign.clicked.connect(lambda: self.changed.emit())

    def start(self, *, encrypt: bool, sign: bool, decided: bool = False) -> None:
        """Where the switches begin; what the writer has decided, and a message that begins
        encrypted, stays so."""
        self.encrypt.setChecked(encrypt)
        self.sign.setChecked(sign)
        self.touched = encrypt or decided

    def show_readiness(
        self, readiness: Readiness | None, *, has_key: bool, policy: EncryptionPolicy
    ) -> None:
        """How it stands with everybody; None where there is nobody yet. `policy` is the sender's
        account's."""
        self._readiness, self._has_key = readiness, has_key
        if not self.touched:
            begins = readiness is not None and readiness.begins_encrypted(policy)
            self.encrypt.setChecked(begins and (has_key or policy is EncryptionPolicy.ALWAYS))
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
            everyone = "Everyone can read this encrypted; it is signed as well. "
            if (doubted := self._doubted()) is not None:
                return people.plain(doubted.reason)
            if (found := self._undecided()) is None:
                return f"{everyone}Its subject is hidden on the way."
            return everyone + people.plain(found.reason)
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
        """What can be done about the first who cannot be reached; buttons that are there already
        stay where the mouse is."""
        one = self._first_missing() or self._undecided()
        offered = one if encrypting and self._has_key else None
        if offered != self._offered:
            self._offered = offered
            self._show_choices(offered)
        self.told.emit()

    def _show_choices(self, one: RecipientReadiness | None) -> None:
        while (item := self._fixes.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if one is not None:
            for words, act in self._choices(one):
                button = parts.link_button(words, act)
                button.setAccessibleName(f"{words}: {people.plain(one.address)}")
                button.setToolTip(people.plain(f"{one.address}: {one.reason}"))
                self._fixes.addWidget(button)
            self._fixes.addStretch(1)

    def _choices(self, one: RecipientReadiness) -> list[tuple[str, Callable[[], object]]]:
        """What one click can mend about somebody."""
        who = one.address
        use = ("Use this key", lambda: self.accept_wanted.emit(who, one.fingerprint))
        find = ("Find", lambda: self.find_wanted.emit(who))
        ask = ("Ask for one", lambda: self.key_wanted.emit(who))
        decide = ("Look at the keys", lambda: self.decision_wanted.emit(who))
        remove = ("Remove", lambda: self.remove_wanted.emit(who))
        clear = ("Send unencrypted…", self.clear_wanted.emit)
        match one.state:
            case ReadyState.READY_VERIFIED | ReadyState.READY | ReadyState.STALE:
                return [use, decide]
            case ReadyState.ASK:
                return [decide, remove, clear]
            case ReadyState.LOOKING_UP:
                return [remove, clear]
            case ReadyState.NONE | ReadyState.UNUSABLE:
                return [find, ask, remove, clear]
            case _:
                assert_never(one.state)

    def _first_missing(self) -> RecipientReadiness | None:
        recipients = self._readiness.recipients if self._readiness is not None else ()
        return next((one for one in recipients if not one.ready), None)

    def _doubted(self) -> RecipientReadiness | None:
        """The first who has a key and may not be able to read with it."""
        recipients = self._readiness.recipients if self._readiness is not None else ()
        return next((one for one in recipients if one.state is ReadyState.STALE), None)

    def _undecided(self) -> RecipientReadiness | None:
        """The first whose key was found and nobody has decided on."""
        recipients = self._readiness.recipients if self._readiness is not None else ()
        return next((one for one in recipients if one.tentative), None)


def _switch(icon: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setText(text)
    button.setIcon(icons.icon(icon, "text"))
    button.setIconSize(QSize(theme.ICON, theme.ICON))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(text)
    return button
