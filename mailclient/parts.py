"""What an open profile consists of: the use cases, put together.

Alone names concrete classes; everything else receives what it needs. A part is built, and its
module imported, when it is first asked for, plug-ins when one of them is first needed: loading all
takes longer than what most commands do, and than a window may take to be there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from mailclient.built import Built
from mailclient.paths import Profile
from mailclient.store import Store
from mailclient.transport.lookups import Lookups

if TYPE_CHECKING:
    from mailclient.crypto.api import Host
    from mailclient.crypto.registry import Registry
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
    from mailclient.services.housekeeping import Housekeeping
    from mailclient.services.importing import Importing
    from mailclient.services.indexing import Indexing
    from mailclient.services.intake import Intake
    from mailclient.services.jobs import Jobs
    from mailclient.services.journey import Journeys
    from mailclient.services.keyfinding import KeyFinding
    from mailclient.services.keys import Keys
    from mailclient.services.mailbox import ServerMailbox
    from mailclient.services.moving import Moving
    from mailclient.services.organise import Organise
    from mailclient.services.outcomes import Outcomes
    from mailclient.services.people import People
    from mailclient.services.read import Read
    from mailclient.services.receipts import Receipts
    from mailclient.services.receive import Receive
    from mailclient.services.recovery import Recovery
    from mailclient.services.redirect import Redirect
    from mailclient.services.removing import Removing
    from mailclient.services.retention import Retention
    from mailclient.services.returned import Returns
    from mailclient.services.schedule import Schedule
    from mailclient.services.search import Search
    from mailclient.services.send import Send
    from mailclient.services.signin import SignIn
    from mailclient.services.spelling import Spelling
    from mailclient.services.suggest import Suggestions
    from mailclient.services.tentative import Tentative
    from mailclient.services.timekeeping import Timekeeper


class Incoming:
    """Collecting mail, and understanding it."""

    def __init__(
        self,
        profile: Profile,
        store: Store,
        host: Host,
        clock: Callable[[], datetime],
        *,
        steadily: Callable[[], float] | None,
        offline: bool,
    ) -> None:
        self.building = threading.RLock()
        self.profile = profile
        self._store = store
        self._host = host
        self._clock = clock
        self._offline = offline
        self._steadily = steadily
        self.settings = store.settings

    @Built
    def events(self) -> Events:
        from mailclient.services.events import Events

        return Events()

    @Built
    def jobs(self) -> Jobs:
        from mailclient.services.jobs import Jobs

        return Jobs(self.events)

    @Built
    def timekeeper(self) -> Timekeeper:
        from mailclient.services.timekeeping import Timekeeper, steady

        return Timekeeper(self._store, self.events, self._clock, self._steadily or steady)

    @Built
    def plugins(self) -> Registry:
        from mailclient.crypto.registry import Registry

        return Registry.load(self._host)

    @Built
    def signin(self) -> SignIn:
        from mailclient.services.signin import SignIn

        return SignIn(self._store, self.profile.folder, self._clock, offline=self._offline)

    @Built
    def accounts(self) -> Accounts:
        from mailclient.services.accounts import Accounts

        return Accounts(self._store, self.events, self.signin, offline=self._offline)

    @Built
    def keys(self) -> Keys:
        from mailclient.services.keys import Keys

        requeue = lambda addresses: self.intake.requeue(addresses)  # noqa: E731 - built later
        return Keys(self._store, lambda: self.plugins.sealing(), self.events, self._clock, requeue)

    @Built
    def _tentative(self) -> Tentative:
        from mailclient.services.tentative import Tentative

        return Tentative(self._store, self.keys, self.events)

    @Built
    def _assessor(self) -> Assessor:
        from mailclient.services.assess import Assessor

        return Assessor(
            lambda protocol: self.plugins.for_protocol(protocol),
            self.keys.trust_of,
            self.accounts.own_addresses,
            self.keys.known_sender,
        )

    @Built
    def returns(self) -> Returns:
        from mailclient.services.returned import Returns

        return Returns(self._store, self.events, self._clock)

    @Built
    def intake(self) -> Intake:
        from mailclient.services.intake import Intake
        from mailclient.services.observe import Observer

        return Intake(
            self._store,
            self._assessor,
            Observer(lambda: self.plugins.all(), self._tentative, self._store.peers, self._clock),
            self.returns,
            self.events,
            self._clock,
        )

    @Built
    def receive(self) -> Receive:
        from mailclient.services.receive import Receive

        return Receive(
            self._store,
            self.accounts,
            self.intake,
            self.events,
            self.jobs,
            self._clock,
            timekeeper=self.timekeeper,
            offline=self._offline,
        )

    @Built
    def schedule(self) -> Schedule:
        from mailclient.services.schedule import Schedule
        from mailclient.transport.network import network

        return Schedule(
            self.accounts, self.settings, self.receive, self.events, self.jobs, network=network
        )


class Parts(Incoming):
    """All use cases."""

    @Built
    def discovery(self) -> Discovery:
        from mailclient.services.discovery import Discovery

        return Discovery(self.events, os.environ, offline=self._offline)

    @Built
    def keyfinding(self) -> KeyFinding:
        from mailclient.services.keyfinding import KeyFinding

        return KeyFinding(
            self._store, lambda: self.plugins.all(), self.keys, self._tentative,
            self.events, self._clock,
            seconds=Lookups.of(os.environ, offline=self._offline).seconds,
            offline=self._offline,
        )  # fmt: skip

    @Built
    def people(self) -> People:
        from mailclient.services.people import People

        return People(self._store, self.keys, self.events, self._clock)

    @Built
    def recovery(self) -> Recovery:
        from mailclient.services.recovery import Recovery

        return Recovery(
            self._store, self.keys, lambda: self.plugins.sealing(), self.events, self._clock
        )

    @Built
    def handing_on(self) -> HandingOn:
        from mailclient.services.handing_on import HandingOn

        return HandingOn(self.accounts, self.keys, self.recovery, lambda: self.plugins.sealing())

    @Built
    def journeys(self) -> Journeys:
        from mailclient.services.journey import Journeys

        return Journeys(self._store, self.accounts.list, os.environ, offline=self._offline)

    @Built
    def mailbox(self) -> ServerMailbox:
        from mailclient.services.mailbox import ServerMailbox

        return ServerMailbox(self._store, self.accounts, self.receive, self._clock)

    @Built
    def receipts(self) -> Receipts:
        from mailclient.services.receipts import Receipts

        return Receipts(self._store, self.accounts, self.events, self._clock)

    @Built
    def read(self) -> Read:
        from mailclient.services.pictures import Pictures
        from mailclient.services.read import Beside, Read

        pictures = Pictures(os.environ, offline=self._offline)
        beside = Beside(self.returns, self.journeys, self.receipts, pictures)
        return Read(self._store, self._assessor, self.intake, beside, self._clock)

    @Built
    def search(self) -> Search:
        from mailclient.services.search import Search

        return Search(self._store, self.events)

    @Built
    def spelling(self) -> Spelling:
        from mailclient.services.spelling import Spelling

        return Spelling(self._store.settings)

    @Built
    def conversations(self) -> Conversations:
        from mailclient.services.conversations import Conversations

        return Conversations(self._store, self.events, self.jobs)

    @Built
    def indexing(self) -> Indexing:
        from mailclient.services.indexing import Indexing

        return Indexing(self._store)

    @Built
    def suggestions(self) -> Suggestions:
        from mailclient.services.suggest import Suggestions

        return Suggestions(self._store)

    @Built
    def organise(self) -> Organise:
        from mailclient.services.organise import Organise

        return Organise(self._store, self.events)

    @Built
    def housekeeping(self) -> Housekeeping:
        from mailclient.services.housekeeping import Housekeeping

        return Housekeeping(self._store, self.profile, self._clock)

    @Built
    def retention(self) -> Retention:
        from mailclient.services.retention import Retention

        return Retention(self._store, self.organise, self._clock)

    @Built
    def compose(self) -> Compose:
        from mailclient.services.compose import Compose

        return Compose(self._store, self.accounts, self.intake, self.events, self._clock)

    @Built
    def redirect(self) -> Redirect:
        from mailclient.services.redirect import Redirect

        return Redirect(self._store, self.accounts, self.events, self._clock)

    @Built
    def send(self) -> Send:
        from mailclient.services.outcomes import Outcomes
        from mailclient.services.sealing import Sealing
        from mailclient.services.send import Send
        from mailclient.services.settling import Settling

        outcomes = Outcomes(self._store, self.intake, self.events, self._clock)
        return Send(
            self._store,
            self.accounts,
            Sealing(self.accounts, self.keys, self.settings),
            self._flushing(outcomes),
            Settling(self._store, outcomes, self.returns, self.accounts.own_addresses, self.events),
            outcomes=outcomes,
            intake=self.intake,
            events=self.events,
            jobs=self.jobs,
            clock=self._clock,
        )

    def _flushing(self, outcomes: Outcomes) -> Flushing:
        from mailclient.services.flushing import Flushing

        return Flushing(
            self._store.outbox,
            self.accounts,
            outcomes,
            self.events,
            self._clock,
            timekeeper=self.timekeeper,
            offline=self._offline,
        )

    @Built
    def dispatch(self) -> Dispatch:
        from mailclient.services.dispatch import Dispatch
        from mailclient.transport.network import network

        return Dispatch(
            self.send,
            self._store.outbox,
            self.events,
            self.jobs,
            self._clock,
            timekeeper=self.timekeeper,
            network=network,
        )

    @Built
    def removing(self) -> Removing:
        from mailclient.services.removing import Removing

        return Removing(self._store, self.accounts, self.send, self.jobs)

    @Built
    def transfer(self) -> Importing:
        from mailclient.services.importing import Importing

        return Importing(self._store, self.accounts, self.intake, self.events, self._clock)

    @Built
    def exporting(self) -> Exporting:
        from mailclient.services.exporting import Exporting

        return Exporting(self._store)

    @Built
    def moving(self) -> Moving:
        from mailclient.services.moving import Moving

        return Moving(self.profile, self._store, self.keys, self._clock)

    @Built
    def doctor(self) -> Doctor:
        from mailclient.services.doctor import Doctor

        return Doctor(self._store, self.plugins, self.accounts)
