"""One key on the page of a person: what is thought of it, where it came from, what can be done."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout

from mailclient.crypto.api import OPENPGP
from mailclient.gui import icons, parts
from mailclient.gui.keys.words import TRUST, about, grouped, seen_as
from mailclient.message.security import Trust
from mailclient.services.keys import KeyEntry


class KeyVerb(Enum):
    """What can be done with a key; the value is what its button says."""

    CONFIRM = "Confirm…"
    ACCEPT = "Use this key"
    REFUSE = "Refuse"
    FIND = "Look for it again"
    DETAILS = "Details…"
    SAVE = "Save for others…"
    DELETE = "Delete…"
    EXTEND = "Let it go on two years"
    BACKUP = "Save a copy…"
    SHOW = "Let others confirm it…"
    PUBLISH = "Publish…"
    RENEW = "Give it a new part…"
    PASSPHRASE = "Change its passphrase…"
    HAND_ON = "Use it in another program…"
    END = "End it for ever…"


class KeyCard(QFrame):
    """Shows one key."""

    wanted = Signal(object)  # a KeyVerb

    def __init__(self, entry: KeyEntry, *, can_refresh: bool = True) -> None:
        super().__init__()
        self.entry = entry
        self.setProperty("look", "chip")
        icon, role, _ = TRUST[entry.trust]
        mark = parts.Picture()
        ended = entry.key.revoked or entry.key.expired
        mark.show_icon("caution" if entry.changed or ended else icon,
                       "caution" if entry.changed or ended else role)  # fmt: skip
        title = parts.label(seen_as(entry), weight=QFont.Weight.DemiBold, wrap=True)
        facts = parts.label(about(entry), look="secondary", wrap=True)
        facts.setToolTip(grouped(entry.key.fingerprint))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(title, 1)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(facts)
        column.addLayout(self.buttons)
        shown, more = offered(entry, can_refresh=can_refresh)
        for verb in shown:
            self._button(verb, primary=entry.changed and verb is KeyVerb.CONFIRM)
        self._more(more)
        self.buttons.addStretch(1)
        self.setAccessibleName(f"{seen_as(entry)}. {about(entry)}")

    def _button(self, verb: KeyVerb, *, primary: bool) -> None:
        button = QPushButton(verb.value)
        button.setAutoDefault(False)
        if primary:
            button.setProperty("look", "primary")
        button.clicked.connect(lambda: self.wanted.emit(verb))
        self.buttons.addWidget(button)

    def _more(self, verbs: tuple[KeyVerb, ...]) -> None:
        self.menu = QMenu(self)
        for verb in verbs:
            self.menu.addAction(verb.value, lambda verb=verb: self.wanted.emit(verb))
        more = QToolButton()
        more.setText("More")
        more.setIcon(icons.icon("details", "secondary"))
        more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        more.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        more.setAccessibleName("More that can be done with this key")
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setMenu(self.menu)
        self.buttons.addWidget(more)


def offered(
    entry: KeyEntry, *, can_refresh: bool
) -> tuple[tuple[KeyVerb, ...], tuple[KeyVerb, ...]]:
    """What the buttons of a key offer, and what its menu does."""
    verb = KeyVerb
    if entry.key.vouches:
        return (), (verb.SAVE, verb.DETAILS, verb.DELETE)
    if (
        entry.key.has_secret and entry.key.in_vault
    ):  # what its authority or nobody can do is not here
        copies = (verb.BACKUP,) if entry.key.kind != OPENPGP else ()
        return (*copies, verb.SHOW), (verb.SAVE, verb.DETAILS, verb.DELETE)
    if entry.key.has_secret:
        if entry.key.revoked:
            return (verb.SAVE,), (verb.DETAILS, verb.DELETE)
        if entry.key.on_card:  # nothing of it can be copied, and GnuPG changes its PIN
            return (
                (verb.EXTEND, verb.SHOW),
                (verb.PUBLISH, verb.SAVE, verb.DETAILS, verb.END, verb.DELETE),
            )
        return (
            (verb.BACKUP, verb.EXTEND, verb.SHOW),
            (verb.PUBLISH, verb.SAVE, verb.HAND_ON, verb.PASSPHRASE, verb.RENEW, verb.DETAILS,
             verb.END, verb.DELETE),
        )  # fmt: skip
    if entry.key.revoked:  # there is nothing to decide about it any more
        more = (verb.FIND,) if can_refresh and entry.address else ()
        return more, (verb.SAVE, verb.DETAILS, verb.DELETE)
    shown = [verb.CONFIRM] if entry.trust is not Trust.VERIFIED else []
    shown += [verb.ACCEPT] if entry.trust in (Trust.TENTATIVE, Trust.REJECTED) else []
    shown += [verb.REFUSE] if entry.trust is not Trust.REJECTED else []
    more = (verb.FIND,) if can_refresh and entry.address else ()
    return tuple(shown), (*more, verb.SAVE, verb.DETAILS, verb.DELETE)
