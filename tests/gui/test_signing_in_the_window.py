"""Signing in in the window, at a real authorisation server and with a real Dovecot and Postfix."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Authentication
from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.settings.window import SettingsWindow
from mailclient.gui.signing_in import SignInWindow
from mailclient.gui.wizard.servers_page import View
from mailclient.gui.wizard.window import KEY, SERVERS, Wizard
from mailclient.services.accounts import with_tokens
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap
from tests.gui.conftest import provider as document
from tests.servers.authorization import CLIENT, SCOPE, Provider, browser, provider_running
from tests.servers.surroundings import MailServers
from tests.servers.web import Web

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it
NAME = "alice@example.org"


class Browser(QObject):
    """Stands in for the browser of the desktop: what is opened is followed where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.provider: Provider | None = None
        self.follows = True
        self.opened: list[str] = []
        self.threads: list[threading.Thread] = []
        QDesktopServices.setUrlHandler("https", self, "open")

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        page = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
        self.opened.append(page)
        provider = self.provider
        if self.follows and provider is not None:
            thread = threading.Thread(target=lambda: browser(page, provider))
            thread.start()
            self.threads.append(thread)

    def close(self) -> None:
        for thread in self.threads:
            thread.join()
        QDesktopServices.unsetUrlHandler("https")


@pytest.fixture
def the_browser(qtbot: QtBot) -> Iterator[Browser]:
    made = Browser()
    yield made
    made.close()


@pytest.fixture
def provider(
    tmp_path: Path, the_browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    with provider_running(tmp_path, "alice") as running:
        file = tmp_path / "providers.toml"
        file.write_text(entry(running) + f'client-id = "{CLIENT}"\n', encoding="utf-8")
        monkeypatch.setenv("MAILCLIENT_OAUTH", str(file))
        the_browser.provider = running
        yield running


def entry(provider: Provider) -> str:
    """The provider as a file of the user's names it, without what this program is called there."""
    return (
        f'[firm]\ntitle = "Our firm"\nhosts = ["localhost"]\npage = "{provider.address}/page"\n'
        f'token = "{provider.address}/token"\ndevice = "{provider.address}/device"\n'
        f'scopes = ["{SCOPE}"]\nissuer = "{provider.address}"\nnames-itself = true\n'
        f'ca-file = "{provider.ca_file}"\n'
    )


@pytest.fixture
def wizard(
    qtbot: QtBot,
    make_app: MakeApp,
    bridge_of: Callable[[App], Bridge],
    provider: Provider,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Wizard]:
    """The wizard, as it has found servers that want a token of the provider."""
    mail_servers.clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_servers.ca_file))
    sources({"/own/example.org": document(mail_servers, way="OAuth2")})
    app = make_app("alice")
    one = Wizard(app, bridge_of(app))
    one.show()
    one.who.name.setText("Alice Example")
    one.who.address.setText(NAME)
    one.next.click()
    qtbot.waitUntil(
        lambda: one.servers.view is View.FOUND and one.servers.situation is not None,
        timeout=PATIENCE,
    )
    yield one
    if shiboken6.isValid(one):
        one.close()


def test_one_signs_in_in_the_browser_and_the_account_is_kept(
    qtbot: QtBot, wizard: Wizard, provider: Provider, the_browser: Browser
) -> None:
    assert wizard.next.text() == "Sign in with Our firm…"
    assert wizard.next.isEnabled()
    app = wizard._app
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)
    assert len(the_browser.opened) == 1
    account = wizard.made
    assert account is not None
    assert account.incoming is not None
    assert account.incoming.authentication is Authentication.OAUTH2
    assert app.receive.collect(account, Job(0)).received == 0
    assert app.signin.signed_in(account)


def test_it_says_that_it_waits_and_can_be_stopped_and_begun_again(
    qtbot: QtBot, wizard: Wizard, the_browser: Browser, snap: Snap
) -> None:
    signing = wizard.servers.signing
    the_browser.follows = False
    wizard.next.click()
    qtbot.waitUntil(lambda: len(the_browser.opened) == 1, timeout=PATIENCE)
    assert "Waiting for you to sign in in the browser" in signing.state.text()
    assert not wizard.next.isEnabled()
    assert wizard.stop.text() == "Stop"
    snap(wizard, "signing-in-waiting")
    signing.copy_page.click()
    assert QGuiApplication.clipboard().text() == the_browser.opened[0]
    wizard.stop.click()
    assert not signing.busy
    assert wizard.next.isEnabled()

    the_browser.follows = True
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)


