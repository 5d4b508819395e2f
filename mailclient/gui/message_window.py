"""One message in a window of its own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from mailclient.app import App
from mailclient.gui import icons, parts
from mailclient.gui.bridge import Bridge
from mailclient.gui.message_menu import MessageMenu
from mailclient.gui.notify import Notify
from mailclient.gui.reader.reader import Reader
from mailclient.gui.reading import Loaded, OpenedFiles, Reading
from mailclient.gui.strip import Strip
from mailclient.gui.verbs import Verbs
from mailclient.message.quote import Whom


class MessageWindow(QWidget):
    """A reader with the few commands that belong to one message; Escape closes it."""

    def __init__(
        self, app: App, bridge: Bridge, opened: OpenedFiles, verbs: Verbs, parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Message")
        self.resize(820, 700)
        self._verbs = verbs
        self.reader = Reader()
        strip = Strip()
        self._reading = Reading(app, bridge, self.reader, Notify(strip, self), opened)
        self._reading.edit_wanted.connect(verbs.edit)
        self.reader.shown.connect(self._begin)
        self.reader.write_wanted.connect(self._write)
        self.reader.message_wanted.connect(self.show_id)
        self.reader.neighbours.wanted.connect(self.show_id)
        self.reader.again_wanted.connect(verbs.send_again)
        bar = QFrame()
        bar.setProperty("look", "panel")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 6, 12, 6)
        self._buttons = (
            self._button("Reply", "reply", "Ctrl+R", lambda: self._answer(Whom.AUTHOR)),
            self._button(
                "Reply to all", "reply-all", "Ctrl+Shift+R", lambda: self._answer(Whom.EVERYONE)
            ),
            self._button("Forward", "forward", "Ctrl+L", self._forward),
        )
        for button in self._buttons:
            row.addWidget(button)
        row.addStretch(1)
        self.menu = MessageMenu(self)
        self.menu.chosen.connect(self._do)
        row.addWidget(self.menu)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (bar, parts.hairline(), strip):
            column.addWidget(part)
        column.addWidget(self.reader, 1)
        for key, act in (
            ("Escape", self.close),
            ("Ctrl+W", self.close),
            ("Ctrl+F", self.reader.find_bar.begin),
            ("Alt+Down", lambda: self.reader.neighbours.go(1)),
            ("Alt+Up", lambda: self.reader.neighbours.go(-1)),
        ):
            QShortcut(QKeySequence(key), self, act)

    def show_id(self, id: int) -> None:
        """Show a message of the store."""
        self._reading.show(id)

    def show_part(self, loaded: Loaded) -> None:
        """Show a protected part by itself: not stored, so nothing is answered from here."""
        for button in self._buttons:
            button.setEnabled(False)
        self.menu.offer(stored=False)
        self._reading.show_loaded(loaded)
        self.setWindowTitle("Protected part")

    def _begin(self) -> None:
        """Name the window after its message, and let the keys scroll the text."""
        self.setWindowTitle(self.reader.header.subject.text())
        self.reader.body.setFocus()

    def _button(self, words: str, icon: str, key: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(icons.icon(icon), words)
        button.setShortcut(key)
        button.setToolTip(f"{words} ({key})")
        button.clicked.connect(lambda: act())
        return button

    def _do(self, command: str) -> None:
        """Do what was chosen in the menu; what puts the message elsewhere closes the window."""
        id, verbs, reading = self._reading.id, self._verbs, self._reading
        on_shown = {
            "source": reading.source,
            "headers": reading.headers,
            "route": reading.route,
            "security": self.reader.show_details,
            "save": reading.save_message,
        }
        on_one = {
            "forward-attached": verbs.forward_attached,
            "redirect": verbs.redirect,
            "edit-as-new": verbs.edit_as_new,
        }
        elsewhere = {"archive": verbs.archive, "delete": verbs.delete, "junk": verbs.junk}
        if command in on_shown:
            on_shown[command]()
        elif id and command in on_one:
            on_one[command](id)
        elif id:
            elsewhere[command]([id])
            self.close()

    def _answer(self, whom: Whom) -> None:
        if self._reading.id:
            self._verbs.reply(self._reading.id, whom)

    def _forward(self) -> None:
        if self._reading.id:
            self._verbs.forward(self._reading.id)

    def _write(self, to: str) -> None:
        self._verbs.compose(to if to.startswith("mailto:") else f"mailto:{to}")
