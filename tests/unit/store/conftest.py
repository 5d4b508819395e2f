"""A store in a folder of its own, with a clock that the test sets and a keyring that forgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.paths import Profile
from mailclient.store import Store
from tests.unit.store.box import Box, Clock, MemoryKeyring


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    made = Profile(tmp_path / "profile")
    made.create()
    return made


@pytest.fixture
def reopen(profile: Profile, keyring: MemoryKeyring, clock: Clock) -> Iterator[Callable[[], Store]]:
    """Open the store, after closing it where it is open."""
    opened: list[Store] = []

    def again() -> Store:
        for store in opened:
            store.close()
        opened.append(Store.open(profile, passphrase=None, keyring=keyring, clock=clock))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    return reopen()


@pytest.fixture
def box(store: Store, clock: Clock) -> Box:
    account = store.accounts.add(Account((Identity("me@example.org", "Me"),)))
    return Box(store, clock, account)