def test_a_code_is_shown_for_another_device_where_the_provider_has_that_way(
    qtbot: QtBot, wizard: Wizard, provider: Provider, the_browser: Browser, snap: Snap
) -> None:
    signing = wizard.servers.signing
    the_browser.follows = False
    provider.device_answers.extend(["pending"] * 3600)
    wizard.next.click()
    qtbot.waitUntil(signing.use_code.isVisible, timeout=PATIENCE)
    signing.use_code.click()
    qtbot.waitUntil(lambda: bool(signing.code.text()), timeout=PATIENCE)
    assert f"{provider.address}/device-page" in signing.state.text()
    snap(wizard, "signing-in-code")
    signing.copy_code.click()
    assert QGuiApplication.clipboard().text() == signing.code.text()
    assert signing.use_code.isHidden()
    provider.device_answers.appendleft("yes")
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)


def test_who_declines_there_is_told_so_here_and_can_try_again(
    qtbot: QtBot, wizard: Wizard, provider: Provider, snap: Snap
) -> None:
    provider.agrees = False
    wizard.next.click()
    qtbot.waitUntil(lambda: bool(wizard.servers.signing.strip.words), timeout=PATIENCE)
    assert "not been signed in" in wizard.servers.signing.strip.words
    assert wizard.pages.currentIndex() == SERVERS
    assert wizard.next.isEnabled()
    snap(wizard, "signing-in-declined")


def test_somebody_elses_mailbox_is_not_taken_for_this_one(
    qtbot: QtBot, wizard: Wizard, provider: Provider
) -> None:
    provider.user = "bob"  # who signs in in the browser is not who the account is for
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.servers.log_ins.isVisible(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not wizard._tasks, timeout=PATIENCE)
    assert wizard.pages.currentIndex() == SERVERS
    assert wizard.made is None
    assert wizard._app.accounts.list() == ()
    assert wizard.next.text() == "Sign in with Our firm…"  # again, as the right one


def test_a_client_id_is_typed_in_place_and_kept(
    qtbot: QtBot,
    wizard: Wizard,
    provider: Provider,
    tmp_path: Path,
) -> None:
    (tmp_path / "providers.toml").write_text(entry(provider), encoding="utf-8")
    wizard.back.click()
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.servers.situation is not None, timeout=PATIENCE)
    signing = wizard.servers.signing
    assert signing.client_id.isVisible()
    assert not wizard.next.isEnabled()
    qtbot.keyClicks(signing.client_id, CLIENT.replace(" ", "\u00a0"))
    wizard.next.click()
    qtbot.waitUntil(lambda: bool(signing.strip.words), timeout=PATIENCE)
    assert "strange sign" in signing.strip.words


def test_servers_filled_in_by_hand_lead_to_the_page_of_their_provider(
    qtbot: QtBot, wizard: Wizard, the_browser: Browser
) -> None:
    wizard.by_hand.click()
    hand = wizard.servers.by_hand
    assert hand.incoming.needs_token
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)
    assert len(the_browser.opened) == 1


def test_servers_of_nobody_known_are_told_with_the_page_that_says_how(
    qtbot: QtBot, wizard: Wizard
) -> None:
    wizard.by_hand.click()
    for fields in (wizard.servers.by_hand.incoming, wizard.servers.by_hand.outgoing):
        fields.host.setText("mail.example.net")
    wizard.next.click()
    qtbot.waitUntil(lambda: bool(wizard.strip.words), timeout=PATIENCE)
    assert "Where one signs in for these servers is not known." in wizard.strip.words


# An account that is here


