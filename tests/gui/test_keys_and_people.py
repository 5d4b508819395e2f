"""Keys and people: whose keys are here, what was decided on them, and what one click does."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from mailclient.account import (
    Account,
    Authentication,
    EncryptionPolicy,
    Identity,
    Security,
    Server,
)
from mailclient.app import App, now
from mailclient.gui.bridge import Bridge
from mailclient.gui.keys import codes
from mailclient.gui.keys.asking import KeyAsking
from mailclient.gui.keys.attached import AttachedKeys
from mailclient.gui.keys.card import KeyVerb
from mailclient.gui.keys.comparing import ConfirmDialog, ShowDialog
from mailclient.gui.keys.passphrases import KeyPassphraseDialog
from mailclient.gui.keys.recovery_sheet import CodeDialog
from mailclient.gui.keys.window import KeysWindow
from mailclient.gui.notify import Notify
from mailclient.gui.reader.reader import Reader
from mailclient.gui.strip import Strip
from mailclient.message import build
from mailclient.message.address import Address
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.message.entity import entity
from mailclient.message.security import Trust
from mailclient.services.comparing import code_of, words_of
from mailclient.services.read import MessageView
from tests.gui.conftest import MakeApp, Snap
from tests.servers.keys import key_servers_running
from tests.servers.web import document

PATIENCE = 60_000
ANN, BOB = "ann@example.org", "bob@example.org"
Look = Callable[..., KeysWindow]


class Ring:
    """A key ring of somebody else."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def gpg(self, *options: str) -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--passphrase", "",
                   "--pinentry-mode", "loopback", *options]  # fmt: skip
        return subprocess.run(command, check=True, capture_output=True).stdout

    def key(self, address: str, ends: str = "1y") -> bytes:
        """The public key of a new pair."""
        name = address.partition("@")[0].title()
        made = ("--quick-generate-key", f"{name} <{address}>", "default", "default", ends)
        self.gpg(*made)
        return self.gpg("--armor", "--export", address)


