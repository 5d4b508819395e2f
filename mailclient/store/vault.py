"""The key of the store: made once, and found again by the OS keyring or a passphrase.

The key-check file beside the database says which way a profile is unlocked, and lets a wrong key be
told before the database is touched. It holds a salt, the data key wrapped by the passphrase where
there is one, and a check value; nothing in it opens the store by itself. It is written before the
database and replaced by renaming only; a backup carries it along. There is no way here that writes
a key readably to the disk.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from mailclient.errors import (
    BadInput,
    KeyringLocked,
    MailError,
    PassphraseNeeded,
    StoreDamaged,
    StoreFull,
    StoreLocked,
)
from mailclient.paths import Profile
from mailclient.store import swap
from mailclient.store.keyrings import SERVICE, Keyring, pick_keyring

__all__ = [
    "Keyring",
    "Unlocked",
    "Way",
    "opened",
    "pick_keyring",
    "renewed",
    "sealed",
    "unlock",
    "way_of",
]

KEY_BYTES = 32
VERSION = 1
_LABEL = b"mailclient store key check 1"


class Way(Enum):
    """What a profile is unlocked with."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"


@dataclass(frozen=True, slots=True)
class Unlocked:
    """An unlocked profile: its key, the profile's name in the keyring, and how it was unlocked."""

    key: bytes
    name: str
    way: Way


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The cost of Argon2id (RFC 9106 section 4, second recommendation); `memory` is in KiB."""

    time: int = 3
    memory: int = 65536
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (1 <= self.time <= 64 and 8192 <= self.memory <= 1 << 21 and 1 <= self.lanes <= 64):
            raise ValueError("the cost of the passphrase is out of bounds")


COST = _Stretch()


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """What stands in the key-check file; `salt` and `wrapped` are empty without a passphrase."""

    name: str
    way: Way
    check: bytes
    salt: bytes = b""
    wrapped: bytes = b""
    stretch: _Stretch = COST
    entry: str = ""  # of the key in the keyring, where it is not the first one of the profile

    @property
    def key_entry(self) -> str:
        """What the key is called in the keyring."""
        return self.entry or f"store {self.name}"


def unlock(profile: Profile, *, passphrase: str | None, keyring: Keyring | None) -> Unlocked:
    """Find the store's key, or make it where there is no store yet.

    Raises StoreLocked (no way to the key, or a wrong one), StoreDamaged, StoreFull, BadInput.
    """
    if passphrase is not None and not passphrase:
        raise BadInput("The passphrase is empty.", "Choose one of several words.")
    found = _read(profile.vault)
    if found is None:
        if profile.store.exists():
            raise StoreDamaged(
                "The file that belongs to the store's key is missing; without it the mail cannot "
                "be opened.",
                "Put it back from a backup of the profile.",
                str(profile.vault),
            )
        name = secrets.token_hex(8)
        unlocked, content = renewed(name, passphrase, keyring)
        _write(profile.vault, content)
        return unlocked
    return _unlocked(found, passphrase, keyring)


def way_of(profile: Profile) -> Way | None:
    """What a profile is unlocked with; None where there is none yet, or where only opening it can
    tell."""
    try:
        found = None if swap.is_decided(profile) else _read(profile.vault)
    except MailError:
        return None
    return found.way if found else None


def opened(document: bytes, *, passphrase: str | None, keyring: Keyring | None) -> Unlocked:
    """Find a store's key by the content of its key-check file, as a backup carries it.

    Raises StoreLocked, StoreDamaged.
    """
    return _unlocked(_parsed(document, Path("the backup")), passphrase, keyring)


def _unlocked(found: _KeyFile, passphrase: str | None, keyring: Keyring | None) -> Unlocked:
    if found.way is Way.PASSPHRASE:
        key = _by_passphrase(found, passphrase)
    else:
        key = _by_keyring(found, keyring)
    return Unlocked(key, found.name, found.way)


def renewed(name: str, passphrase: str | None, keyring: Keyring | None) -> tuple[Unlocked, bytes]:
    """Make a new key, with the content of its key-check file; a keyring that is to keep it has it,
    and gave it back, beside the one before."""
    key = secrets.token_bytes(KEY_BYTES)
    if passphrase is not None:
        return Unlocked(key, name, Way.PASSPHRASE), sealed(key, name, passphrase)
    if keyring is None:
        raise KeyringLocked(
            "There is no OS keyring here that could keep the key of the mail.",
            "Start with --passphrase-file FILE; the first line of the file is the passphrase.",
        )
    content = _KeyFile(name, Way.KEYRING, _check(key), entry=f"store {name} {secrets.token_hex(4)}")
    keyring.set_password(SERVICE, content.key_entry, b64encode(key).decode("ascii"))
    if keyring.get_password(SERVICE, content.key_entry) != b64encode(key).decode("ascii"):
        raise KeyringLocked(
            "The OS keyring did not keep the key of the mail.",
            "Unlock the keyring, or start with --passphrase-file FILE.",
        )
    return Unlocked(key, name, Way.KEYRING), _written(content)


def sealed(key: bytes, name: str, passphrase: str) -> bytes:
    """The content of a key-check file by which a passphrase opens this key."""
    if not passphrase:
        raise BadInput("The passphrase is empty.", "Choose one of several words.")
    salt = secrets.token_bytes(16)
    pad, seal = _stretched(passphrase, salt, COST)
    wrapped = _xor(key, pad)
    tag = hmac.digest(seal, salt + wrapped, "sha256")
    return _written(_KeyFile(name, Way.PASSPHRASE, _check(key), salt, wrapped + tag, COST))


def _by_passphrase(found: _KeyFile, passphrase: str | None) -> bytes:
    if passphrase is None:
        raise PassphraseNeeded(
            "This profile is locked with a passphrase.",
            "Start with --passphrase-file FILE, or open the window, which asks for it.",
        )
    pad, seal = _stretched(passphrase, found.salt, found.stretch)
    wrapped, tag = found.wrapped[:KEY_BYTES], found.wrapped[KEY_BYTES:]
    if not hmac.compare_digest(hmac.digest(seal, found.salt + wrapped, "sha256"), tag):
        raise PassphraseNeeded("This is not the passphrase of the profile.", "Type it again.")
    return _checked(found, _xor(wrapped, pad))


def _by_keyring(found: _KeyFile, keyring: Keyring | None) -> bytes:
    if keyring is None:
        raise KeyringLocked(
            "The key of this profile is in the OS keyring, which was not asked or is not there.",
            "Log in to the desktop that the profile was made in, and start without a passphrase.",
        )
    text = keyring.get_password(SERVICE, found.key_entry)
    if text is None:
        raise KeyringLocked(
            "The OS keyring does not hold the key of this profile.",
            "Unlock the keyring that the profile was made with, or restore it from a backup.",
        )
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    return _checked(found, key)


def _checked(found: _KeyFile, key: bytes) -> bytes:
    if len(key) != KEY_BYTES or not hmac.compare_digest(_check(key), found.check):
        raise StoreLocked(
            "The key that was found is not the key of this profile.",
            "Restore the profile's files from one and the same backup.",
        )
    return key


def _stretched(passphrase: str, salt: bytes, cost: _Stretch) -> tuple[bytes, bytes]:
    """A pad and a key for the tag, from a passphrase; the salt is used for one wrapping only."""
    from argon2.low_level import Type, hash_secret_raw  # only where there is no keyring

    raw = hash_secret_raw(
        unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass"),
        salt,
        time_cost=cost.time,
        memory_cost=cost.memory,
        parallelism=cost.lanes,
        hash_len=2 * KEY_BYTES,
        type=Type.ID,
    )
    return raw[:KEY_BYTES], raw[KEY_BYTES:]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _check(key: bytes) -> bytes:
    return hmac.digest(key, _LABEL, hashlib.sha256)


def _read(path: Path) -> _KeyFile | None:
    """The key-check file; None if there is none; raises StoreDamaged."""
    try:
        return _parsed(path.read_bytes(), path)
    except FileNotFoundError:
        return None
    except PermissionError as problem:
        raise StoreLocked(
            f"{path.name} may not be read.", "Look at its rights.", str(path)
        ) from problem
    except OSError as problem:
        raise _damaged(path) from problem


def _parsed(content: bytes, path: Path) -> _KeyFile:
    try:
        document = json.loads(content)
        if document["version"] > VERSION:
            raise StoreDamaged(
                "This profile was made by a newer version of the program.",
                "Install that version or a later one.",
            )
        found = _KeyFile(
            str(document["name"]),
            Way(document["way"]),
            b64decode(document["check"]),
            b64decode(document["salt"]),
            b64decode(document["wrapped"]),
            _Stretch(**document["stretch"]),
            str(document.get("entry", "")),  # this was not there in the first version
        )
    except (ValueError, TypeError, LookupError, RecursionError) as problem:
        raise _damaged(path) from problem
    if found.way is Way.PASSPHRASE and (len(found.wrapped), len(found.salt)) != (64, 16):
        raise _damaged(path)
    return found


def _damaged(path: Path) -> StoreDamaged:
    return StoreDamaged(
        "The file that belongs to the store's key is damaged.",
        "Put it back from a backup of the profile.",
        str(path),
    )


def _written(content: _KeyFile) -> bytes:
    document = {
        "version": VERSION,
        "name": content.name,
        "way": content.way.value,
        "check": b64encode(content.check).decode("ascii"),
        "salt": b64encode(content.salt).decode("ascii"),
        "wrapped": b64encode(content.wrapped).decode("ascii"),
        "stretch": asdict(content.stretch),
        "entry": content.entry,
    }
    return json.dumps(document, indent=2).encode("ascii")


def _write(path: Path, content: bytes) -> None:
    """Write beside, flush to the disk, rename, flush the folder: there or not there, never half."""
    beside = path.with_name(f"{path.name}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as problem:
        raise StoreFull(
            f"The profile cannot be written: {problem.strerror}.",
            "Make room on the disk, or look at the rights of the folder.",
            str(path),
        ) from problem
