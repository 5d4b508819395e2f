"""Looking up keys: at the domain of an address, at a key server; only when the user writes or asks.

What is found is no more than found: it waits, tentative, for the user's decision, and a key that
was decided on before stays what it was. Nothing is ever looked up for mail that arrives.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from mailclient.cancel import CancelToken
from mailclient.crypto.api import OPENPGP, KeySource, Plugin, Published, Sighting
from mailclient.errors import BadInput, KeyMissing, MailError, Unreachable
from mailclient.message.address import normalise
from mailclient.services.asked import ANSWERS, KEPT, RENEWED, LookupOutcome, outcome_of
from mailclient.services.authorities import Authorities, Renewal
from mailclient.services.events import Events
from mailclient.services.keys import KeyEntry, Keys
from mailclient.services.tentative import Tentative
from mailclient.settings import FIND_AT_DOMAIN, FIND_ON_SERVER, RENEW_KEYS, Setting
from mailclient.store import Store
from mailclient.store.lookups import Asked
from mailclient.transport.discover.race import race

_SWITCHES: dict[KeySource, Setting[bool]] = {
    KeySource.DOMAIN: FIND_AT_DOMAIN,
    KeySource.KEY_SERVER: FIND_ON_SERVER,
}


@dataclass(frozen=True, slots=True)
class Lookup:
    """One source: what came of it, when it was asked, why if it was not, and which keys it has."""

    source: KeySource
    outcome: LookupOutcome
    asked: datetime | None = None
    reason: str = ""
    fingerprints: tuple[str, ...] = ()
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """What came of looking for the keys of an address, and all its keys that are here now;
    `renewal` is what those said who vouch for them, if they were asked."""

    address: str
    lookups: tuple[Lookup, ...]
    keys: tuple[KeyEntry, ...]
    renewal: Renewal | None = None

    @property
    def found(self) -> bool:
        """Whether some source has a key."""
        return any(one.outcome is LookupOutcome.FOUND for one in self.lookups)


class KeyFinding:
    """Asks the sources that the user has not switched off."""

    def __init__(
        self,
        store: Store,
        plugins: Callable[[], tuple[Plugin, ...]],
        keys: Keys,
        tentative: Tentative,
        events: Events,
        clock: Callable[[], datetime],
        *,
        seconds: float,
        offline: bool,
    ) -> None:
        self._store = store
        self._plugins = plugins
        self._keys = keys
        self._tentative = tentative
        self._authorities = Authorities(store, plugins, events, clock, seconds)
        self._clock = clock
        self._seconds = seconds
        self.offline = offline

    def everywhere(self, address: str, cancel: CancelToken) -> Search:
        """Ask every source at once, and who vouches for the keys that are here, whatever is
        remembered; raises BadInput, Cancelled."""
        wanted = _address(address)
        renewal = None if self.offline else self._authorities.ask(wanted, cancel)
        asked = [one for one in KeySource if not self._why_not(one)]
        answers = self._ask(wanted, address, [asked], cancel)
        lookups = [answers.get(one) or self._not_asked(one) for one in KeySource]
        return self._search(wanted, lookups, renewal)

    def while_writing(self, address: str, cancel: CancelToken) -> Search:
        """Ask one source after the other until one has a key; who was asked lately is not asked.

        Raises BadInput, Cancelled.
        """
        wanted = _address(address)
        remembered = self._remembered(wanted)
        open_ = [one for one in KeySource if not self._why_not(one) and one not in remembered]
        if any(one.outcome is LookupOutcome.FOUND for one in remembered.values()):
            open_ = []
        answers = self._ask(wanted, address, [[one] for one in open_], cancel)
        return self._search(
            wanted,
            [answers.get(one) or remembered.get(one) or self._not_asked(one) for one in KeySource],
        )

    def renew(self, address: str, cancel: CancelToken) -> Search:
        """Ask what became of the keys of somebody that are here, where it is time for that.

        Raises BadInput, Cancelled.
        """
        wanted = _address(address)
        renewal = self._authorities.ask(wanted, cancel) if self._may_ask_above(wanted) else None
        if self._may_ask_sources(wanted):
            return replace(self.while_writing(address, cancel), renewal=renewal)
        return self._search(wanted, (), renewal)

    def attached(self, data: bytes, sender: str) -> str:
        """Take in a key that is attached to a letter of its owner, as found and not decided; its
        fingerprint. Raises BadInput."""
        for plugin in self._plugins():
            if plugin.keys.inspect(data):
                return self._tentative.attached(data, sender, plugin.keys, self._clock())
        raise BadInput("There is no key in it.", "Ask for the key as a file.")

    def publish(self, address: str, cancel: CancelToken) -> Published:
        """Give the own key of an address to the key server, because the user wants it.

        Raises KeyMissing, Unreachable, BadInput, Cancelled.
        """
        if self.offline:
            raise Unreachable(
                "The program was started without network. Nothing was sent.",
                "Start it without --offline.",
            )
        wanted = _address(address)
        key = self._keys.own_key(wanted)
        if key is None:
            raise KeyMissing(
                f"There is no key of your own for {wanted}.",
                "'mailclient key generate ADDRESS' makes one.",
            )
        for plugin in self._plugins():
            if KeySource.KEY_SERVER in plugin.sources:
                return plugin.publish(key.fingerprint, wanted, cancel)
        raise BadInput("No key server is set up.")

    def may_ask(self, address: str) -> bool:
        """Whether looking while somebody writes would ask anybody."""
        remembered = self._remembered(normalise(address))
        if any(one.outcome is LookupOutcome.FOUND for one in remembered.values()):
            return False
        return any(not self._why_not(one) and one not in remembered for one in KeySource)

    def may_renew(self, address: str) -> bool:
        """Whether it is time to ask what became of a key of somebody else that is here."""
        wanted = normalise(address)
        return self._may_ask_sources(wanted) or self._may_ask_above(wanted)

    # Inside

    def _may_ask_sources(self, address: str) -> bool:
        if not self._has(address, lambda kind: kind == OPENPGP):
            return False
        answers = self._remembered(address, RENEWED).values()
        return not any(one.outcome in ANSWERS for one in answers) and self.may_ask(address)

    def _may_ask_above(self, address: str) -> bool:
        others = self._has(address, lambda kind: kind != OPENPGP)
        return others and not self.offline and self._authorities.due(address)

    def _has(self, address: str, wanted: Callable[[str], bool]) -> bool:
        """Whether a key of somebody else is here, of a kind that is asked after."""
        known = (one.key for one in self._keys.entries_of(address))
        on = self._store.settings.get(RENEW_KEYS)
        return on and any(wanted(one.kind) and not one.has_secret for one in known)

    def _why_not(self, source: KeySource) -> str:
        if self.offline:
            return "The program was started without network."
        if not self._store.settings.get(_SWITCHES[source]):
            return "It is switched off in the settings."
        if not any(source in plugin.sources for plugin in self._plugins()):
            return "No place is set up for it."
        return ""

    def _not_asked(self, source: KeySource) -> Lookup:
        why = self._why_not(source) or "A key was found before."
        return Lookup(source, LookupOutcome.NOT_ASKED, reason=why)

    def _remembered(self, address: str, kept: timedelta | None = None) -> dict[KeySource, Lookup]:
        """What came of asking for an address: as long as an answer is good, or for `kept`."""
        now = self._clock()
        found: dict[KeySource, Lookup] = {}
        for one in self._store.lookups.of(address):
            try:
                source, outcome = KeySource(one.source), LookupOutcome(one.outcome)
            except ValueError:
                continue  # of a version that knew others
            if timedelta(0) <= now - one.when < (kept or KEPT[outcome]):
                found[source] = Lookup(source, outcome, one.when, remembered=True)
        return found

    def _search(
        self, address: str, lookups: Sequence[Lookup], renewal: Renewal | None = None
    ) -> Search:
        return Search(address, tuple(lookups), self._keys.entries_of(address), renewal)

    def _ask(
        self,
        address: str,
        written: str,
        rounds: Iterable[Sequence[KeySource]],
        cancel: CancelToken,
    ) -> dict[KeySource, Lookup]:
        """Ask the sources of a round at once, and the next round only if none of them has a key."""
        deadline = time.monotonic() + self._seconds
        answers: dict[KeySource, Lookup] = {}
        for sources in rounds:
            questions = [partial(self._question, written, one) for one in sources]
            left = max(deadline - time.monotonic(), 0.001)
            for at, answer in race(questions, left, cancel):
                answers[sources[at]] = self._taken_in(address, sources[at], answer)
            for one in sources:
                if one not in answers:
                    silent = Unreachable("It did not answer in time.", "Try again later.")
                    answers[one] = self._taken_in(address, one, silent)
            if any(one.outcome is LookupOutcome.FOUND for one in answers.values()):
                break
        return answers

    def _question(
        self, address: str, source: KeySource, cancel: CancelToken
    ) -> tuple[tuple[Plugin, tuple[Sighting, ...]], ...]:
        return tuple(
            (plugin, plugin.discover(address, source, cancel))
            for plugin in self._plugins()
            if source in plugin.sources
        )

    def _taken_in(
        self,
        address: str,
        source: KeySource,
        answer: tuple[tuple[Plugin, tuple[Sighting, ...]], ...] | MailError,
    ) -> Lookup:
        """Keep what a source has sent, tentative, and remember that it was asked."""
        now = self._clock()
        if isinstance(answer, MailError):
            lookup = Lookup(source, outcome_of(answer), now, answer.text)
        else:
            fingerprints: list[str] = []
            for plugin, sightings in answer:
                mine = [one for one in sightings if normalise(one.address) == address]
                self._tentative.looked_up(mine, plugin.keys)
                fingerprints += [one.fingerprint for one in mine]
            outcome = LookupOutcome.FOUND if fingerprints else LookupOutcome.NOTHING
            lookup = Lookup(source, outcome, now, fingerprints=tuple(dict.fromkeys(fingerprints)))
        if not self._store.read_only:
            self._store.lookups.note(address, Asked(source.value, lookup.outcome.value, now))
        return lookup


def _address(text: str) -> str:
    address = normalise(text)
    local, _, domain = address.rpartition("@")
    if not local or not domain:
        raise BadInput(f"'{text}' is not an e-mail address.", "It looks like ann@example.org.")
    return address
