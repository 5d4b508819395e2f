"""What is to be listed for a question: the newest of it at once, and all of it.

Runs on the lane `search`; nothing here knows the window.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection
from dataclasses import dataclass

from mailclient.app import App
from mailclient.gui.folder_list import Place
from mailclient.gui.message_list.listed import NOTHING, Listed
from mailclient.services.jobs import Job
from mailclient.store.search import Order, Scope

FIRST = 200  # messages that are shown before all are known


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be listed."""

    place: Place | None = None
    search: str = ""
    filters: tuple[str, ...] = ()
    grouped: bool = False
    best: bool = False  # what fits best first, not the newest

    @property
    def query(self) -> str:
        """All that is searched for; what was typed may end in the middle of a term."""
        words = self.search or (self.place.query if self.place is not None else "")
        if not self.filters:
            return words
        return " ".join((*self.filters, f"({words}" if words else ""))

    @property
    def everywhere(self) -> bool:
        """Whether all folders are looked in: what a search finds is listed message by message."""
        return bool(self.search or (self.place is not None and self.place.query))


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be listed; `whole` says that there is no more of it."""

    listed: Listed
    whole: bool


def answer(
    app: App, question: Question, keep: Collection[int], job: Job, *, first: bool = False
) -> Answer:
    """What to list for a question, newest first, or only the `first` of it; `keep` stay listed
    though a filter excludes them. What fits best is only known once all is. Raises BadInput,
    Cancelled."""
    place = question.place
    first = first and not question.best
    if question.everywhere:
        folders: tuple[int, ...] = ()
    elif place is None or not place.folders:
        return Answer(NOTHING, True)
    else:
        folders = place.folders
    grouped = question.grouped and not question.everywhere
    if grouped and not question.filters:
        heads = app.conversations.heads(folders, FIRST if first else -1)
        return Answer(Listed(heads, grouped=True), not first or _are_few(app, folders))
    ids = _ids(app, question, Scope(folders, tuple(keep)), job, first=first)
    whole = not first or len(ids) < FIRST
    if grouped:
        ids = app.conversations.first_each(ids)
    return Answer(Listed(ids, grouped=grouped), whole)


def _are_few(app: App, folders: Collection[int]) -> bool:
    """Whether the first are all there are: of several folders some stand for the same."""
    return sum(one.total for one in app.search.folders() if one.id in folders) < FIRST


def _ids(app: App, question: Question, scope: Scope, job: Job, *, first: bool) -> array[int]:
    if not question.query:
        return app.search.ids_in(scope.folders, FIRST if first else -1)
    if first:
        return app.search.first(question.query, FIRST, scope=scope, cancel=job.cancel)
    order = Order.RELEVANCE if question.best else Order.NEWEST
    return app.search.find(question.query, scope=scope, order=order, cancel=job.cancel).ids


def still_open(app: App, listed: Listed, question: Question, opened: Collection[int]) -> Listed:
    """The list with those conversations open that were so: their heads may be others now."""
    if not listed.grouped or question.place is None:
        return listed
    folders = question.place.folders
    for id in opened:
        inside = app.conversations.members([id], folders, beside=False)
        at = next((listed.ids.index(one) for one in inside if one in listed.ids), None)
        if at is not None and listed.ids[at] not in listed.opened:
            members = app.conversations.members([id], folders)
            if len(members) > 1:
                listed = listed.open(at, members)
    return listed
