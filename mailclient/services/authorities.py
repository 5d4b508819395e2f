"""Asking whoever vouches for a key that is here whether they have withdrawn it since.

They are asked as key servers are: when the user writes to somebody, once a week, or by hand. For
mail that is read nobody is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Plugin, Renewing
from mailclient.errors import MailError, Unreachable
from mailclient.services.asked import ANSWERS, KEPT, RENEWED, LookupOutcome, outcome_of
from mailclient.services.events import Events, KeysChanged
from mailclient.store import Store
from mailclient.store.lookups import Asked
from mailclient.transport.discover.race import race

SOURCE = "authority"  # in the table of those that were asked
LONGER = 3  # times the time for keys: a list may be of megabytes


@dataclass(frozen=True, slots=True)
class Renewal:
    """What came of it: FOUND is a key that was withdrawn or given back, NOTHING that all stands."""

    outcome: LookupOutcome
    asked: datetime
    reason: str = ""


class Authorities:
    """Asks them by way of the plug-ins that can."""

    def __init__(
        self,
        store: Store,
        plugins: Callable[[], tuple[Plugin, ...]],
        events: Events,
        clock: Callable[[], datetime],
        seconds: float,
    ) -> None:
        self._store = store
        self._plugins = plugins
        self._events = events
        self._clock = clock
        self._seconds = LONGER * seconds

    def due(self, address: str) -> bool:
        """Whether there is somebody to ask who was not asked lately."""
        return not self._lately(address) and bool(self._for(address))

    def ask(self, address: str, cancel: CancelToken) -> Renewal | None:
        """Ask them now; None where nobody vouches. Raises Cancelled."""
        plugins = self._for(address)
        if not plugins:
            return None

        def question(token: CancelToken) -> bool:
            return sum(one.renew(address, token) for one in plugins) > 0

        silent = Unreachable("It did not answer in time.", "Try again later.")
        answers = [answer for _, answer in race([question], self._seconds, cancel)]
        renewal = self._understood(answers[0] if answers else silent)
        if not self._store.read_only:
            asked = Asked(SOURCE, renewal.outcome.value, renewal.asked)
            self._store.lookups.note(address, asked)
        if renewal.outcome is LookupOutcome.FOUND:
            self._events.publish(KeysChanged())
        return renewal

    def _understood(self, answer: bool | MailError) -> Renewal:
        if isinstance(answer, MailError):
            return Renewal(outcome_of(answer), self._clock(), answer.text)
        outcome = LookupOutcome.FOUND if answer else LookupOutcome.NOTHING
        return Renewal(outcome, self._clock())

    def _for(self, address: str) -> list[Renewing]:
        able = [one for one in self._plugins() if isinstance(one, Renewing)]
        return [one for one in able if one.renewable(address)]

    def _lately(self, address: str) -> bool:
        for one in self._store.lookups.of(address):
            if one.source == SOURCE:
                outcome = LookupOutcome(one.outcome)
                kept = RENEWED if outcome in ANSWERS else KEPT[outcome]
                return timedelta(0) <= self._clock() - one.when < kept
        return False
