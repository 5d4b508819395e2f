"""The banner that warns of the disk, and the backup that is made while nobody is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.services.jobs import Job
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it


@pytest.fixture
def window(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge], tmp_path: Path
) -> MainWindow:
    app = make_app("ann")
    (tmp_path / "one.eml").write_text("From: a@x.org\nSubject: One\n\nText.\n")
    app.transfer.import_paths([tmp_path / "one.eml"], None, Job(0))
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    made.resize(1024, 700)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 1, timeout=PATIENCE)
    return made


def test_a_disk_that_is_nearly_full_stands_in_a_banner_until_there_is_room(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, snap: Snap
) -> None:
    monkeypatch.setattr(window.app.housekeeping, "free", lambda: 99_000_000)
    window.housekeeper.look()
    qtbot.waitUntil(lambda: "Only 99 MB are free" in window.banner.words, timeout=PATIENCE)
    assert window.banner.isVisible()
    snap(window, "low-disk")
    monkeypatch.setattr(window.app.housekeeping, "free", lambda: 10**12)
    window.housekeeper.look()
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=PATIENCE)


def test_a_backup_is_made_when_nobody_is_there(qtbot: QtBot, window: MainWindow) -> None:
    assert window.app.housekeeping.backups() == ()
    window.housekeeper.begin()
    window.housekeeper.idle.idle.emit()
    qtbot.waitUntil(lambda: len(window.app.housekeeping.backups()) == 1, timeout=PATIENCE)
    window.housekeeper.back_up()  # not again on the same day
    window.housekeeper.look()
    qtbot.waitUntil(lambda: not window.app.housekeeping.due(), timeout=PATIENCE)
    window.close()
    assert len(window.app.housekeeping.backups()) == 1
