"""Keys and people: which key belongs to which address, and what we think of it.

The plug-in's engine holds the key material; the trust table in the store decides. A key that is
met for the first time in the engine counts as the engine sees it (verified where it holds the key
valid, else accepted); from then on only the user changes that. An address that a known key shows
later on was chosen by nobody: whoever holds a key may write any address into it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailclient.account import EncryptionPolicy
from mailclient.cancel import CancelToken
from mailclient.crypto.api import OPENPGP, Imported, Introducing, KeyInfo, Plugin
from mailclient.errors import BadInput, KeyMissing
from mailclient.message.address import normalise
from mailclient.message.security import KnownSender, Trust
from mailclient.services.events import Events, KeysChanged
from mailclient.services.readiness import (
    CONFIRMED,
    Candidate,
    Readiness,
    RecipientReadiness,
    decide,
)
from mailclient.store import Store
from mailclient.store.keys import KeyTrust

log = logging.getLogger(__name__)

WORDS = {
    "verified": Trust.VERIFIED,
    "accepted": Trust.ACCEPTED,
    "rejected": Trust.REJECTED,
    "tentative": Trust.TENTATIVE,
}


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key for one address, as the keys window and `key list` show it."""

    address: str
    key: KeyInfo
    trust: Trust
    source: str
    since: datetime | None
    changed: bool = False
    last_seen: datetime | None = None


