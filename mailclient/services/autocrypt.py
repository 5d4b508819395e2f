"""The state of people that Autocrypt keeps, and what it recommends (Autocrypt 1.1, "Peer State").

Pure: whether a key can be used is asked of the caller. What is recommended never decides whether a
key is trusted, only whether a message begins encrypted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from mailclient.store.peers import Peer

STALE = timedelta(days=35)  # so long somebody may write without the field before it counts


class Recommendation(Enum):
    """What Autocrypt recommends for a message ("ui-recommendation")."""

    DISABLE = "disable"
    DISCOURAGE = "discourage"
    AVAILABLE = "available"
    ENCRYPT = "encrypt"


def seen(peer: Peer, date: datetime, fingerprint: str, *, prefer_encrypt: bool) -> Peer:
    """The state after a message of that effective date, with this key in its one valid field or
    without any ("")."""
    if peer.autocrypt_timestamp is not None and date < peer.autocrypt_timestamp:
        return peer
    if peer.last_seen is None or date > peer.last_seen:
        peer = replace(peer, last_seen=date)
    if not fingerprint:
        return peer
    return replace(
        peer, autocrypt_timestamp=date, fingerprint=fingerprint, prefer_encrypt=prefer_encrypt
    )


def gossiped(peer: Peer, date: datetime, fingerprint: str) -> Peer:
    """The state after a message of somebody else that brought a key of theirs along."""
    if peer.gossip_timestamp is not None and peer.gossip_timestamp > date:
        return peer
    return replace(peer, gossip_timestamp=date, gossip=fingerprint)


def is_stale(peer: Peer) -> bool:
    """Whether the person has written without the field for long since it was last seen."""
    if peer.autocrypt_timestamp is None or peer.last_seen is None:
        return False
    return peer.last_seen - peer.autocrypt_timestamp > STALE


def recommend(
    peer: Peer | None, usable: Callable[[str], bool], *, to_encrypted: bool, prefer_encrypt: bool
) -> Recommendation:
    """For one recipient: `to_encrypted` says that the message answers one that was encrypted,
    `prefer_encrypt` that the writer wants encryption whenever it is possible."""
    own = bool(peer and peer.fingerprint and usable(peer.fingerprint))
    if peer is None or not (own or (peer.gossip and usable(peer.gossip))):
        return Recommendation.DISABLE
    if to_encrypted:
        return Recommendation.ENCRYPT
    if not own or is_stale(peer):
        return Recommendation.DISCOURAGE
    both = peer.prefer_encrypt and prefer_encrypt
    return Recommendation.ENCRYPT if both else Recommendation.AVAILABLE


def together(each: Sequence[Recommendation]) -> Recommendation:
    """For a message to several people: the earliest rule that fits."""
    found = set(each)
    if not found or Recommendation.DISABLE in found:
        return Recommendation.DISABLE
    if found == {Recommendation.ENCRYPT}:
        return Recommendation.ENCRYPT
    if Recommendation.DISCOURAGE in found:
        return Recommendation.DISCOURAGE
    return Recommendation.AVAILABLE
