"""The wizard in each of its states, on real servers and real sources of the loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QInputDialog, QLineEdit
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.certificate import CertificateDialog
from mailclient.gui.documentation import DocumentationWindow
from mailclient.gui.keys.recovery_sheet import RecoverySheet
from mailclient.gui.strip import Kind
from mailclient.gui.wizard.servers_page import View
from mailclient.gui.wizard.window import KEY, SERVERS, WHO, Wizard
from mailclient.services.accounts import INCOMING, OUTGOING
from mailclient.services.discovery import Situation
from mailclient.transport.discover.values import Source
from tests.gui.conftest import MakeApp, Snap, provider
from tests.servers.names import names_running
from tests.servers.surroundings import MailServers
from tests.servers.web import Web

PATIENCE = 60_000  # milliseconds until a wait gives up; nothing is measured by it


@pytest.fixture
def wizard(
    qtbot: QtBot,
    make_app: MakeApp,
    bridge_of: Callable[[App], Bridge],
    mail_servers: MailServers,
) -> Iterator[Wizard]:
    mail_servers.clear()
    app = make_app("carol")
    one = Wizard(app, bridge_of(app))
    one.resize(760, 560)
    one.show()
    yield one
    if shiboken6.isValid(one):
        one.close()


def begin(
    wizard: Wizard, address: str = "carol@example.org", password: str = "secret of carol"
) -> None:
    """Fill in the first page and go on."""
    wizard.who.name.setText("Carol Example")
    wizard.who.address.setText(address)
    wizard.who.password.setText(password)
    wizard.next.click()


def arrived(qtbot: QtBot, wizard: Wizard, view: View) -> None:
    """Wait until the search has ended in a view."""
    qtbot.waitUntil(
        lambda: wizard.servers.view is view and wizard.servers.situation is not None,
        timeout=PATIENCE,
    )


def log_in(qtbot: QtBot, wizard: Wizard) -> None:
    """Log in, and wait for both results."""
    wizard.next.click()
    qtbot.waitUntil(lambda: not wizard._tasks, timeout=PATIENCE)


def test_every_field_has_a_name_for_a_screen_reader_and_all_fits(wizard: Wizard) -> None:
    wizard.who.address.setText("carol@example.org")
    wizard.who.password.setText("secret of carol")
    wizard.by_hand.click()
    wizard.servers.by_hand.incoming.security.setCurrentIndex(2)
    wizard.servers.by_hand.say("A reason.", Kind.CAUTION)
    wizard.servers.ask_password(True)
    wizard.servers.log_ins.begin()
    assert wizard.servers.by_hand.consent.isVisible()
    for kind in (QLineEdit, QComboBox, QAbstractButton):
        for widget in wizard.findChildren(kind):
            inner = widget.objectName().startswith("qt_")
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert inner or widget.accessibleName() or text, widget
    needed = wizard.minimumSizeHint()
    assert needed.width() <= 1000
    assert needed.height() <= 660


def test_certificates_of_one_s_own_are_named_in_the_form_by_hand(
    qtbot: QtBot, wizard: Wizard, mail_servers: MailServers, tmp_path: Path, snap: Snap
) -> None:
    account = mail_servers.account("carol")
    wizard.who.address.setText("carol@example.org")
    wizard.who.password.setText("secret of carol")
    wizard.by_hand.click()
    hand = wizard.servers.by_hand
    for fields, server in ((hand.incoming, account.incoming), (hand.outgoing, account.outgoing)):
        assert server is not None
        fields.show_server(replace(server, ca_file=""))
    assert not hand.trusted.isVisible()
    hand.show_files.click()
    hand.trusted.name.setText(str(tmp_path / "firm.pem"))
    wizard.next.click()
    assert "firm.pem cannot be read" in wizard.strip.words
    hand.trusted.name.setText(str(mail_servers.ca_file))
    hand.own.name.setText(str(mail_servers.ca_file))
    wizard.next.click()
    assert "no certificate with its key" in wizard.strip.words
    snap(wizard, "wizard-certificates")
    own = tmp_path / "own.pem"
    own.write_bytes(
        b"".join((mail_servers.folder / name).read_bytes() for name in ("cert.pem", "key.pem"))
    )
    hand.own.name.setText(str(own))
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)
    assert wizard.made is not None
    for made in (wizard.made.incoming, wizard.made.outgoing):
        assert made is not None
        assert (made.ca_file, made.client_file) == (str(mail_servers.ca_file), str(own))


# Looking


def test_each_source_is_shown_as_it_is_asked_and_looking_can_be_stopped(
    qtbot: QtBot, wizard: Wizard, sources: Callable[..., Web], snap: Snap
) -> None:
    sources({}, slow="/own/example.org")
    snap(wizard, "wizard-who")
    begin(wizard)
    lines = wizard.servers.sources.lines
    qtbot.waitUntil(
        lambda: wizard.servers.sources.lines[Source.DATABASE] == "nothing there", timeout=PATIENCE
    )
    lines = wizard.servers.sources.lines
    assert lines[Source.TABLE] == "nothing there"
    assert lines[Source.AUTOCONFIG] == "asking…"
    assert lines[Source.PROBE] == "not asked"
    assert not wizard.next.isEnabled()
    snap(wizard, "wizard-looking")
    assert wizard.stop.text() == "Stop looking"
    wizard.stop.click()
    assert wizard.servers.view is View.BY_HAND
    assert wizard.servers.by_hand.incoming.username.text() == "carol@example.org"


def test_the_form_by_hand_is_one_click_away_from_everywhere(
    qtbot: QtBot, wizard: Wizard, sources: Callable[..., Web], mail_servers: MailServers
) -> None:
    sources({"/own/example.org": provider(mail_servers)}, slow="/db/example.net")
    assert wizard.by_hand.isVisible()  # before anything is looked for
    begin(wizard, "carol@example.net")
    assert wizard.by_hand.isVisible()  # while it is looked for
    wizard.back.click()
    assert wizard.pages.currentIndex() == WHO
    begin(wizard)
    arrived(qtbot, wizard, View.FOUND)
    wizard.by_hand.click()  # after something was found: with what was found
    assert wizard.servers.view is View.BY_HAND
    assert wizard.servers.by_hand.incoming.host.text() == "localhost"
    assert not wizard.by_hand.isVisible()


def test_without_address_or_password_it_does_not_go_on(wizard: Wizard, snap: Snap) -> None:
    wizard.next.click()
    assert "address is missing" in wizard.strip.words
    wizard.who.address.setText("carol at example")
    wizard.next.click()
    assert "'carol at example' is not an e-mail address" in wizard.strip.words
    wizard.who.address.setText("carol@example.org")
    wizard.by_hand.click()
    page = wizard.servers
    assert page.password.isVisible()  # it was not typed on the first page
    page.by_hand.incoming.host.setText("pop.example.org")
    page.by_hand.outgoing.host.setText("smtp.example.org")
    wizard.next.click()
    assert "password is missing" in wizard.strip.words
    snap(wizard, "wizard-incomplete")
    assert wizard.pages.currentIndex() == SERVERS


# Found


def test_what_is_found_is_shown_in_words_and_tested_with_a_tick(
    qtbot: QtBot,
    wizard: Wizard,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    snap: Snap,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_servers.ca_file))
    sources({"/own/example.org": provider(mail_servers)})
    begin(wizard)
    arrived(qtbot, wizard, View.FOUND)
    assert wizard.servers.situation is Situation.READY
    assert wizard.servers.found.incoming.text() == "Incoming: localhost, encrypted"
    assert "has proved its name" in wizard.servers.found.origin.text()
    snap(wizard, "wizard-found")
    wizard.servers.retention.setCurrentIndex(wizard.servers.retention.findData("30"))
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)
    assert "Logged in" in wizard.servers.log_ins.words(INCOMING)
    assert "Logged in" in wizard.servers.log_ins.words(OUTGOING)
    assert wizard.made is not None
    assert wizard.made.retention.days == 30
    snap(wizard, "wizard-key")


def test_a_refused_log_in_is_told_and_the_password_typed_again(
    qtbot: QtBot,
    wizard: Wizard,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    snap: Snap,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_servers.ca_file))
    sources({"/own/example.org": provider(mail_servers)})
    begin(wizard, password="not it")
    arrived(qtbot, wizard, View.FOUND)
    assert wizard.servers.password.isHidden()
    log_in(qtbot, wizard)
    assert wizard.pages.currentIndex() == SERVERS
    assert "password" in wizard.servers.log_ins.words(INCOMING)
    assert not wizard.servers.password.isHidden()
    snap(wizard, "wizard-refused")
    wizard.servers.password.setText("secret of carol")
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)


def test_a_bad_certificate_is_shown_with_its_facts_and_can_be_accepted(
    qtbot: QtBot,
    wizard: Wizard,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    snap: Snap,
) -> None:
    sources({"/own/example.org": provider(mail_servers)})
    begin(wizard)
    arrived(qtbot, wizard, View.FOUND)
    log_in(qtbot, wizard)
    assert "could not prove" in wizard.servers.log_ins.words(INCOMING)
    snap(wizard, "wizard-certificate")
    for what in (INCOMING, OUTGOING):
        accept(qtbot, wizard, what)
        if what == INCOMING:
            log_in(qtbot, wizard)
            assert "Logged in" in wizard.servers.log_ins.words(INCOMING)
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)
    assert wizard.made is not None
    assert wizard.made.incoming is not None
    assert len(wizard.made.incoming.pin) == 64


def accept(qtbot: QtBot, wizard: Wizard, what: str) -> None:
    wizard.servers.log_ins.button(what).click()
    dialog = next(one for one in wizard.findChildren(QDialog) if isinstance(one, CertificateDialog))
    qtbot.waitUntil(dialog.accept_button.isVisible, timeout=PATIENCE)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: not wizard.findChildren(CertificateDialog), timeout=PATIENCE)


# What has to be done or decided first


def test_a_provider_that_needs_an_app_password_says_so_with_the_step(
    qtbot: QtBot, wizard: Wizard, snap: Snap
) -> None:
    begin(wizard, "carol@gmail.com", "her usual one")
    arrived(qtbot, wizard, View.FOUND)
    page = wizard.servers
    assert page.situation is Situation.STEP
    assert "2-step verification" in page.found.strip.words
    assert page.found._page == "https://myaccount.google.com/apppasswords"
    assert page.password.accessibleName() == "App password"
    assert page.password.isVisible()
    assert "list that comes with the program (looked at on 23 November 2026)" in (
        page.found.origin.text()
    )
    snap(wizard, "wizard-app-password")


def test_a_provider_where_pop3_has_to_be_switched_on_says_so(
    qtbot: QtBot, wizard: Wizard, snap: Snap
) -> None:
    begin(wizard, "carol@gmx.net")
    arrived(qtbot, wizard, View.FOUND)
    assert "switch on POP3" in wizard.servers.found.strip.words
    assert wizard.servers.password.isHidden()
    assert wizard.next.isEnabled()
    snap(wizard, "wizard-enable-pop")


def test_where_this_program_is_not_registered_it_says_so_and_takes_a_client_id_in_place(
    qtbot: QtBot, wizard: Wizard, snap: Snap
) -> None:
    begin(wizard, "carol@outlook.com", password="")
    arrived(qtbot, wizard, View.FOUND)
    page = wizard.servers
    assert page.situation is Situation.OAUTH2
    assert "signed in on its own web page" in page.found.strip.words
    assert "not registered at Microsoft yet" in page.signing.why.text()
    assert wizard.next.text() == "Sign in with Microsoft…"
    assert not wizard.next.isEnabled()
    assert page.found.has_password.isHidden()  # this provider takes none
    assert page.password.isHidden()
    snap(wizard, "wizard-oauth2")
    page.signing.show_how()
    [how] = wizard.findChildren(DocumentationWindow)
    assert how.text.name == "sign-in.md"
    assert "App registrations" in how.text.toPlainText()
    snap(how, "wizard-oauth2-how")
    how.close()
    qtbot.keyClicks(page.signing.client_id, "0000-1111")
    assert wizard.next.isEnabled()


def test_an_app_password_comes_first_where_the_provider_has_one(
    qtbot: QtBot, wizard: Wizard, snap: Snap
) -> None:
    begin(wizard, "carol@gmail.com", password="")
    arrived(qtbot, wizard, View.FOUND)
    page = wizard.servers
    assert page.password.isVisible()
    assert wizard.next.text() == "Log in and continue"
    page.found.in_browser.click()
    assert page.password.isHidden()
    assert wizard.next.text() == "Sign in with Google…"
    assert not wizard.next.isEnabled()  # until the program is registered there
    snap(wizard, "wizard-oauth2-instead")
    page.found.has_password.click()
    assert wizard.next.text() == "Log in and continue"
    assert page.password.accessibleName() == "App password"


def test_an_unknown_provider_with_oauth2_may_have_given_an_app_password(
    qtbot: QtBot,
    wizard: Wizard,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_servers.ca_file))
    sources({"/own/example.org": provider(mail_servers, way="OAuth2")})
    begin(wizard)
    arrived(qtbot, wizard, View.FOUND)
    assert not wizard.next.isEnabled()
    wizard.servers.found.has_password.click()
    assert wizard.servers.password.accessibleName() == "App password"
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)


def test_servers_that_only_dns_names_are_asked_about(
    qtbot: QtBot, wizard: Wizard, snap: Snap, monkeypatch: pytest.MonkeyPatch
) -> None:
    with names_running({("example.org.", "MX"): ["1 smtp.google.com."]}) as names:
        monkeypatch.setenv("MAILCLIENT_DISCOVERY_DNS", names.place)
        monkeypatch.setenv("MAILCLIENT_DISCOVERY_SECONDS", "120")
        begin(wizard)
        arrived(qtbot, wizard, View.FOUND)
    assert wizard.servers.situation is Situation.UNSIGNED
    assert "pop.gmail.com and smtp.gmail.com" in wizard.servers.found.strip.words
    assert "app password" in wizard.servers.found.strip.words
    assert not wizard.next.isEnabled()
    snap(wizard, "wizard-unsigned")
    wizard.servers.found.confirm.click()
    assert wizard.next.isEnabled()


def test_an_unencrypted_server_needs_i_understand(
    qtbot: QtBot,
    wizard: Wizard,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    snap: Snap,
) -> None:
    sources({"/own/example.org": provider(mail_servers, security="plain")})
    begin(wizard)
    arrived(qtbot, wizard, View.BY_HAND)
    page = wizard.servers
    assert page.situation is Situation.UNENCRYPTED
    assert "not encrypted" in page.by_hand.strip.words
    assert page.by_hand.consent.isVisible()
    assert page.by_hand.consent.text().startswith("I understand")
    assert not wizard.next.isEnabled()
    snap(wizard, "wizard-unencrypted")
    page.by_hand.consent.click()
    assert wizard.next.isEnabled()
    page.by_hand.incoming.security.setCurrentIndex(0)
    page.by_hand.outgoing.security.setCurrentIndex(0)
    assert not page.by_hand.consent.isVisible()
    assert not page.by_hand.consent.isChecked()


def test_what_is_not_found_is_filled_in_by_hand_in_place(
    qtbot: QtBot,
    wizard: Wizard,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    snap: Snap,
) -> None:
    sources({})
    begin(wizard)
    arrived(qtbot, wizard, View.BY_HAND)
    assert wizard.servers.situation is Situation.NOT_FOUND
    assert "were not found" in wizard.servers.by_hand.strip.words
    snap(wizard, "wizard-not-found")
    wizard.next.click()
    assert "name is missing" in wizard.strip.words
    account = mail_servers.account("carol")
    assert account.incoming is not None
    assert account.outgoing is not None
    wizard.servers.by_hand.incoming.show_server(account.incoming)
    wizard.servers.by_hand.outgoing.show_server(account.outgoing)
    snap(wizard, "wizard-servers")
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)


def test_without_network_it_says_so_and_can_look_again(
    qtbot: QtBot,
    wizard: Wizard,
    sources: Callable[..., Web],
    mail_servers: MailServers,
    snap: Snap,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(wizard)
    arrived(qtbot, wizard, View.BY_HAND)
    assert "Nobody was asked" in wizard.servers.by_hand.strip.words
    monkeypatch.setenv("MAILCLIENT_DISCOVERY_AUTOCONFIG", "https://localhost:1/")  # nobody there
    monkeypatch.setenv("MAILCLIENT_DISCOVERY_PRIVATE", "yes")
    wizard.servers.again.click()
    arrived(qtbot, wizard, View.BY_HAND)
    assert wizard.servers.situation is Situation.OFFLINE
    assert "connected to the network" in wizard.servers.by_hand.strip.words
    snap(wizard, "wizard-offline")
    sources({"/own/example.org": provider(mail_servers)})
    wizard.servers.again.click()
    arrived(qtbot, wizard, View.FOUND)


# The key


def at_the_key(qtbot: QtBot, wizard: Wizard, servers: MailServers) -> None:
    """Set the account up by hand, as far as the last page."""
    account = servers.account("carol")
    assert account.incoming is not None
    assert account.outgoing is not None
    wizard.who.name.setText("Carol Example")
    wizard.who.address.setText("carol@example.org")
    wizard.who.password.setText("secret of carol")
    wizard.by_hand.click()
    wizard.servers.by_hand.incoming.show_server(account.incoming)
    wizard.servers.by_hand.outgoing.show_server(account.outgoing)
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.pages.currentIndex() == KEY, timeout=PATIENCE)


def test_a_key_is_made_and_its_copy_saved(
    qtbot: QtBot, wizard: Wizard, mail_servers: MailServers, snap: Snap, tmp_path: Path
) -> None:
    at_the_key(qtbot, wizard, mail_servers)
    assert wizard.next.text() == "Create my key"
    wizard.next.click()
    qtbot.waitUntil(lambda: wizard.keys.key is not None, timeout=PATIENCE)
    assert "Save one" in wizard.keys.state.text()
    assert wizard.next.text() == "Finish"
    snap(wizard, "wizard-key-made")
    wizard.key_work.save_backup(str(tmp_path / "copy.asc"))
    qtbot.waitUntil(lambda: "The copy lies" in wizard.keys.state.text(), timeout=PATIENCE)
    [sheet] = wizard.findChildren(RecoverySheet)
    assert "RECOVERY CODE" in sheet.shown.toPlainText()
    assert b"PRIVATE" not in (tmp_path / "copy.asc").read_bytes()
    sheet.done_button.click()
    assert (tmp_path / "copy.asc").stat().st_mode & 0o077 == 0
    with qtbot.waitSignal(wizard.finished, timeout=PATIENCE):
        wizard.next.click()


def test_a_key_in_a_file_is_taken_and_one_for_somebody_else_is_not(
    qtbot: QtBot,
    wizard: Wizard,
    make_app: MakeApp,
    mail_servers: MailServers,
    snap: Snap,
    tmp_path: Path,
) -> None:
    elsewhere = make_app("elsewhere")
    for name in ("dora", "carol"):
        key = elsewhere.keys.generate(f"{name}@example.org", name.title(), None)
        copy = elsewhere.keys.export(key.fingerprint, secret=True)
        (tmp_path / f"{name}.asc").write_bytes(copy)
    at_the_key(qtbot, wizard, mail_servers)
    wizard.keys.use_key.click()
    assert "There is no key for carol@example.org" in wizard.keys.held.text()
    assert not wizard.next.isEnabled()
    wizard.key_work.take_file(str(tmp_path / "dora.asc"))
    qtbot.waitUntil(lambda: bool(wizard.strip.words), timeout=PATIENCE)
    assert "no usable secret key for carol@example.org" in wizard.strip.words
    snap(wizard, "wizard-key-file")
    wizard.key_work.take_file(str(tmp_path / "carol.asc"))
    qtbot.waitUntil(lambda: wizard.keys.key is not None, timeout=PATIENCE)
    assert "used from now on" in wizard.keys.state.text()
    assert not wizard.keys.backup.isVisible()


def test_a_key_that_gnupg_has_is_offered_first(
    qtbot: QtBot, wizard: Wizard, mail_servers: MailServers, snap: Snap
) -> None:
    wizard._app.keys.generate("carol@example.org", "Carol", None)
    at_the_key(qtbot, wizard, mail_servers)
    assert wizard.keys.use_key.isChecked()
    assert "In GnuPG on this computer" in wizard.keys.held.text()
    assert wizard.next.text() == "Finish"
    snap(wizard, "wizard-key-held")
    with qtbot.waitSignal(wizard.finished, timeout=PATIENCE):
        wizard.next.click()


def test_a_key_can_wait(qtbot: QtBot, wizard: Wizard, mail_servers: MailServers) -> None:
    at_the_key(qtbot, wizard, mail_servers)
    wizard.keys.later.click()
    app = wizard._app
    with qtbot.waitSignal(wizard.finished, timeout=PATIENCE):
        wizard.next.click()
    assert app.keys.own_key("carol@example.org") is None
    assert [one.address for one in app.accounts.list()] == ["carol@example.org"]


def test_a_copy_of_a_key_is_taken_from_a_file_by_its_code(
    qtbot: QtBot, wizard: Wizard, make_app: MakeApp, mail_servers: MailServers, tmp_path: Path
) -> None:
    elsewhere = make_app("elsewhere")
    key = elsewhere.keys.generate("carol@example.org", "Carol", None)
    copy = elsewhere.recovery.copy(key.fingerprint)
    (tmp_path / "copy.asc").write_bytes(copy.data)
    at_the_key(qtbot, wizard, mail_servers)
    wizard.keys.use_key.click()
    wizard.key_work.take_file(str(tmp_path / "copy.asc"))
    qtbot.waitUntil(lambda: bool(wizard.findChildren(QInputDialog)), timeout=PATIENCE)
    [asked] = wizard.findChildren(QInputDialog)
    asked.setTextValue("1" * 36)
    asked.accept()
    qtbot.waitUntil(lambda: "does not open this file" in wizard.strip.words, timeout=PATIENCE)
    wizard.key_work.take_file(str(tmp_path / "copy.asc"), copy.code)
    qtbot.waitUntil(lambda: wizard.keys.key is not None, timeout=PATIENCE)
    assert wizard.keys.key is not None
    assert wizard.keys.key.fingerprint == key.fingerprint