class Keys:
    """The use cases around keys."""

    def __init__(
        self,
        store: Store,
        plugin: Callable[[], Plugin],
        events: Events,
        clock: Callable[[], datetime],
        requeue: Callable[[Collection[str]], None],
    ) -> None:
        self._store = store
        self._plugin = plugin
        self._events = events
        self._clock = clock
        self._requeue = requeue
        self._met: tuple[KeyInfo, ...] | None = None

    # What is known

    def list(self) -> tuple[KeyEntry, ...]:
        """Every key once for each of its addresses, by address."""
        entries = [
            self._entry(key, address) for key in self._all() for address in key.addresses or ("",)
        ]
        return tuple(sorted(entries, key=lambda one: (one.address, one.key.created)))

    def find(self, address_or_fingerprint: str) -> tuple[KeyInfo, ...]:
        """The keys of an address, or the one with that full fingerprint."""
        wanted = address_or_fingerprint.replace(" ", "")
        if "@" in wanted:
            address = normalise(wanted)
            return tuple(key for key in self._all() if address in key.addresses)
        return tuple(key for key in self._all() if key.fingerprint == wanted.upper())

    def entries(self, address_or_fingerprint: str) -> tuple[KeyEntry, ...]:
        """The keys of an address (or the one key), as the list shows them; raises KeyMissing."""
        found = self.find(address_or_fingerprint)
        if not found:
            raise KeyMissing(
                f"There is no key for {address_or_fingerprint}.",
                "'mailclient key list' shows the keys that there are.",
            )
        if "@" in address_or_fingerprint:
            return self.entries_of(address_or_fingerprint)
        return tuple(
            self._entry(key, address) for key in found for address in key.addresses or ("",)
        )

    def entries_of(self, address: str) -> tuple[KeyEntry, ...]:
        """The keys of an address, as the list shows them; there may be none."""
        return tuple(self._entry(key, normalise(address)) for key in self.find(address))

    def own_key(self, address: str, chosen: str = "", kind: str = "") -> KeyInfo | None:
        """The own key (of a `kind`) for `address`: the `chosen` one, else the newest of OpenPGP."""
        return _own(self._all(), normalise(address), chosen, kind)

    def trust_of(self, fingerprint: str, address: str) -> Trust:
        """What we think of a key for an address; the judge asks this."""
        for key in self._all():
            if key.fingerprint == fingerprint:
                return self._entry(key, normalise(address)).trust
        return Trust.UNKNOWN

    def known_sender(self, address: str) -> KnownSender | None:
        """What is known of the keys of an address; None where nothing is."""
        known = [
            row.fingerprint
            for row in self._store.keys.of(address)
            if WORDS.get(row.trust) in (Trust.VERIFIED, Trust.ACCEPTED)
        ]
        if not known:
            return None
        signs = self._store.messages.has_signed(address)
        return KnownSender(usually_signs=signs, fingerprints=tuple(known))

    def readiness(self, addresses: Sequence[str]) -> Readiness:
        """Can mail to these be encrypted, by keys of one kind that there is an own one of, too."""
        now = self._clock()
        kinds = _kinds(self._all())
        ready = [tuple(self._ready(one, kind, now) for one in addresses) for kind in kinds]
        found = [Readiness(one, kind) for one, kind in zip(ready, kinds, strict=True)]
        return next((one for one in found if one.can_encrypt), found[0].told_by(found[1:]))

    def _ready(self, address: str, kind: str, now: datetime) -> RecipientReadiness:
        wanted = normalise(address)
        entries = [one for one in self.entries_of(wanted) if one.key.kind == kind]
        candidates = [Candidate(one.key, one.trust, one.source, one.changed) for one in entries]
        found = decide(address, candidates, now, self._store.peers.get(wanted))
        policy = self._store.peers.policy(wanted)
        return replace(found, policy=EncryptionPolicy(policy)) if policy else found

    # What the user does

    def generate(self, address: str, name: str, passphrase: str | None) -> KeyInfo:
        """Make a key of one's own for `address`; None makes one that never asks."""
        key = self._plugin().keys.generate(normalise(address), name, passphrase)
        self._set(key.fingerprint, normalise(address), "verified", "made here")
        self.changed([normalise(address)])
        return key

    def import_keys(self, data: bytes, source: str = "file") -> tuple[Imported, ...]:
        """Take in keys that the user chose; those not met before count as accepted."""
        self.meet()
        plugin = self._plugin()
        keys = plugin.keys.inspect(data)
        for key in keys:
            self._meet_imported(key, source)
        imported = plugin.keys.import_keys(data)
        self.changed([address for key in keys for address in key.addresses])
        return imported

    def _meet_imported(self, key: KeyInfo, source: str) -> None:
        """Note what is thought of a key before the engine has it; where another one was confirmed
        for the address, a file alone decides nothing."""
        for address in key.addresses:
            row = self._store.keys.get(key.fingerprint, address)
            confirmed = any(one.trust == "verified" for one in self._store.keys.of(address))
            if confirmed and row is None and not key.has_secret:
                met = KeyTrust(key.fingerprint, address, "tentative", source, self._clock(), True)
                self._store.keys.set(met)
            elif row is None or (row.trust == "tentative" and not row.changed):
                word = "verified" if key.has_secret else "accepted"
                self._set(key.fingerprint, address, word, source)

    def export(self, address_or_fingerprint: str, *, secret: bool = False) -> bytes:
        """The armored key; raises KeyMissing."""
        found = self.find(address_or_fingerprint)
        if secret:
            found = tuple(key for key in found if key.has_secret)
        if not found:
            raise KeyMissing(
                f"There is no {'secret ' if secret else ''}key for {address_or_fingerprint}.",
                "'mailclient key list' shows the keys that there are.",
            )
        newest = max(found, key=lambda key: (key.usable, key.created))
        return self._plugin().keys.export(newest.fingerprint, secret=secret)

    def delete(self, fingerprint: str, *, secret: bool = False) -> None:
        """Remove a key; a secret one only with `secret`, as mail to it becomes unreadable."""
        self._plugin().keys.delete(self.one(fingerprint).fingerprint, secret=secret)
        self._store.keys.forget(fingerprint.replace(" ", "").upper(), self._clock())
        self._events.publish(KeysChanged())

    def trust(
        self, fingerprint: str, address: str | None, word: str, how: str = ""
    ) -> tuple[KeyEntry, ...]:
        """Say what to think of a key, for one of its addresses or for all of them, and how that
        came about."""
        if word not in WORDS:
            raise BadInput(
                f"'{word}' is not a word of trust.", "Say verified, accepted or rejected."
            )
        key = self.one(fingerprint)
        wanted = (normalise(address),) if address else key.addresses
        for one in wanted:
            if one not in key.addresses:
                raise BadInput(
                    f"This key does not carry the address {one}.",
                    f"It carries: {', '.join(key.addresses) or 'none'}.",
                )
            self._set(key.fingerprint, one, word, "", how)
        self.changed(wanted)
        return tuple(self._entry(key, one) for one in wanted)

    def one(self, fingerprint: str) -> KeyInfo:
        """The key with that full fingerprint; raises KeyMissing."""
        found = self.find(fingerprint)
        if len(found) != 1 or "@" in fingerprint:
            raise KeyMissing(
                f"There is no key with the fingerprint {fingerprint}.",
                "'mailclient key list' shows the keys with their full fingerprints.",
            )
        return found[0]

    def seal(
        self,
        entity: bytes,
        *,
        sign_with: str | None,
        encrypt_to: Sequence[str],
        cancel: CancelToken,
    ) -> bytes:
        """Protect an entity with the plug-in that seals; raises SealFailed and its kin."""
        return self._plugin().seal(
            entity, sign_with=sign_with, encrypt_to=encrypt_to, cancel=cancel
        )

    def announce(
        self, address: str, chosen: str = "", *, prefer_encrypt: bool
    ) -> tuple[tuple[str, str], ...]:
        """The header fields that tell others the own key that names `address`, if there is one."""
        own = self.own_key(address, chosen)
        if own is None or address not in map(normalise, own.addresses):
            return ()
        return self._plugin().announce(own.fingerprint, address, prefer_encrypt=prefer_encrypt)

    def introduce(self, people: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The header fields that pass the keys of all recipients on to each of them, from address
        and fingerprint; for the inside of encrypted mail alone."""
        plugin = self._plugin()
        return plugin.introduce(people) if isinstance(plugin, Introducing) else ()

    # Inside

    def changed(self, addresses: Collection[str]) -> None:
        """A key came or was judged: mail that depends on it is understood anew."""
        self._requeue(addresses)
        self._events.publish(KeysChanged())

    def meet(self) -> None:
        """Give what the engine holds by now its standing, before something else comes in."""
        self._all()

    def _all(self) -> tuple[KeyInfo, ...]:
        """The engine's keys; those met for the first time get their standing."""
        keys = self._plugin().keys.list()
        if keys is self._met:  # the same list as before: each of them has its standing
            return keys
        rows = self._store.keys.all()
        met = {(row.fingerprint, row.address) for row in rows}
        known = {row.fingerprint for row in rows}
        for key in keys:
            for address in key.addresses:
                if (key.fingerprint, address) not in met:
                    first = _first_met(key, address, self._clock(), later=key.fingerprint in known)
                    self._store.keys.set(first)
        self._met = keys
        return keys

    def _entry(self, key: KeyInfo, address: str) -> KeyEntry:
        row = self._store.keys.get(key.fingerprint, address)
        trust = WORDS.get(row.trust, Trust.TENTATIVE) if row else Trust.UNKNOWN
        own = key.has_secret and trust is not Trust.REJECTED
        return KeyEntry(
            address,
            key,
            Trust.OWN if own else trust,
            row.source if row else "",
            row.first_seen if row else None,
            bool(row and row.changed and trust not in CONFIRMED),
            row.last_seen if row else None,
        )

    def _set(self, fingerprint: str, address: str, word: str, source: str, how: str = "") -> None:
        row, now = self._store.keys.get(fingerprint, address), self._clock()
        came = row.first_seen if row else now
        source = source or (row.source if row else "")
        met = KeyTrust(fingerprint, address, word, source, came, False)
        self._store.keys.set(met, how=how, now=now)


def _first_met(key: KeyInfo, address: str, now: datetime, *, later: bool) -> KeyTrust:
    """What is thought of an address of a key when the engine first shows it.

    One that comes later to a known key was written there by whoever holds that key, and waits for
    a decision.
    """
    if later and not key.has_secret:
        return KeyTrust(key.fingerprint, address, "tentative", "GnuPG", now, True)
    word = "verified" if key.validity or key.has_secret else "accepted"
    return KeyTrust(key.fingerprint, address, word, "GnuPG", now, False)


def _own(keys: Sequence[KeyInfo], address: str, chosen: str, kind: str) -> KeyInfo | None:
    """A key of one's own that can be used: the chosen one, else the newest of the address."""
    usable = [key for key in keys if key.has_secret and key.usable and key.can_sign]
    right = [key for key in usable if not kind or key.kind == kind]
    if chosen and any(one.fingerprint == chosen and kind in ("", one.kind) for one in keys):
        return next((one for one in right if one.fingerprint == chosen), None)
    named = [key for key in right if address in key.addresses]
    return max(named, key=lambda key: (key.kind == OPENPGP, key.created), default=None)


def _kinds(keys: Iterable[KeyInfo]) -> tuple[str, ...]:
    """The kinds that a message can be protected by: those of one's own keys."""
    own = {key.kind for key in keys if key.has_secret and key.usable and key.can_sign}
    return tuple(sorted(own, key=lambda kind: (kind != OPENPGP, kind))) or (OPENPGP,)
