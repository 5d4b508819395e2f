"""An open store: its tables, each with its own face, over one database.

After a program that did not end by itself the store is looked through, within a limit; one that is
found damaged, or that lies where nothing can be written, is open for reading, and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from mailclient.errors import MailError, StoreDamaged, StoreFull
from mailclient.paths import Profile
from mailclient.store import check, place, swap
from mailclient.store.accounts import AccountTable
from mailclient.store.bodies import BodyTable
from mailclient.store.database import Database
from mailclient.store.drafts import DraftTable
from mailclient.store.engine import log_of
from mailclient.store.folders import FolderTable
from mailclient.store.indexing import IndexQueue
from mailclient.store.keys import KeyTable
from mailclient.store.ledger import Ledger
from mailclient.store.lock import Ended, ProfileLock
from mailclient.store.lookups import LookupTable
from mailclient.store.messages import MessageTable
from mailclient.store.outbox import Outbox
from mailclient.store.passwords import Vault
from mailclient.store.peers import PeerTable
from mailclient.store.plugin_items import PluginItems
from mailclient.store.returns import ReturnTable
from mailclient.store.search import SearchIndex
from mailclient.store.searches import SearchTable
from mailclient.store.settings import Settings
from mailclient.store.timekeeping import TimekeepingTable
from mailclient.store.vault import Keyring, Unlocked, Way, unlock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that a profile keeps.

    `way` is what it was unlocked with, `key` what its copies are opened with. `notices` are
    sentences about the store that the user should read: why it is open for reading only, what the
    last end of the program may have cost, what its place can do to it.
    """

    database: Database
    accounts: AccountTable
    folders: FolderTable
    messages: MessageTable
    bodies: BodyTable
    search: SearchIndex
    queue: IndexQueue
    searches: SearchTable
    outbox: Outbox
    returns: ReturnTable
    ledger: Ledger
    keys: KeyTable
    lookups: LookupTable
    timekeeping: TimekeepingTable
    drafts: DraftTable
    peers: PeerTable
    settings: Settings
    plugin_items: PluginItems
    vault: Vault
    way: Way
    key: bytes = field(repr=False)
    notices: tuple[str, ...]
    _lock: ProfileLock

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
        barred = place.unwritable(profile.folder, profile.store)
        lock = ProfileLock(profile.lock, read_only=bool(barred))
        try:
            if not barred:
                swap.finish(profile)
            unlocked = unlock(profile, passphrase=passphrase, keyring=keyring)
            ended = lock.ended
            _still_there(profile, ended)
            logged = log_of(profile.store).exists()
            torn = ended is Ended.CUT and not logged
            database = _opened(profile, unlocked.key, clock, barred)
            if not database.read_only:
                if torn or (logged and ended is not Ended.NEVER):
                    database = _looked_through(database, unlocked.key, whole=torn)
                lock.note(Ended.CUT)  # until it is closed
        except MailError:
            lock.release()
            raise
        gone = _CUT_OFF if torn and not database.read_only else ""
        notices = tuple(filter(None, (database.read_only, gone, place.warning(profile.folder))))
        for one in notices:
            log.warning("%s", one)
        return cls._over(database, unlocked, keyring, lock, notices)

    @classmethod
    def _over(
        cls,
        database: Database,
        unlocked: Unlocked,
        keyring: Keyring | None,
        lock: ProfileLock,
        notices: tuple[str, ...],
    ) -> Store:
        bodies = BodyTable(database)
        search = SearchIndex(database)
        if not database.read_only:
            with suppress(StoreFull):  # there is time for it when there is room
                bodies.sweep()
        in_keyring = keyring if unlocked.way is Way.KEYRING else None
        return cls(
            database=database,
            accounts=AccountTable(database),
            folders=FolderTable(database),
            messages=MessageTable(database, bodies, search, database.clock),
            bodies=bodies,
            search=search,
            queue=IndexQueue(database),
            searches=SearchTable(database),
            outbox=Outbox(database, database.clock),
            returns=ReturnTable(database),
            ledger=Ledger(database, database.clock),
            keys=KeyTable(database),
            lookups=LookupTable(database),
            timekeeping=TimekeepingTable(database),
            drafts=DraftTable(database),
            peers=PeerTable(database),
            settings=Settings(database),
            plugin_items=PluginItems(database),
            vault=Vault(database, in_keyring, unlocked.name),
            way=unlocked.way,
            key=unlocked.key,
            notices=notices,
            _lock=lock,
        )

    @property
    def read_only(self) -> str:
        """Why nothing can be changed, in a sentence; "" if everything can."""
        return self.database.read_only

    def close(self) -> None:
        """Close the file and let go of the profile; may be called again."""
        if not self.read_only:
            self._lock.note(Ended.CLOSING)
        if self.database.close():
            if self.database.whole and not self.read_only:
                self._lock.note(Ended.CLEANLY)
            self._lock.release()


_CUT_OFF = (
    "The file with the newest changes of the store (store.db-wal) is gone. The rest is whole; "
    "mail that is still on the server comes again."
)


def _still_there(profile: Profile, ended: Ended) -> None:
    """Raise StoreDamaged if there was a store, and now it is missing or empty."""
    if ended is Ended.NEVER:
        return
    if not profile.store.exists() or profile.store.stat().st_size == 0:
        raise StoreDamaged(
            "The store of this profile is missing or empty; it held mail before.",
            "Take a backup with 'mailclient store restore FILE', or begin with an empty one by "
            "'mailclient store salvage'. Mail that is still on the server comes again.",
            str(profile.store),
        )


def _opened(profile: Profile, key: bytes, clock: Callable[[], datetime], barred: str) -> Database:
    """The database, for reading only where it must be; also where the disk is full."""
    try:
        return Database.open(profile.store, key, clock=clock, read_only=barred)
    except StoreFull as problem:
        if barred or not profile.store.exists():
            raise
        log.warning("The store is opened for reading only: %s", problem.text)
        why = f"There is no room left on its disk. {problem.advice}"
        return Database.open(profile.store, key, clock=clock, read_only=why)


def _looked_through(database: Database, key: bytes, *, whole: bool) -> Database:
    """The database if it is found whole after a cut; else open for reading, with the reason.

    Where its log is gone too, all of it is looked at: pages of two times may lie side by side.
    """
    problem = database.check() if whole else check.quick(database)
    if not problem:
        return database
    log.error("The store was found damaged: %s", problem)
    database.close(keep_log=True)
    return Database.open(database.path, key, clock=database.clock, read_only=_DAMAGED)


_DAMAGED = (
    "It is damaged; it is open for reading so that nothing gets worse. 'mailclient store check' "
    "says what is wrong, 'mailclient store salvage' makes a new store of all that can be read."
)
