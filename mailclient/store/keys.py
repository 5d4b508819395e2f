"""What is thought of each key for each address; the keys themselves are the engine's.

Addresses are compared as they are given: normalised by whoever calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mailclient.store.database import Database
from mailclient.store.times import from_seconds, to_seconds

_COLUMNS = "fingerprint, address, trust, source, first_seen, changed, last_seen"


@dataclass(frozen=True, slots=True)
class KeyTrust:
    """`trust` is one of verified, accepted, tentative, rejected; `changed` says that another key
    of this address was trusted when this one came."""

    fingerprint: str
    address: str
    trust: str
    source: str
    first_seen: datetime
    changed: bool
    last_seen: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """Something that happened to a key of an address: `event` is "came" or a word of trust,
    `detail` where the key came from, or how it was decided."""

    address: str
    fingerprint: str
    event: str
    detail: str
    at: datetime


class KeyTable:
    """The table of trust."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, address: str) -> tuple[KeyTrust, ...]:
        """What is thought of the keys of an address, the first that came first.

        Each letter asks this, and most have none: to prepare for sorting them takes longer.
        """
        found = self._find("WHERE address = ?", (address,))
        return tuple(sorted(found, key=lambda one: one.first_seen))

    def get(self, fingerprint: str, address: str) -> KeyTrust | None:
        """What is thought of one key for one address; None if it was never met."""
        found = self._find("WHERE fingerprint = ? AND address = ?", (fingerprint, address))
        return found[0] if found else None

    def all(self) -> tuple[KeyTrust, ...]:
        """Everything that is thought of any key."""
        return self._find("ORDER BY address, first_seen", ())

    def set(self, trust: KeyTrust, *, how: str = "", now: datetime | None = None) -> None:
        """Note what is thought of a key, in place of what was, and since when.

        `how` it was decided, `now` where that is later than the key came.
        """
        seconds = to_seconds(trust.first_seen)
        before = self.get(trust.fingerprint, trust.address)
        with self._database.write():
            self._database.run(
                "INSERT INTO keys"
                " (fingerprint, address, trust, source, first_seen, last_seen, changed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (address, fingerprint) DO UPDATE SET"
                " trust = excluded.trust, source = excluded.source, changed = excluded.changed",
                (trust.fingerprint, trust.address, trust.trust, trust.source, seconds, seconds,
                 int(trust.changed)),
            )  # fmt: skip
            if before is None:
                self._happened(trust, "came", trust.source, trust.first_seen)
            decided = trust.trust != "tentative" and (before is None or before.trust != trust.trust)
            if decided:
                self._happened(trust, trust.trust, how, now or trust.first_seen)

    def _happened(self, trust: KeyTrust, event: str, detail: str, when: datetime) -> None:
        self._database.run(
            "INSERT INTO key_events (address, fingerprint, event, detail, at)"
            " VALUES (?, ?, ?, ?, ?)",
            (trust.address, trust.fingerprint, event, detail, to_seconds(when)),
        )

    def events(self, address: str) -> tuple[KeyEvent, ...]:
        """What happened to the keys of an address, in its order; also to those that are gone."""
        return tuple(
            KeyEvent(address, fingerprint, event, detail, from_seconds(at))
            for fingerprint, event, detail, at in self._database.rows(
                "SELECT fingerprint, event, detail, at FROM key_events WHERE address = ?"
                " ORDER BY at, id",
                (address,),
            )
        )

    def seen(self, fingerprint: str, address: str, when: datetime) -> None:
        """Note that mail brought this key again."""
        self._database.run(
            "UPDATE keys SET last_seen = max(last_seen, ?) WHERE fingerprint = ? AND address = ?",
            (to_seconds(when), fingerprint, address),
        )

    def forget(self, fingerprint: str, when: datetime) -> None:
        """Forget what is thought of a key that was removed; that it was here stays known."""
        with self._database.write():
            self._database.run(
                "INSERT INTO key_events (address, fingerprint, event, detail, at)"
                " SELECT address, fingerprint, 'removed', '', ? FROM keys WHERE fingerprint = ?",
                (to_seconds(when), fingerprint),
            )
            self._database.run("DELETE FROM keys WHERE fingerprint = ?", (fingerprint,))

    def copied(self, fingerprint: str, when: datetime) -> None:
        """Note that a copy of a key of one's own was put in a safe place."""
        self._database.run(
            "INSERT OR REPLACE INTO own_keys (fingerprint, backed_up) VALUES (?, ?)",
            (fingerprint, to_seconds(when)),
        )

    def copies(self) -> dict[str, datetime]:
        """The keys of one's own of which there is a copy, and since when."""
        rows = self._database.rows("SELECT fingerprint, backed_up FROM own_keys", ())
        return {str(fingerprint): from_seconds(when) for fingerprint, when in rows}

    def _find(self, rest: str, values: tuple[str, ...]) -> tuple[KeyTrust, ...]:
        return tuple(
            KeyTrust(
                fingerprint, address, trust, source, from_seconds(first), bool(changed),
                from_seconds(last),
            )
            for fingerprint, address, trust, source, first, changed, last in self._database.rows(
                f"SELECT {_COLUMNS} FROM keys {rest}", values
            )
        )  # fmt: skip
