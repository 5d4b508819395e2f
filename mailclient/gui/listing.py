"""Decides which messages are listed: a place or a search, and the quick filters over it.

The ids come from the lane `search`; the newest question alone is answered. While mail pours in, one
reading of the ids follows the other instead of each cancelling the one before, so that the list
keeps moving.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal

from mailclient.app import App
from mailclient.errors import MailError
from mailclient.gui.answers import Answer, Question, answer, still_open
from mailclient.gui.bridge import Bridge, Changes
from mailclient.gui.folder_list import Place
from mailclient.gui.message_list.listed import Grouping, Listed
from mailclient.gui.message_list.model import MessageModel
from mailclient.gui.message_list.pane import MessagePane
from mailclient.services.jobs import Job

TYPING_MS = 180
KEPT_IN_FILTER = 200
OUTGOING = ("sent", "drafts")


class Why(Enum):
    """Why the ids are read: for something else to list, for all of it after the first, or because
    what is listed changed."""

    ANEW = "anew"
    REST = "rest"
    UPDATE = "update"


EMPTY = {
    "inbox": ("Nothing in the inbox", "New mail arrives here. F5 looks for some now."),
    "drafts": ("No drafts", "What you begin to write is kept here until it is sent."),
    "sent": ("Nothing sent yet", "Copies of what you send are kept here. Ctrl+N begins a message."),
    "archive": ("The archive is empty", "Press A on a message to keep it here, out of the way."),
    "junk": ("No junk", "Mail that you mark as junk goes here."),
    "trash": ("The trash is empty", "What you delete waits here until you delete it again."),
    "own": ("This folder is empty", "Move messages here with Ctrl+Shift+M."),
}


class Listing(QObject):
    """Keeps the list in step with what was asked for and with what changes."""

    settled = Signal()  # the list shows what was asked for

    def __init__(self, app: App, bridge: Bridge, model: MessageModel, pane: MessagePane) -> None:
        super().__init__(pane)
        self._app = app
        self._bridge = bridge
        self._model = model
        self._pane = pane
        self._question = Question()
        self._outgoing: frozenset[int] = frozenset()
        self._busy = False
        self._again = False
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._type)
        self._typed = ""
        self.grouped: Callable[[Place], bool] = lambda place: False
        pane.filters_changed.connect(self._refilter)
        pane.order_changed.connect(self._reorder)
        bridge.changed.connect(self._changed)

    @property
    def question(self) -> Question:
        """What is listed."""
        return self._question

    @property
    def busy(self) -> bool:
        """Whether not all that was asked for is listed yet."""
        return self._busy

    # What is asked

    def show_place(self, place: Place) -> None:
        """List a place; search and filters end."""
        self._typing.stop()
        self._pane.clear_filters()
        self._pane.newest_first()
        self._ask(Question(place, grouped=self.grouped(place)))

    def regroup(self) -> None:
        """List the same, grouped or not, as it is wanted now."""
        question = self._question
        if question.place is not None:
            self._ask(replace(question, grouped=self.grouped(question.place)))

    def type(self, words: str) -> None:
        """Search for what was typed, a moment after the last letter."""
        self._typed = words
        self._typing.start()

    def search(self, words: str) -> None:
        """Search now; no words bring back the place."""
        self._typing.stop()
        words = " ".join(words.split())
        if words != self._question.search:
            if not words:
                self._pane.newest_first()
            filters, best = self._pane.filters, self._pane.best
            self._ask(replace(self._question, search=words, filters=filters, best=best))

    def take_out(self, ids: Collection[int]) -> None:
        """Take messages off the list before the store has moved them."""
        self._model.merge(self._model.listed.without(set(ids)))
        self._tell()

    def update(self) -> None:
        """Read the ids anew."""
        self._read(Why.UPDATE)

    def folders_known(self, outgoing: frozenset[int]) -> None:
        """Say which folders hold mail that went out: their rows name the recipients."""
        self._outgoing = outgoing

    def _type(self) -> None:
        self.search(self._typed)

    def _refilter(self) -> None:
        self._ask(replace(self._question, filters=self._pane.filters))

    def _reorder(self) -> None:
        self._ask(replace(self._question, best=self._pane.best))

    def _ask(self, question: Question) -> None:
        self._question = question
        self._pane.strip.clear()
        self._read(Why.ANEW)

    # How it is answered

    def _read(self, why: Why) -> None:
        if why is Why.UPDATE and self._busy:
            self._again = True
            return
        self._busy, self._again = True, self._again and why is Why.REST
        question, keep = self._question, self._kept(why)
        opened = frozenset() if why is Why.ANEW else self._model.listed.opened

        def work(job: Job) -> Answer:
            found = answer(self._app, question, keep, job, first=why is Why.ANEW)
            listed = still_open(self._app, found.listed, question, opened)
            return replace(found, listed=listed)

        self._bridge.run(
            "search",
            work,
            lambda found: self._answered(question, found, why, opened),
            lambda problem: self._failed(question, problem),
            newest="list",
            owner=self,
        )

    def _kept(self, why: Why) -> Sequence[int]:
        """The messages that stay listed while they are selected, though read or unstarred now."""
        if why is Why.ANEW or self._pane.list.selected_count() > KEPT_IN_FILTER:
            return ()
        return self._pane.list.selected_rows()

    def _answered(
        self, question: Question, found: Answer, why: Why, opened: Collection[int]
    ) -> None:
        self._busy = False
        if question is not self._question:
            return
        if why is not Why.ANEW and self._model.listed.opened != opened:
            self._read(why)  # a conversation was opened or closed meanwhile
            return
        listed = found.listed
        if why is Why.ANEW:
            self._model.show(listed, self._grouping(question), self._outgoing)
            self._pane.list.scrollToTop()
        elif listed.grouped:
            self._merge(listed)
        else:
            self._model.merge(listed)
        self._tell(whole=found.whole)
        self.settled.emit()
        if not found.whole:
            self._read(Why.REST)
        elif self._again:
            self._read(Why.UPDATE)

    def _grouping(self, question: Question) -> Grouping:
        """How the model learns of conversations, seen from a place."""
        folders = question.place.folders if question.place is not None else ()
        known = self._app.conversations
        return Grouping(
            lambda ids: known.states(ids, folders),
            lambda ids: known.members(ids, folders),
            lambda ids: known.members(ids, folders, beside=False),
        )

    def _merge(self, listed: Listed) -> None:
        """Bring conversations up to date: who stands on one stands on it still, though its head is
        another message now."""
        rows, at = self._kept(Why.UPDATE), self._pane.list.current_row()
        current = self._model.ids[at] if at >= 0 else 0
        with self._pane.list.held():
            self._model.merge(listed)
            found = [where for id in rows if (where := self._where(id)) is not None]
            here = self._where(current) if current else None
            if found:
                self._pane.list.select_rows(found, here if here is not None else found[0])
            elif at >= 0 and rows:
                self._pane.list.select_row(min(at, self._model.rowCount() - 1))

    def _where(self, id: int) -> int | None:
        """Where a message is in the list, or its conversation."""
        at = self._model.position(id)
        if at is None and self._question.place is not None:
            folders = self._question.place.folders
            inside = self._app.conversations.members([id], folders, beside=False)
            found = (self._model.position(one) for one in inside)
            at = next((one for one in found if one is not None), None)
        return at

    def _failed(self, question: Question, problem: MailError) -> None:
        self._busy = False
        if question is self._question:
            self._pane.strip.problem(problem)

    def _tell(self, *, whole: bool = True) -> None:
        """Say what is listed, or why nothing is; how much it is once the `whole` is listed."""
        question, count = self._question, self._model.rowCount()
        place = question.place
        title = f"“{question.search}”" if question.search else place.title if place else ""
        grouped = self._model.listed.grouped
        searched, kept = bool(question.search), place is not None and bool(place.query)
        known = count if whole else None
        self._pane.title(title, known, search=searched, kept=kept, grouped=grouped)
        if count:
            self._pane.show_list()
        elif question.everywhere:
            self._pane.show_empty(
                "Nothing found", "Try fewer words, or from:ann, subject:plan, has:attachment."
            )
        elif question.filters:
            self._pane.show_empty("Nothing here fits the filter", "Switch it off to see all.")
        elif place is not None:
            self._pane.show_empty(*EMPTY.get(place.role, EMPTY["own"]))

    def _changed(self, changes: Changes) -> None:
        if not changes.messages:
            return
        self._model.refresh(changes.messages)
        place = self._question.place
        shown = place is not None and changes.folders_of_messages & set(place.folders)
        if shown or self._question.everywhere:
            self.update()
