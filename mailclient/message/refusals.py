"""What the judge says of signatures that give no seal, and which of several counts."""

from __future__ import annotations

from mailclient.message.facts import SignatureStatus
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
