"""What the judge says of signatures that give no seal, and which of several counts."""

from __future__ import annotations

from mailclient.message.facts import SignatureFact, SignatureStatus
from mailclient.message.security import SignatureWord, Trust

# The first that there is counts: the one that says most for the message.
ORDER = (
    SignatureWord.GOOD,
    SignatureWord.WRONG_DATE,
    SignatureWord.WRONG_SENDER,
    SignatureWord.BAD,
    SignatureWord.REVOKED_KEY,
    SignatureWord.EXPIRED_KEY,
    SignatureWord.WEAK,
    SignatureWord.UNKNOWN_KEY,
    SignatureWord.UNCOVERED,
)
REFUSED = {
    SignatureStatus.BAD: (SignatureWord.BAD, "The text was changed after it was signed."),
    SignatureStatus.UNKNOWN_KEY: (
        SignatureWord.UNKNOWN_KEY,
        "The key that signed it is not here, so the signature cannot be checked.",
    ),
    SignatureStatus.EXPIRED_KEY: (
        SignatureWord.EXPIRED_KEY,
        "The key that signed it has expired.",
    ),
    SignatureStatus.REVOKED_KEY: (
        SignatureWord.REVOKED_KEY,
        "The key that signed it was withdrawn by its owner.",
    ),
    SignatureStatus.EXPIRED: (SignatureWord.EXPIRED_KEY, "The signature has expired."),
    SignatureStatus.WEAK: (
        SignatureWord.WEAK,
        "The signature was made by a method that can be forged.",
    ),
    SignatureStatus.ERROR: (SignatureWord.UNKNOWN_KEY, "The signature could not be checked."),
}

NOT_ACCEPTED = {
    Trust.TENTATIVE: "The key that signed it came by mail and has not been accepted by you yet.",
    Trust.REJECTED: "You have rejected the key that signed it.",
    Trust.UNKNOWN: "Nothing is known of the key that signed it.",
}


# In the seal line, where the word of the verdict alone would not give the reason
_OPEN = "Its signature is not confirmed"
NO_KEY_NAMED = f"{_OPEN}: it names no key."
AROUND = "Its signature is around the encrypted text, not of the text itself."
UNCLEAR = "Signed, but it does not name exactly one sender, so the signature fits nobody for sure."
NO_DATE = "No valid signature: it has no date, or the message has none, so it could be an old one."
_TRUSTS = {
    Trust.TENTATIVE: f"{_OPEN} yet: its key came by mail, and you have not accepted it.",
    Trust.REJECTED: f"{_OPEN}: you have rejected its key.",
}


def said_of(fact: SignatureFact, reason: str) -> str:
    """What is said of a signature that the engine refuses; "" where its word says it."""
    if fact.status is SignatureStatus.ERROR:
        return f"{_OPEN}. {reason}"
    return "No valid signature: it has ended." if fact.status is SignatureStatus.EXPIRED else ""


def said_of_trust(fact: SignatureFact, trust: Trust) -> str:
    """What is said of a sound signature by a key that was not accepted."""
    unknown = f"{_OPEN}. {fact.reason or NOT_ACCEPTED[Trust.UNKNOWN]}"
    return _TRUSTS.get(trust, unknown)
