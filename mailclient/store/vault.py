"""How the store's key is kept, and where the accounts' passwords are.

The key is 32 random bytes in the OS keyring; without one it comes from a passphrase (Argon2id).
Passwords are in the OS keyring, else inside the encrypted store. There is no third place.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from typing import Any

from mailclient.errors import StoreDamaged, StoreLocked
from mailclient.paths import Profile
from mailclient.store.database import KEY_BYTES, Database
from mailclient.store.keyrings import SERVICE, Keyring

ARGON2 = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 2}


def unlock(profile: Profile, *, passphrase: str | None, keyring: Keyring | None) -> bytes:
    """The store's key; made on the first call. Raises StoreLocked, StoreDamaged."""
    if profile.vault.exists():
        return _existing(profile, _read(profile), passphrase, keyring)
    if profile.store.exists():
        raise StoreDamaged(
            "The file that tells how to open the store is missing.",
            f"Restore {profile.vault.name} from a backup of the profile.",
        )
    if passphrase is not None:
        salt = secrets.token_bytes(16)
        key = derive(passphrase, salt, ARGON2)
        _write(profile, {"kind": "passphrase", "salt": _code(salt), "argon2id": ARGON2})
        return key
    if keyring is None:
        raise StoreLocked(
            "No keyring answers here, so the mail needs a passphrase to be locked with.",
            "Give one with --passphrase-file FILE, or start a keyring.",
        )
    name = f"store-{secrets.token_hex(8)}"
    key = secrets.token_bytes(KEY_BYTES)
    keyring.set_password(SERVICE, name, _code(key))
    _write(profile, {"kind": "keyring", "name": name})
    return key


def _existing(
    profile: Profile, how: dict[str, Any], passphrase: str | None, keyring: Keyring | None
) -> bytes:
    if how["kind"] == "passphrase":
        if passphrase is None:
            raise StoreLocked(
                "The mail in this profile is locked with a passphrase.",
                "Give it with --passphrase-file FILE, or start the window, which asks for it.",
            )
        return derive(passphrase, base64.b64decode(how["salt"]), how["argon2id"])
    if keyring is None:
        raise StoreLocked(
            "The key of this profile is in the keyring of your desktop, which does not answer.",
            "Log in to your desktop and unlock the keyring.",
        )
    stored = keyring.get_password(SERVICE, str(how["name"]))
    if stored is None:
        raise StoreLocked(
            "The key of this profile is not in your keyring any more.",
            "Restore the keyring, or a backup of the profile.",
        )
    return base64.b64decode(stored)


def derive(passphrase: str, salt: bytes, parameters: dict[str, int]) -> bytes:
    """A key from a passphrase (Argon2id, RFC 9106)."""
    from argon2.low_level import Type, hash_secret_raw  # late: only where there is no keyring

    return hash_secret_raw(
        passphrase.encode("utf-8"),
        salt,
        time_cost=parameters["time_cost"],
        memory_cost=parameters["memory_cost"],
        parallelism=parameters["parallelism"],
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


def _code(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _read(profile: Profile) -> dict[str, Any]:
    try:
        found = json.loads(profile.vault.read_text("utf-8"))
        if found["kind"] not in ("passphrase", "keyring"):
            raise ValueError(found["kind"])
    except (OSError, ValueError, KeyError, TypeError) as damage:
        raise StoreDamaged(
            "The file that tells how to open the store cannot be read.",
            f"Restore {profile.vault.name} from a backup of the profile.",
        ) from damage
    whole: dict[str, Any] = found
    return whole


def _write(profile: Profile, how: dict[str, Any]) -> None:
    """Durable before the store exists: a store without this file could never be opened."""
    new = profile.vault.with_suffix(".new")
    with open(new, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        json.dump(how, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(profile.vault)
    folder = os.open(profile.folder, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Vault:
    """The passwords of the accounts."""

    def __init__(self, database: Database, keyring: Keyring | None, name: str) -> None:
        self._database = database
        self._keyring = keyring
        self._name = name  # tells profiles that share a keyring apart

    @property
    def where(self) -> str:
        """Where passwords are kept, in words."""
        return "the encrypted store" if self._keyring is None else "the keyring of the desktop"

    def set_password(self, account_id: int, kind: str, secret: str) -> None:
        """Keep the password of an account; `kind` is "incoming" or "outgoing"."""
        if self._keyring is not None:
            self._keyring.set_password(SERVICE, self._entry(account_id, kind), secret)
            return
        self._database.run(
            "INSERT OR REPLACE INTO secrets (account_id, kind, secret) VALUES (?, ?, ?)",
            (account_id, kind, secret),
        )

    def password(self, account_id: int, kind: str) -> str | None:
        """The password, or None where none is kept."""
        if self._keyring is not None:
            return self._keyring.get_password(SERVICE, self._entry(account_id, kind))
        row = self._database.row(
            "SELECT secret FROM secrets WHERE account_id = ? AND kind = ?", (account_id, kind)
        )
        return None if row is None else str(row[0])

    def forget(self, account_id: int) -> None:
        """Drop the passwords of an account."""
        if self._keyring is not None:
            for kind in ("incoming", "outgoing"):
                self._keyring.delete_password(SERVICE, self._entry(account_id, kind))
        self._database.run("DELETE FROM secrets WHERE account_id = ?", (account_id,))

    def _entry(self, account_id: int, kind: str) -> str:
        return f"{self._name}/{account_id}/{kind}"
