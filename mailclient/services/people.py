"""People: whose keys are here, what became of them, and how the user wants to write to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailclient.account import EncryptionPolicy
from mailclient.errors import BadInput
from mailclient.message.address import normalise
from mailclient.message.security import Trust
from mailclient.services.autocrypt import Recommendation, recommend, together
from mailclient.services.events import Events, KeysChanged
from mailclient.services.keys import KeyEntry, Keys
from mailclient.store import Store
from mailclient.store.keys import KeyEvent
from mailclient.store.peers import Peer


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that is known of the keys of one address; the newest key first.

    `policy` is how the user wants to write to them; None as the account has it.
    """

    address: str
    entries: tuple[KeyEntry, ...] = ()
    history: tuple[KeyEvent, ...] = ()
    policy: EncryptionPolicy | None = None
    peer: Peer | None = None

    @property
    def is_me(self) -> bool:
        """Whether a secret key for the address is here."""
        return any(one.key.has_secret for one in self.entries)

    @property
    def changed(self) -> bool:
        """Whether another key than the trusted one waits for a decision."""
        return any(one.changed for one in self.entries)

    @property
    def name(self) -> str:
        """The name in the newest key; "" if it holds none."""
        first = self.entries[0].key.user_ids[:1] if self.entries else ()
        return first[0].partition("<")[0].strip() if first and "<" in first[0] else ""


class People:
    """The use cases around people."""

    def __init__(
        self, store: Store, keys: Keys, events: Events, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._keys = keys
        self._events = events
        self._clock = clock

    def list(self) -> tuple[Person, ...]:
        """Everybody who has a key or a policy, by address; their history is left out."""
        found: dict[str, list[KeyEntry]] = {}
        for entry in self._keys.list():
            found.setdefault(entry.address, []).append(entry)
        policies = self._store.peers.policies()
        for address in policies:
            found.setdefault(address, [])
        return tuple(
            Person(address, _newest_first(entries), policy=_policy(policies.get(address, "")))
            for address, entries in sorted(found.items())
        )

    def one(self, address: str) -> Person:
        """One person, with the history of their keys."""
        wanted = normalise(address)
        return Person(
            wanted,
            _newest_first([one for one in self._keys.list() if one.address == wanted]),
            self._store.keys.events(wanted),
            _policy(self._store.peers.policy(wanted)),
            self._store.peers.get(wanted),
        )

    def recommended(
        self, addresses: Sequence[str], *, prefer_encrypt: bool, to_encrypted: bool = False
    ) -> tuple[tuple[Recommendation, ...], Recommendation]:
        """What Autocrypt recommends for each of these recipients, and for all; keys that were
        refused count as none. What is done the policies say."""
        usable = {
            one.key.fingerprint
            for one in self._keys.list()
            if one.key.usable and one.trust is not Trust.REJECTED
        }
        each = tuple(
            recommend(
                self._store.peers.get(normalise(one)),
                usable.__contains__,
                to_encrypted=to_encrypted,
                prefer_encrypt=prefer_encrypt,
            )
            for one in addresses
        )
        return each, together(each)

    def set_policy(self, address: str, policy: EncryptionPolicy | None) -> Person:
        """Say how to write to a person; None is as the account has it. Raises BadInput."""
        wanted = normalise(address)
        if "@" not in wanted:
            raise BadInput(f"'{address}' is not an e-mail address.", "Name a person's address.")
        self._store.peers.set_policy(wanted, policy.value if policy else "")
        self._events.publish(KeysChanged())
        return self.one(wanted)


def _newest_first(entries: list[KeyEntry]) -> tuple[KeyEntry, ...]:
    return tuple(sorted(entries, key=lambda one: one.key.created, reverse=True))


def _policy(word: str) -> EncryptionPolicy | None:
    return EncryptionPolicy(word) if word else None
