"""Accounts and settings, each change kept at once. Made from the declarations in `settings`."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from mailclient import settings
from mailclient.app import App
from mailclient.gui import parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.documentation import help_key
from mailclient.gui.settings.accounts import AccountsPage
from mailclient.gui.settings.identities import IdentitiesPage
from mailclient.gui.settings.storage import StoragePage
from mailclient.gui.strip import Strip
from mailclient.services.events import SettingChanged
from mailclient.services.jobs import Job
from mailclient.settings import Setting

AnySetting = Setting[bool] | Setting[int] | Setting[str]
SECTIONS = {
    "receive": "Receiving",
    "reading": "Reading",
    "composing": "Writing",
    "privacy": "Privacy",
    "upkeep": "Upkeep",
    "appearance": "Appearance",
}
CHOICES = {
    "system": "As the system has it",
    "light": "Light",
    "dark": "Dark",
    "right": "Right of the list",
    "below": "Below the list",
    "plain": "Plain text",
    "rich": "Rich text",
}
FIELD_WIDTH = 220


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
        self.fields: dict[str, QWidget] = {}
        self.tabs = QTabWidget()
        self.accounts = AccountsPage(app, bridge, self.strip)
        self.tabs.addTab(self.accounts, "Accounts")
        self.identities = IdentitiesPage(app, bridge, self.strip)
        self.tabs.addTab(self.identities, "Addresses")
        self.tabs.addTab(self._settings_page(), "General")
        self.storage = StoragePage(app, bridge, self.strip)
        self.tabs.addTab(self.storage, "Storage and plug-ins")
        help_key(self, "settings.md")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(self.strip)
        column.addWidget(self.tabs, 1)

    def done(self, result: int) -> None:
        """Close, unless something typed cannot be kept: then say so."""
        if self.accounts.keep_changes() and self.identities.keep_changes():
            super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """As `done`, for the window's own button."""
        if self.accounts.keep_changes() and self.identities.keep_changes():
            super().closeEvent(event)
        else:
            event.ignore()

    def _settings_page(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setVerticalSpacing(10)
        grid.setHorizontalSpacing(24)
        grid.setContentsMargins(8, 16, 8, 8)
        grid.setColumnStretch(0, 1)
        section = ""
        for one in sorted(settings.ALL, key=lambda one: list(SECTIONS).index(_section(one))):
            if _section(one) != section:
                section = _section(one)
                title = parts.label(SECTIONS[section], factor=1.1, weight=QFont.Weight.DemiBold)
                title.setContentsMargins(0, 8 if self.fields else 0, 0, 0)
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
            number = parts.number(0, one.most)
            number.setValue(value)
            number.valueChanged.connect(lambda new: self._set(one, new))
            widget = number
        else:
            choice = QComboBox()
            for word in one.choices:
                choice.addItem(CHOICES.get(word, word), word)
            choice.setCurrentIndex(choice.findData(value))
            choice.currentIndexChanged.connect(lambda at: self._set(one, str(choice.itemData(at))))
            widget = choice
        widget.setAccessibleName(one.text)
        widget.setFixedWidth(FIELD_WIDTH)
        self.fields[one.key] = widget
        row = grid.rowCount()
        grid.addWidget(parts.label(one.text, wrap=True), row, 0)
        grid.addWidget(widget, row, 1)

    def _set(self, one: AnySetting, value: bool | int | str) -> None:
        def work(job: Job) -> None:
            self._app.settings.set(one, value)  # type: ignore[misc]
            self._app.events.publish(SettingChanged(one.key))

        self._bridge.run("work", work, None, self.strip.problem, owner=self)


def _section(one: AnySetting) -> str:
    return one.key.partition(".")[0]
