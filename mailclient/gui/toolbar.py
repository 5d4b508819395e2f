"""The bar on top: the commands used most, the search field, the menu."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from mailclient.gui import icons, theme
from mailclient.gui.actions import Actions

ON_MESSAGE = ("reply", "reply-all", "forward", "archive", "delete", "junk", "star")


class SearchField(QLineEdit):
    """The one search field; Escape empties it, Down goes to the list."""

    left = Signal()  # Escape or Down: the keyboard goes to the list

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Search mail  (Ctrl+K)")
        self.setAccessibleName("Search mail")
        self.setClearButtonEnabled(True)
        self.setToolTip(
            "Words, or from:ann  to:bob  subject:plan  has:attachment  is:unread  "
            'before:2026-01  "exact words"  -not'
        )
        self.addAction(icons.icon("search", "secondary"), QLineEdit.ActionPosition.LeadingPosition)
        self.setMinimumWidth(160)
        self.setMaximumWidth(420)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape and Down leave the field."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)


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
    button.setAccessibleName(action.text())
    if words:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
