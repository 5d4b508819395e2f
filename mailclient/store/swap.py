"""Putting a finished store in the place of another: after a kill it is the old or the new one.

A new store is made under a name that nobody opens. Renaming it to `.next` decides: from then on it
is put in place, now or at the next start. What was there before is set aside, never deleted here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailclient.errors import StoreFull
from mailclient.paths import Profile
from mailclient.store.engine import log_of

BESIDE = ("", "-wal", "-shm", "-journal")


def making(profile: Profile) -> Path:
    """The name under which a new store is made; what an earlier try left there is gone."""
    path = _named(profile.store, ".making")
    drop(path)
    return path


def decide(profile: Profile, *, vault: bytes | None = None) -> Path | None:
    """Put the closed store that was made in place, with its key file if that changes too.

    Returns where the one before was set aside. Raises StoreFull.
    """
    made = _named(profile.store, ".making")
    with _told(profile):
        _flush(made)
        if vault is not None:
            beside = _next(profile.vault)
            beside.touch(mode=0o600)
            beside.write_bytes(vault)
            _flush(beside)
        made.replace(_next(profile.store))
        _flush(profile.folder)
    return finish(profile)


def is_decided(profile: Profile) -> bool:
    """Whether another store was decided on, and is not in its place yet."""
    return _next(profile.store).exists()


def finish(profile: Profile) -> Path | None:
    """Do what was decided and is not done yet; returns where the store before was set aside.

    Raises StoreFull.
    """
    with _told(profile):
        if not is_decided(profile):
            _next(profile.vault).unlink(missing_ok=True)
            for left in profile.folder.glob(f"{profile.store.name}.making*"):
                left.unlink(missing_ok=True)
            return None
        aside = _set_aside(profile) if _old_is_there(profile) else None
        _named(profile.store, "-shm").unlink(missing_ok=True)
        if _next(profile.vault).exists():
            _next(profile.vault).replace(profile.vault)
        _flush(profile.folder)  # the old log is away, and the key is there, before the store is
        _next(profile.store).replace(profile.store)
        _flush(profile.folder)
        return aside


@contextmanager
def _told(profile: Profile) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise StoreFull(
            f"The new store could not be put in place: {problem.strerror}.",
            "Make room on the disk, or look at the rights of the folder, then start again.",
            str(profile.folder),
        ) from problem


def _old_is_there(profile: Profile) -> bool:
    return profile.store.exists() or log_of(profile.store).exists()


def _set_aside(profile: Profile) -> Path:
    """Rename the old store; its log goes first, so that it can never lie beside the new one.

    After a kill between the two the same name is found again: it is free until the store has it.
    """
    number = 1
    while (aside := _named(profile.store, f".aside-{number}")).exists():
        number += 1
    if _next(profile.vault).exists() and profile.vault.exists():
        key = _named(aside, ".vault.json")
        key.write_bytes(profile.vault.read_bytes())
        key.chmod(0o600)
    if log_of(profile.store).exists():
        log_of(profile.store).replace(log_of(aside))
    if profile.store.exists():
        profile.store.replace(aside)
    return aside


def forget(aside: Path | None) -> None:
    """Drop a store that was set aside, where the new one holds all of it."""
    if aside is not None:
        drop(aside)
        _named(aside, ".vault.json").unlink(missing_ok=True)


def _next(path: Path) -> Path:
    return _named(path, ".next")


def _named(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def drop(path: Path) -> None:
    """Delete a store that nobody needs, with what lies beside it."""
    for ending in BESIDE:
        _named(path, ending).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
