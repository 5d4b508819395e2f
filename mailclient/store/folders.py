"""Folders: six standard ones for each account, and the user's own. Counts are kept by triggers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from mailclient.errors import BadInput, NotFound
from mailclient.message.words import clean
from mailclient.store.database import Database


class Role(Enum):
    """What a folder is for."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    OWN = "own"


STANDARD = {
    Role.INBOX: "Inbox",
    Role.DRAFTS: "Drafts",
    Role.SENT: "Sent",
    Role.ARCHIVE: "Archive",
    Role.JUNK: "Junk",
    Role.TRASH: "Trash",
}
LONGEST_NAME = 200
_COLUMNS = "id, account_id, name, role, unread, total"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and how many messages it holds."""

    id: int
    account_id: int
    name: str
    role: Role
    unread: int
    total: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a message lies, and how it is marked."""

    id: int
    account_id: int
    folder_id: int
    unread: bool
    flagged: bool


class FolderTable:
    """The table of folders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Folder, ...]:
        """Every folder: account by account, the standard ones first, then by name."""
        return self._find("", ())

    def of(self, account_id: int) -> tuple[Folder, ...]:
        """The folders of one account."""
        return self._find("WHERE account_id = ?", (account_id,))

    def get(self, id: int) -> Folder:
        """The folder with this id; raises NotFound."""
        found = self._find("WHERE id = ?", (id,))
        if not found:
            raise NotFound("This folder is not there any more.")
        return found[0]

    def by_role(self, account_id: int, role: Role) -> Folder:
        """The standard folder of an account; raises NotFound."""
        found = self._find("WHERE account_id = ? AND role = ?", (account_id, role.value))
        if not found:
            raise NotFound("The account of this folder is not there any more.")
        return found[0]

    def find(self, name: str, account_id: int | None) -> tuple[Folder, ...]:
        """The folders with this name or role, without regard to case."""
        wanted = name.strip().casefold()
        every = self.all() if account_id is None else self.of(account_id)
        return tuple(
            one
            for one in every
            if one.name.casefold() == wanted
            or (one.role is not Role.OWN and one.role.value == wanted)
        )

    def placed(self, ids: Sequence[int]) -> tuple[Placed, ...]:
        """Where these messages lie, in the order of `ids`; those that are gone are left out. Read
        from an index alone: for very many."""
        rows = self._database.rows(
            "SELECT id, account_id, folder_id, unread, flagged FROM messages"
            " INDEXED BY messages_for_search WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        found = {
            id: Placed(id, account_id, folder_id, bool(unread), bool(flagged))
            for id, account_id, folder_id, unread, flagged in rows
        }
        return tuple(found[id] for id in ids if id in found)

    def create(self, account_id: int, name: str) -> Folder:
        """Make a folder of the user's own; raises BadInput for a name that is taken or none."""
        name = _named(name)
        with self._database.write():
            if self.find(name, account_id):
                raise BadInput(f"There is a folder '{name}' already.", "Take another name.")
            id = self._database.run(
                "INSERT INTO folders (account_id, name, role) VALUES (?, ?, ?)",
                (account_id, name, Role.OWN.value),
            )
            return self.get(id)

    def rename(self, id: int, name: str) -> Folder:
        """Give a folder of the user's own another name; raises BadInput."""
        name = _named(name)
        with self._database.write():
            folder = self._own(id)
            if any(one.id != id for one in self.find(name, folder.account_id)):
                raise BadInput(f"There is a folder '{name}' already.", "Take another name.")
            self._database.run("UPDATE folders SET name = ? WHERE id = ?", (name, id))
            return self.get(id)

    def remove(self, id: int) -> None:
        """Remove an empty folder of the user's own; raises BadInput."""
        with self._database.write():
            if self._own(id).total:
                raise BadInput("The folder still holds messages.", "Move or delete them first.")
            self._database.run("DELETE FROM folders WHERE id = ?", (id,))

    def _own(self, id: int) -> Folder:
        folder = self.get(id)
        if folder.role is not Role.OWN:
            raise BadInput(f"{folder.name} belongs to the account and stays as it is.")
        return folder

    def _find(self, where: str, values: tuple[int | str, ...]) -> tuple[Folder, ...]:
        order = {role: at for at, role in enumerate(Role)}
        found = [
            Folder(id, account_id, name, Role(role), unread, total)
            for id, account_id, name, role, unread, total in self._database.rows(
                f"SELECT {_COLUMNS} FROM folders {where}", values
            )
        ]
        found.sort(key=lambda one: (one.account_id, order[one.role], one.name.casefold()))
        return tuple(found)


def _named(name: str) -> str:
    name = " ".join(clean(name).split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"A folder needs a name of up to {LONGEST_NAME} letters.")
    return name
