"""Conversations in the main window: which folders group them, which message of one is shown, and
the ways from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings

from mailclient.gui.folder_list import Place
from mailclient.settings import THREADS, THREADS_WITH_SENT

if TYPE_CHECKING:
    from mailclient.gui.bridge import Changes
    from mailclient.gui.main_window import MainWindow

ALONE = frozenset({"drafts"})  # what is begun belongs to nothing yet
LOOKED_AT = 200  # so many messages of a conversation are looked at for one that is unread
KEY = "conversations"


class Conversing(QObject):
    """Connects the list, the reader and the View menu of one main window."""

    def __init__(self, window: MainWindow, state: QSettings) -> None:
        super().__init__(window)
        self._window = window
        self._app = window.app
        self._state = state
        window.listing.grouped = self.grouped
        window.actions_["conversations"].triggered.connect(self._choose)
        window.reader.neighbours.wanted.connect(self.go_to)
        window.listing.settled.connect(self._show)
        window.bridge.changed.connect(self._changed)

    # Which folders

    def grouped(self, place: Place) -> bool:
        """Whether a place is listed by conversation: as was chosen for it, else as the setting
        says."""
        chosen = self._state.value(f"{KEY}/{_key(place)}")
        if chosen is not None:
            return str(chosen) == "true"
        return place.role not in ALONE and self._app.settings.get(THREADS)

    def _choose(self) -> None:
        place = self._window.listing.question.place
        if place is not None:
            on = self._window.actions_["conversations"].isChecked()
            self._state.setValue(f"{KEY}/{_key(place)}", "true" if on else "false")
            self._window.listing.regroup()

    def _show(self) -> None:
        self._window.actions_["conversations"].setChecked(self._window.listing.question.grouped)

    def _changed(self, changes: Changes) -> None:
        if {THREADS.key, THREADS_WITH_SENT.key} & changes.settings:
            self._window.listing.regroup()

    # Which message

    def to_show(self, row: int) -> int:
        """The message to show for a row: of a conversation that is one row its oldest unread one,
        else the newest; what is shown of it already stays."""
        if not self._window.model.listed.folds(row):
            return row
        place = self._window.listing.question.place
        folders = place.folders if place is not None else ()
        members = self._app.conversations.members([row], folders)
        if self._window.reading.id in members:
            return self._window.reading.id
        if len(members) < 2:
            return row
        rows = self._app.search.rows(members[:LOOKED_AT])
        return next((one.id for one in reversed(rows) if one.unread), row)

    def go_to(self, id: int) -> None:
        """Show another message of a conversation: in the list where it has a row of its own."""
        at = self._window.model.position(id)
        if at is not None and not self._window.model.listed.folds(id):
            self._window.pane.list.select_row(at)
        else:
            self._window.reading.show(id)

    def step_unread(self, step: int) -> None:
        """Go to the next unread message, first inside a conversation that is one row."""
        shown, neighbours = self._window.reading.id, self._window.reader.neighbours.ids
        rows = self._window.pane.list.selected_rows()
        if len(rows) == 1 and self._window.model.listed.folds(rows[0]) and shown in neighbours:
            at = neighbours.index(shown)
            rest = neighbours[at + 1 :] if step > 0 else neighbours[:at][::-1]
            unread = (one.id for one in self._app.search.rows(rest[:LOOKED_AT]) if one.unread)
            found = next(unread, None)
            if found is not None:
                self._window.reading.show(found)
                return
        self._window.pane.list.step_unread(step)


def _key(place: Place) -> str:
    return place.key.replace(":", "-")
