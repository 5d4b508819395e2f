"""An open store: its tables, each with its own face, over one database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from mailclient.paths import Profile
from mailclient.store.accounts import AccountTable
from mailclient.store.bodies import BodyTable
from mailclient.store.database import Database
from mailclient.store.folders import FolderTable
from mailclient.store.keyrings import Keyring
from mailclient.store.keys import KeyTable
from mailclient.store.ledger import Ledger
from mailclient.store.messages import MessageTable
from mailclient.store.outbox import Outbox
from mailclient.store.search import SearchIndex
from mailclient.store.settings import Settings
from mailclient.store.vault import Vault, unlock


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept."""

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

    @classmethod
    def open(
        cls,
        profile: Profile,
        *,
        passphrase: str | None,
        keyring: Keyring | None,
        clock: Callable[[], datetime],
    ) -> Store:
        """Open or create the store of a profile; raises StoreLocked, StoreDamaged, StoreFull."""
        database = Database(profile.store, unlock(profile, passphrase=passphrase, keyring=keyring))
        bodies = BodyTable(database, clock)
        search = SearchIndex(database)
        name = sha256(str(profile.folder.resolve()).encode()).hexdigest()[:16]
        bodies.sweep()
        return cls(
            database=database,
            accounts=AccountTable(database),
            folders=FolderTable(database),
            messages=MessageTable(database, bodies, search, clock),
            bodies=bodies,
            search=search,
            outbox=Outbox(database, clock),
            ledger=Ledger(database),
            keys=KeyTable(database),
            settings=Settings(database),
            vault=Vault(database, keyring, name),
        )

    def close(self) -> None:
        """Close the file."""
        self.database.close()
