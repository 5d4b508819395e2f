"""Can mail to these people be encrypted, and if not, why: a pure decision over keys and trust.

A key counts for an address only if one of its User IDs is exactly that address. One that was
refused is never offered; one that arrived while another was accepted waits for a decision.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from mailclient.account import EncryptionPolicy
from mailclient.crypto.api import OPENPGP, KeyInfo
from mailclient.message.security import Trust
from mailclient.services.autocrypt import is_stale
from mailclient.store.peers import Peer

EXPIRES_SOON = timedelta(days=7)
GOSSIP = "Autocrypt gossip"  # the source of keys that others passed on


class ReadyState(Enum):
    """What the composer shows beside a recipient."""

    READY_VERIFIED = "ready-verified"
    READY = "ready"
    STALE = "stale"
    ASK = "ask"
    LOOKING_UP = "looking-up"
    NONE = "none"
    UNUSABLE = "unusable"


SENDABLE = frozenset({ReadyState.READY_VERIFIED, ReadyState.READY, ReadyState.STALE})
LACKING = frozenset({ReadyState.NONE, ReadyState.UNUSABLE})
CONFIRMED = frozenset({Trust.OWN, Trust.VERIFIED})


@dataclass(frozen=True, slots=True)
class RecipientReadiness:
    """How it stands with one recipient; `reason` is a sentence for people.

    `tentative` says that the key was only found: it can be used, and nobody has decided on it.
    `policy` is how the user wants to write to this person; None as the account has it.
    """

    address: str
    state: ReadyState
    fingerprint: str = ""
    source: str = ""
    reason: str = ""
    tentative: bool = False
    policy: EncryptionPolicy | None = None

    @property
    def ready(self) -> bool:
        """Whether mail to this person can be encrypted now."""
        return self.state in SENDABLE


@dataclass(frozen=True, slots=True)
class Readiness:
    """How it stands with all recipients of a message."""

    recipients: tuple[RecipientReadiness, ...]
    kind: str = OPENPGP

    def looking_for(self, addresses: Collection[str]) -> Readiness:
        """The same while the keys of these people, as far as they have none, are looked up."""
        return replace(
            self,
            recipients=tuple(
                _looking(one) if one.state in LACKING and one.address in addresses else one
                for one in self.recipients
            ),
        )

    def told_by(self, others: Sequence[Readiness]) -> Readiness:
        """The same with what keys of another kind say of those who have none of this one: that a
        key was withdrawn is more than that there is none."""
        recipients = [
            next((two for two in (one, *kin) if two.state is ReadyState.UNUSABLE), one)
            if one.state is ReadyState.NONE
            else one
            for one, *kin in zip(
                self.recipients, *(other.recipients for other in others), strict=True
            )
        ]
        return replace(self, recipients=tuple(recipients))

    @property
    def can_encrypt(self) -> bool:
        """Whether everybody can read the message encrypted (and there is anybody)."""
        return bool(self.recipients) and all(one.ready for one in self.recipients)

    def begins_encrypted(self, policy: EncryptionPolicy) -> bool:
        """Whether a message that nobody has decided about is encrypted; `policy` is the account's.

        One person with whom it is always done is enough, also where somebody else has no key: then
        it is asked. One with whom it is done on demand alone is enough to leave it.
        """
        wanted = {one.policy or policy for one in self.recipients}
        if EncryptionPolicy.ALWAYS in wanted:
            return True
        if not self.recipients or EncryptionPolicy.WHEN_I_SAY in wanted:
            return False
        return all(one.ready and one.state is not ReadyState.STALE for one in self.recipients)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key that carries the address, with what we think of it and where it came from."""

    key: KeyInfo
    trust: Trust
    source: str = ""
    changed: bool = False


