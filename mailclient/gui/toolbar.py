"""The bar on top: the commands used most, the search field, the menu."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from mailclient.gui import icons, theme
from mailclient.gui.actions import Actions
from mailclient.gui.search_field import SearchField

ON_MESSAGE = ("reply", "reply-all", "forward", "archive", "delete", "junk", "star")


class Toolbar(QFrame):
    """Buttons, search and menu in one line."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setAccessibleName("Tools")
        self.search = SearchField()
        self.menu = QToolButton()
        self.menu.setIcon(icons.icon("menu"))
        self.menu.setIconSize(QSize(theme.ICON, theme.ICON))
        self.menu.setMenu(actions.menu(self.menu))
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu.setAccessibleName("Menu")
        self.menu.setToolTip("Menu (F10)")
        self.menu.setShortcut("F10")
        self.menu.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        compose = _button(actions["compose"], words=True)
        compose.setProperty("look", "primary")
        compose.setIcon(icons.icon("compose", "on_accent"))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 7, 10, 7)
        row.setSpacing(2)
        row.addWidget(compose)
        row.addSpacing(6)
        row.addWidget(_button(actions["receive"]))
        row.addSpacing(10)
        for id in ON_MESSAGE:
            row.addWidget(_button(actions[id]))
        row.addStretch(1)
        row.addWidget(self.search, 2)
        row.addSpacing(6)
        row.addWidget(self.menu)


def _button(action: QAction, *, words: bool = False) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(theme.ICON, theme.ICON))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text().replace("&", ""))
    if words:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
