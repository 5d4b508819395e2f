"""The menu of a message in a window of its own: the commands of the main window that concern it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from mailclient.gui import icons, theme
from mailclient.gui.actions import COMMANDS, lettered

ON_STORED = ("forward-attached", "redirect", "edit-as-new", "archive", "delete", "junk", "save")
ON_SHOWN = ("source", "headers", "route", "security")


class MessageMenu(QToolButton):
    """A button with the menu; F10 opens it. Emits `chosen` with a command's id."""

    chosen = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setIcon(icons.icon("menu"))
        self.setIconSize(QSize(theme.ICON, theme.ICON))
        self.setAccessibleName("Menu")
        self.setToolTip("Menu (F10)")
        self.setShortcut("F10")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._actions: dict[str, QAction] = {}
        menu = QMenu(self)
        menu.setAccessibleName("Menu")
        commands = [one for one in COMMANDS if one.id in (*ON_STORED, *ON_SHOWN)]
        for command, text in zip(commands, lettered([c.text for c in commands]), strict=True):
            if command.break_before:
                menu.addSeparator()
            action = menu.addAction(text)
            action.setShortcuts([QKeySequence(key) for key in command.keys if len(key) > 1])
            action.triggered.connect(lambda checked=False, id=command.id: self.chosen.emit(id))
            window.addAction(action)
            self._actions[command.id] = action
        self.setMenu(menu)

    def offer(self, *, stored: bool) -> None:
        """Let be used what fits; a part by itself is not stored."""
        for id in ON_STORED:
            self._actions[id].setEnabled(stored)
