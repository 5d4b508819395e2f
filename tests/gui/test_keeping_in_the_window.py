"""What takes the space, clearing out and the archive by year, in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.clearing_out import ClearingOutWindow
from mailclient.gui.main_window import MainWindow
from mailclient.gui.message_window import MessageWindow
from mailclient.gui.space import SpaceWindow
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it


@pytest.fixture
def window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], tmp_path: Path
) -> MainWindow:
    """Twelve messages of three senders and four years."""
    app = make_app("ann")
    for at in range(12):
        who, year = ("ann", "bob", "cleo")[at % 3], 2018 + at % 4
        (tmp_path / f"{at:02}.eml").write_text(
            f"From: {who}@example.org\nSubject: Letter {at}\n"
            f"Date: 3 Feb {year} 10:00:00 +0000\n\n{'x' * 900 * at}\n"
        )
    app.transfer.import_paths(sorted(tmp_path.glob("*.eml")), None, Job(0))
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    made.resize(1024, 700)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 12, timeout=PATIENCE)
    return made


def test_a_bar_leads_to_its_mail(qtbot: QtBot, window: MainWindow, snap: Snap) -> None:
    window.actions_["space"].trigger()
    [space] = window.findChildren(SpaceWindow)
    qtbot.waitUntil(lambda: space.senders.count() == 3, timeout=PATIENCE)
    assert "in 12 messages" in space.total.text()
    item = space.senders.item(0)
    assert item.data(Qt.ItemDataRole.AccessibleTextRole).startswith("cleo@example.org: ")
    space.tabs.setCurrentWidget(space.senders)
    snap(space, "space-senders")
    space.senders.setCurrentRow(0)
    qtbot.keyClick(space.senders, Qt.Key.Key_Return)
    assert window.toolbar.search.text() == 'from:"cleo@example.org"'
    qtbot.waitUntil(lambda: window.model.rowCount() == 4, timeout=PATIENCE)
    space.tabs.setCurrentWidget(space.largest)
    snap(space, "space-largest")
    qtbot.keyClick(space.largest, Qt.Key.Key_Return)
    assert len(window.findChildren(MessageWindow)) == 1
    space.close()


def test_a_folder_is_cleared_out_after_a_look(qtbot: QtBot, window: MainWindow, snap: Snap) -> None:
    window.actions_["clear-out"].trigger()
    [clearing] = window.findChildren(ClearingOutWindow)
    qtbot.waitUntil(lambda: clearing.old is not None, timeout=PATIENCE)
    assert clearing.list.count() == 12
    assert clearing.go.text() == "Move 12 messages to the trash"
    clearing.days.setValue(36_500)
    assert not clearing.go.isEnabled()
    qtbot.waitUntil(lambda: clearing.old is not None, timeout=PATIENCE)
    assert clearing.told.text() == "Nothing in this folder is as old as that."
    clearing.days.setValue(30)
    qtbot.waitUntil(clearing.go.isEnabled, timeout=PATIENCE)
    snap(clearing, "clear-out")
    clearing.remember.click()
    clearing.go.click()
    qtbot.waitUntil(lambda: window.model.rowCount() == 0, timeout=PATIENCE)
    assert clearing.strip.words.startswith("Moved to the trash: 12 messages")
    window.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: window.model.rowCount() == 12, timeout=PATIENCE)
    qtbot.waitUntil(lambda: bool(window.app.retention.rules()), timeout=PATIENCE)
    window.commands.files.remind()
    qtbot.waitUntil(
        lambda: window.strip.words.startswith("12 messages in Inbox can be cleared out"),
        timeout=PATIENCE,
    )
    assert window.model.rowCount() == 12
    clearing.close()


def test_one_key_archives_by_year(qtbot: QtBot, window: MainWindow) -> None:
    window.pane.list.selectAll()
    window.actions_["archive-year"].trigger()
    qtbot.waitUntil(lambda: window.model.rowCount() == 0, timeout=PATIENCE)
    app = window.app
    qtbot.waitUntil(lambda: app.search.find('in:"Archive/2019"').count == 3, timeout=PATIENCE)
    told = "Archived under 2018, 2019, 2020…: 12 messages"
    qtbot.waitUntil(lambda: told in window.strip.words, timeout=PATIENCE)
