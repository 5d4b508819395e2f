"""The key of the store: made once, and found again by the OS keyring or a passphrase.

The key-check file beside the database says which way a profile is unlocked, and lets a wrong key be
told before the database is touched. It holds a salt, the data key wrapped by the passphrase where
there is one, and a check value; nothing in it opens the store by itself. It is written before the
database and replaced by renaming only. There is no way here that writes a key readably to the disk.
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

from mailclient.errors import BadInput, StoreDamaged, StoreFull, StoreLocked
from mailclient.paths import Profile
from mailclient.store.keyrings import SERVICE, Keyring, pick_keyring

__all__ = ["Keyring", "Unlocked", "Way", "pick_keyring", "unlock"]

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
        return _create(profile.vault, passphrase, keyring)
    if found.way is Way.PASSPHRASE:
        key = _by_passphrase(found, passphrase)
    else:
        key = _by_keyring(found, keyring)
    return Unlocked(key, found.name, found.way)


def _create(path: Path, passphrase: str | None, keyring: Keyring | None) -> Unlocked:
    """Make a new key; the keyring has it, and gave it back, before the file says so."""
    key = secrets.token_bytes(KEY_BYTES)
    name = secrets.token_hex(8)
    check = _check(key)
    if passphrase is not None:
        salt = secrets.token_bytes(16)
        pad, seal = _stretched(passphrase, salt, COST)
        wrapped = _xor(key, pad)
        tag = hmac.digest(seal, salt + wrapped, "sha256")
        _write(path, _KeyFile(name, Way.PASSPHRASE, check, salt, wrapped + tag, COST))
        return Unlocked(key, name, Way.PASSPHRASE)
    if keyring is None:
        raise StoreLocked(
            "There is no OS keyring here that could keep the key of the mail.",
            "Start with --passphrase-file FILE; the first line of the file is the passphrase.",
        )
    keyring.set_password(SERVICE, _entry(name), b64encode(key).decode("ascii"))
    if keyring.get_password(SERVICE, _entry(name)) != b64encode(key).decode("ascii"):
        raise StoreLocked(
            "The OS keyring did not keep the key of the mail.",
            "Unlock the keyring, or start with --passphrase-file FILE.",
        )
    _write(path, _KeyFile(name, Way.KEYRING, check))
    return Unlocked(key, name, Way.KEYRING)


def _by_passphrase(found: _KeyFile, passphrase: str | None) -> bytes:
    if passphrase is None:
        raise StoreLocked(
            "This profile is locked with a passphrase.",
            "Start with --passphrase-file FILE, or open the window, which asks for it.",
        )
    pad, seal = _stretched(passphrase, found.salt, found.stretch)
    wrapped, tag = found.wrapped[:KEY_BYTES], found.wrapped[KEY_BYTES:]
    if not hmac.compare_digest(hmac.digest(seal, found.salt + wrapped, "sha256"), tag):
        raise StoreLocked("This is not the passphrase of the profile.", "Type it again.")
    return _checked(found, _xor(wrapped, pad))


def _by_keyring(found: _KeyFile, keyring: Keyring | None) -> bytes:
    if keyring is None:
        raise StoreLocked(
            "The key of this profile is in the OS keyring, which was not asked or is not there.",
            "Log in to the desktop that the profile was made in, and start without a passphrase.",
        )
    text = keyring.get_password(SERVICE, _entry(found.name))
    if text is None:
        raise StoreLocked(
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


def _entry(name: str) -> str:
    return f"store {name}"


def _read(path: Path) -> _KeyFile | None:
    """The key-check file; None if there is none; raises StoreDamaged."""
    try:
        document = json.loads(path.read_bytes())
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
        )
    except FileNotFoundError:
        return None
    except PermissionError as problem:
        raise StoreLocked(
            f"{path.name} may not be read.", "Look at its rights.", str(path)
        ) from problem
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as problem:
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


def _write(path: Path, content: _KeyFile) -> None:
    """Write beside, flush to the disk, rename, flush the folder: there or not there, never half."""
    document = {
        "version": VERSION,
        "name": content.name,
        "way": content.way.value,
        "check": b64encode(content.check).decode("ascii"),
        "salt": b64encode(content.salt).decode("ascii"),
        "wrapped": b64encode(content.wrapped).decode("ascii"),
        "stretch": asdict(content.stretch),
    }
    beside = path.with_name(f"{path.name}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(document, file, indent=2)
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
