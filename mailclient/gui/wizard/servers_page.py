"""The second page: the sources while they are asked, then what was found, or the form by hand."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account, Authentication, Identity, Retention, Server
from mailclient.errors import BadInput
from mailclient.gui import parts
from mailclient.gui.signing_in import Place, SigningIn
from mailclient.gui.strip import Kind
from mailclient.gui.wizard import words
from mailclient.gui.wizard.by_hand import ByHand
from mailclient.gui.wizard.found import FoundServers
from mailclient.gui.wizard.log_ins import LogIns
from mailclient.gui.wizard.looking import Sources
from mailclient.services.accounts import INCOMING
from mailclient.services.discovery import Situation
from mailclient.transport.discover.values import Found, Report

_RETENTION = {
    "14": "for 14 days",
    "30": "for 30 days",
    "yes": "for ever, until I delete it there",
    "deleted": "until I delete it here for good",
    "no": "not at all: delete it once it is stored here",
}
_BY_HAND = (Situation.NOT_FOUND, Situation.OFFLINE, Situation.UNENCRYPTED)


class View(Enum):
    """What the page shows."""

    LOOKING = "looking"
    FOUND = "found"
    BY_HAND = "by hand"


class ServersPage(QWidget):
    """Shows a search and its result, and reads the account that comes of it."""

    changed = Signal()
    certificate_wanted = Signal(str)
    look_again_wanted = Signal()
    account_made = Signal()

    def __init__(self, signing: SigningIn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.signing = signing
        self.place: Place | None = None  # where the owner of this account signs in
        self.situation: Situation | None = None
        self._address = ""
        self._report: Report | None = None
        self._found: Found | None = None
        self.sources = Sources()
        self.found = FoundServers()
        self.by_hand = ByHand()
        self.view = View.LOOKING
        self._views: dict[View, QWidget] = {
            View.LOOKING: self.sources,
            View.FOUND: self.found,
            View.BY_HAND: self.by_hand,
        }
        self.again = parts.link_button("Look again", self.look_again_wanted.emit)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.retention = QComboBox()
        for word, text in _RETENTION.items():
            self.retention.addItem(text, word)
        self.retention.setAccessibleName("Leave mail on the server")
        self.log_ins = LogIns()
        self._arrange()
        self.found.changed.connect(self.changed)
        self.found.app_password_chosen.connect(
            lambda: self._with(Authentication.PASSWORD, Situation.READY)
        )
        self.found.browser_chosen.connect(
            lambda: self._with(Authentication.OAUTH2, Situation.OAUTH2)
        )
        self.signing.changed.connect(self.changed)
        self.by_hand.edited.connect(self._edited)
        self.log_ins.certificate_wanted.connect(self.certificate_wanted)

    def _arrange(self) -> None:
        self._more = QWidget()
        self._form = QFormLayout(self._more)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow("Password", self.password)
        self._form.addRow("Leave mail on the server", self.retention)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in (*self._views.values(), self._more, self.signing, self.log_ins):
            column.addWidget(widget)
        column.addStretch(1)
        self.ask_password(False)
        self._show(View.LOOKING)

    def _show(self, view: View) -> None:
        self.view = view
        for one, widget in self._views.items():
            widget.setVisible(one is view)
        signs_in = view is View.FOUND and self.situation is Situation.OAUTH2
        stuck = signs_in and self.place is None
        self._more.setVisible(view is not View.LOOKING and not stuck)
        self.signing.offer(self.place if signs_in else None, self._address)
        self.log_ins.clear()
        self.changed.emit()

    # The search

    def begin(self, identity: Identity) -> None:
        """Show a new search."""
        self.situation = self._report = self._found = self.place = None
        self._address = identity.address
        self.sources.begin(identity.address)
        self.ask_password(False)
        self._show(View.LOOKING)

    def show_report(self, report: Report, situation: Situation, place: Place | None = None) -> None:
        """Show what came of it; `place` is where the owner of such an account signs in."""
        self.place = place
        self.situation, self._report, self._found = situation, report, report.found
        domain = report.address.rpartition("@")[2]
        if report.found is not None and situation not in _BY_HAND:
            self.found.show_report(report, report.found, situation, can_sign_in=place is not None)
            name = words.password_name(report.found)
            missing = name != "Password" or not self.password.text()
            self.ask_password(missing and situation is not Situation.OAUTH2, name)
            self._show(View.FOUND)
            return
        self.edit(report.address)
        kind = Kind.DANGER if situation is Situation.UNENCRYPTED else Kind.CAUTION
        self.by_hand.say(words.explanation(situation, report, domain), kind)

    def edit(self, address: str) -> None:
        """Show the form, with what is known."""
        self.by_hand.say("", Kind.INFO)
        for fields, server in zip(
            (self.by_hand.incoming, self.by_hand.outgoing), self._servers(), strict=True
        ):
            if server is not None:
                fields.show_server(server)
            elif not fields.username.text():
                fields.username.setText(address)
        self.by_hand.show_consent()
        if not self.password.text():
            self.ask_password(True)
        self._show(View.BY_HAND)

    def _servers(self) -> tuple[Server | None, Server | None]:
        found = self._found
        return (found.incoming, found.outgoing) if found else (None, None)

    def _with(self, way: Authentication, situation: Situation) -> None:
        """The user logs in another way than was found: with a password for mail programs where the
        provider wants OAuth 2, or the other way round."""
        report, found = self._report, self._found
        if report is None or found is None:
            return
        incoming, outgoing = (
            replace(server, authentication=way) for server in (found.incoming, found.outgoing)
        )
        found = replace(found, incoming=incoming, outgoing=outgoing)
        self.show_report(replace(report, found=found), situation, self.place)
        if way is Authentication.PASSWORD:
            self.ask_password(True, "App password")

    # What goes on

    def ask_password(self, wanted: bool, name: str = "Password") -> None:
        """Show the field for another password than the one of the first page."""
        self._form.setRowVisible(self.password, wanted)
        label = self._form.labelForField(self.password)
        if label is not None:
            label.setProperty("text", name)
        self.password.setAccessibleName(name)

    def accept_certificate(self, what: str, fingerprint: str) -> None:
        """Take one certificate for one server."""
        if self.view is View.BY_HAND:
            fields = self.by_hand.incoming if what == INCOMING else self.by_hand.outgoing
            fields.show_server(replace(fields.server(), pin=fingerprint))
        elif self._found is not None and what == INCOMING:
            pinned = replace(self._found.incoming, pin=fingerprint)
            self._found = replace(self._found, incoming=pinned)
        elif self._found is not None:
            pinned = replace(self._found.outgoing, pin=fingerprint)
            self._found = replace(self._found, outgoing=pinned)
        self.log_ins.clear()

    def _edited(self) -> None:
        self.log_ins.clear()
        self.signing.offer(None, "")
        self.changed.emit()

    @property
    def can_go_on(self) -> bool:
        """Whether a log-in may be tried."""
        match self.view:
            case View.LOOKING:
                return False
            case View.FOUND:
                return self.found.agreed and (
                    self.situation is not Situation.OAUTH2 or self.place is not None
                )
            case View.BY_HAND:
                return not self.by_hand.is_open or self.by_hand.consent.isChecked()

    def account(self, identity: Identity) -> Account:
        """The account as it is shown; raises BadInput."""
        retention = Retention.parse(str(self.retention.currentData()))
        if self.view is View.FOUND and self._found is not None:
            return Account((identity,), *self._servers(), retention=retention)
        hand = self.by_hand
        if hand.incoming.is_empty or hand.outgoing.is_empty:
            raise BadInput("A server's name is missing.", "It is in your provider's help pages.")
        return Account((identity,), *hand.servers(), retention=retention)
