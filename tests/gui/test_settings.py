"""The settings window: each change counts at once, nothing typed is lost, plug-ins are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from mailclient import settings
from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from mailclient.gui.settings.window import SettingsWindow
from tests.gui.conftest import MakeApp, Snap

PATIENCE = 30_000  # milliseconds until a wait gives up; nothing is measured by it


@pytest.fixture
def main(qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge]) -> MainWindow:
    app = make_app("ann")
    made = MainWindow(app, bridge_of(app))
    qtbot.addWidget(made)
    return made


@pytest.fixture
def window(main: MainWindow) -> Iterator[SettingsWindow]:
    made = SettingsWindow(main.app, main.bridge, main)
    made.show()
    yield made
    made.close()


def test_every_setting_has_a_field_with_a_name(window: SettingsWindow) -> None:
    assert set(window.fields) == {one.key for one in settings.ALL}
    assert all(widget.accessibleName() for widget in window.fields.values())


def test_a_changed_field_counts_at_once(
    qtbot: QtBot, main: MainWindow, window: SettingsWindow
) -> None:
    app = main.app
    sign = window.fields[settings.SIGN_BY_DEFAULT.key]
    minutes = window.fields[settings.RECEIVE_MINUTES.key]
    assert isinstance(sign, QCheckBox)
    assert isinstance(minutes, QSpinBox)
    sign.click()
    minutes.setValue(42)
    qtbot.waitUntil(lambda: app.settings.get(settings.SIGN_BY_DEFAULT), timeout=PATIENCE)
    qtbot.waitUntil(lambda: app.settings.get(settings.RECEIVE_MINUTES) == 42, timeout=PATIENCE)


def test_the_main_window_follows_the_settings(
    qtbot: QtBot, main: MainWindow, window: SettingsWindow
) -> None:
    position = window.fields[settings.READER_POSITION.key]
    assert isinstance(position, QComboBox)
    assert position.currentText() == "Right of the list"
    position.setCurrentIndex(position.findData("below"))
    qtbot.waitUntil(lambda: main.inner.orientation() is Qt.Orientation.Vertical, timeout=PATIENCE)
    assert main.actions_["reader-below"].isChecked()


def test_storage_tells_the_folder_and_the_plug_ins(
    qtbot: QtBot, main: MainWindow, window: SettingsWindow, snap: Snap
) -> None:
    qtbot.waitUntil(lambda: "openpgp" in window.storage.words, timeout=PATIENCE)
    assert window.storage.look.isEnabled()
    window.tabs.setCurrentWidget(window.storage)
    snap(window, "settings-storage")
