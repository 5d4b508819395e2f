"""The root: opens a profile, and closes it; what it consists of is in `parts`.

The window, the command line and the tests all come in through `open_profile`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mailclient.cancel import CancelToken
from mailclient.parts import Parts
from mailclient.paths import Profile
from mailclient.store import Store
from mailclient.store.keyrings import ANSWER_SECONDS, PICK_SECONDS, Keyring, pick_keyring
from mailclient.store.vault import Way, unlock, way_of
from mailclient.transport.lookups import Lookups

if TYPE_CHECKING:
    from mailclient.crypto.api import Host

KEYRING_AT_END_SECONDS = 3.0  # enough to keep a password; a keyring that hangs is left alone
MOST_USED = ("mailclient.services.receive", "mailclient.crypto.registry")  # with what they import


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def _ahead() -> None:
    """Begin to import what most commands need, beside what the caller does next."""
    if not all(name in sys.modules for name in MOST_USED):
        threading.Thread(target=lambda: [import_module(name) for name in MOST_USED]).start()


class App(Parts):
    """An open profile: the use cases, ready to be called."""

    def __init__(
        self,
        profile: Profile,
        store: Store,
        host: Host,
        clock: Callable[[], datetime],
        *,
        steadily: Callable[[], float] | None,
        offline: bool,
        keyring_calls: CancelToken,
    ) -> None:
        super().__init__(profile, store, host, clock, steadily=steadily, offline=offline)
        self._keyring_calls = keyring_calls
        self._closed = False
        if not store.read_only:
            self.timekeeper.look()
            store.outbox.steps.recover(clock())
            if store.outbox.uncertain():
                self.send.look_back()

    @property
    def opens_with_passphrase(self) -> bool:
        """Whether it can be closed and opened again by somebody who knows the passphrase."""
        return self._store.way is Way.PASSPHRASE

    def check_passphrase(self, passphrase: str) -> None:
        """Raise PassphraseNeeded for another one than the profile opens with."""
        unlock(self.profile, passphrase=passphrase, keyring=None)

    def close(self) -> None:
        """Stop all jobs, and close the plug-ins and the store; once. A keyring that hangs is not
        waited for."""
        if self._closed:
            return
        self._closed = True
        enough = threading.Timer(KEYRING_AT_END_SECONDS, self._keyring_calls.cancel)
        enough.daemon = True
        with ExitStack() as then:
            then.callback(self._store.close)
            if "plugins" in vars(self):
                then.callback(self.plugins.close)
            then.callback(enough.cancel)
            enough.start()
            self.jobs.close()


def open_profile(
    profile: Profile,
    *,
    passphrase: str | None = None,
    keyring: Keyring | None = None,
    use_os_keyring: bool = True,
    waiting: CancelToken | None = None,
    gnupg_home: Path | None = None,
    offline: bool = False,
    clock: Callable[[], datetime] = now,
    steadily: Callable[[], float] | None = None,
    ask_passphrase: Callable[[str], str | None] = lambda what: None,
) -> App:
    """Open (or create) a profile. With a passphrase, and where one is needed, the OS keyring is
    not asked at all.

    Whoever waits at a window gives `waiting`: the keyring has longer to answer then, and cancelling
    ends the wait for it. Raises StoreLocked, StoreDamaged, StoreFull, Cancelled.
    """
    profile.create()
    calls = waiting or CancelToken()
    if passphrase is not None or way_of(profile) is Way.PASSPHRASE:
        keyring = None
    elif keyring is None and use_os_keyring:
        keyring = pick_keyring(calls, ANSWER_SECONDS if waiting else PICK_SECONDS)
    _ahead()  # to unlock and to open takes about as long, and does not need the interpreter
    store = Store.open(profile, passphrase=passphrase, keyring=keyring, clock=clock)
    from mailclient.crypto.api import Host  # late: see `_ahead`

    host = Host(
        folder=profile.plugin("crypto"),
        fetch=Lookups.of(os.environ, offline=offline).fetch,
        ask_passphrase=ask_passphrase,
        gnupg_home=gnupg_home,
        environment=os.environ,
        vault=store.plugin_items,
    )
    return App(profile, store, host, clock, steadily=steadily, offline=offline, keyring_calls=calls)


class _ScratchKeyring:
    """Keeps the key of a profile that ends with the process; nothing of it reaches the disk."""

    def __init__(self) -> None:
        self._secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._secrets.pop((service, username), None)


def open_scratch(folder: Path, *, gnupg_home: Path | None = None, offline: bool = False) -> App:
    """A throw-away profile in `folder`, whose key nobody keeps."""
    return open_profile(
        Profile(folder), keyring=_ScratchKeyring(), gnupg_home=gnupg_home, offline=offline
    )
