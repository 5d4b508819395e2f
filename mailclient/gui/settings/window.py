"""Accounts and settings, each change kept at once. Made from the declarations in `settings`."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QScrollArea,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from mailclient import settings
from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.settings.accounts import AccountsPage
from mailclient.gui.strip import Strip
from mailclient.services.events import SettingChanged
from mailclient.settings import Setting

AnySetting = Setting[bool] | Setting[int] | Setting[str]
SECTIONS = {
    "receive": "Receiving",
    "reading": "Reading",
    "composing": "Writing",
    "privacy": "Privacy",
    "appearance": "Appearance",
}
MOST = 100_000


class SettingsWindow(QDialog):
    """Tabs: accounts, settings, and where everything is kept."""

    def __init__(self, app: App, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(820, 640)
        self._app = app
        self._bridge = bridge
        self.strip = Strip()
        self.tabs = QTabWidget()
        self.accounts = AccountsPage(app, bridge, self.strip)
        self.tabs.addTab(self.accounts, "Accounts")
        self.tabs.addTab(self._settings_page(), "Settings")
        self.tabs.addTab(self._storage_page(), "Storage and plug-ins")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(self.strip)
        column.addWidget(self.tabs, 1)

    def _settings_page(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setVerticalSpacing(10)
        grid.setHorizontalSpacing(24)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        section = ""
        for one in sorted(settings.ALL, key=lambda one: list(SECTIONS).index(_section(one))):
            if _section(one) != section:
                section = _section(one)
                title = parts.label(SECTIONS[section], factor=1.1, weight=QFont.Weight.DemiBold)
                grid.addWidget(title, grid.rowCount(), 0, 1, 2)
            self._row(grid, one)
        grid.setRowStretch(grid.rowCount(), 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(page)
        return area

    def _row(self, grid: QGridLayout, one: AnySetting) -> None:
        value = self._app.settings.get(one)  # type: ignore[misc]
        if isinstance(value, bool):
            box = QCheckBox()
            box.setChecked(value)
            box.toggled.connect(lambda on: self._set(one, on))
            widget: QWidget = box
        elif isinstance(value, int):
            number = QSpinBox()
            number.setRange(0, MOST)
            number.setValue(value)
            number.valueChanged.connect(lambda new: self._set(one, new))
            widget = number
        else:
            choice = QComboBox()
            choice.addItems(list(one.choices))
            choice.setCurrentText(str(value))
            choice.currentTextChanged.connect(lambda new: self._set(one, new))
            widget = choice
        widget.setAccessibleName(one.text)
        row = grid.rowCount()
        grid.addWidget(parts.label(one.text, wrap=True), row, 0)
        grid.addWidget(widget, row, 1)

    def _set(self, one: AnySetting, value: bool | int | str) -> None:
        try:
            self._app.settings.set(one, value)  # type: ignore[misc]
        except MailError as problem:
            self.strip.problem(problem)
            return
        self._app.events.publish(SettingChanged(one.key))

    def _storage_page(self) -> QWidget:
        page = QWidget()
        self._storage = parts.label("Looking…", wrap=True)
        self._storage.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(page)
        column.addWidget(
            parts.label(
                f"Everything is in {self._app.profile.folder}, encrypted as a whole. A copy of "
                "this folder, made while the program is closed, is a complete backup.",
                wrap=True,
            )
        )
        column.addWidget(self._storage)
        column.addStretch(1)
        self._bridge.run(
            "work",
            lambda job: self._app.doctor.findings(),
            lambda found: self._storage.setText(
                "\n".join(f"{one.name}: {one.text}" for one in found)
            ),
            self.strip.problem,
            owner=self,
        )
        return page


def _section(one: AnySetting) -> str:
    return one.key.partition(".")[0]
