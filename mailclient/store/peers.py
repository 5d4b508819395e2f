"""What is known of the people one writes with: their state of Autocrypt, and how to write to them.

The state is that of Autocrypt 1.1 ("Communication Peers"), with fingerprints in the place of keys.
Addresses are compared as they are given: normalised by whoever calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailclient.store.database import Database, Durability
from mailclient.store.times import from_seconds, to_seconds


@dataclass(frozen=True, slots=True)
class Peer:
    """One person; None and "" where nothing was ever said."""

    address: str
    last_seen: datetime | None = None
    autocrypt_timestamp: datetime | None = None
    fingerprint: str = ""
    prefer_encrypt: bool = False
    gossip_timestamp: datetime | None = None
    gossip: str = ""


class PeerTable:
    """The tables of peers and policies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, address: str) -> Peer | None:
        """What is known of a person; None if no mail of theirs was ever seen."""
        row = self._database.row(
            "SELECT address, last_seen, autocrypt_timestamp, fingerprint, prefer_encrypt,"
            " gossip_timestamp, gossip FROM peers WHERE address = ?",
            (address,),
        )
        if row is None:
            return None
        name, last, autocrypt, fingerprint, prefer, gossiped, gossip = row
        return Peer(
            name, _time(last), _time(autocrypt), fingerprint, bool(prefer), _time(gossiped), gossip
        )

    def set(self, peer: Peer) -> None:
        """Keep what is known of a person, in place of what was."""
        with self._database.write(Durability.REBUILDABLE):  # the next letter says it again
            self._database.run(
                "INSERT OR REPLACE INTO peers (address, last_seen, autocrypt_timestamp,"
                " fingerprint, prefer_encrypt, gossip_timestamp, gossip)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (peer.address, _seconds(peer.last_seen), _seconds(peer.autocrypt_timestamp),
                 peer.fingerprint, int(peer.prefer_encrypt), _seconds(peer.gossip_timestamp),
                 peer.gossip),
            )  # fmt: skip

    def policy(self, address: str) -> str:
        """How the user wants to write to a person; "" as the account has it."""
        row = self._database.row("SELECT policy FROM policies WHERE address = ?", (address,))
        return str(row[0]) if row else ""

    def set_policy(self, address: str, policy: str) -> None:
        """Keep how to write to a person; "" is as the account has it."""
        if policy:
            self._database.run(
                "INSERT OR REPLACE INTO policies (address, policy) VALUES (?, ?)", (address, policy)
            )
        else:
            self._database.run("DELETE FROM policies WHERE address = ?", (address,))

    def policies(self) -> dict[str, str]:
        """All people with a policy of their own."""
        rows = self._database.rows("SELECT address, policy FROM policies", ())
        return {str(address): str(policy) for address, policy in rows}


def _time(seconds: int) -> datetime | None:
    return from_seconds(seconds) if seconds else None


def _seconds(when: datetime | None) -> int:
    return 0 if when is None else to_seconds(when)
