"""How long mail is kept, and what it takes: by folder, sender and year; what is old, before any of
it is deleted.

Nothing here deletes by itself. A rule for a folder says from what age on its mail is offered for
deletion; what would go is shown first, and what is starred is never part of it.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.errors import BadInput
from mailclient.services.jobs import Job
from mailclient.services.organise import Organise, Undo
from mailclient.settings import EXPIRY
from mailclient.store import Store
from mailclient.store.folders import Folder, Role
from mailclient.store.messages import MessageRow
from mailclient.store.sizes import Taken, measured, older

MOST_DAYS = 36_500
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the mail, what it takes in bytes, and the query that finds it."""

    words: str
    size: int
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Space:
    """What the mail takes, in bytes, and which parts of it take most."""

    size: int
    count: int
    folders: tuple[Share, ...]
    senders: tuple[Share, ...]
    years: tuple[Share, ...]
    largest: tuple[MessageRow, ...]


@dataclass(frozen=True, slots=True)
class Old:
    """What of a folder is older than a rule allows; `ids` newest first, `size` in bytes. It is
    moved to the trash, or deleted `for_good` where it lies there already."""

    folder: Folder
    days: int
    ids: array[int]
    size: int
    kept: int  # starred ones, as old
    for_good: bool


class Retention:
    """The use cases around what is kept."""

    def __init__(self, store: Store, organise: Organise, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._organise = organise
        self._clock = clock

    # What takes the space

    def space(self, job: Job) -> Space:
        """What takes the space; raises Cancelled."""
        found = measured(self._store.database, job.cancel)
        addresses = {one.id: one.address for one in self._store.accounts.all()}
        folders = {str(one.id): one for one in self._store.folders.all()}
        several = len(addresses) > 1

        def of_folder(one: Taken) -> Share:
            folder = folders[one.key]
            address = addresses[folder.account_id]
            words = f"{folder.name} — {address}" if several else folder.name
            query = f'in:"{folder.name}"' + (f" account:{address}" if several else "")
            return Share(words, one.size, one.count, query)

        return Space(
            found.size,
            found.count,
            tuple(of_folder(one) for one in found.folders if one.key in folders),
            tuple(
                Share(one.key or "(nobody)", one.size, one.count, f'from:"{one.key}"')
                for one in found.senders
                if one.key
            ),
            tuple(Share(one.key, one.size, one.count, f"on:{one.key}") for one in found.years),
            self._store.messages.page(found.largest),
        )

    # What is old

    def rules(self) -> dict[int, int]:
        """After how many days the mail of a folder is offered for deletion, by folder."""
        try:
            kept = json.loads(self._store.settings.get(EXPIRY))
            return {int(folder): int(days) for folder, days in kept.items() if int(days) > 0}
        except (ValueError, AttributeError, TypeError):
            return {}

    def set_rule(self, folder_id: int, days: int | None) -> None:
        """Remember a rule for a folder, or that it has none; raises BadInput."""
        rules = self.rules()
        rules.pop(folder_id, None)
        if days is not None:
            rules[folder_id] = _sensible(days)
        self._store.settings.set(EXPIRY, json.dumps(rules))

    def old(self, folder_id: int, days: int) -> Old:
        """What would go by a rule; changes nothing. Raises BadInput, NotFound."""
        folder = self._store.folders.get(folder_id)
        before = self._clock() - timedelta(days=_sensible(days))
        ids, size, kept = older(self._store.database, folder_id, before)
        return Old(folder, days, ids, size, kept, folder.role is Role.TRASH)

    def due(self) -> tuple[Old, ...]:
        """What would go by the rules that are remembered, where that is anything."""
        here = {one.id for one in self._store.folders.all()}
        found = (self.old(id, days) for id, days in self.rules().items() if id in here)
        return tuple(one for one in found if one.ids)

    def expire(self, old: Old, job: Job) -> Undo:
        """Delete what was shown, but for what was starred or moved away since; into the trash where
        it does not lie there."""
        undos: list[Undo] = []
        count = 0
        for at in range(0, len(old.ids), AT_ONCE):
            job.cancel.check()
            rows = self._store.messages.page(old.ids[at : at + AT_ONCE])
            ids = [row.id for row in rows if row.folder_id == old.folder.id and not row.flagged]
            if ids:
                undos.append(self._organise.delete(ids))
                count += len(ids)
            job.progress(min(at + AT_ONCE, len(old.ids)), len(old.ids))
        noun = "message" if count == 1 else "messages"
        if old.for_good:
            return Undo(f"Deleted for good: {count:,} {noun}", None)
        return Undo(f"Moved to the trash: {count:,} {noun}", lambda: _take_back(undos))

    # The archive by year

    def archive_by_year(self, ids: Sequence[int]) -> Undo:
        """Move messages into folders below the archive of their account, one for each year."""
        rows = self._store.messages.page(ids)
        places: dict[tuple[int, int], list[int]] = {}
        for row in rows:
            year = row.date.astimezone().year
            places.setdefault((row.account_id, year), []).append(row.id)
        undos = [
            self._organise.move(some, self._year(account_id, year).id)
            for (account_id, year), some in sorted(places.items())
        ]
        years = sorted({year for _, year in places})
        noun = "message" if len(rows) == 1 else "messages"
        told = ", ".join(map(str, years[:3])) + ("…" if len(years) > 3 else "")
        return Undo(f"Archived under {told}: {len(rows):,} {noun}", lambda: _take_back(undos))

    def _year(self, account_id: int, year: int) -> Folder:
        archive = self._store.folders.by_role(account_id, Role.ARCHIVE)
        name = f"{archive.name}/{year}"
        found = self._store.folders.find(name, account_id)
        return found[0] if found else self._organise.create_folder(account_id, name)


def _take_back(undos: Sequence[Undo]) -> None:
    for one in reversed(undos):
        if one.undo is not None:
            one.undo()


def _sensible(days: int) -> int:
    if not 0 < days <= MOST_DAYS:
        raise BadInput(f"{days} is no number of days.", f"Give one from 1 to {MOST_DAYS:,}.")
    return days
