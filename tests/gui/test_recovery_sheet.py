"""Keys and people reminds of a copy until there is one, shows its sheet, and takes a copy back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QInputDialog, QPushButton
from pytestqt.qtbot import QtBot

from mailclient.account import Account, Identity
from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.keys.recovery_sheet import RecoverySheet
from mailclient.gui.keys.window import KeysWindow
from mailclient.services.recovery import read_code
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 60_000
ANN = "ann@example.org"
Look = Callable[[App], KeysWindow]


@pytest.fixture
def ann(make_app: MakeApp) -> App:
    app = make_app("ann")
    app.accounts.add(Account((Identity(ANN, "Ann"),)), "")
    app.keys.generate(ANN, "Ann", None)
    return app


@pytest.fixture
def look(qtbot: QtBot, bridge_of: Callable[[App], Bridge]) -> Look:
    def open_(app: App) -> KeysWindow:
        window = KeysWindow(app, bridge_of(app))
        qtbot.addWidget(window)
        window.show()
        return window

    return open_


def save(qtbot: QtBot, window: KeysWindow, file: Path) -> RecoverySheet:
    """Save a copy of the chosen key; the sheet that is shown then."""
    assert window.entry is not None
    window.copies.save(window.entry.key.fingerprint, str(file))
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoverySheet)), timeout=PATIENCE)
    [sheet] = window.findChildren(RecoverySheet)
    return sheet


def code_on(sheet: RecoverySheet) -> str:
    text = sheet.shown.toPlainText().partition("RECOVERY CODE")[2].partition("With this code")[0]
    return " ".join(text.split())


def test_one_is_reminded_until_there_is_a_copy(
    qtbot: QtBot, ann: App, look: Look, tmp_path: Path, snap: Snap
) -> None:
    window = look(ann)
    qtbot.waitUntil(lambda: window.reminder.isVisible(), timeout=PATIENCE)
    assert window.reminder.words.startswith(f"There is no copy of your key for {ANN}.")
    assert [one.text() for one in window.reminder.findChildren(QPushButton)] == ["Save a copy…"]
    snap(window, "keys-reminder")
    sheet = save(qtbot, window, tmp_path / "copy.asc")
    assert len(read_code(code_on(sheet))) == 44
    snap(sheet, "recovery-sheet")
    sheet.done_button.click()
    qtbot.waitUntil(lambda: not window.reminder.isVisible(), timeout=PATIENCE)
    again = look(ann)
    qtbot.waitUntil(lambda: again.entry is not None, timeout=PATIENCE)
    assert not again.reminder.isVisible()


def test_the_sheet_is_saved_as_a_pdf_for_its_owner_alone(
    qtbot: QtBot, ann: App, look: Look, tmp_path: Path
) -> None:
    window = look(ann)
    qtbot.waitUntil(lambda: window.entry is not None, timeout=PATIENCE)
    sheet = save(qtbot, window, tmp_path / "copy.asc")
    file = tmp_path / "sheet.pdf"
    sheet.pdf_wanted.emit(str(file), sheet.pdf())
    qtbot.waitUntil(lambda: "recovery sheet lies in" in window.strip.words, timeout=PATIENCE)
    assert file.read_bytes().startswith(b"%PDF-")
    assert file.stat().st_mode & 0o077 == 0


def test_a_copy_is_taken_back_on_another_computer(
    qtbot: QtBot, ann: App, make_app: MakeApp, look: Look, tmp_path: Path
) -> None:
    window, file = look(ann), tmp_path / "copy.asc"
    qtbot.waitUntil(lambda: window.entry is not None, timeout=PATIENCE)
    code = code_on(save(qtbot, window, file))
    new = make_app("new")
    there = look(new)
    there.copies.ask_code(str(file))
    [asking] = there.findChildren(QInputDialog)
    asking.setTextValue("1" * 36)
    asking.accept()
    qtbot.waitUntil(lambda: "does not open this file" in there.strip.words, timeout=PATIENCE)
    there.copies.restore(str(file), code)
    qtbot.waitUntil(lambda: "here again" in there.strip.words, timeout=PATIENCE)
    assert new.keys.own_key(ANN) is not None