@pytest.fixture
def main(
    qtbot: QtBot,
    make_app: MakeApp,
    bridge_of: Callable[[App], Bridge],
    provider: Provider,
    mail_servers: MailServers,
) -> MainWindow:
    """The main window with an account whose owner has not signed in."""
    mail_servers.clear()
    app = make_app("alice")
    app.accounts.add(with_tokens(mail_servers.account("alice")), "")
    made = MainWindow(app, bridge_of(app))
    made.resize(1024, 700)
    qtbot.addWidget(made)
    made.show()
    return made


def button(window: QWidget, words: str) -> QPushButton | None:
    """The button that is shown with these words."""
    found = [one for one in window.findChildren(QPushButton) if one.text() == words]
    return next((one for one in found if one.isVisible()), None)


def only(app: App) -> Account:
    [account] = app.accounts.list()
    return account


def test_a_collection_that_needs_signing_in_offers_it_and_then_goes_on(
    qtbot: QtBot, main: MainWindow, mail_servers: MailServers, snap: Snap
) -> None:
    mail_servers.deliver("alice", b"Subject: Here\r\n\r\nI am.\r\n")
    main.traffic.receive()
    qtbot.waitUntil(lambda: button(main, "Sign in…") is not None, timeout=PATIENCE)
    assert button(main, "Type it again…") is None
    snap(main, "signing-in-needed")
    offered = button(main, "Sign in…")
    assert offered is not None
    offered.click()
    [window] = main.findChildren(SignInWindow)
    assert not window.isModal()
    snap(window, "signing-in-window")
    window.begin_button.click()
    qtbot.waitUntil(lambda: not main.findChildren(SignInWindow), timeout=PATIENCE)
    app = main.app
    qtbot.waitUntil(
        lambda: any(one.role.value == "inbox" and one.total for one in app.search.folders()),
        timeout=PATIENCE,
    )


def test_an_account_can_be_signed_in_where_the_program_was_never_registered(
    qtbot: QtBot, main: MainWindow, provider: Provider, tmp_path: Path, snap: Snap
) -> None:
    (tmp_path / "providers.toml").write_text(entry(provider), encoding="utf-8")
    address = only(main.app).address
    main.traffic.sign_in(address)
    [window] = main.findChildren(SignInWindow)
    assert not window.begin_button.isEnabled()
    snap(window, "signing-in-unregistered")
    window.signing.client_id.setText("nobody")
    window.signing.changed.emit()
    provider.device_answers.append("no")
    window.signing.begin(device=True)
    qtbot.waitUntil(lambda: bool(window.signing.strip.words), timeout=PATIENCE)
    snap(window, "signing-in-refused")
    assert not main.app.signin.signed_in(only(main.app))
    window.close()

    main.traffic.sign_in(address)  # that ID is kept now, and it can be mended
    window = next(one for one in main.findChildren(SignInWindow) if one.isVisible())
    assert not window.signing.client_id.isVisible()
    provider.device_answers.append("yes")
    window.signing.begin(device=True)
    qtbot.waitUntil(window.signing.other_client.isVisible, timeout=PATIENCE)
    window.signing.other_client.click()
    window.signing.client_id.setText(CLIENT.replace(" ", "-"))
    assert window.signing.client_id.isVisible()
    window.close()


def test_the_settings_offer_signing_in_in_place_of_a_password_and_signing_out(
    qtbot: QtBot, main: MainWindow, snap: Snap
) -> None:
    app = main.app
    settings = SettingsWindow(app, main.bridge, main)
    settings.show()
    form = settings.accounts.form
    assert not form.password.isVisible()
    qtbot.waitUntil(lambda: form.signed_in.text() == "Our firm: not signed in", timeout=PATIENCE)
    assert form.sign_out.isHidden()
    snap(settings, "settings-signed-out")
    form.sign_in.click()
    [window] = settings.findChildren(SignInWindow)
    window.begin_button.click()
    qtbot.waitUntil(lambda: form.signed_in.text() == "Our firm: signed in", timeout=PATIENCE)
    assert form.sign_in.text() == "Sign in again…"
    assert app.signin.signed_in(only(app))
    snap(settings, "settings-signed-in")
    form.sign_out.click()
    qtbot.waitUntil(lambda: form.signed_in.text() == "Our firm: not signed in", timeout=PATIENCE)
    assert not app.signin.signed_in(only(app))
    settings.close()
