"""Writing to somebody without a key: it is looked for while one writes; one click mends the rest.

The key directory and the key server are real HTTPS servers of the test.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Authentication, Identity, Security, Server
from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.compose.window import ComposeWindow
from mailclient.gui.keys.window import KeysWindow
from mailclient.gui.keys.words import seen_as
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.message.security import Trust
from mailclient.services.readiness import ReadyState
from mailclient.settings import FIND_AT_DOMAIN, FIND_ON_SERVER
from tests.attacks.certificates import Holder, Wish, made, rsa_key
from tests.attacks.test_withdrawn import Lines, at
from tests.gui.conftest import MakeApp, Snap
from tests.servers.keys import KeyServers, key_servers_running
from tests.servers.web import Answer, Web, document, web_running

PATIENCE = 60_000
BOB, SUE = "bob@example.org", "sue@example.org"
ME = Address("Ann", "ann@example.org")
Write = Callable[..., ComposeWindow]


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServers]:
    hanging = "/wkd/example.org/hu/hangs"
    with key_servers_running(tmp_path, slow=hanging) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def bobs_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="mc-"))
    of_bob(home, "--quick-generate-key", f"Bob <{BOB}>", "default", "default", "1y")
    yield home
    kill = ["gpgconf", "--homedir", str(home), "--kill", "all"]
    subprocess.run(kill, check=False, capture_output=True)
    shutil.rmtree(home, ignore_errors=True)


def of_bob(home: Path, *options: str, data: bytes = b"") -> bytes:
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "",
           "--pinentry-mode", "loopback", *options]  # fmt: skip
    return subprocess.run(gpg, check=True, capture_output=True, input=data).stdout


@pytest.fixture
def bobs_key(bobs_home: Path) -> bytes:
    return of_bob(bobs_home, "--export", BOB)


@pytest.fixture
def ann(make_app: MakeApp, servers: KeyServers) -> App:
    app = make_app("ann")
    server = Server("localhost", 9, Security.NONE, Authentication.NONE)
    app.accounts.add(Account((Identity(ME.address, ME.name),), outgoing=server), "")
    app.keys.generate(ME.address, ME.name, None)
    return app


@pytest.fixture
def write(qtbot: QtBot, ann: App, bridge_of: Callable[[App], Bridge]) -> Write:
    bridge = bridge_of(ann)

    def open_(*to: str, encrypt: bool = False) -> ComposeWindow:
        people = tuple(Address("", one) for one in to)
        window = ComposeWindow(ann, bridge, Draft(ME, to=people, subject="x", encrypt=encrypt))
        qtbot.addWidget(window, before_close_func=lambda one: one.keeper.end())
        window.show()
        qtbot.waitExposed(window)
        return window

    return open_


def fixes(window: ComposeWindow) -> dict[str, QPushButton]:
    return {
        one.text(): one for one in window.protection.findChildren(QPushButton) if not one.isHidden()
    }


def mend(qtbot: QtBot, window: ComposeWindow, words: str) -> None:
    """Click on what is offered; Qt shows a button a moment after it was made."""
    qtbot.waitUntil(lambda: words in fixes(window), timeout=PATIENCE)
    qtbot.mouseClick(fixes(window)[words], Qt.MouseButton.LeftButton)


def state(window: ComposeWindow, address: str = BOB) -> ReadyState | None:
    readiness = window.protection._readiness
    found = readiness.recipients if readiness is not None else ()
    return next((one.state for one in found if one.address == address), None)


def test_a_key_is_found_while_one_writes_and_used_by_one_click(
    qtbot: QtBot, write: Write, ann: App, servers: KeyServers, bobs_key: bytes, snap: Snap
) -> None:
    servers.wkd(BOB, bobs_key)
    window = write()
    line = window.form.to
    line.entry.setFocus()
    qtbot.keyClicks(line.entry, f"{BOB},")
    qtbot.waitUntil(lambda: state(window) is ReadyState.READY, timeout=PATIENCE)
    assert window.protection.encrypt.isChecked()
    assert window.send_button.text() == "Send encrypted"
    assert window.protection.words == (
        "Everyone can read this encrypted; it is signed as well. "
        f"The key of {BOB} was found at example.org; you have not accepted it yet."
    )
    assert "key found" in line._chips[0].accessibleName()
    snap(window, "compose-key-found")
    mend(qtbot, window, "Use this key")
    qtbot.waitUntil(lambda: "Use this key" not in fixes(window), timeout=PATIENCE)
    assert [one.trust for one in ann.keys.entries_of(BOB)] == [Trust.ACCEPTED]
    assert servers.web.asked == [servers.wkd_path(BOB)]


def test_nobody_is_asked_about_an_address_that_is_being_typed(
    qtbot: QtBot, write: Write, servers: KeyServers
) -> None:
    window = write()
    line = window.form.to
    line.entry.setFocus()
    qtbot.keyClicks(line.entry, "bob@example.or")
    qtbot.waitUntil(lambda: state(window, "bob@example.or") is ReadyState.NONE, timeout=PATIENCE)
    assert (window.readying.looking, window.readying._pause.isActive()) == (frozenset(), False)
    qtbot.keyClicks(line.entry, "g,")
    qtbot.waitUntil(lambda: len(servers.web.asked) == 2, timeout=PATIENCE)
    assert servers.web.asked == [servers.wkd_path(BOB), servers.vks_path(BOB)]


def test_who_has_no_key_can_be_found_asked_removed_or_written_to_in_clear(
    qtbot: QtBot, write: Write, servers: KeyServers, bobs_key: bytes, snap: Snap
) -> None:
    window = write(BOB, encrypt=True)
    qtbot.waitUntil(lambda: state(window) is ReadyState.NONE, timeout=PATIENCE)
    offered = ["Find", "Ask for one", "Remove", "Send unencrypted…"]
    qtbot.waitUntil(lambda: list(fixes(window)) == offered, timeout=PATIENCE)
    snap(window, "compose-no-key")
    mend(qtbot, window, "Find")
    qtbot.waitUntil(lambda: "was found. Ask for one." in window.strip.words, timeout=PATIENCE)
    servers.vks(BOB, bobs_key)
    mend(qtbot, window, "Find")
    qtbot.waitUntil(lambda: state(window) is ReadyState.READY, timeout=PATIENCE)


def test_ask_for_one_prepares_a_letter(qtbot: QtBot, write: Write) -> None:
    window = write(BOB, encrypt=True)
    qtbot.waitUntil(lambda: state(window) is ReadyState.NONE, timeout=PATIENCE)
    mend(qtbot, window, "Ask for one")
    [asking] = window.findChildren(ComposeWindow)
    assert [one.address for one in asking.form.to.people()] == [BOB]
    assert asking.form.subject.text() == "Your public key"
    assert asking.send_button.text() == "Send"
    asking.keeper.end()
    asking.close()


def test_remove_takes_out_the_one_without_a_key(qtbot: QtBot, write: Write) -> None:
    window = write(BOB, encrypt=True)
    qtbot.waitUntil(lambda: state(window) is ReadyState.NONE, timeout=PATIENCE)
    mend(qtbot, window, "Remove")
    assert window.form.to.people() == ()


def test_the_keys_of_somebody_can_be_looked_at_before_one_is_used(
    qtbot: QtBot, write: Write, servers: KeyServers, bobs_key: bytes
) -> None:
    servers.wkd(BOB, bobs_key)
    window = write(BOB, encrypt=True)
    qtbot.waitUntil(lambda: state(window) is ReadyState.READY, timeout=PATIENCE)
    mend(qtbot, window, "Look at the keys")
    [keys] = window.findChildren(KeysWindow)
    qtbot.waitUntil(lambda: BOB in keys.people.addresses, timeout=PATIENCE)
    assert keys.people.person is not None
    assert keys.people.person.address == BOB
    qtbot.waitUntil(lambda: len(keys.page.cards) == 1, timeout=PATIENCE)
    keys.close()


def test_while_it_is_looked_for_the_chip_says_so_and_taking_the_person_out_ends_it(
    qtbot: QtBot, write: Write, servers: KeyServers, monkeypatch: pytest.MonkeyPatch, snap: Snap
) -> None:
    hanging = servers.web.url("/wkd/{domain}/hu/hangs")
    monkeypatch.setenv("MAILCLIENT_KEYS_WKD", hanging)
    window = write(BOB, encrypt=True)
    qtbot.waitUntil(lambda: bool(servers.web.asked), timeout=PATIENCE)
    assert state(window) is ReadyState.LOOKING_UP
    assert f"Looking for the key of {BOB}" in window.protection.words
    assert "looking for a key" in window.form.to._chips[0].accessibleName()
    assert list(fixes(window)) == ["Remove", "Send unencrypted…"]
    snap(window, "compose-looking-up")
    task = window.readying._tasks[BOB]
    mend(qtbot, window, "Remove")
    qtbot.waitUntil(lambda: not window.readying.looking, timeout=PATIENCE)
    assert task.future is not None
    qtbot.waitUntil(task.future.done, timeout=PATIENCE)


def test_switched_off_nobody_is_asked_and_the_window_says_why(
    qtbot: QtBot, write: Write, ann: App, servers: KeyServers
) -> None:
    for source in (FIND_AT_DOMAIN, FIND_ON_SERVER):
        ann.settings.set(source, False)
    window = write(BOB, encrypt=True)
    qtbot.waitUntil(lambda: state(window) is ReadyState.NONE, timeout=PATIENCE)
    mend(qtbot, window, "Find")
    qtbot.waitUntil(lambda: "Nobody was asked" in window.strip.words, timeout=PATIENCE)
    assert "switched off in the settings" in window.strip.words
    assert servers.web.asked == []


def test_ones_own_key_is_attached_from_the_menu_of_attach(
    qtbot: QtBot, write: Write, ann: App
) -> None:
    window = write(BOB)
    [action] = [one for one in window.findChildren(QAction) if one.text().startswith("My key")]
    action.trigger()
    qtbot.waitUntil(lambda: len(window.form.attachments.sources) == 1, timeout=PATIENCE)
    [source] = window.form.attachments.sources
    assert (source.name, source.content_type) == (f"{ME.address}-key.asc", "application/pgp-keys")
    [key] = ann.plugins.sealing().keys.inspect(b"".join(source.chunks()))
    mine = ann.keys.own_key(ME.address)
    assert mine is not None
    assert (key.fingerprint, key.has_secret) == (mine.fingerprint, False)


def test_a_key_that_was_withdrawn_is_noticed_while_one_writes(
    qtbot: QtBot, write: Write, ann: App, servers: KeyServers, bobs_home: Path, bobs_key: bytes
) -> None:
    [key] = ann.keys.import_keys(bobs_key)
    [revocation] = bobs_home.glob("openpgp-revocs.d/*.rev")
    end = revocation.read_bytes().replace(b":-----BEGIN", b"-----BEGIN")
    of_bob(bobs_home, "--import", data=end)
    servers.by_fingerprint(key.fingerprint, of_bob(bobs_home, "--export", BOB))
    window = write(BOB, encrypt=True)
    assert window.readying.looking == frozenset()  # no word of it before there is something to say
    qtbot.waitUntil(lambda: state(window) is ReadyState.UNUSABLE, timeout=PATIENCE)
    assert window.protection.words == f"The key of {BOB} was revoked by its owner."
    qtbot.waitUntil(lambda: "Send unencrypted…" in fixes(window), timeout=PATIENCE)


@dataclass(frozen=True, slots=True)
class Authority:
    """It vouches for Sue and for Ann, and has a list of those that it has withdrawn."""

    web: Web
    root: Holder
    sue: Holder
    answers: dict[str, Answer]

    def withdraws(self, *who: Holder) -> None:
        self.answers["/list.crl"] = document(Lines(self.root, who).der)


@pytest.fixture
def authority(ann: App) -> Iterator[Authority]:
    answers: dict[str, Answer] = {}
    with web_running(None, answers) as web:
        root = made(Wish("Root", authority=True))
        sue = made(Wish("Sue", (SUE,), more=at(web.url("/list.crl"))), root, rsa_key())
        mine = made(Wish("Ann", (ME.address,)), root, rsa_key())
        for file in (root.pem, sue.pem, mine.p12(None)):
            ann.keys.import_keys(file)
        found = Authority(web, root, sue, answers)
        found.withdraws()
        yield found


def test_a_certificate_that_was_withdrawn_is_noticed_while_one_writes(
    qtbot: QtBot, write: Write, authority: Authority, servers: KeyServers, snap: Snap
) -> None:
    authority.withdraws(authority.sue)
    window = write(SUE, encrypt=True)
    qtbot.waitUntil(lambda: state(window, SUE) is ReadyState.UNUSABLE, timeout=PATIENCE)
    assert window.protection.words == f"The key of {SUE} was withdrawn by its authority."
    snap(window, "compose-certificate-withdrawn")
    assert authority.web.asked == ["/list.crl"]


def test_for_a_sound_certificate_nobody_but_its_authority_is_asked(
    qtbot: QtBot, write: Write, authority: Authority, servers: KeyServers
) -> None:
    window = write(SUE, encrypt=True)
    qtbot.waitUntil(lambda: bool(authority.web.asked), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.readying.looking, timeout=PATIENCE)
    assert state(window, SUE) is ReadyState.READY
    assert servers.web.asked == []


def test_by_hand_the_authority_is_asked_at_once_and_the_window_says_what_came_of_it(
    qtbot: QtBot, authority: Authority, ann: App, bridge_of: Callable[[App], Bridge], snap: Snap
) -> None:
    keys = KeysWindow(ann, bridge_of(ann), address=SUE)
    qtbot.addWidget(keys)
    keys.show()
    [entry] = ann.keys.entries_of(SUE)
    for withdrawn, said in (
        ((), "The authority of the certificate was asked and says nothing new."),
        ((authority.sue,), "What its authority says of the certificate has changed"),
    ):
        authority.withdraws(*withdrawn)
        keys.others.find(entry)
        qtbot.waitUntil(lambda said=said: said in keys.strip.words, timeout=PATIENCE)  # type: ignore[misc]
    qtbot.waitUntil(
        lambda: any("withdrawn by its authority" in seen_as(one.entry) for one in keys.page.cards),
        timeout=PATIENCE,
    )
    snap(keys, "keys-certificate-withdrawn")
