"""What each command of the main window does: the table from commands to the panes and verbs."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from mailclient.gui.actions import Actions
from mailclient.gui.in_and_out import InAndOut
from mailclient.gui.move_dialog import MoveDialog
from mailclient.gui.new_folder import NewFolderDialog
from mailclient.gui.other_windows import OtherWindows
from mailclient.gui.reader.reader import Format
from mailclient.message.quote import Whom
from mailclient.settings import READER_POSITION, SHOW_HTML
from mailclient.store.settings import Settings

if TYPE_CHECKING:
    from mailclient.gui.main_window import MainWindow
    from mailclient.gui.message_list.rows import RowText

ON_SELECTION = ("archive", "archive-year", "delete", "junk", "move", "read", "star")
ON_ONE = (
    "reply",
    "reply-all",
    "forward",
    "forward-attached",
    "redirect",
    "edit-as-new",
    "save",
    "pdf",
    "print",
    "source",
    "headers",
    "route",
    "security",
    "check-again",
)


class Commands(QObject):
    """Connects the actions of one main window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._app = window.app
        self._list = window.pane.list
        self._verbs = window.verbs
        self._reading = window.reading
        self.others = OtherWindows(window)
        self.files = InAndOut(window)
        for id, act in self._table().items():
            window.actions_[id].triggered.connect(lambda checked=False, act=act: act())
        self._views()
        space = window.actions_["page-down"]
        space.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        for widget in (window.pane.list, window.reader.body):
            widget.addAction(space)
        window.verbs.undoable.connect(window.actions_["undo"].setEnabled)
        window.actions_["undo"].setEnabled(False)
        window.pane.list.menu_wanted.connect(self._offer)

    def _table(self) -> dict[str, Callable[[], object]]:
        window, verbs = self._window, self._verbs
        return {
            "compose": verbs.compose,
            "receive": window.traffic.receive,
            "send-queued": window.traffic.send_queued,
            "mailbox": window.traffic.show_mailbox,
            "import": self.files.show_import,
            "export": self.files.show_export,
            "new-folder": self._new_folder,
            "move-away": self.others.move_away,
            "take-in": self.others.take_in,
            "lock": window.lock_wanted.emit,
            "quit": window.close,
            "reply": lambda: self._one(lambda id: verbs.reply(id, Whom.AUTHOR)),
            "reply-all": lambda: self._one(lambda id: verbs.reply(id, Whom.EVERYONE)),
            "reply-list": lambda: self._one(lambda id: verbs.reply(id, Whom.LIST)),
            "forward": lambda: self._one(verbs.forward),
            "forward-attached": lambda: self._one(verbs.forward_attached),
            "redirect": lambda: self._one(verbs.redirect),
            "edit-as-new": lambda: self._one(verbs.edit_as_new),
            "archive": lambda: self._put(verbs.archive),
            "archive-year": lambda: self._put(verbs.archive_by_year),
            "delete": lambda: self._put(verbs.delete),
            "junk": lambda: self._put(verbs.junk),
            "move": self._move,
            "undo": verbs.undo,
            "read": self._toggle_read,
            "star": lambda: self.toggle_star(0),
            "save": self._reading.save_message,
            "pdf": lambda: self.files.printing.ask_pdf(),
            "print": lambda: self.files.printing.ask_printer(),
            "source": self._reading.source,
            "headers": self._reading.headers,
            "route": self._reading.route,
            "security": window.reader.show_details,
            "check-again": self._reading.check_again,
            "next-unread": lambda: window.conversing.step_unread(1),
            "previous-unread": lambda: window.conversing.step_unread(-1),
            "newer-in-conversation": lambda: window.reader.neighbours.go(1),
            "older-in-conversation": lambda: window.reader.neighbours.go(-1),
            "next": lambda: self._list.step(1),
            "previous": lambda: self._list.step(-1),
            "page-down": self._page_down,
            "search": self._search,
            "find": window.reader.find_bar.begin,
            "next-pane": self._next_pane,
            "larger": lambda: window.reader.body.zoom(1),
            "smaller": lambda: window.reader.body.zoom(-1),
            "usual": lambda: window.reader.body.zoom(0),
            "keys": lambda: self.others.show_keys(),
            "space": self.files.show_space,
            "clear-out": self.files.show_clearing_out,
            "backups": self.files.show_backups,
            "accounts": self.others.add_account,
            "settings": self.others.show_settings,
            "documentation": self.others.show_documentation,
            "shortcuts": self.others.show_shortcuts,
            "about": self.others.show_about,
        }

    def _views(self) -> None:
        """The commands that are on or off."""
        window, actions = self._window, self._window.actions_
        below = window.inner.orientation() is Qt.Orientation.Vertical
        html = self._app.settings.get(SHOW_HTML)
        window.reader.choose(Format.FORMATTED if html else Format.PLAIN)
        actions["lock"].setVisible(self._app.opens_with_passphrase)
        for id, on in (
            ("reader", True),
            ("folders", True),
            ("reader-below", below),
            ("html", html),
        ):
            actions[id].setChecked(on)
        actions["reader"].toggled.connect(window.reader.setVisible)
        actions["folders"].toggled.connect(window.folders.setVisible)
        actions["reader-below"].toggled.connect(self._put_reader)
        actions["html"].toggled.connect(self._choose_html)
        window.reader.keys_wanted.connect(self.others.show_keys_of_sender)

    # The selection

    def enable(self) -> None:
        """Let only those commands be used that have something to act on."""
        count = self._list.selected_count()
        self._window.actions_.enable(ON_SELECTION, count > 0)
        self._window.actions_.enable(ON_ONE, count == 1)
        view = self._window.reader.view  # only who has it before them knows whether it is a list's
        answers = view is not None and bool(view.envelope.list_post)
        self._window.actions_.enable(("reply-list",), count == 1 and answers)

    def toggle_star(self, id: int) -> None:
        """Star the selected messages, or the one whose star was clicked; or take it away."""
        rows = array("q", [id]) if id else self._list.selected_rows()
        if rows:
            starred = self._says(rows[0], lambda row: row.starred)
            # of a conversation the newest message gets a star, and all of them lose it
            ids = self._window.model.whole(rows) if starred else rows
            self._verbs.mark(ids, flagged=not starred)

    def _toggle_read(self) -> None:
        rows = self._list.selected_rows()
        if rows:
            unread = self._says(rows[0], lambda row: row.unread)
            self._verbs.mark(self._window.model.whole(rows), unread=not unread)

    def _says(self, id: int, what: Callable[[RowText], bool]) -> bool:
        """What the row of a message says."""
        position = self._window.model.position(id)
        row = self._window.model.row(position) if position is not None else None
        return row is not None and what(row)

    def _one(self, act: Callable[[int], None]) -> None:
        """Do what is done with one message: of a conversation with the one that is shown."""
        if self._list.selected_count() == 1:
            act(self._reading.id or self._list.selected_rows()[0])

    def _put(self, act: Callable[[array[int]], None]) -> None:
        """Do what takes messages out of the list: they go at once, the store follows."""
        ids = self._list.selected_ids()
        if ids:
            act(ids)
            self._window.listing.take_out(ids)

    def _move(self) -> None:
        ids = self._list.selected_ids()
        if ids:
            dialog = MoveDialog(self._window.folders.places, self._window)
            dialog.chosen.connect(
                lambda folder: self._put(lambda ids: self._verbs.move(ids, folder))
            )
            dialog.open()

    def _offer(self, at: QPoint) -> None:
        """The menu of the list."""
        menu = QMenu(self._list)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill(menu, self._window.actions_)
        menu.popup(at)

    # Going about

    def _search(self) -> None:
        self._window.toolbar.search.setFocus()
        self._window.toolbar.search.selectAll()

    def find_from(self, address: str) -> None:
        """Search for the mail of an address."""
        self._window.toolbar.search.setText(f"from:{address}")

    def write_to(self, to: str) -> None:
        """Begin a message to an address, or from a mailto: link."""
        self._verbs.compose(to if to.startswith("mailto:") else f"mailto:{quote(to, safe='@')}")

    def _page_down(self) -> None:
        bar = self._window.reader.body.verticalScrollBar()
        if bar.value() < bar.maximum():
            bar.setValue(bar.value() + bar.pageStep() - 24)
        else:
            self._window.conversing.step_unread(1)

    def _next_pane(self) -> None:
        window = self._window
        panes: list[QWidget] = [
            pane
            for pane in (window.folders, window.pane.list, window.outbox.list, window.reader.body)
            if pane.isVisible()
        ]
        has = QApplication.focusWidget()
        at = panes.index(has) if has in panes else -1
        if panes:
            panes[(at + 1) % len(panes)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _put_reader(self, below: bool) -> None:
        way = Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal
        self._window.inner.setOrientation(way)
        word = "below" if below else "right"
        self._window.bridge.run("work", lambda job: self._app.settings.set(READER_POSITION, word))

    def _choose_html(self, on: bool) -> None:
        self._window.reader.choose(Format.FORMATTED if on else Format.PLAIN)
        self._window.bridge.run("work", lambda job: self._app.settings.set(SHOW_HTML, on))

    # Folders

    def _new_folder(self) -> None:
        accounts = self._app.accounts.list()
        if not accounts:
            self._window.notify.note(
                "Folders belong to an account.", "Add an account…", self.others.add_account
            )
            return
        place = self._window.folders.place
        shown = place.folders if place is not None else ()
        whose = {one.account_id for one in self._app.search.folders() if one.id in shown}
        chosen = next(iter(whose)) if len(whose) == 1 else accounts[0].id
        dialog = NewFolderDialog(accounts, chosen, self._window)
        dialog.wanted.connect(
            lambda account, name: self._verbs.new_folder(
                account, name, dialog.accept, dialog.refuse
            )
        )
        dialog.open()


def fill(menu: QMenu, actions: Actions) -> None:
    """The commands that the list's own menu offers."""
    for id in ("reply", "reply-all", "forward", "", *ON_SELECTION, "", "source", "save"):
        if id:
            menu.addAction(actions[id])
        else:
            menu.addSeparator()


def look_as_set(actions: Actions, settings: Settings) -> None:
    """Show in the menus what the settings say now."""
    actions["reader-below"].setChecked(settings.get(READER_POSITION) == "below")
    actions["html"].setChecked(settings.get(SHOW_HTML))
