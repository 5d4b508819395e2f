"""How trust in a key is written. Pure."""

from __future__ import annotations

from mailclient.message.security import Trust
from mailclient.services.keys import KeyEntry

# icon, colour role, words
TRUST = {
    Trust.OWN: ("account", "accent", "Your own key"),
    Trust.VERIFIED: ("confirmed", "good", "Confirmed by you"),
    Trust.ACCEPTED: ("signed", "secondary", "Accepted, not confirmed"),
    Trust.TENTATIVE: ("info", "secondary", "Came by mail, not decided"),
    Trust.REJECTED: ("stop", "danger", "Rejected by you"),
    Trust.UNKNOWN: ("info", "secondary", "Not known"),
}


def seen_as(entry: KeyEntry) -> str:
    """What is thought of a key, and what keeps it from use."""
    words = TRUST[entry.trust][2]
    if entry.key.revoked:
        return f"{words}; withdrawn"
    if entry.key.expired:
        return f"{words}; expired"
    if entry.changed:
        return f"{words}; differs from the key before"
    return words


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four, as it is read aloud."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))
