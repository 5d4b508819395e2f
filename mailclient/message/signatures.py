"""Signatures of sending servers (DKIM) as values and words. Pure.

Such a signature says that a server of a domain has sent these words on; it says nothing of who
wrote them, and never leads to a seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fit(Enum):
    """How a signature stands to the message that carries it."""

    WHOLE = "whole"
    PARTLY = "partly"  # RFC 6376 section 8.2: what follows could be added by anybody
    NOT = "not"
    NO_KEY = "no-key"


@dataclass(frozen=True, slots=True)
class ServerSignature:
    """One signature: the domain that it is of ("" where it names none), and how it fits."""

    domain: str
    fit: Fit


def signature_words(found: tuple[ServerSignature, ...]) -> str:
    """What was found, in sentences."""
    if not found:
        return "No server has signed this message (DKIM)."
    return " ".join(f"Checked here: {_words(one)}" for one in found)


def _words(one: ServerSignature) -> str:
    of = one.domain or "an unnamed domain"
    match one.fit:
        case Fit.WHOLE:
            return f"it is as a server of {of} signed it (DKIM)."
        case Fit.PARTLY:
            return f"its beginning is as a server of {of} signed it; the rest is not signed (DKIM)."
        case Fit.NOT:
            return f"the signature of {of} does not fit; it was changed, or is not theirs (DKIM)."
        case Fit.NO_KEY:
            return f"{of} names no key for its signature (DKIM)."
