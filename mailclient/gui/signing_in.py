"""Signing in at a provider: what is needed first, the wait for the browser, or a code for another
device. Shown inside the wizard and in a window of its own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFont, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mailclient.account import Account
from mailclient.app import App
from mailclient.errors import BadInput, Cancelled, LoginRefused, MailError
from mailclient.gui import parts, people
from mailclient.gui.bridge import Bridge, Changes, Task
from mailclient.gui.strip import Kind, Strip
from mailclient.services.events import SignInShown
from mailclient.services.jobs import Job
from mailclient.transport.oauth.values import Client, DevicePrompt, Grant, Issuer

_ATTEMPTS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one signs in, and whether this program is registered there."""

    issuer: Issuer
    registered: bool


def place_of(app: App, account: Account) -> Place | None:
    """Where the owner of an account signs in; None where no such provider is known.

    Raises BadInput.
    """
    issuer = app.signin.issuer(account.incoming, account.outgoing)
    return None if issuer is None else Place(issuer, app.signin.client(issuer) is not None)


class SigningIn(QWidget):
    """Has the user sign in; `granted` carries the Grant."""

    granted = Signal(object)
    changed = Signal()

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._bridge = bridge
        self._place: Place | None = None
        self._address = ""
        self._attempt = 0
        self._page = ""
        self._task: Task | None = None
        self.strip = Strip()
        self.client_id = QLineEdit()
        self.client_id.setAccessibleName("Client ID")
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setAccessibleName("Client secret")
        self.secret.setPlaceholderText("only if you were given one")
        self.why = parts.label(wrap=True)
        self.state = parts.label(wrap=True)
        self.code = parts.label(factor=2.0, weight=QFont.Weight.DemiBold)
        self.open_again = parts.link_button("Open the page again", self._open)
        self.copy_page = parts.link_button("Copy its address", self._copy_page)
        self.copy_code = parts.link_button("Copy the code", self._copy_code)
        self.use_code = parts.link_button("Use a code instead", lambda: self.begin(device=True))
        self.other_client = parts.link_button("Use another client ID…", self._forget_client)
        self._arrange()
        self.client_id.textEdited.connect(lambda text: self.changed.emit())
        bridge.changed.connect(self._told)
        self.offer(None, "")

    def _arrange(self) -> None:
        self._client = QWidget()
        form = QFormLayout(self._client)
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        form.addRow(self.why)
        how = parts.link_button("How to register the program…", self.show_how)
        left = QHBoxLayout()
        left.addWidget(how)
        left.addStretch(1)
        form.addRow(left)
        form.addRow("Client ID", self.client_id)
        form.addRow("Client secret", self.secret)
        self._waiting = QWidget()
        icon = parts.Picture()
        icon.show_icon("open")
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        links = QHBoxLayout()
        for link in (self.copy_code, self.open_again, self.copy_page, self.use_code):
            links.addWidget(link)
        links.addStretch(1)
        said = QVBoxLayout()
        said.setSpacing(4)
        for part in (self.state, self.code):
            said.addWidget(part)
        said.addLayout(links)
        row = QHBoxLayout(self._waiting)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in (self._client, self._waiting, self.strip):
            column.addWidget(widget)
        column.addWidget(self.other_client, 0, Qt.AlignmentFlag.AlignLeft)

    def offer(self, place: Place | None, address: str) -> None:
        """Show what is needed before an address can be signed in; None for nothing."""
        self.stop()
        self._place, self._address = place, address
        self.strip.clear()
        self._show()

    def _show(self) -> None:
        place = self._place
        unknown = place is not None and not place.registered
        self._client.setVisible(unknown and not self.busy)
        self._waiting.setVisible(self.busy)
        self.other_client.hide()
        self.setVisible(place is not None)
        if place is not None:
            self.why.setText(
                f"This program is not registered at {place.issuer.title} yet, so it cannot ask to "
                "be let in. Register it there once, which is free and takes some minutes, and fill "
                "in what it is called there."
            )
        self.changed.emit()

    def show_how(self) -> None:
        """Show the page of the documentation about registering."""
        from mailclient.gui.documentation import DocumentationWindow

        DocumentationWindow("sign-in.md", self.window()).show()

    # What the main button of the window around it does

    @property
    def words(self) -> str:
        """What the button says that begins."""
        return f"Sign in with {self._place.issuer.title}…" if self._place else ""

    @property
    def busy(self) -> bool:
        """Whether the user is being waited for."""
        return self._task is not None

    @property
    def can_begin(self) -> bool:
        """Whether the provider can be asked."""
        if self._place is None or self.busy:
            return False
        return self._place.registered or bool(self.client_id.text().strip())

    def begin(self, *, device: bool = False) -> None:
        """Open the browser, or ask for a code, and wait for the user."""
        self.stop()
        place, address = self._place, self._address
        if place is None:
            return
        self._attempt = attempt = next(_ATTEMPTS)
        client = Client(self.client_id.text().strip(), self.secret.text().strip())
        app, issuer = self._app, place.issuer
        self.strip.clear()

        def show(page: str) -> None:
            app.events.publish(SignInShown(attempt, page))

        def tell(prompt: DevicePrompt) -> None:
            app.events.publish(SignInShown(attempt, prompt.page, prompt.user_code))

        def work(job: Job) -> Grant:
            if not place.registered:
                app.signin.set_client(issuer.name, client)
            try:
                if device:
                    return app.signin.by_device(issuer, tell, job.cancel)
                return app.signin.by_browser(issuer, address, show, job.cancel)
            except Cancelled as told:
                job.cancel.check()  # stopped here; else it was declined there, or took too long
                raise LoginRefused(told.text, told.advice) from told

        lane = f"signing in:{address}"
        self._task = self._bridge.run(lane, work, self._granted, self._failed, owner=self)
        self._wait("Asking for a code…" if device else "Opening the browser…")

    def stop(self) -> None:
        """Wait no more; nothing was changed."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._show()

    def _wait(self, text: str, *, code: str = "", page: bool = False) -> None:
        """Say what the user is waited for, and offer the ways that there are."""
        self.state.setText(text)
        self.state.setAccessibleName(text)
        self.code.setText(code)
        self.code.setAccessibleName(f"Code: {' '.join(code)}" if code else "")
        self.code.setVisible(bool(code))
        self.copy_code.setVisible(bool(code))
        self.open_again.setVisible(page)
        self.open_again.setText("Open the page here" if code else "Open the page again")
        self.copy_page.setVisible(page)
        device = self._place is not None and bool(self._place.issuer.device)
        self.use_code.setVisible(device and page and not code)
        self._show()

    def _told(self, changes: Changes) -> None:
        for one in changes.signing_in:
            if one.attempt != self._attempt or not self.busy or self._place is None:
                continue
            self._page = one.page
            if one.code:
                self._wait(
                    f"On this or any other device, open {people.plain(one.page)} and type this "
                    "code there. It goes on here by itself.",
                    code=people.plain(one.code),
                    page=True,
                )
                continue
            self._wait(
                "Waiting for you to sign in in the browser… Your password goes to "
                f"{self._place.issuer.title} alone.",
                page=True,
            )
            self._open()

    def _open(self) -> None:
        if not QDesktopServices.openUrl(QUrl(self._page)):
            self.strip.say(
                "No browser could be opened. Copy the page's address, and open it in a browser on "
                "this computer.",
                Kind.CAUTION,
            )

    def _copy_page(self) -> None:
        QGuiApplication.clipboard().setText(self._page)

    def _copy_code(self) -> None:
        QGuiApplication.clipboard().setText(self.code.text())

    def _granted(self, grant: Grant) -> None:
        self._ended(registered=True)
        self.granted.emit(grant)

    def _failed(self, problem: MailError) -> None:
        self._ended(registered=False)
        self.strip.problem(problem)
        self.other_client.setVisible(self._place is not None and self._place.registered)

    def _forget_client(self) -> None:
        """Ask anew what this program is called there."""
        if self._place is not None:
            self._place = Place(self._place.issuer, registered=False)
            self._show()
            self.client_id.setFocus()

    def _ended(self, *, registered: bool) -> None:
        self._task = None
        if registered and self._place is not None:
            self._place = Place(self._place.issuer, registered=True)
        self._show()


class SignInWindow(QDialog):
    """Signs in the owner of an account that is kept here; stands beside the other windows."""

    signed_in = Signal(str)  # the address

    def __init__(
        self, app: App, bridge: Bridge, account: Account, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sign in")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(560, 340)  # with room for a code and a fault
        self._app = app
        self._bridge = bridge
        self._account = account
        self.signing = SigningIn(app, bridge)
        self.strip = Strip()
        self.text = parts.label(wrap=True)
        self.begin_button = QPushButton()
        self.begin_button.setProperty("look", "primary")
        self.begin_button.setDefault(True)
        self.begin_button.clicked.connect(lambda: self.signing.begin())
        self.stop_button = QPushButton("Cancel")
        self.stop_button.setAutoDefault(False)
        self.stop_button.clicked.connect(self._stop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.stop_button)
        buttons.addStretch(1)
        buttons.addWidget(self.begin_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(
            parts.label(
                f"Sign in as {people.plain(account.address)}",
                factor=1.2,
                weight=QFont.Weight.DemiBold,
                wrap=True,
            )
        )
        for widget in (self.text, self.signing, self.strip):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(buttons)
        self.signing.changed.connect(self._refresh)
        self.signing.granted.connect(self._keep)
        self._look()

    def _look(self) -> None:
        """Find out where one signs in."""
        try:
            place = place_of(self._app, self._account)
        except BadInput as problem:
            self.strip.problem(problem)
            place = None
        else:
            if place is None:
                self.strip.say(
                    "Who grants access to these servers is not known. The documentation says how "
                    "a provider is named.",
                    Kind.CAUTION,
                    [("Show it", self.signing.show_how)],
                    lasting=True,
                )
        if place is not None:
            self.text.setText(
                f"{place.issuer.title} asks for your password on its own page, in your browser, "
                "and lets this program in to your mail alone."
            )
        self.signing.offer(place, self._account.address)
        self.signing.client_id.setFocus()  # where it is asked for
        self._refresh()

    def _refresh(self) -> None:
        self.begin_button.setText(self.signing.words or "Sign in…")
        self.begin_button.setEnabled(self.signing.can_begin)
        self.stop_button.setText("Stop" if self.signing.busy else "Cancel")

    def _stop(self) -> None:
        if self.signing.busy:
            self.signing.stop()
        else:
            self.close()

    def done(self, result: int) -> None:
        """Close, and wait for nobody any more."""
        self.signing.stop()
        super().done(result)

    def _keep(self, grant: Grant) -> None:
        """Keep what was granted."""

        def work(job: Job) -> None:
            current = self._app.accounts.get(self._account.address)
            self._app.accounts.signed_in(current, grant)

        self._bridge.run("work", work, self._kept, self.strip.problem, owner=self)

    def _kept(self, nothing: None) -> None:
        self.signed_in.emit(self._account.address)
        self.close()
