"""The servers that were found, in words: which, where from, and what is to be done first."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFont
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout, QWidget

from mailclient.gui import parts, people
from mailclient.gui.strip import Kind, Strip
from mailclient.gui.wizard import words
from mailclient.services.discovery import Situation
from mailclient.transport.discover.values import Found, Report, Step

_KINDS = {
    Situation.STEP: Kind.INFO,
    Situation.UNSIGNED: Kind.CAUTION,
    Situation.OAUTH2: Kind.INFO,
}


class FoundServers(QWidget):
    """Shows what was found; `agreed` says whether doubtful servers were confirmed."""

    changed = Signal()
    app_password_chosen = Signal()
    browser_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.incoming = parts.label(weight=QFont.Weight.DemiBold, wrap=True)
        self.outgoing = parts.label(weight=QFont.Weight.DemiBold, wrap=True)
        self.origin = parts.label(look="secondary", wrap=True)
        self.strip = Strip()
        self.confirm = QCheckBox("These are my provider's servers")
        self.confirm.toggled.connect(lambda on: self.changed.emit())
        self.has_password = parts.link_button(
            "My provider has given me a password for mail programs", self.app_password_chosen.emit
        )
        self.in_browser = parts.link_button(
            "Sign in in the browser instead", self.browser_chosen.emit
        )
        self._page = ""
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, line in enumerate((self.incoming, self.outgoing)):
            lock = parts.Picture()
            lock.show_icon("encrypted")
            grid.addWidget(lock, row, 0)
            grid.addWidget(line, row, 1)
        grid.addWidget(self.origin, 2, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(grid)
        column.addWidget(self.strip)
        column.addWidget(self.confirm)
        for link in (self.has_password, self.in_browser):
            column.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    def show_report(
        self, report: Report, found: Found, what: Situation, *, can_sign_in: bool
    ) -> None:
        """Show the servers of a report; `can_sign_in` where it is known whose page lets one in."""
        for line, name, server in (
            (self.incoming, "Incoming", found.incoming),
            (self.outgoing, "Outgoing", found.outgoing),
        ):
            line.setText(people.plain(words.server_line(name, server)))
        self.origin.setText(people.plain(words.origin(found)))
        self.confirm.setChecked(False)
        self.confirm.setVisible(bool(found.foreign) and what is Situation.UNSIGNED)
        only = found.provider is not None and found.provider.step is Step.OAUTH2
        self.has_password.setVisible(what is Situation.OAUTH2 and not only)
        self.in_browser.setVisible(what is Situation.STEP and can_sign_in)
        domain = people.plain(report.address.rpartition("@")[2])
        self._explain(found, what, words.explanation(what, report, domain, can_sign_in=can_sign_in))

    def _explain(self, found: Found, what: Situation, text: str) -> None:
        step = what is not Situation.OAUTH2  # in the browser there is no step to be done before
        self._page = found.provider.page if found.provider and step else ""
        if not text:
            self.strip.clear()
            return
        choices = [("Open its page", self.open_page)] if self._page else []
        self.strip.say(text, _KINDS.get(what, Kind.INFO), choices, lasting=True)

    def open_page(self) -> None:
        """Show the provider's page for the step in the browser."""
        QDesktopServices.openUrl(QUrl(self._page))

    @property
    def agreed(self) -> bool:
        """Whether nothing is left to be confirmed."""
        return self.confirm.isHidden() or self.confirm.isChecked()
