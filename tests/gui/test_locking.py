"""The window locks: nothing of the mail is open any more, and nothing that was written is lost."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Identity
from mailclient.app import App, now, open_profile
from mailclient.errors import PassphraseNeeded
from mailclient.gui import theme
from mailclient.gui.compose.keeper import Standing
from mailclient.gui.compose.window import ComposeWindow
from mailclient.gui.desk import Desk
from mailclient.gui.idle import IdleClock
from mailclient.gui.opening import Door
from mailclient.gui.session import Session
from mailclient.gui.settings.new_passphrase import NewPassphraseDialog
from mailclient.gui.settings.window import SettingsWindow
from mailclient.gui.single import FirstWindow
from mailclient.message.address import Address
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.paths import Profile
from mailclient.services.events import SettingChanged
from mailclient.services.upkeep import Upkeep
from mailclient.settings import LOCK_AFTER_MINUTES
from mailclient.store.vault import way_of

PATIENCE = 30_000
WORDS = "Under the old boathouse"


@pytest.fixture
def desk(qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    """A profile with an account, on the screen."""
    profile = Profile(tmp_path / "profile")
    opened: list[App] = []

    def unlock(words: str) -> App:
        opened.append(open_profile(profile, passphrase=words))
        return opened[-1]

    app = unlock("a passphrase")
    app.accounts.add(Account((Identity("ann@example.org", "Ann"),)), "")
    kept = Upkeep(profile, now, passphrase="a passphrase", keyring=None)
    take_in = lambda file, words, own, told: kept.take_in(file, words, told)  # noqa: E731
    restore = lambda file, own: kept.restore(file)  # noqa: E731
    rekey = lambda old, new: Upkeep(profile, now, passphrase=old, keyring=None).rekey(new)  # noqa: E731
    door = Door(lambda waiting: app, unlock, lambda: way_of(profile), take_in, restore, rekey)
    one = Desk(theme.Look(qapp, "light"), door, FirstWindow(profile.folder))
    one.open(app)
    yield one
    session = one.session
    one.close()
    if session is not None:
        session.window.close()
        session.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.setQuitOnLastWindowClosed(True)
    for each in opened:
        each.close()


def session_of(desk: Desk) -> Session:
    assert desk.session is not None
    return desk.session


def shown(kind: type[QWidget]) -> list[QWidget]:
    return [
        one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()
    ]


def locked(qtbot: QtBot, desk: Desk) -> None:
    qtbot.waitUntil(lambda: desk.dialog is not None, timeout=PATIENCE)


def unlocked(qtbot: QtBot, desk: Desk, words: str) -> None:
    assert desk.dialog is not None
    desk.dialog.field.setText(words)
    QTest.keyClick(desk.dialog.field, Qt.Key.Key_Return)


def test_what_is_being_written_is_kept_and_comes_back(qtbot: QtBot, desk: Desk) -> None:
    session = session_of(desk)
    session.window.verbs.compose()
    qtbot.waitUntil(lambda: len(shown(ComposeWindow)) == 1, timeout=PATIENCE)
    [composer] = shown(ComposeWindow)
    assert isinstance(composer, ComposeWindow)
    composer.form.subject.setText("The boat")
    composer.form.text.setPlainText(WORDS)

    session.window.actions_["lock"].trigger()
    locked(qtbot, desk)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert desk.session is None
    assert shown(ComposeWindow) == []
    assert [type(one).__name__ for one in QApplication.topLevelWidgets() if one.isVisible()] == [
        "PassphraseDialog"
    ]

    unlocked(qtbot, desk, "a passphrase")
    qtbot.waitUntil(lambda: len(shown(ComposeWindow)) == 1, timeout=PATIENCE)
    [again] = shown(ComposeWindow)
    assert isinstance(again, ComposeWindow)
    assert again.form.text.toPlainText().startswith(WORDS)
    assert session_of(desk).window.isVisible()
    again.keeper.end()
    again.close()


def test_what_is_being_written_is_kept_when_the_system_ends_the_program(
    qtbot: QtBot, desk: Desk
) -> None:
    app = session_of(desk).app
    session_of(desk).window.verbs.compose()
    qtbot.waitUntil(lambda: len(shown(ComposeWindow)) == 1, timeout=PATIENCE)
    [composer] = shown(ComposeWindow)
    assert isinstance(composer, ComposeWindow)
    composer.form.text.setPlainText(WORDS)
    gone: list[bool] = []
    desk.leave(lambda: gone.append(True))
    qtbot.waitUntil(lambda: gone == [True], timeout=PATIENCE)
    [id] = app.search.find("in:drafts").ids
    assert app.compose.open_draft(id).text.startswith(WORDS)
    desk.leave(lambda: gone.append(True))
    assert gone == [True, True]


def test_what_was_being_written_when_the_program_was_killed_comes_back_as_it_was(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    session = session_of(desk)
    session.window.verbs.open_composer(
        Draft(
            Address("Ann", "ann@example.org"),
            to=(Address("Bob", "bob@example.org"),),
            attachments=(
                AttachmentSource("map.bin", "application/octet-stream", b"m" * (2 << 20)),
            ),
            encrypt=True,
        )
    )
    [composer] = shown(ComposeWindow)
    assert isinstance(composer, ComposeWindow)
    keeper = composer.keeper
    composer.form.subject.setText("The boat")
    keeper.save()
    qtbot.waitUntil(lambda: keeper.standing is Standing.SAVED, timeout=PATIENCE)
    first = keeper.id
    composer.form.text.setPlainText(WORDS)
    composer.protection.encrypt.click()
    assert keeper.standing is Standing.CHANGED
    keeper.save()
    qtbot.waitUntil(lambda: keeper.standing is Standing.SAVED, timeout=PATIENCE)
    assert keeper.id == first  # the files were not written again
    keeper.end()
    desk.close()  # nothing of a farewell: as if it were killed
    for window in shown(ComposeWindow):
        window.close()

    desk.open(open_profile(Profile(tmp_path / "profile"), passphrase="a passphrase"))
    qtbot.waitUntil(lambda: len(shown(ComposeWindow)) == 1, timeout=PATIENCE)
    [again] = shown(ComposeWindow)
    assert isinstance(again, ComposeWindow)
    draft = again.form.draft()
    assert (draft.subject, draft.text, draft.encrypt) == ("The boat", WORDS, False)
    assert [(one.name, one.size) for one in draft.attachments] == [("map.bin", 2 << 20)]
    assert "open when the program was stopped" in session_of(desk).window.strip.words
    again.close()
    qtbot.waitUntil(lambda: shown(ComposeWindow) == [], timeout=PATIENCE)
    assert session_of(desk).app.compose.being_written() == ()
    [id] = session_of(desk).app.search.find("in:drafts").ids
    assert session_of(desk).app.compose.open_draft(id).text == WORDS


def test_a_wrong_passphrase_opens_nothing(qtbot: QtBot, desk: Desk) -> None:
    session_of(desk).window.actions_["lock"].trigger()
    locked(qtbot, desk)
    unlocked(qtbot, desk, "another one")
    assert desk.dialog is not None
    qtbot.waitUntil(lambda: "not the passphrase" in desk.dialog.strip.words, timeout=PATIENCE)  # type: ignore[union-attr]
    assert desk.session is None
    desk.called("")  # a second start of the program gets no further either
    assert desk.session is None


def test_nothing_can_be_done_with_a_locked_profile(qtbot: QtBot, desk: Desk) -> None:
    app = session_of(desk).app
    session_of(desk).window.actions_["lock"].trigger()
    locked(qtbot, desk)
    with pytest.raises(Exception, match="closed"):
        app.accounts.list()
    key = next((one for one in gc.get_objects() if type(one).__name__ == "Unlocked"), None)
    assert key is None, "the key of the store is still held"


def test_it_locks_after_a_while_without_a_touch(qtbot: QtBot, desk: Desk) -> None:
    now = [0.0]
    clock = IdleClock(clock=lambda: now[0])
    told: list[bool] = []
    clock.idle.connect(lambda: told.append(True))
    clock.wait_for(60)
    now[0] = 59
    clock.look()
    QTest.keyClick(session_of(desk).window, Qt.Key.Key_F24)  # somebody is there
    now[0] = 110
    clock.look()
    assert told == []
    now[0] = 119
    clock.look()
    assert told == [True]
    clock.wait_for(0)
    now[0] = 9999
    clock.look()
    assert told == [True]


def test_the_setting_counts_at_once(qtbot: QtBot, desk: Desk) -> None:
    session = session_of(desk)
    waits: list[int] = []
    wait_for: Callable[[int], None] = desk.idle.wait_for
    desk.idle.wait_for = lambda seconds: (waits.append(seconds), wait_for(seconds))[1]  # type: ignore[method-assign]
    session.app.settings.set(LOCK_AFTER_MINUTES, 5)
    session.app.events.publish(SettingChanged(LOCK_AFTER_MINUTES.key))
    qtbot.waitUntil(lambda: waits == [300], timeout=PATIENCE)
    desk.idle.idle.emit()
    locked(qtbot, desk)


def test_the_collector_of_garbage_spares_a_window_only_while_it_is_there(
    qtbot: QtBot, desk: Desk
) -> None:
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 0, timeout=PATIENCE)
    session_of(desk).window.actions_["lock"].trigger()
    locked(qtbot, desk)
    assert gc.get_freeze_count() == 0
    unlocked(qtbot, desk, "a passphrase")
    qtbot.waitUntil(lambda: desk.session is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 0, timeout=PATIENCE)
    desk.close()
    assert gc.get_freeze_count() == 0


def test_the_passphrase_is_changed_in_the_settings_and_what_was_written_comes_back(
    qtbot: QtBot, desk: Desk
) -> None:
    session = session_of(desk)
    session.window.verbs.compose()
    qtbot.waitUntil(lambda: len(shown(ComposeWindow)) == 1, timeout=PATIENCE)
    [composer] = shown(ComposeWindow)
    assert isinstance(composer, ComposeWindow)
    composer.form.text.setPlainText(WORDS)
    session.window.commands.others.show_storage()
    [settings] = session.window.findChildren(SettingsWindow)
    settings.storage.passphrase.click()
    [dialog] = settings.findChildren(NewPassphraseDialog)
    for old, new, again, told in (
        ("a passphrase", "short", "short", "shorter than 8 signs"),
        ("a passphrase", "another passphrase", "yet another", "not the same"),
        ("not it", "another passphrase", "another passphrase", "not the passphrase"),
    ):
        dialog.old.setText(old)
        dialog.new.setText(new)
        dialog.again.setText(again)
        dialog.change.click()
        qtbot.waitUntil(lambda told=told: told in dialog.strip.words, timeout=PATIENCE)  # type: ignore[misc]
    assert desk.session is session
    dialog.old.setText("a passphrase")
    dialog.change.click()
    qtbot.waitUntil(
        lambda: desk.session is not None and desk.session is not session, timeout=PATIENCE
    )
    qtbot.waitUntil(lambda: len(shown(ComposeWindow)) == 1, timeout=PATIENCE)
    [again_written] = shown(ComposeWindow)
    assert isinstance(again_written, ComposeWindow)
    assert again_written.form.text.toPlainText().startswith(WORDS)
    app = session_of(desk).app
    app.check_passphrase("another passphrase")
    with pytest.raises(PassphraseNeeded):
        app.check_passphrase("a passphrase")
    again_written.keeper.end()
    again_written.close()
