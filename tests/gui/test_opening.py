"""The first window comes at once, whatever the keyring does, and says what it waits for.

The keyrings here are scripted: no real one hangs, refuses or comes late on demand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Identity, Server
from mailclient.app import App, now, open_profile
from mailclient.cancel import CancelToken
from mailclient.gui import opening, theme
from mailclient.gui.backups import BackupsWindow
from mailclient.gui.desk import Desk
from mailclient.gui.opening import Door
from mailclient.gui.settings.taking_in import TakingInWindow
from mailclient.gui.single import FirstWindow
from mailclient.gui.waiting import KEYRING, WaitingWindow
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.services.upkeep import Upkeep
from mailclient.store.keyrings import LimitedKeyring
from mailclient.store.rows import MessageRow
from mailclient.store.vault import Way, way_of
from tests.gui.conftest import MakeApp, Snap
from tests.unit.store.box import MemoryKeyring

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it
WORDS = "Sieben Lampions am Fluss"


@dataclass
class Scripted(MemoryKeyring):
    """Answers when it is let go, or refuses."""

    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    hangs: bool = False
    refuses: bool = False
    asked: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)

    def get_password(self, service: str, username: str) -> str | None:
        self._think()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._think()
        super().set_password(service, username, password)

    def _think(self) -> None:
        self.asked += 1
        if self.hangs:
            self.let_go.wait()
        if self.refuses:
            raise RuntimeError("the collection is locked")


@dataclass
class Start:
    """A start of the program, with the keyring that it finds."""

    desk: Desk
    profile: Profile
    keyring: Scripted
    ended: list[int] = field(default_factory=list)

    @property
    def waiting(self) -> WaitingWindow:
        window = self.desk.opening.waiting
        assert window is not None
        return window

    def waits(self, words: str) -> bool:
        window = self.desk.opening.waiting
        return window is not None and window.isVisible() and words in window.title.text()


@pytest.fixture
def start(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Start]]:
    """Starts the program; `made` is whether the profile is there already, with its key in the
    keyring."""
    started: list[Start] = []

    def begin(*, made: bool, limit: float = 60, **script: bool) -> Start:
        profile, keyring = Profile(tmp_path / "profile"), Scripted()
        if made:
            app = open_profile(profile, keyring=keyring)
            app.accounts.add(Account((Identity("ann@example.org", "Ann"),)), "")
            app.close()
        for name, value in script.items():
            setattr(keyring, name, value)

        def opened(waiting: CancelToken) -> App:
            limited = LimitedKeyring(keyring, limit, waiting)
            return open_profile(profile, keyring=limited, waiting=waiting)

        door = Door(
            opened,
            lambda words: open_profile(profile, passphrase=words),
            lambda: way_of(profile),
            lambda file, words, own, told: Upkeep(
                profile, now, passphrase=own, keyring=None if own else keyring
            ).take_in(file, words, told),
            lambda file, own: Upkeep(
                profile, now, passphrase=own, keyring=None if own else keyring
            ).restore(file),
            lambda old, new: Upkeep(profile, now, passphrase=old, keyring=None).rekey(new),
        )
        desk = Desk(theme.Look(qapp, "light"), door, FirstWindow(profile.folder))
        one = Start(desk, profile, keyring)
        monkeypatch.setattr(QApplication, "exit", one.ended.append)
        started.append(one)
        desk.begin()
        return one

    yield begin
    for one in started:
        one.keyring.let_go.set()
        session = one.desk.session
        one.desk.close()
        if session is not None:
            for window in (session.wizard, session.window):
                if window is not None:
                    window.close()
                    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.setQuitOnLastWindowClosed(True)


def test_a_keyring_that_answers_needs_no_window_that_says_so(
    qtbot: QtBot, start: Callable[..., Start]
) -> None:
    one = start(made=True)
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    assert one.desk.opening.waiting is None
    assert one.desk.session is not None
    assert one.desk.session.window.isVisible()


def test_while_it_hangs_the_window_lives_and_what_comes_late_counts(
    qtbot: QtBot, start: Callable[..., Start], snap: Snap
) -> None:
    one = start(made=True, hangs=True)
    qtbot.waitUntil(lambda: one.waits(KEYRING), timeout=PATIENCE)
    assert not one.waiting.passphrase.isVisible()  # no passphrase opens what it alone has
    snap(one.waiting, "waiting-keyring")
    one.keyring.let_go.set()
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    assert one.desk.opening.waiting is None
    assert one.desk.session is not None
    assert one.desk.session.window.isVisible()


def test_who_has_no_profile_yet_can_take_a_passphrase_instead(
    qtbot: QtBot, start: Callable[..., Start], snap: Snap
) -> None:
    one = start(made=False, hangs=True)
    qtbot.waitUntil(lambda: one.waits(KEYRING), timeout=PATIENCE)
    snap(one.waiting, "waiting-new")
    one.waiting.passphrase.click()
    qtbot.waitUntil(lambda: one.desk.dialog is not None, timeout=PATIENCE)
    dialog = one.desk.dialog
    assert dialog is not None
    assert "Nobody can look it up" in _words(dialog)
    for first, second, told in (
        ("short", "short", "shorter than 8 signs"),
        (WORDS, f"{WORDS}x", "not the same"),
    ):
        dialog.field.setText(first)
        dialog.again.setText(second)
        dialog.unlock.click()
        assert told in dialog.strip.words
    snap(dialog, "passphrase-new")
    dialog.again.setText(WORDS)
    QTest.keyClick(dialog.again, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    assert one.desk.session is not None
    assert one.desk.session.wizard is not None
    assert way_of(one.profile) is Way.PASSPHRASE
    one.keyring.let_go.set()  # too late: nothing comes of it
    assert way_of(one.profile) is Way.PASSPHRASE


def test_one_can_leave_while_it_hangs(qtbot: QtBot, start: Callable[..., Start]) -> None:
    one = start(made=True, hangs=True)
    qtbot.waitUntil(lambda: one.waits(KEYRING), timeout=PATIENCE)
    QTest.keyClick(one.waiting, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: one.ended == [1], timeout=PATIENCE)
    assert not one.keyring.let_go.is_set()
    assert one.desk.session is None


@pytest.mark.parametrize(
    ("script", "limit", "told"),
    [
        ({"refuses": True}, 60, "did not give access"),
        ({"hangs": True}, 0.01, "does not answer"),
    ],
)
def test_one_that_gives_nothing_is_named_and_asked_again(
    qtbot: QtBot,
    start: Callable[..., Start],
    snap: Snap,
    script: dict[str, bool],
    limit: float,
    told: str,
) -> None:
    one = start(made=True, limit=limit, **script)
    qtbot.waitUntil(lambda: one.waits(told), timeout=PATIENCE)
    assert "kept there and nowhere else" in one.waiting.text.text()
    assert not one.waiting.passphrase.isVisible()
    snap(one.waiting, "waiting-refused")
    before = one.keyring.asked
    one.keyring.hangs = one.keyring.refuses = False  # the user has unlocked it
    one.waiting.again.click()
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    assert one.keyring.asked > before


def test_one_that_refuses_a_new_key_leads_to_a_passphrase(
    qtbot: QtBot, start: Callable[..., Start]
) -> None:
    one = start(made=False, refuses=True)
    qtbot.waitUntil(lambda: one.desk.dialog is not None, timeout=PATIENCE)
    assert one.desk.dialog is not None
    assert "did not give access" in _words(one.desk.dialog)
    one.desk.dialog.reject()
    assert one.ended == [1]
    assert not one.profile.store.exists()


def test_a_second_start_brings_the_window_that_waits_to_the_front_and_is_not_lost(
    qtbot: QtBot, start: Callable[..., Start]
) -> None:
    one = start(made=True, hangs=True)
    qtbot.waitUntil(lambda: one.waits(KEYRING), timeout=PATIENCE)
    one.desk.called("mailto:bob@example.org")
    one.keyring.let_go.set()
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    session = one.desk.session
    assert session is not None
    qtbot.waitUntil(lambda: len(session.window.verbs._composers) == 1, timeout=PATIENCE)
    [composer] = session.window.verbs._composers
    composer._discard()
    qtbot.waitUntil(lambda: session.window.verbs._composers == [], timeout=PATIENCE)


def test_the_real_program_ends_at_once_though_the_bus_of_the_desktop_hangs(tmp_path: Path) -> None:
    """A bus that takes connections and never says anything; the program as its user starts it."""
    script = Path(__file__).with_name("hanging_bus.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [KEYRING, "left with 1"]


# Taking in a profile from another computer


@pytest.fixture
def packed(make_app: MakeApp, tmp_path: Path) -> Path:
    """What another computer has packed, with an account, a letter and a key."""
    old = make_app("old")
    server = Server("localhost", 995, username="ann")
    old.accounts.add(Account((Identity("ann@example.org", "Ann"),), server, server), "Nebelkraehe")
    old.keys.generate("ann@example.org", "Ann", None)
    letter = tmp_path / "letter.eml"
    letter.write_bytes(b"From: bob@example.org\r\nSubject: Zinnoberrot\r\n\r\nHere.\r\n")
    old.transfer.import_paths([letter], None, Job(0))
    old.moving.pack(tmp_path / "mail.moved", WORDS, with_keys=True)
    return tmp_path / "mail.moved"


def taking_in(qtbot: QtBot, one: Start) -> TakingInWindow:
    """From the first page of the wizard."""
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    assert one.desk.session is not None
    wizard = one.desk.session.wizard
    assert wizard is not None
    wizard.take_in.click()
    [window] = wizard.findChildren(TakingInWindow)
    return window


def test_a_moved_profile_is_taken_in_from_the_first_page_of_the_wizard(
    qtbot: QtBot, start: Callable[..., Start], packed: Path, snap: Snap
) -> None:
    one = start(made=False)
    window = taking_in(qtbot, one)
    assert one.desk.session is not None
    snap(one.desk.session.wizard, "wizard-first-page")
    window.take.click()
    assert "Choose the file" in window.strip.words
    window.file.setText(str(packed))
    window.words.setText("Acht Lampions am Fluss")
    window.take.click()
    qtbot.waitUntil(
        lambda: "not the passphrase of mail.moved" in window.strip.words, timeout=PATIENCE
    )
    snap(window, "taking-in")
    before = one.desk.session
    window.words.setText(WORDS)
    window.take.click()
    qtbot.waitUntil(
        lambda: one.desk.session is not None and one.desk.session is not before, timeout=PATIENCE
    )
    session = one.desk.session
    assert session.wizard is None
    assert session.window.isVisible()
    assert "accounts 1, passwords 2, messages 1" in session.window.strip.words
    assert "Keys came along" in session.window.strip.words
    snap(session.window, "taken-in")
    [account] = session.app.accounts.list()
    assert session.app.accounts.password(account, "incoming") == "Nebelkraehe"
    assert [row.subject for row in _rows(session.app)] == ["Zinnoberrot"]


def test_a_profile_with_a_passphrase_keeps_it(
    qtbot: QtBot, start: Callable[..., Start], packed: Path
) -> None:
    one = start(made=False, refuses=True)
    qtbot.waitUntil(lambda: one.desk.dialog is not None, timeout=PATIENCE)
    dialog = one.desk.dialog
    assert dialog is not None
    dialog.field.setText("another passphrase")
    dialog.again.setText("another passphrase")
    dialog.unlock.click()
    window = taking_in(qtbot, one)
    before = one.desk.session
    window.file.setText(str(packed))
    window.words.setText(WORDS)
    window.own.setText("a wrong one")
    window.take.click()
    qtbot.waitUntil(
        lambda: "not the passphrase of the profile" in window.strip.words, timeout=PATIENCE
    )
    window.own.setText("another passphrase")
    window.take.click()
    qtbot.waitUntil(
        lambda: one.desk.session is not None and one.desk.session is not before, timeout=PATIENCE
    )
    assert way_of(one.profile) is Way.PASSPHRASE
    assert one.desk.session is not None
    assert [one.address for one in one.desk.session.app.accounts.list()] == ["ann@example.org"]


def test_a_file_that_is_damaged_inside_leaves_the_empty_profile_and_says_so(
    qtbot: QtBot,
    start: Callable[..., Start],
    packed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(opening, "_tell", lambda problem: told.append(str(problem)))
    one = start(made=False)
    window = taking_in(qtbot, one)
    before = one.desk.session
    whole = packed.read_bytes()
    for damage, words in (
        (b"not packed at all", "no profile that was packed"),
        (whole[: len(whole) // 2], "its end is missing"),
    ):
        packed.write_bytes(damage)
        window.file.setText(str(packed))
        window.words.setText(WORDS)
        window.take.click()
        qtbot.waitUntil(lambda words=words: words in window.strip.words, timeout=PATIENCE)  # type: ignore[misc]
    middle = len(whole) // 2
    packed.write_bytes(whole[:middle] + b"x" * 64 + whole[middle + 64 :])
    window.take.click()
    qtbot.waitUntil(
        lambda: one.desk.session is not None and one.desk.session is not before, timeout=PATIENCE
    )
    assert len(told) == 1
    assert "damaged" in told[0]
    assert one.desk.session is not None
    assert one.desk.session.wizard is not None  # where it was before
    assert one.desk.session.app.accounts.list() == ()


def test_a_profile_that_holds_accounts_is_not_mixed_with_another(
    qtbot: QtBot, start: Callable[..., Start], packed: Path
) -> None:
    one = start(made=True)
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    session = one.desk.session
    assert session is not None
    session.window.actions_["take-in"].trigger()
    [window] = session.window.findChildren(TakingInWindow)
    window.file.setText(str(packed))
    window.words.setText(WORDS)
    window.take.click()
    qtbot.waitUntil(lambda: "two profiles are not mixed" in window.strip.words, timeout=PATIENCE)
    assert one.desk.session is session


def _rows(app: App) -> list[MessageRow]:
    ids = app.search.ids_in([folder.id for folder in app.search.folders()])
    return list(app.search.rows(ids))


def _words(dialog: QDialog) -> str:
    return " ".join(one.text() for one in dialog.findChildren(QLabel))


def test_a_backup_is_put_in_place_and_the_profile_opens_again(
    qtbot: QtBot, start: Callable[..., Start], tmp_path: Path, snap: Snap
) -> None:
    one = start(made=True)
    qtbot.waitUntil(lambda: one.desk.session is not None, timeout=PATIENCE)
    session = one.desk.session
    assert session is not None
    (tmp_path / "a.eml").write_text("From: a@x.org\nSubject: Before\n\nText.\n")
    session.app.transfer.import_paths([tmp_path / "a.eml"], None, Job(0))
    window = BackupsWindow(session.app, session.bridge, session.window)
    window.restore_wanted.connect(session.window.restore_wanted)
    window.show()
    window.now.click()
    qtbot.waitUntil(lambda: window.list.count() == 1, timeout=PATIENCE)
    session.app.organise.delete(session.app.search.find("").ids)
    session.app.organise.delete(session.app.search.find("").ids)
    assert session.app.search.find("").count == 0
    window.add(str(tmp_path / "a.eml"))
    window.restore.click()
    qtbot.waitUntil(lambda: "is no backup" in window.strip.words, timeout=PATIENCE)
    window.list.setCurrentRow(0)
    snap(window, "backups")
    window.restore.click()
    qtbot.waitUntil(lambda: one.desk.session not in (None, session), timeout=PATIENCE)
    again = one.desk.session
    assert again is not None
    assert [row.subject for row in again.app.search.rows(again.app.search.find("").ids)] == [
        "Before"
    ]
    assert "The backup is in place, with 1 messages." in again.window.strip.words
