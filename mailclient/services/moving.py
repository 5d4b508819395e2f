"""Moving to another computer: everything of a profile in one encrypted file, and out of it again.

The file has a key of its own, which a passphrase opens; the profile that it becomes gets another.
Nothing of either is readable on the disk at any moment, and a kill leaves nothing half.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from mailclient.account import Account
from mailclient.crypto.api import Imported
from mailclient.errors import BadInput, PassphraseNeeded
from mailclient.message.security import Trust
from mailclient.paths import Profile
from mailclient.services.crash import crash_point
from mailclient.services.keys import Keys
from mailclient.store import Store, backup, moving, swap
from mailclient.store.vault import KEY_BYTES, opened, sealed, unlock

Told = Callable[[int, int, str], None]  # how many steps are done, of how many, and the next one
SHORTEST = 8  # signs of the passphrase: the file lies where others may copy it and try at leisure
LARGEST_FILE = 1024 * 1024  # of certificates


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written: bytes, accounts, secrets, and whose keys (their number)."""

    size: int
    accounts: int
    passwords: int
    keys: int


class Moving:
    """Packs an open profile, and takes in the keys that came with one."""

    def __init__(
        self, profile: Profile, store: Store, keys: Keys, clock: Callable[[], datetime]
    ) -> None:
        self._profile = profile
        self._store = store
        self._keys = keys
        self._clock = clock

    def check(self, passphrase: str) -> None:
        """Raise BadInput for a passphrase that is too short."""
        if len(passphrase) < SHORTEST:
            raise BadInput(
                f"The passphrase is shorter than {SHORTEST} signs.",
                "Take several words: whoever has the file can try at leisure.",
            )

    def pack(
        self,
        target: Path,
        passphrase: str,
        *,
        mail: bool = True,
        with_keys: bool = False,
        told: Told = lambda *step: None,
    ) -> Packed:
        """Write a new file that a passphrase opens, with or without the mail; with `with_keys` also
        one's own secret keys and those of people.

        Raises BadInput, KeyLocked, StoreLocked, StoreFull, StoreDamaged.
        """
        self.check(passphrase)
        made = backup.beside(target)
        swap.drop(made)
        accounts = self._store.accounts.all()
        key = secrets.token_bytes(KEY_BYTES)
        document = sealed(key, "moved", passphrase)
        held, count = self._held() if with_keys else ("", 0)
        luggage = moving.Luggage(
            moving.secrets_of(self._store.vault, accounts),
            held,
            _certificates(accounts),
        )
        try:
            self._fill(made, key, luggage, told, mail=mail)
            crash_point("packed")
            told(3, 4, "Writing the file to the disk…")
            size = backup.finish(made, document, target, backup.MOVED)
        finally:
            swap.drop(made)
        return Packed(size, len(accounts), len(luggage.secrets), count)

    def _fill(
        self, made: Path, key: bytes, luggage: moving.Luggage, told: Told, *, mail: bool
    ) -> None:
        told(0, 4, "Copying what goes along…")
        if not mail:
            moving.without_mail(self._store.database, made, key)
            moving.put_in(made, key, self._clock, luggage)
            return
        backup.copy(self._store.database, self._store.key, made)
        told(1, 4, "Putting the passwords in…")
        moving.put_in(made, self._store.key, self._clock, luggage)
        told(2, 4, "Encrypting it for its passphrase…")
        backup.change_key(made, self._store.key, key)

    def _held(self) -> tuple[str, int]:
        """One's own keys with their secrets and those of people that were not refused, armored."""
        wanted = {
            one.key.fingerprint: one.key.has_secret and not one.key.on_card
            for one in self._keys.list()
            if not one.key.in_vault and one.trust in (Trust.OWN, Trust.VERIFIED, Trust.ACCEPTED)
        }
        found = [self._keys.export(one, secret=own) for one, own in wanted.items()]
        return b"\n".join(found).decode("ascii"), len(found)

    # The way in

    def look(self, source: Path, passphrase: str, own: str | None) -> None:
        """Look whether a packed file can become this profile, before anything is closed for it;
        `own` is the passphrase of this profile, where it opens with one.

        Raises BadInput, StoreDamaged, PassphraseNeeded.
        """
        if not moving.is_empty(self._store.database):
            raise BadInput(
                "There are accounts or mail here already, and two profiles are not mixed.",
                "Nothing was changed. Start the program with a folder of its own for the other "
                "one ('mailclient --profile FOLDER').",
            )
        document = backup.document_of(source, backup.MOVED)
        try:
            opened(document, passphrase=passphrase, keyring=None)
        except PassphraseNeeded as wrong:
            raise BadInput(
                f"This is not the passphrase of {source.name}.",
                "It is the one that was chosen when the file was made. Type it again.",
            ) from wrong
        if own is not None:
            unlock(self._profile, passphrase=own, keyring=None)

    # Keys that came along

    @property
    def keys_wait(self) -> bool:
        """Whether keys came with this profile and were not taken in yet."""
        return bool(self._store.settings.get(moving.KEYS))

    def take_keys(self) -> tuple[Imported, ...]:
        """Give the keys that came along to the plug-in's engine; raises BadInput if there are none.

        They stay here until it has them.
        """
        held = self._store.settings.get(moving.KEYS)
        if not held:
            raise BadInput("No keys came with this profile that wait to be taken in.")
        imported = self._keys.import_keys(held.encode("ascii"), "moved here")
        self._store.settings.set(moving.KEYS, "")
        return imported


def _certificates(accounts: tuple[Account, ...]) -> dict[str, str]:
    """The files of certificates that accounts trust besides, and of their owner's own ones with
    their keys, by their names; what cannot be read here did not work before either."""
    servers = (one for account in accounts for one in (account.incoming, account.outgoing) if one)
    names = {name for one in servers for name in (one.ca_file, one.client_file) if name}
    found = {}
    for name in sorted(names):
        try:
            with Path(name).open(encoding="ascii") as file:
                found[name] = file.read(LARGEST_FILE)
        except (OSError, UnicodeDecodeError):
            continue
    return found


def kept_file(folder: Path) -> Callable[[str], str]:
    """Keeps texts of certificates as files in a folder; each call returns a file's name."""

    def keep(text: str) -> str:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{sha256(text.encode()).hexdigest()[:16]}.pem"
        path.touch(mode=0o600)  # some hold a key
        path.write_text(text, encoding="ascii")
        return str(path)

    return keep
