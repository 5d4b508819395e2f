"""Every command of the window, once: its words, its keys, its icon, where it stands in the menu.

Menu, toolbar and keyboard are made from this table. What a command does is connected in the main
window. Single letters do not fire while a text field has the keyboard: Qt gives them to the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from mailclient.gui import icons


class Place(Enum):
    """The menu that a command stands in."""

    MAIL = "Mail"
    MESSAGE = "Message"
    GO = "Go"
    VIEW = "View"
    TOOLS = "Tools"
    HELP = "Help"


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `keys` are tried in order, the first is shown. `toggle` makes it checkable."""

    id: str
    place: Place
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    toggle: bool = False
    break_before: bool = False


COMMANDS = (
    Command("compose", Place.MAIL, "New message", ("Ctrl+N", "Ctrl+M"), "compose"),
    Command("receive", Place.MAIL, "Receive mail", ("F5", "Ctrl+T"), "receive"),
    Command("send-queued", Place.MAIL, "Send waiting mail now", ("Ctrl+Shift+T",), "sent"),
    Command("mailbox", Place.MAIL, "Mail on the server…"),
    Command("import", Place.MAIL, "Import mail…", (), "", break_before=True),
    Command("export", Place.MAIL, "Export mail…"),
    Command("new-folder", Place.MAIL, "New folder…", (), "folder"),
    Command("move-away", Place.MAIL, "Move to another computer…", (), "", break_before=True),
    Command("take-in", Place.MAIL, "Bring mail from another computer…"),
    Command("lock", Place.MAIL, "Lock", (), "locked", break_before=True),
    Command("quit", Place.MAIL, "Quit", ("Ctrl+Q",), "quit"),
    Command("reply", Place.MESSAGE, "Reply", ("Ctrl+R",), "reply"),
    Command("reply-all", Place.MESSAGE, "Reply to all", ("Ctrl+Shift+R",), "reply-all"),
    Command("forward", Place.MESSAGE, "Forward", ("Ctrl+L",), "forward"),
    Command("reply-list", Place.MESSAGE, "Reply to list", ("Ctrl+Shift+L",), "reply-all"),
    Command("forward-attached", Place.MESSAGE, "Forward as attachment", ("Ctrl+Alt+L",)),
    Command("redirect", Place.MESSAGE, "Redirect…", ("Ctrl+Alt+R",)),
    Command("edit-as-new", Place.MESSAGE, "Edit as new message", ("Ctrl+E",), "compose"),
    Command("archive", Place.MESSAGE, "Archive", ("A",), "archive", break_before=True),
    Command("archive-year", Place.MESSAGE, "Archive by year", ("Shift+A",), "archive"),
    Command("delete", Place.MESSAGE, "Delete", ("Del",), "delete"),
    Command("junk", Place.MESSAGE, "Junk", ("Ctrl+J",), "junk"),
    Command("move", Place.MESSAGE, "Move to…", ("Ctrl+Shift+M",), "move"),
    Command("undo", Place.MESSAGE, "Undo", ("Ctrl+Z",), "undo"),
    Command("read", Place.MESSAGE, "Mark as read or unread", ("M",), "unread", break_before=True),
    Command("star", Place.MESSAGE, "Star", ("S",), "star"),
    Command("save", Place.MESSAGE, "Save message as…", ("Ctrl+S",), "save", break_before=True),
    Command("pdf", Place.MESSAGE, "Save as PDF…", (), "file-pdf"),
    Command("print", Place.MESSAGE, "Print…", ("Ctrl+P",), "print"),
    Command("source", Place.MESSAGE, "View source", ("Ctrl+U",), "source"),
    Command("headers", Place.MESSAGE, "All headers", ("Ctrl+H",), "headers"),
    Command("route", Place.MESSAGE, "Route", ("Ctrl+Shift+H",), "route"),
    Command("security", Place.MESSAGE, "Security of this message", ("Ctrl+Alt+S",), "signed"),
    Command("check-again", Place.MESSAGE, "Check signature and encryption again"),
    Command("next-unread", Place.GO, "Next unread message", ("N",)),
    Command("previous-unread", Place.GO, "Previous unread message", ("P",)),
    Command("next", Place.GO, "Next message", ("F", "J"), "down"),
    Command("previous", Place.GO, "Previous message", ("B", "K"), "up"),
    Command("newer-in-conversation", Place.GO, "Newer in this conversation", ("Alt+Down",)),
    Command("older-in-conversation", Place.GO, "Older in this conversation", ("Alt+Up",)),
    Command("page-down", Place.GO, "Page down, then next unread", ("Space",)),
    Command("search", Place.GO, "Search", ("Ctrl+K", "/"), "search", break_before=True),
    Command("find", Place.GO, "Find in message", ("Ctrl+F",)),
    Command("next-pane", Place.GO, "Next pane", ("F6",)),
    Command("reader", Place.VIEW, "Message pane", ("F8",), toggle=True),
    Command("reader-below", Place.VIEW, "Message pane below the list", toggle=True),
    Command("folders", Place.VIEW, "Folder pane", ("F9",), toggle=True),
    Command("conversations", Place.VIEW, "Group by conversation", toggle=True, break_before=True),
    Command("html", Place.VIEW, "Formatted text", toggle=True, break_before=True),
    Command("larger", Place.VIEW, "Larger text", ("Ctrl++", "Ctrl+=")),
    Command("smaller", Place.VIEW, "Smaller text", ("Ctrl+-",)),
    Command("usual", Place.VIEW, "Usual text size", ("Ctrl+0",)),
    Command("space", Place.TOOLS, "What takes the space…"),
    Command("clear-out", Place.TOOLS, "Clear out a folder…"),
    Command("backups", Place.TOOLS, "Backups…"),
    Command("keys", Place.TOOLS, "Keys and people", ("Ctrl+Shift+K",), "key"),
    Command("accounts", Place.TOOLS, "Add an account…", (), "account"),
    Command("settings", Place.TOOLS, "Settings", ("Ctrl+,",), "settings"),
    Command("documentation", Place.HELP, "Documentation", ("F1",), "help"),
    Command("shortcuts", Place.HELP, "Keyboard", ("?",)),
    Command("about", Place.HELP, "About this program", (), "info"),
)


