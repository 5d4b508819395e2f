"""The main window: puts the panes together and connects them. It decides nothing itself."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mailclient.app import App, now
from mailclient.gui import parts
from mailclient.gui.actions import Actions
from mailclient.gui.activity_line import ActivityLine
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.commands import Commands, look_as_set
from mailclient.gui.conversing import Conversing
from mailclient.gui.folder_list import OUTBOX, FolderList, Place
from mailclient.gui.found_words import FoundWords
from mailclient.gui.housekeeping import Housekeeper
from mailclient.gui.kept_searches import KeptSearches
from mailclient.gui.keys.asking import KeyAsking
from mailclient.gui.keys.attached import AttachedKeys
from mailclient.gui.listing import OUTGOING, Listing
from mailclient.gui.message_list.model import MessageModel
from mailclient.gui.message_list.pane import MessagePane
from mailclient.gui.message_window import MessageWindow
from mailclient.gui.notify import Notify
from mailclient.gui.outbox_pane import OutboxPane
from mailclient.gui.outbox_verbs import OutboxVerbs
from mailclient.gui.outgoing import Outgoing
from mailclient.gui.reader.reader import Reader
from mailclient.gui.reading import Loaded, OpenedFiles, Reading
from mailclient.gui.strip import Strip
from mailclient.gui.toolbar import Toolbar
from mailclient.gui.traffic import Traffic
from mailclient.gui.undo_bar import UndoBar
from mailclient.gui.verbs import Verbs
from mailclient.settings import READER_POSITION

STATE = "window.ini"


class MainWindow(QMainWindow):
    """Three panes, a bar on top, the activity line below."""

    closing = Signal()
    lock_wanted = Signal()
    take_in_wanted = Signal(object)  # a packed profile
    restore_wanted = Signal(object)  # a backup
    passphrase_wanted = Signal(object)  # from which one to which

    def __init__(self, app: App, bridge: Bridge) -> None:
        super().__init__()
        self.setWindowTitle("Mail")
        self._app = app
        self._bridge = bridge
        self._opened = OpenedFiles()
        self._state = QSettings(str(app.profile.folder / STATE), QSettings.Format.IniFormat)
        self.actions_ = Actions(self)
        self.toolbar = Toolbar(self.actions_)
        self.strip = Strip()
        self.banner = Strip()
        self.housekeeper = Housekeeper(app, bridge, self.banner)
        self.notify = Notify(self.strip, self)
        self.folders = FolderList()
        self.model = MessageModel(app.search.rows, now, self)
        self.pane = MessagePane(self.model)
        self.outbox = OutboxPane()
        self.undo_bar = UndoBar(now)
        self.asking = KeyAsking(app, bridge, self)
        self.reader = Reader()
        self.activity = ActivityLine()
        self.outgoing = Outgoing(app, self.outbox, self.undo_bar, self.activity)
        self.listing = Listing(app, bridge, self.model, self.pane)
        self.reading = Reading(app, bridge, self.reader, self.notify, self._opened)
        self.attached = AttachedKeys(app, bridge, self.notify, self)
        self.verbs = Verbs(app, bridge, self.notify, self)
        self.sending = OutboxVerbs(app, bridge, self.notify, self.verbs.open_composer, self)
        self._arrange()
        self.traffic = Traffic(app, bridge, self, self.activity, self.folders)
        self.conversing = Conversing(self, self._state)
        self.kept_searches = KeptSearches(self)
        self.found_words = FoundWords(app, bridge, self.listing, self.model, self.pane.list)
        self.commands = Commands(self)
        self._connect()
        self._restore()
        self.commands.enable()
        QTimer.singleShot(0, self.read_folders)

    @property
    def app(self) -> App:
        """The open profile."""
        return self._app

    @property
    def bridge(self) -> Bridge:
        """What carries work to the lanes."""
        return self._bridge

    # Putting together

    def _arrange(self) -> None:
        self._middle = QStackedWidget()
        self._middle.addWidget(self.pane)
        self._middle.addWidget(self.outbox)
        self.inner = QSplitter(Qt.Orientation.Horizontal)
        self._right = QStackedWidget()
        self._right.addWidget(self.reader)
        self._right.addWidget(self.outbox.details)
        self.inner.addWidget(self._middle)
        self.inner.addWidget(self._right)
        self.outer = QSplitter(Qt.Orientation.Horizontal)
        self.outer.addWidget(self.folders)
        self.outer.addWidget(self.inner)
        for splitter, sizes in ((self.outer, [200, 1000]), (self.inner, [380, 620])):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
            splitter.setSizes(sizes)
            splitter.setStretchFactor(1, 1)
        self.folders.setMinimumWidth(150)
        self._middle.setMinimumWidth(260)
        self._right.setMinimumSize(320, 160)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        strips = (self.banner, self.strip, self.undo_bar, self.asking.strip)
        for part in (self.toolbar, parts.hairline(), *strips):
            column.addWidget(part)
        column.addWidget(self.outer, 1)
        for part in (parts.hairline(), self.activity):
            column.addWidget(part)
        self.setCentralWidget(page)
        self.setMinimumSize(800, 480)

    def _connect(self) -> None:
        self._bridge.changed.connect(self._changed)
        self._bridge.problem.connect(self.notify.problem)
        self._bridge.bug.connect(self.notify.bug)
        self.model.failed.connect(self.notify.problem)
        self.folders.chosen.connect(self._show_place)
        self.pane.list.picked.connect(self._picked)
        self.pane.list.opened.connect(self._open)
        self.pane.list.starred.connect(self.commands.toggle_star)
        self.pane.search_closed.connect(self.toolbar.search.clear)
        self.listing.settled.connect(self._picked)
        self.toolbar.search.textChanged.connect(self._typed)
        self.toolbar.search.returnPressed.connect(self._search)
        self.toolbar.search.suggestions_wanted.connect(self._suggest)
        self.toolbar.search.left.connect(self.pane.list.setFocus)
        self.reading.part_opened.connect(self._open_part)
        self.reader.key_wanted.connect(lambda at: self.attached.take(self.reader.view, int(at)))
        self.reader.message_wanted.connect(self._open)
        self.reader.again_wanted.connect(self.verbs.send_again)
        self.reader.shown.connect(self.commands.enable)
        self.reading.edit_wanted.connect(self.verbs.edit)
        self.verbs.not_done.connect(self.listing.update)
        self.reader.write_wanted.connect(self.commands.write_to)
        self.reader.search_wanted.connect(self.commands.find_from)
        self.activity.settings_wanted.connect(self.commands.others.show_account)
        self.closing.connect(self.housekeeper.end)
        self.outbox.wanted.connect(self.sending.do)
        self.undo_bar.undo_wanted.connect(self.sending.reopen)
        self.undo_bar.now_wanted.connect(self.sending.send_now)

    # Folders and lists

    def read_folders(self) -> None:
        """Show the folders as they are now."""
        folders = self._app.search.folders()
        queue = self.outgoing.show()
        self.listing.folders_known(
            frozenset(one.id for one in folders if one.role.value in OUTGOING)
        )
        before = self.folders.place
        accounts, searches = self._app.accounts.list(), self._app.search.saved()
        self.folders.show_folders(accounts, folders, queue, searches)
        self.traffic.show_standings()
        place = self.folders.place
        if place is not None and (before != place or self.listing.question.place is None):
            self._show_place(place)
        inboxes = sum(one.unread for one in folders if one.role.value == "inbox")
        self.setWindowTitle(f"{inboxes:,} unread" if inboxes else "Mail")  # Qt adds '— Mail'
        if place is None:
            self.pane.show_empty("No mail yet", "Add an account to collect some.")

    def _show_place(self, place: Place) -> None:
        self.toolbar.search.blockSignals(True)
        self.toolbar.search.clear()
        self.toolbar.search.blockSignals(False)
        self._show_outgoing(place.key == OUTBOX)
        self.listing.show_place(place)

    def _show_outgoing(self, shown: bool) -> None:
        """Show the outbox and one message of it, or a folder and one of that."""
        for stack in (self._middle, self._right):
            stack.setCurrentIndex(int(shown))

    def _typed(self, words: str) -> None:
        self._show_outgoing(False)
        self.listing.type(words)

    def _suggest(self, words: str, at: int) -> None:
        self.toolbar.search.offer(self._app.suggestions.at(words, at))

    def _search(self) -> None:
        self.listing.search(self.toolbar.search.text())
        self.pane.list.setFocus()

    # Messages

    def _picked(self) -> None:
        """Show what is selected."""
        self.commands.enable()
        count = self.pane.list.selected_count()
        if count == 1:
            id = self.conversing.to_show(self.pane.list.selected_rows()[0])
            if id != self.reading.id:
                self.reading.show(id)
        elif count > 1:
            self.reading.show_none(
                f"{count:,} messages selected", "A archives them, Del deletes them, S stars them."
            )
        elif self.model.rowCount():
            self.reading.show_none(
                "No message selected", "Choose one from the list to read it here."
            )
        else:
            self.reading.show_none("Nothing to read here")

    def _open(self, id: int) -> None:
        view = self.reader.view
        if view is not None and view.id == id and view.is_draft:
            self.verbs.edit(id)
            return
        window = self._message_window()
        window.show_id(id)

    def _open_part(self, loaded: Loaded) -> None:
        self._message_window().show_part(loaded)

    def _message_window(self) -> MessageWindow:
        window = MessageWindow(self._app, self._bridge, self._opened, self.verbs, self)
        window.show()
        return window

    # What changes

    def _changed(self, changes: Changes) -> None:
        if changes.folders or changes.accounts or changes.outbox:
            self.read_folders()
        if changes.settings:
            look_as_set(self.actions_, self._app.settings)
        if changes.jobs or changes.collections:
            self.traffic.show_jobs()
        for collection in changes.collections:
            self.traffic.tell_notices(collection)

    # Size and place

    def _restore(self) -> None:
        self.resize(1240, 780)
        for name, restore in (
            ("geometry", self.restoreGeometry),
            ("outer", self.outer.restoreState),
            ("inner", self.inner.restoreState),
        ):
            kept = self._state.value(name)
            if kept is not None:
                restore(kept)
        below = self._app.settings.get(READER_POSITION) == "below"
        self.inner.setOrientation(Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal)
        for splitter in (self.outer, self.inner):
            splitter.setHandleWidth(1)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep size and place, and remove what was opened; what is about to be sent is asked
        about."""
        if self.undo_bar.held and not self.sending.may_leave:
            event.ignore()
            self.sending.ask_to_leave(self.undo_bar.held)
            return
        self._state.setValue("geometry", self.saveGeometry())
        self._state.setValue("outer", self.outer.saveState())
        self._state.setValue("inner", self.inner.saveState())
        self._state.sync()
        self._opened.close()
        self.closing.emit()
        super().closeEvent(event)