@pytest.fixture
def rings() -> Iterator[Callable[[], Ring]]:
    homes: list[Path] = []

    def make() -> Ring:
        homes.append(Path(tempfile.mkdtemp(prefix="mc-")))
        return Ring(homes[-1])

    yield make
    for home in homes:
        kill = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(kill, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def ann(make_app: MakeApp) -> App:
    app = make_app("ann")
    server = Server("localhost", 9, Security.NONE, Authentication.NONE)
    app.accounts.add(Account((Identity(ANN, "Ann"),), outgoing=server), "")
    app.recovery.kept(app.keys.generate(ANN, "Ann", None).fingerprint)
    return app


@pytest.fixture
def look(qtbot: QtBot, bridge_of: Callable[[App], Bridge]) -> Look:
    def open_(app: App, address: str = "") -> KeysWindow:
        window = KeysWindow(app, bridge_of(app), None, address)
        qtbot.addWidget(window)
        window.resize(940, 620)
        window.show()
        qtbot.waitUntil(lambda: bool(window.page.cards), timeout=PATIENCE)
        return window

    return open_


def buttons(widget: QWidget) -> dict[str, QPushButton]:
    return {one.text(): one for one in widget.findChildren(QPushButton) if one.isVisible()}


def click(qtbot: QtBot, widget: QWidget, words: str) -> None:
    qtbot.waitUntil(lambda: words in buttons(widget), timeout=PATIENCE)
    qtbot.mouseClick(buttons(widget)[words], Qt.MouseButton.LeftButton)


def from_menu(window: KeysWindow, verb: KeyVerb) -> None:
    [action] = [one for one in window.page.cards[0].menu.actions() if one.text() == verb.value]
    action.trigger()


def dialog(qtbot: QtBot, window: QWidget, kind: type[QWidget]) -> QWidget:
    qtbot.waitUntil(lambda: bool(window.findChildren(kind)), timeout=PATIENCE)
    return window.findChildren(kind)[0]


def says(qtbot: QtBot, window: KeysWindow, words: str) -> None:
    qtbot.waitUntil(lambda: words in window.strip.words, timeout=PATIENCE)


# People


def test_a_key_is_confirmed_by_its_words_and_the_history_says_so(
    qtbot: QtBot, ann: App, look: Look, rings: Callable[[], Ring], snap: Snap
) -> None:
    ann.keys.import_keys(rings().key(BOB))
    window = look(ann, BOB)
    assert window.people.addresses == (ANN, BOB)
    snap(window, "keys-person")
    click(qtbot, window.page, "Confirm…")
    asked = dialog(qtbot, window, ConfirmDialog)
    assert isinstance(asked, ConfirmDialog)
    assert window.entry is not None
    shown = " ".join(one.text() for one in asked.findChildren(type(asked.told)))
    assert all(word in shown for word in words_of(window.entry.key.fingerprint))
    snap(asked, "keys-confirm")
    click(qtbot, asked, "The words are the same")
    says(qtbot, window, f"The key of {BOB} is confirmed.")
    assert [one.trust for one in ann.keys.entries_of(BOB)] == [Trust.VERIFIED]
    qtbot.waitUntil(lambda: "You confirmed it by comparing words" in window.page.history.text(),
                    timeout=PATIENCE)  # fmt: skip
    assert "A key came from a file" in window.page.history.text()


def test_what_was_pasted_is_compared_and_another_key_is_refused(
    qtbot: QtBot, ann: App, look: Look, rings: Callable[[], Ring]
) -> None:
    ann.keys.import_keys(rings().key(BOB))
    window = look(ann, BOB)
    click(qtbot, window.page, "Confirm…")
    asked = dialog(qtbot, window, ConfirmDialog)
    assert isinstance(asked, ConfirmDialog)
    assert window.entry is not None
    right = window.entry.key.fingerprint
    for typed, told in (
        (right[:20], "It is not complete yet."),
        (f"{right[:20]} {right[20:].lower()}", "It is the same key."),
        (" ".join(words_of(right)), "It is the same key."),
        (code_of("A" * 40), "It is another key. Do not confirm this one."),
    ):
        asked.given.setText(typed)
        assert asked.told.text() == told
    assert not asked.same.isEnabled()
    click(qtbot, asked, "They differ")
    says(qtbot, window, "is refused and never used")
    assert [one.trust for one in ann.keys.entries_of(BOB)] == [Trust.REJECTED]


def test_a_code_in_a_picture_confirms_a_key(
    qtbot: QtBot, ann: App, look: Look, rings: Callable[[], Ring], tmp_path: Path
) -> None:
    [key] = ann.keys.import_keys(rings().key(BOB))
    picture = tmp_path / "code.png"
    assert codes.drawn(code_of(key.fingerprint)).save(str(picture))
    window = look(ann)
    QGuiApplication.clipboard().setPixmap(codes.drawn(code_of(key.fingerprint)))
    window.taking.clipboard()
    asked = dialog(qtbot, window, ConfirmDialog)
    assert isinstance(asked, ConfirmDialog)
    assert asked.told.text() == "It is the same key."
    click(qtbot, asked, "Confirm the key")
    says(qtbot, window, "is confirmed")
    assert ann.people.one(BOB).history[-1].detail == "code"


def test_a_key_is_taken_in_from_the_clipboard(
    qtbot: QtBot, ann: App, look: Look, rings: Callable[[], Ring]
) -> None:
    window = look(ann)
    QGuiApplication.clipboard().setText(f"Hello,\n\n{rings().key(BOB).decode()}\nBob")
    window.taking.clipboard()
    says(qtbot, window, "was taken in")
    qtbot.waitUntil(lambda: BOB in window.people.addresses, timeout=PATIENCE)
    assert [(one.trust, one.source) for one in ann.keys.entries_of(BOB)] == [
        (Trust.ACCEPTED, "clipboard")
    ]
    QGuiApplication.clipboard().setText("nothing of the kind")
    window.taking.clipboard()
    says(qtbot, window, "There is no key in it.")


def test_another_key_is_shown_before_it_is_used(
    qtbot: QtBot, ann: App, look: Look, rings: Callable[[], Ring], snap: Snap
) -> None:
    [old] = ann.keys.import_keys(rings().key(BOB))
    ann.keyfinding.attached(rings().key(BOB), BOB)
    window = look(ann, BOB)
    assert "It is not used before you decide" in window.page.warning.words
    assert [one.entry.changed for one in window.page.cards] == [True, False]
    snap(window, "keys-changed")
    click(qtbot, window.page.cards[0], "Refuse")
    says(qtbot, window, "is refused")
    qtbot.waitUntil(lambda: not window.page.warning.isVisible(), timeout=PATIENCE)
    [ready] = ann.keys.readiness([BOB]).recipients
    assert (ready.ready, ready.fingerprint) == (True, old.fingerprint)


def test_how_to_write_to_somebody_is_chosen_for_that_person(
    qtbot: QtBot, ann: App, look: Look, rings: Callable[[], Ring]
) -> None:
    ann.keys.import_keys(rings().key(BOB))
    window = look(ann, BOB)
    combo = window.page.policy
    combo.setCurrentIndex(combo.findText("only when I say so"))
    combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(
        lambda: ann.people.one(BOB).policy is EncryptionPolicy.WHEN_I_SAY, timeout=PATIENCE
    )
    found = ann.keys.readiness([BOB])
    assert (found.can_encrypt, found.begins_encrypted(EncryptionPolicy.WHEN_POSSIBLE)) == (
        True,
        False,
    )


# One's own


def test_a_key_that_ends_goes_on_by_one_click_in_both_windows(
    qtbot: QtBot, make_app: MakeApp, look: Look, rings: Callable[[], Ring], tmp_path: Path,
    bridge_of: Callable[[App], Bridge], snap: Snap,
) -> None:  # fmt: skip
    app, ring = make_app("soon"), rings()
    ring.key(ANN, "20d")
    app.keys.import_keys(ring.gpg("--armor", "--export-secret-keys", ANN))
    holder = QWidget()
    qtbot.addWidget(holder)
    asking = KeyAsking(app, bridge_of(app), holder)
    qtbot.addWidget(asking.strip)
    asking.begin()
    qtbot.waitUntil(lambda: asking.strip.isVisible(), timeout=PATIENCE)
    assert asking.strip.words.startswith(f"Your key for {ANN} ends on ")
    window = look(app)
    qtbot.waitUntil(lambda: window.ends.isVisible(), timeout=PATIENCE)
    snap(window, "keys-ending")
    click(qtbot, window.ends, "Let it go on two years")
    says(qtbot, window, "Your key is valid until")
    qtbot.waitUntil(lambda: not window.ends.isVisible(), timeout=PATIENCE)
    mine = app.keys.own_key(ANN)
    assert mine is not None
    assert mine.expires is not None
    assert mine.expires > now() + timedelta(days=700)
    qtbot.waitUntil(lambda: not asking.strip.isVisible(), timeout=PATIENCE)


def test_a_key_is_published_only_after_it_was_said_what_that_means(
    qtbot: QtBot, ann: App, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    make_app: MakeApp,
) -> None:  # fmt: skip
    with key_servers_running(tmp_path) as servers:
        for name, value in servers.environment.items():
            monkeypatch.setenv(name, value)
        servers.answers["/vks/v1/upload"] = document(
            f'{{"token": "t", "status": {{"{ANN}": "pending"}}}}'.encode()
        )
        app = make_app("publisher")
        server = Server("localhost", 9, Security.NONE, Authentication.NONE)
        app.accounts.add(Account((Identity(ANN, "Ann"),), outgoing=server), "")
        app.keys.generate(ANN, "Ann", None)
        window = look(app)
        from_menu(window, KeyVerb.PUBLISH)
        box = dialog(qtbot, window, QMessageBox)
        assert isinstance(box, QMessageBox)
        assert "anybody can find them" in box.informativeText()
        assert servers.web.asked == []
        click(qtbot, box, "Publish")
        says(qtbot, window, "Follow the link in the letter")
        assert servers.web.asked == ["/vks/v1/upload"]


def test_words_and_code_are_shown_for_others(
    qtbot: QtBot, ann: App, look: Look, snap: Snap
) -> None:
    window = look(ann)
    click(qtbot, window.page, "Let others confirm it…")
    shown = dialog(qtbot, window, ShowDialog)
    assert window.entry is not None
    words = " ".join(one.text() for one in shown.findChildren(type(window.page.name)))
    assert all(word in words for word in words_of(window.entry.key.fingerprint))
    snap(shown, "keys-show")


def test_a_passphrase_is_set_on_a_key(qtbot: QtBot, ann: App, look: Look, snap: Snap) -> None:
    window = look(ann)
    from_menu(window, KeyVerb.PASSPHRASE)
    asked = dialog(qtbot, window, KeyPassphraseDialog)
    assert isinstance(asked, KeyPassphraseDialog)
    snap(asked, "keys-passphrase")
    asked.new.setText("one")
    click(qtbot, asked, "OK")
    assert "differ" in asked.strip.words
    asked.again.setText("one")
    click(qtbot, asked, "OK")
    says(qtbot, window, "guarded by the new passphrase")


def test_a_key_is_renewed_and_ended_only_after_a_question(
    qtbot: QtBot, ann: App, look: Look
) -> None:
    window = look(ann)
    from_menu(window, KeyVerb.RENEW)
    click(qtbot, dialog(qtbot, window, QMessageBox), "Give it a new part")
    says(qtbot, window, "has a new part")
    from_menu(window, KeyVerb.END)
    qtbot.waitUntil(
        lambda: any("End it" in buttons(one) for one in window.findChildren(QMessageBox)),
        timeout=PATIENCE,
    )
    [box] = [one for one in window.findChildren(QMessageBox) if "End it" in buttons(one)]
    assert "cannot be taken back" in box.informativeText()
    click(qtbot, box, "End it")
    says(qtbot, window, "has ended")
    assert ann.keys.own_key(ANN) is None


def test_a_key_goes_to_another_program_by_letter_and_code(
    qtbot: QtBot, ann: App, look: Look, make_app: MakeApp, snap: Snap
) -> None:
    window = look(ann)
    from_menu(window, KeyVerb.HAND_ON)
    click(qtbot, dialog(qtbot, window, QMessageBox), "Send the letter")
    shown = dialog(qtbot, window, CodeDialog)
    assert isinstance(shown, CodeDialog)
    snap(shown, "keys-code")
    [item] = ann.send.items()
    raw = ann._store.outbox.raw(item.id)
    assert isinstance(raw, bytes)
    other = make_app("other")
    code = shown.code.text().replace("\n", "")
    [taken] = other.handing_on.take_in(raw, code)
    assert taken.secret


def test_a_file_that_a_code_closes_is_known_as_such_in_both_windows(
    qtbot: QtBot, ann: App, look: Look, tmp_path: Path, make_app: MakeApp
) -> None:
    copy = ann.recovery.copy(ANN)
    file = tmp_path / "copy.asc"
    file.write_bytes(copy.data)
    other = make_app("other")
    other.keys.generate(BOB, "Bob", None)
    window = look(other)
    window.taking.file(str(file))
    asked = dialog(qtbot, window, QInputDialog)
    assert isinstance(asked, QInputDialog)
    asked.setTextValue(copy.code)
    asked.accept()
    says(qtbot, window, "Your key is here again")
    assert other.keys.own_key(ANN) is not None


def test_a_policy_for_people_is_not_offered_for_oneself(ann: App, look: Look) -> None:
    window = look(ann)
    assert not window.page.policy.isVisible()
    assert replace(ann.people.one(ANN)).is_me


def letter(sender: str, *files: AttachmentSource) -> bytes:
    """A letter with files, as it arrives."""
    draft = Draft(Address("", sender), (Address("", ANN),), subject="Hello", attachments=files)
    fields = build.fields(draft, message_id="<1@example.org>", date=now())
    return build.assemble(fields, entity(draft))


def reading(
    qtbot: QtBot, app: App, bridge_of: Callable[[App], Bridge], view: MessageView
) -> tuple[Reader, Strip]:
    """A reader that shows a letter, and the strip in which is said what came of it."""
    reader, told = Reader(), Strip()
    for one in (reader, told):
        qtbot.addWidget(one)
    attached = AttachedKeys(app, bridge_of(app), Notify(told, reader), reader)
    reader.key_wanted.connect(lambda at: attached.take(reader.view, int(at)))
    reader.resize(640, 480)
    reader.show()
    reader.show_message(view, {})
    return reader, told


def test_a_key_that_is_attached_is_taken_in_and_shown_undecided(
    qtbot: QtBot, ann: App, bridge_of: Callable[[App], Bridge], rings: Callable[[], Ring],
    tmp_path: Path, snap: Snap,
) -> None:  # fmt: skip
    key = AttachmentSource("bob.asc", "application/pgp-keys", rings().key(BOB))
    path = tmp_path / "letter.eml"
    path.write_bytes(letter(BOB, key))
    view = ann.read.view_file(path)
    window, _ = reading(qtbot, ann, bridge_of, view)
    [strip] = [one for one in window.findChildren(Strip) if "A key is att" in one.words]
    snap(window, "keys-attached")
    click(qtbot, strip, "Take it in")
    keys = dialog(qtbot, window, KeysWindow)
    assert isinstance(keys, KeysWindow)
    qtbot.waitUntil(lambda: len(keys.page.cards) == 1, timeout=PATIENCE)
    assert keys.page.cards[0].entry.trust is Trust.TENTATIVE
    assert [one.text() for one in keys.page.cards[0].findChildren(QPushButton)] == [
        "Confirm…", "Use this key", "Refuse",
    ]  # fmt: skip
    keys.close()


def test_a_letter_from_another_program_of_ones_own_asks_for_its_code(
    qtbot: QtBot, ann: App, bridge_of: Callable[[App], Bridge], make_app: MakeApp, tmp_path: Path
) -> None:
    setup = ann.handing_on.letter(ANN)
    path = tmp_path / "setup.eml"
    path.write_bytes(letter(ANN, *setup.draft.attachments))
    other = make_app("other")
    view = other.read.view_file(path)
    window, told = reading(qtbot, other, bridge_of, view)
    [strip] = [one for one in window.findChildren(Strip) if "carries your key" in one.words]
    click(qtbot, strip, "Take it in")
    asked = dialog(qtbot, window, QInputDialog)
    assert isinstance(asked, QInputDialog)
    asked.setTextValue(setup.code)
    asked.accept()
    qtbot.waitUntil(lambda: other.keys.own_key(ANN) is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "Your key is here" in told.words, timeout=PATIENCE)
