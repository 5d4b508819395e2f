"""An open store: its tables, each with its own face, over one database.

One program at a time: the profile's lock is held by the operating system as long as the store is
open, and is gone with the process however that ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mailclient.errors import MailError, StoreFull, StoreLocked
from mailclient.paths import Profile
from mailclient.store.accounts import AccountTable
from mailclient.store.bodies import BodyTable
from mailclient.store.database import Database
from mailclient.store.folders import FolderTable
from mailclient.store.keys import KeyTable
from mailclient.store.ledger import Ledger
from mailclient.store.messages import MessageTable
from mailclient.store.outbox import Outbox
from mailclient.store.passwords import Vault
from mailclient.store.search import SearchIndex
from mailclient.store.settings import Settings
from mailclient.store.vault import Keyring, Unlocked, Way, unlock


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that a profile keeps."""

    database: Database
    accounts: AccountTable
    folders: FolderTable
    messages: MessageTable
    bodies: BodyTable
    search: SearchIndex
    outbox: Outbox
    ledger: Ledger
    keys: KeyTable
    settings: Settings
    vault: Vault
    _lock: int

    @classmethod
    def open(
        cls,
        profile: Profile,
        *,
        passphrase: str | None,
        keyring: Keyring | None,
        clock: Callable[[], datetime],
    ) -> Store:
        """Open or make the store of a profile; raises StoreLocked, StoreDamaged, StoreFull."""
        lock = _locked(profile)
        try:
            unlocked = unlock(profile, passphrase=passphrase, keyring=keyring)
            database = Database.open(profile.store, unlocked.key, clock=clock)
        except MailError:
            os.close(lock)
            raise
        return cls._over(database, unlocked, keyring, lock)

    @classmethod
    def _over(
        cls, database: Database, unlocked: Unlocked, keyring: Keyring | None, lock: int
    ) -> Store:
        bodies = BodyTable(database)
        search = SearchIndex(database)
        bodies.sweep()
        in_keyring = keyring if unlocked.way is Way.KEYRING else None
        return cls(
            database=database,
            accounts=AccountTable(database),
            folders=FolderTable(database),
            messages=MessageTable(database, bodies, search, database.clock),
            bodies=bodies,
            search=search,
            outbox=Outbox(database, database.clock),
            ledger=Ledger(database, database.clock),
            keys=KeyTable(database),
            settings=Settings(database),
            vault=Vault(database, in_keyring, unlocked.name),
            _lock=lock,
        )

    def close(self) -> None:
        """Close the file and let go of the profile; may be called again."""
        if self.database.close():
            os.close(self._lock)


def _locked(profile: Profile) -> int:
    """Take the profile for this process; raises StoreLocked, StoreFull."""
    try:
        handle = os.open(profile.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise StoreFull(
            f"The profile cannot be written: {problem.strerror}.",
            "Make room on the disk, or look at the rights of its folder.",
            str(profile.lock),
        ) from problem
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(handle)
        raise StoreLocked(
            "The profile is in use by another running mailclient.",
            "Close it first, or name another profile with --profile.",
            str(profile.lock),
        ) from problem
    return handle