class Actions:
    """The commands as Qt actions of one window."""

    def __init__(self, window: QWidget) -> None:
        self._actions: dict[str, QAction] = {}
        for command in COMMANDS:
            action = QAction(command.text, window)
            action.setShortcuts([QKeySequence(key) for key in command.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setCheckable(command.toggle)
            if command.icon:
                action.setIcon(icons.icon(command.icon))
            action.setToolTip(tip(command))
            window.addAction(action)
            self._actions[command.id] = action

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def menu(self, parent: QWidget) -> QMenu:
        """One menu with everything, a part for each place."""
        whole = QMenu(parent)
        whole.setAccessibleName("Menu")
        for place, title in zip(Place, lettered([one.value for one in Place]), strict=True):
            part = whole.addMenu(title)
            commands = [one for one in COMMANDS if one.place is place]
            for command, text in zip(commands, lettered([c.text for c in commands]), strict=True):
                if command.break_before:
                    part.addSeparator()
                self._actions[command.id].setText(text)
                part.addAction(self._actions[command.id])
        return whole

    def enable(self, ids: tuple[str, ...], usable: bool) -> None:
        """Let these commands be used, or not."""
        for id in ids:
            self._actions[id].setEnabled(usable)


def lettered(texts: Sequence[str]) -> list[str]:
    """Texts of one menu, each with a letter of its own to choose it by: the first of a word where
    that is free, else any."""
    wanted = [_by_liking(text) for text in texts]
    holds: dict[str, int] = {}  # which text has a letter

    def give(one: int, asked: set[str]) -> bool:
        """Find a letter for a text; who has it already may have to take another."""
        for letter in wanted[one]:
            if letter not in asked:
                asked.add(letter)
                if letter not in holds or give(holds[letter], asked):
                    holds[letter] = one
                    return True
        return False

    for one in range(len(texts)):
        give(one, set())
    found = list(texts)
    for letter, one in holds.items():
        at = wanted[one][letter]
        found[one] = f"{texts[one][:at]}&{texts[one][at:]}"
    return found


def _by_liking(text: str) -> dict[str, int]:
    """The letters of a text with their places: the first ones of its words before the others."""
    starts = [at for at in range(len(text)) if at == 0 or text[at - 1] == " "]
    found: dict[str, int] = {}
    for at in (*starts, *range(len(text))):
        if text[at].isalnum():
            found.setdefault(text[at].lower(), at)
    return found


def tip(command: Command) -> str:
    """The tool tip: the words and the first key."""
    plain = command.text.rstrip("…")
    if not command.keys:
        return plain
    key = QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{plain} ({key})"


def table() -> tuple[tuple[str, str, str], ...]:
    """What the keyboard help shows: place, words, keys."""
    return tuple(
        (
            command.place.value,
            command.text.rstrip("…"),
            "  or  ".join(
                QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
                for key in command.keys
            ),
        )
        for command in COMMANDS
        if command.keys
    )
