"""The root: opens a profile, builds every object once, and closes in reverse.

Alone names concrete classes; everything else receives what it needs. The window, the command line
and the tests all come in through `open_profile`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host
from mailclient.crypto.registry import Registry
from mailclient.paths import Profile
from mailclient.services.accounts import Accounts
from mailclient.services.assess import Assessor
from mailclient.services.compose import Compose
from mailclient.services.conversations import Conversations
from mailclient.services.discovery import Discovery
from mailclient.services.dispatch import Dispatch
from mailclient.services.doctor import Doctor
from mailclient.services.events import Events
from mailclient.services.exporting import Exporting
from mailclient.services.flushing import Flushing
from mailclient.services.handing_on import HandingOn
from mailclient.services.importing import Importing
from mailclient.services.indexing import Indexing
from mailclient.services.intake import Intake
from mailclient.services.jobs import Jobs
from mailclient.services.journey import Journeys
from mailclient.services.keyfinding import KeyFinding
from mailclient.services.keys import Keys
from mailclient.services.mailbox import ServerMailbox
from mailclient.services.moving import Moving
from mailclient.services.observe import Observer
from mailclient.services.organise import Organise
from mailclient.services.outcomes import Outcomes
from mailclient.services.people import People
from mailclient.services.read import Beside, Read
from mailclient.services.receipts import Receipts
from mailclient.services.receive import Receive
from mailclient.services.recovery import Recovery
from mailclient.services.redirect import Redirect
from mailclient.services.removing import Removing
from mailclient.services.returned import Returns
from mailclient.services.schedule import Schedule
from mailclient.services.sealing import Sealing
from mailclient.services.search import Search
from mailclient.services.send import Send
from mailclient.services.settling import Settling
from mailclient.services.signin import SignIn
from mailclient.services.tentative import Tentative
from mailclient.services.timekeeping import Timekeeper, steady
from mailclient.store import Store
from mailclient.store.keyrings import ANSWER_SECONDS, PICK_SECONDS, Keyring, pick_keyring
from mailclient.store.vault import Way, way_of
from mailclient.transport.lookups import Lookups
from mailclient.transport.network import network

KEYRING_AT_END_SECONDS = 3.0  # enough to keep a password; a keyring that hangs is left alone


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class App:
    """An open profile: the use cases, ready to be called."""

    def __init__(
        self,
        profile: Profile,
        store: Store,
        plugins: Registry,
        clock: Callable[[], datetime],
        *,
        steadily: Callable[[], float] = steady,
        offline: bool,
        keyring_calls: CancelToken,
    ) -> None:
        self.profile = profile
        self._keyring_calls = keyring_calls
        self.plugins = plugins
        self.events = Events()
        self.jobs = Jobs(self.events)
        self.settings = store.settings
        self.signin = SignIn(store, profile.folder, clock, offline=offline)
        self.accounts = Accounts(store, self.events, self.signin, offline=offline)
        self.discovery = Discovery(self.events, os.environ, offline=offline)
        self.keys = Keys(store, plugins.sealing, self.events, clock, self._requeue)
        tentative = Tentative(store, self.keys, self.events)
        self.keyfinding = self._finding(store, tentative, clock, offline=offline)
        self.people = People(store, self.keys, self.events, clock)
        self.recovery = Recovery(store, self.keys, plugins.sealing, self.events, clock)
        self.handing_on = HandingOn(self.accounts, self.keys, self.recovery, plugins.sealing)
        assessor = self._assessor()
        observer = Observer(plugins.all, tentative, store.peers, clock)
        self.returns = Returns(store, self.events, clock)
        self.journeys = Journeys(store, self.accounts.list, os.environ, offline=offline)
        self.intake = Intake(
            store, store.settings, assessor, observer, self.returns, self.events, clock
        )
        self.timekeeper = Timekeeper(store, self.events, clock, steadily)
        self.receive = self._receiving(store, clock, offline=offline)
        self.mailbox = ServerMailbox(store, self.accounts, self.receive, clock)
        self.receipts = Receipts(store, self.accounts, self.events, clock)
        beside = Beside(self.returns, self.journeys, self.receipts)
        self.read = Read(store, assessor, self.intake, beside, clock)
        self.search = Search(store, self.events)
        self.indexing = Indexing(store)
        self.conversations = Conversations(store, self.events, self.jobs)
        self.compose = Compose(store, self.accounts, self.intake, self.events, clock)
        self.redirect = Redirect(store, self.accounts, self.events, clock)
        self.send = self._sending(store, clock, offline=offline)
        self.dispatch = self._dispatching(store, clock)
        self.removing = Removing(store, self.accounts, self.send, self.jobs)
        self.schedule = Schedule(
            self.accounts, store.settings, self.receive, self.events, self.jobs, network=network
        )
        self.organise = Organise(store, self.events)
        self.transfer = Importing(store, self.accounts, self.intake, self.events, clock)
        self.exporting = Exporting(store)
        self.moving = Moving(profile, store, self.keys, clock)
        self.doctor = Doctor(store, plugins, self.accounts)
        self._store = store
        self._closed = False
        if not store.read_only:
            self.timekeeper.look()
            self.send.recover()

    def _assessor(self) -> Assessor:
        keys = self.keys
        return Assessor(
            self.plugins.for_protocol,
            keys.trust_of,
            self.accounts.own_addresses,
            keys.known_sender,
        )

    def _finding(
        self, store: Store, tentative: Tentative, clock: Callable[[], datetime], *, offline: bool
    ) -> KeyFinding:
        return KeyFinding(
            store,
            self.plugins.all,
            self.keys,
            tentative,
            clock,
            seconds=Lookups.of(os.environ, offline=offline).seconds,
            offline=offline,
        )

    def _receiving(self, store: Store, clock: Callable[[], datetime], *, offline: bool) -> Receive:
        return Receive(
            store,
            self.accounts,
            self.intake,
            self.events,
            self.jobs,
            clock,
            timekeeper=self.timekeeper,
            offline=offline,
        )

    def _dispatching(self, store: Store, clock: Callable[[], datetime]) -> Dispatch:
        return Dispatch(
            self.send,
            store.outbox,
            self.events,
            self.jobs,
            clock,
            timekeeper=self.timekeeper,
            network=network,
        )

    def _sending(self, store: Store, clock: Callable[[], datetime], *, offline: bool) -> Send:
        outcomes = Outcomes(store, self.intake, self.events, clock)
        own = self.accounts.own_addresses
        return Send(
            store,
            self.accounts,
            Sealing(self.accounts, self.keys, store.settings),
            Flushing(
                store.outbox,
                self.accounts,
                outcomes,
                self.events,
                clock,
                timekeeper=self.timekeeper,
                offline=offline,
            ),
            Settling(store, outcomes, self.returns, own, self.events),
            outcomes=outcomes,
            intake=self.intake,
            events=self.events,
            jobs=self.jobs,
            clock=clock,
        )

    def _requeue(self, addresses: Collection[str]) -> None:
        """What these people signed, and what waits for a key, is understood anew."""
        self.intake.requeue(addresses)

    @property
    def opens_with_passphrase(self) -> bool:
        """Whether it can be closed and opened again by somebody who knows the passphrase."""
        return self._store.way is Way.PASSPHRASE

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
    steadily: Callable[[], float] = steady,
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
    store = Store.open(profile, passphrase=passphrase, keyring=keyring, clock=clock)
    host = Host(
        folder=profile.plugin("crypto"),
        fetch=Lookups.of(os.environ, offline=offline).fetch,
        ask_passphrase=ask_passphrase,
        gnupg_home=gnupg_home,
        environment=os.environ,
    )
    registry = Registry.load(host)
    return App(
        profile,
        store,
        registry,
        clock,
        steadily=steadily,
        offline=offline,
        keyring_calls=calls,
    )


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
