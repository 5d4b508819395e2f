"""The one sentence that stands for a verdict. It decides nothing. Pure."""

from __future__ import annotations

from mailclient.message.security import SignatureWord, Signer, State

_NO_SEAL = {
    SignatureWord.NONE: "",
    SignatureWord.GOOD: "",
    SignatureWord.BAD: "No valid signature: the text was changed after signing.",
    SignatureWord.UNKNOWN_KEY: "Its signature cannot be checked: the key is not known or accepted.",
    SignatureWord.EXPIRED_KEY: "No valid signature: the key had expired.",
    SignatureWord.REVOKED_KEY: "No valid signature: the key was withdrawn.",
    SignatureWord.WRONG_SENDER: "Signed by somebody else than the sender.",
    SignatureWord.WRONG_DATE: "No valid signature: it was made at another time.",
    SignatureWord.WEAK: "No valid signature: its method can be forged.",
    SignatureWord.UNCOVERED: "Its signature does not cover what is shown.",
}


UNGUARDED_SUMMARY = (
    "Encrypted, but it could have been changed on its way. Nothing confirms the sender."
)


def summary(state: State, word: SignatureWord, signer: Signer | None) -> str:
    """What the verdict comes to."""
    who = signer.address if signer is not None else ""
    if state is State.CONFIDENTIAL:
        return f"Encrypted, signed by {who}."
    if state is State.ENCRYPTED_SIGNED:
        return f"Encrypted, signed by {who}; the key is not confirmed yet."
    if state is State.SIGNED_VERIFIED:
        return f"Signed by {who}."
    if state is State.SIGNED:
        return f"Signed by {who}; the key is not confirmed yet."
    if state is State.ENCRYPTED:
        return f"Encrypted. {_NO_SEAL[word] or 'Nothing confirms the sender.'}"
    if state is State.MIXED:
        return "Not protected as a whole; it contains a protected part that opens by itself."
    if state is State.DAMAGED:
        return "Encrypted mail that a server has taken apart; its parts open by themselves."
    return _NO_SEAL[word]