def decide(
    address: str, candidates: Sequence[Candidate], now: datetime, peer: Peer | None = None
) -> RecipientReadiness:
    """Choose the key for `address`, or say why there is none; `peer` is what Autocrypt knows."""
    offered = [
        one
        for one in candidates
        if one.trust is not Trust.REJECTED and not _only_gossip(one, candidates, peer)
    ]
    if not offered:
        reason = (
            f"You refused the only key known for {address}."
            if candidates
            else f"No key is known for {address}."
        )
        return RecipientReadiness(address, ReadyState.NONE, reason=reason)
    usable = [one for one in offered if one.key.usable]
    if not usable:
        return RecipientReadiness(
            address,
            ReadyState.UNUSABLE,
            offered[0].key.fingerprint,
            offered[0].source,
            _why_unusable(address, offered[0].key),
        )
    confirmed = [one for one in usable if one.trust in CONFIRMED]
    if confirmed:
        return _ready(address, _newest(confirmed), ReadyState.READY_VERIFIED, now)
    if any(one.changed for one in usable):
        return _ask(address, usable, f"Another key than before has arrived for {address}.")
    accepted = [one for one in usable if one.trust is Trust.ACCEPTED] or usable
    if len(accepted) > 1:
        return _ask(address, accepted, f"There are {len(accepted)} keys for {address}.")
    ready = _ready(address, accepted[0], ReadyState.READY, now)
    why = _why_stale(address, accepted[0], peer)
    return replace(ready, state=ReadyState.STALE, reason=why) if why else ready


def _only_gossip(one: Candidate, among: Sequence[Candidate], peer: Peer | None) -> bool:
    """Whether a key was only passed on by others, and the person has sent another one."""
    if peer is None or one.trust is not Trust.TENTATIVE or one.source != GOSSIP:
        return False
    sent = {two.key.fingerprint for two in among if two.trust is not Trust.REJECTED}
    return peer.fingerprint in sent - {one.key.fingerprint}


def _why_stale(address: str, chosen: Candidate, peer: Peer | None) -> str:
    """Why mail to this key may not be readable, as far as Autocrypt knows; "" if nothing is."""
    if peer is None:
        return ""
    key = chosen.key.fingerprint
    if key == peer.fingerprint and is_stale(peer) and peer.autocrypt_timestamp is not None:
        last = peer.autocrypt_timestamp.date().isoformat()
        return f"{address} writes without this key since {last}, and may not be able to read it."
    if key == peer.gossip != peer.fingerprint and chosen.trust is Trust.TENTATIVE:
        return f"The key of {address} was passed on by somebody else; they never sent it."
    return ""


def _ready(address: str, chosen: Candidate, state: ReadyState, now: datetime) -> RecipientReadiness:
    key, reason = chosen.key, "The key is confirmed."
    tentative = state is not ReadyState.READY_VERIFIED and chosen.trust is Trust.TENTATIVE
    if tentative:
        reason = f"The key of {address} {_came(chosen.source)}; you have not accepted it yet."
    elif state is ReadyState.READY:
        reason = "The key is not confirmed yet."
    if key.expires is not None and key.expires - now < EXPIRES_SOON:
        reason += f" It expires on {key.expires.date().isoformat()}."
    return RecipientReadiness(
        address, state, key.fingerprint, chosen.source, reason, tentative=tentative
    )


def _came(source: str) -> str:
    """Where a key came from, within a sentence."""
    match source:
        case "Autocrypt" | "Autocrypt gossip" | "letter":  # see GOSSIP
            return "came with mail"
        case "" | "file" | "GnuPG":
            return "is here"
        case _:
            return f"was found at {source.partition(' (')[0]}"  # and not how


def _looking(one: RecipientReadiness) -> RecipientReadiness:
    return replace(
        one, state=ReadyState.LOOKING_UP, reason=f"Looking for the key of {one.address} …"
    )


def _ask(address: str, among: Sequence[Candidate], what: str) -> RecipientReadiness:
    newest = _newest(among)
    return RecipientReadiness(
        address,
        ReadyState.ASK,
        newest.key.fingerprint,
        newest.source,
        f"{what} Confirm or refuse one of them first.",
    )


def _newest(among: Sequence[Candidate]) -> Candidate:
    return max(among, key=lambda one: one.key.created)


def _why_unusable(address: str, key: KeyInfo) -> str:
    if key.revoked:
        by = "revoked by its owner" if key.kind == OPENPGP else "withdrawn by its authority"
        return f"The key of {address} was {by}."
    if key.expired and key.expires is not None:
        return f"The key of {address} expired on {key.expires.date().isoformat()}."
    if key.disabled:
        return f"The key of {address} is switched off in GnuPG."
    if key.weak:
        return f"The key of {address} is of a kind that can be broken (DSA, or RSA of few bits)."
    return f"The key of {address} cannot be used to encrypt."
