"""Looking after a profile that no other program has open: backup, restore, compact, salvage, rekey.

Whatever takes the place of the store is finished and looked through before, and put there in one
step: a kill leaves the old one or the new one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailclient.errors import BadInput, MailError, NotFound, StoreLocked
from mailclient.paths import Profile
from mailclient.services.crash import crash_point
from mailclient.services.moving import Told, kept_file
from mailclient.store import Store, backup, place, swap
from mailclient.store.database import Database
from mailclient.store.indexing import IndexQueue
from mailclient.store.lock import Ended, ProfileLock
from mailclient.store.moving import Arrived, is_empty, take_out
from mailclient.store.passwords import Vault
from mailclient.store.salvage import Salvaged, salvage
from mailclient.store.vault import Keyring, Unlocked, Way, opened, renewed, sealed, unlock


@dataclass(frozen=True, slots=True)
class Restored:
    """How a restore or a salvage ended; `aside` is where the store before it lies."""

    messages: int
    aside: Path | None


class Upkeep:
    """The use cases around the store as a file."""

    def __init__(
        self,
        profile: Profile,
        clock: Callable[[], datetime],
        *,
        passphrase: str | None,
        keyring: Keyring | None,
    ) -> None:
        self._profile = profile
        self._clock = clock
        self._passphrase = passphrase
        self._keyring = keyring

    def backup(self, target: Path, lock_with: str | None = None) -> tuple[int, Way]:
        """Write a backup; its size, and what opens it. With `lock_with` that is this passphrase.

        Raises BadInput, StoreFull, StoreDamaged, StoreLocked.
        """
        unlocked = self._unlocked()
        document, way = self._profile.vault.read_bytes(), unlocked.way
        if lock_with is not None:
            document, way = sealed(unlocked.key, unlocked.name, lock_with), Way.PASSPHRASE
        with self._open() as store:
            return backup.write(store.database, unlocked.key, document, target), way

    def take_in(self, source: Path, words: str, told: Told = lambda *step: None) -> Arrived:
        """Make this empty profile one that was packed elsewhere, with a new key; `words` is the
        passphrase of the file.

        Raises BadInput, StoreFull, StoreDamaged, StoreLocked.
        """
        document = backup.document_of(source, backup.MOVED)
        packed = opened(document, passphrase=words, keyring=None)
        with self._alone() as lock:
            self._must_be_empty()
            made = swap.making(self._profile)
            told(0, 4, "Reading the file…")
            backup.unpack(source, made, backup.MOVED)
            told(1, 4, "Looking all of it through…")
            messages = backup.made_current(made, packed, self._clock)
            told(2, 4, "Putting the passwords where this computer keeps them…")
            after, document = renewed(secrets.token_hex(8), self._passphrase, self._keyring)
            crash_point("key_made")
            arrived = self._unpacked(made, packed.key, after, messages)
            told(3, 4, "Encrypting it with a key of its own…")
            backup.change_key(made, packed.key, after.key)
            swap.forget(self._decide(lock, document))
            return arrived

    def _unpacked(self, made: Path, key: bytes, after: Unlocked, messages: int) -> Arrived:
        keyring = self._keyring if after.way is Way.KEYRING else None
        keep = kept_file(self._profile.folder / "certificates")
        database = Database.open(made, key, clock=self._clock)
        vault = Vault(database, keyring, after.name)
        try:
            arrived = take_out(database, vault, keep, messages)
            crash_point("secrets_kept")
            return arrived
        finally:
            database.close()

    def _must_be_empty(self) -> None:
        """Raise BadInput where there is a profile that holds something."""
        if not self._profile.store.exists():
            return
        database = Database.open(self._profile.store, self._unlocked().key, clock=self._clock)
        try:
            empty = is_empty(database)
        finally:
            database.close()
        if not empty:
            raise BadInput(
                f"The profile in {self._profile.folder} holds accounts or mail already.",
                "Nothing was changed. Name a new one with --profile FOLDER.",
            )

    def compact(self) -> tuple[int, int]:
        """Give the room of deleted mail back to the disk, and take its words out of the index; the
        size before and after.

        Raises StoreFull, StoreDamaged, StoreLocked.
        """
        with self._alone() as lock:
            unlocked = self._unlocked()
            made = swap.making(self._profile)
            database = Database.open(self._profile.store, unlocked.key, clock=self._clock)
            try:
                queue = IndexQueue(database)
                while queue.tidy(wholly=True):
                    pass
                # Not in place: what the engine lays aside for that would lie in memory.
                backup.copy(database, unlocked.key, made)
            finally:
                database.close()
            before = self._profile.store.stat().st_size
            swap.forget(self._decide(lock, None))
            return before, self._profile.store.stat().st_size

    def restore(self, source: Path) -> Restored:
        """Put a backup in the place of the store; the passphrase or keyring must open the backup.

        Raises BadInput, StoreFull, StoreDamaged, StoreLocked.
        """
        document = backup.document_of(source)
        unlocked = opened(document, passphrase=self._passphrase, keyring=self._keyring)
        with self._alone() as lock:
            made = swap.making(self._profile)
            backup.unpack(source, made)
            messages = backup.made_current(made, unlocked, self._clock)
            return Restored(messages, self._decide(lock, document))

    def salvage(self) -> tuple[Salvaged, Path | None]:
        """Put a store of all that can be read in the place of a damaged one, which is kept.

        Raises StoreDamaged if nothing can be read, StoreFull, StoreLocked.
        """
        with self._alone() as lock:
            unlocked = self._unlocked()
            old, made = self._profile.store, swap.making(self._profile)
            if old.exists() and old.stat().st_size:
                told = salvage(old, made, unlocked.key, self._clock)
            else:
                Database.open(made, unlocked.key, clock=self._clock).close()
                told = Salvaged(gaps={"the whole store, which was empty"})
            return told, self._decide(lock, None)

    def rekey(self, passphrase: str | None = None) -> None:
        """Encrypt the store with a new key, kept as the one before; or by a new passphrase.

        Raises StoreFull, StoreDamaged, StoreLocked.
        """
        with self._alone() as lock:
            before = self._unlocked()
            if passphrase is not None and before.way is Way.KEYRING:
                raise BadInput(
                    "This profile is unlocked by the OS keyring and has no passphrase to change.",
                    "Leave the new passphrase out.",
                )
            made = swap.making(self._profile)
            database = Database.open(self._profile.store, before.key, clock=self._clock)
            try:
                backup.copy(database, before.key, made)
            finally:
                database.close()
            chosen = self._passphrase if passphrase is None else passphrase
            keyring = self._keyring if before.way is Way.KEYRING else None
            after, document = renewed(before.name, None if keyring else chosen, keyring)
            backup.change_key(made, before.key, after.key)
            swap.forget(self._decide(lock, document))

    def _decide(self, lock: ProfileLock, document: bytes | None) -> Path | None:
        crash_point("before_swap")
        aside = swap.decide(self._profile, vault=document)
        lock.note(Ended.CLEANLY)
        crash_point("after_swap")
        return aside

    def _unlocked(self) -> Unlocked:
        if not self._profile.vault.exists() and not self._profile.store.exists():
            raise NotFound(f"There is no profile in {self._profile.folder}.", "Name another one.")
        return unlock(self._profile, passphrase=self._passphrase, keyring=self._keyring)

    @contextmanager
    def _open(self) -> Iterator[Store]:
        store = Store.open(
            self._profile, passphrase=self._passphrase, keyring=self._keyring, clock=self._clock
        )
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def _alone(self) -> Iterator[ProfileLock]:
        """The profile without its store; raises StoreLocked."""
        if barred := place.unwritable(self._profile.folder, self._profile.store):
            raise StoreLocked(f"Nothing can be changed in this profile. {barred}")
        self._profile.create()
        lock = ProfileLock(self._profile.lock)
        try:
            swap.finish(self._profile)
            yield lock
        except MailError:
            swap.finish(self._profile)  # what was begun takes no room
            raise
        finally:
            lock.release()
