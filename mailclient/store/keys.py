"""What is thought of each key for each address; the keys themselves are the engine's.

Addresses are compared as they are given: normalised by whoever calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailclient.store.database import Database
from mailclient.store.times import from_seconds, to_seconds

_COLUMNS = "fingerprint, address, trust, source, first_seen, changed"


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


class KeyTable:
    """The table of trust."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, address: str) -> tuple[KeyTrust, ...]:
        """What is thought of the keys of an address."""
        return self._find("WHERE address = ? ORDER BY first_seen", (address,))

    def get(self, fingerprint: str, address: str) -> KeyTrust | None:
        """What is thought of one key for one address; None if it was never met."""
        found = self._find("WHERE fingerprint = ? AND address = ?", (fingerprint, address))
        return found[0] if found else None

    def all(self) -> tuple[KeyTrust, ...]:
        """Everything that is thought of any key."""
        return self._find("ORDER BY address, first_seen", ())

    def set(self, trust: KeyTrust) -> None:
        """Note what is thought of a key, in place of what was."""
        seconds = to_seconds(trust.first_seen)
        self._database.run(
            "INSERT INTO keys (fingerprint, address, trust, source, first_seen, last_seen, changed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (address, fingerprint) DO UPDATE SET"
            " trust = excluded.trust, source = excluded.source, changed = excluded.changed",
            (trust.fingerprint, trust.address, trust.trust, trust.source, seconds, seconds,
             int(trust.changed)),
        )  # fmt: skip

    def seen(self, fingerprint: str, address: str, when: datetime) -> None:
        """Note that mail brought this key again."""
        self._database.run(
            "UPDATE keys SET last_seen = max(last_seen, ?) WHERE fingerprint = ? AND address = ?",
            (to_seconds(when), fingerprint, address),
        )

    def forget(self, fingerprint: str) -> None:
        """Forget a key that was removed."""
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
            KeyTrust(fingerprint, address, trust, source, from_seconds(first), bool(changed))
            for fingerprint, address, trust, source, first, changed in self._database.rows(
                f"SELECT {_COLUMNS} FROM keys {rest}", values
            )
        )
