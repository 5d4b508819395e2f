"""The words of message security: what may be said of a message, and what the judge goes by.

These words are fixed: the command line prints them, the store keeps them, the window shows them.
`message.judge` alone decides which of them fit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum

from mailclient.message.facts import Layer, Opened, Outcome


class State(Enum):
    """What a message is, as a whole."""

    UNPROTECTED = "unprotected"
    SIGNED = "signed"
    SIGNED_VERIFIED = "signed-verified"
    ENCRYPTED = "encrypted"
    ENCRYPTED_SIGNED = "encrypted-signed"
    CONFIDENTIAL = "confidential"
    LOCKED = "locked"
    BROKEN = "broken"
    MIXED = "mixed"
    DAMAGED = "damaged"


class Encryption(Enum):
    """What became of the encryption."""

    NONE = "none"
    ENCRYPTED = "encrypted"
    LOCKED = "locked"
    BROKEN = "broken"


class SignatureWord(Enum):
    """What the signature is worth; only GOOD may lead to a seal."""

    NONE = "none"
    GOOD = "good"
    BAD = "bad"
    UNKNOWN_KEY = "unknown-key"
    EXPIRED_KEY = "expired-key"
    REVOKED_KEY = "revoked-key"
    WRONG_SENDER = "wrong-sender"
    WRONG_DATE = "wrong-date"
    WEAK = "weak"
    UNCOVERED = "uncovered"


class Trust(Enum):
    """What we think of a key for an address."""

    OWN = "own"
    VERIFIED = "verified"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key signed: the primary key's fingerprint and the User ID that fits best."""

    fingerprint: str
    user_id: str
    address: str


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """A protected part inside a message; it opens only by itself."""

    number: str
    encryption: Encryption
    signature: SignatureWord


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said of a message. `verified` is whether the user confirmed the signer's key."""

    state: State
    encryption: Encryption = Encryption.NONE
    signature: SignatureWord = SignatureWord.NONE
    verified: bool = False
    signer: Signer | None = None
    summary: str = ""
    protected_headers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parts: tuple[PartVerdict, ...] = ()
    reasons: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The form in which the store keeps it."""
        signer = self.signer
        return json.dumps(
            {
                "state": self.state.value,
                "encryption": self.encryption.value,
                "signature": self.signature.value,
                "verified": self.verified,
                "signer": signer and [signer.fingerprint, signer.user_id, signer.address],
                "summary": self.summary,
                "protected_headers": self.protected_headers,
                "warnings": self.warnings,
                "parts": [
                    [one.number, one.encryption.value, one.signature.value] for one in self.parts
                ],
                "reasons": self.reasons,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """The verdict that `to_json` wrote."""
        found = json.loads(text)
        return cls(
            state=State(found["state"]),
            encryption=Encryption(found["encryption"]),
            signature=SignatureWord(found["signature"]),
            verified=found["verified"],
            signer=Signer(*found["signer"]) if found["signer"] else None,
            summary=found["summary"],
            protected_headers=tuple(found["protected_headers"]),
            warnings=tuple(found["warnings"]),
            parts=tuple(
                PartVerdict(number, Encryption(encryption), SignatureWord(signature))
                for number, encryption, signature in found["parts"]
            ),
            reasons=tuple(found["reasons"]),
        )


UNPROTECTED = Verdict(State.UNPROTECTED)


@dataclass(frozen=True, slots=True)
class OpenedLayer:
    """A layer and what came out of it."""

    layer: Layer
    opened: Opened

    @property
    def decrypted(self) -> bool:
        """Whether this layer really was encrypted and opened."""
        return self.opened.outcome is Outcome.DECRYPTED


@dataclass(frozen=True, slots=True)
class KnownSender:
    """What is known of an address: whether its mail has been signed, and its accepted keys."""

    usually_signs: bool
    fingerprints: tuple[str, ...]
