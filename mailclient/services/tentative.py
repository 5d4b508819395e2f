"""Keys that nobody chose: they came with mail or were looked up, and wait for a decision.

What is thought of a key is noted before the engine takes it in, so that no crash and no other
thread can meet it in the engine and take it for one that the user chose.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from mailclient.crypto.api import Keys as EngineKeys
from mailclient.crypto.api import Sighting
from mailclient.errors import BadInput, MailError
from mailclient.message.address import normalise
from mailclient.services.events import Events, KeysChanged
from mailclient.services.keys import Keys
from mailclient.store import Store
from mailclient.store.keys import KeyTrust

log = logging.getLogger(__name__)


class Tentative:
    """Takes such keys in."""

    def __init__(self, store: Store, keys: Keys, events: Events) -> None:
        self._table = store.keys
        self._keys = keys
        self._events = events

    def sighted(self, sightings: Sequence[Sighting], engine: EngineKeys) -> bool:
        """Note keys that came with a message, then let the engine have those that are new; whether
        there were any.

        One that differs from an accepted key waits for the user's decision.
        """
        return self._take_in(sightings, engine, renew=False)

    def attached(self, data: bytes, sender: str, engine: EngineKeys, now: datetime) -> str:
        """The same for a key that was attached to a letter of its owner; its fingerprint.

        Raises BadInput for anything but one public key that carries the sender's address.
        """
        keys = engine.inspect(data)
        address = normalise(sender)
        if len(keys) != 1 or keys[0].has_secret or address not in keys[0].addresses:
            raise BadInput(
                f"This is not the one key of {address}, who sent it, and is not taken in.",
                "If you know better, save the file and take it in under Keys and people.",
            )
        key = keys[0].fingerprint
        found = [Sighting(one, key, "letter", now, data) for one in keys[0].addresses]
        for one in found[1:]:
            self._known(one)
        self._take_in(found[:1], engine, renew=True)
        return key

    def looked_up(self, sightings: Sequence[Sighting], engine: EngineKeys) -> None:
        """The same for keys that were looked up; those known already are brought up to date."""
        self._take_in(sightings, engine, renew=True)

    def _take_in(self, found: Sequence[Sighting], engine: EngineKeys, *, renew: bool) -> bool:
        if not found:
            return False
        new = False
        self._keys.meet()  # what the engine holds already keeps its standing
        for one in found:
            if self._known(one) and not renew:
                continue
            try:
                engine.import_keys(one.data)
                new = True
            except MailError as problem:
                log.info("A key that was found was not taken in: %s", problem.text)
        self._events.publish(KeysChanged())
        return new

    def _known(self, one: Sighting) -> bool:
        """Note that a key was seen; whether it was met before."""
        address = normalise(one.address)
        if self._table.get(one.fingerprint, address) is not None:
            self._table.seen(one.fingerprint, address, one.seen)
            return True
        settled = any(row.trust in ("verified", "accepted") for row in self._table.of(address))
        self._table.set(
            KeyTrust(one.fingerprint, address, "tentative", one.source, one.seen, settled)
        )
        return False
