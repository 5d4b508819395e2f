"""The one sentence that stands for a verdict. It decides nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mailclient.message.facts import Form, Outcome
from mailclient.message.security import (
    Encryption,
    OpenedLayer,
    PartVerdict,
    SignatureWord,
    Signer,
    State,
)
from mailclient.message.tree import Part

_NO_SEAL = {
    SignatureWord.NONE: "",
    SignatureWord.GOOD: "",
    SignatureWord.BAD: "No valid signature: the text was changed after signing.",
    SignatureWord.UNKNOWN_KEY: "Its signature cannot be checked: the key is not here.",
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
TAKEN_APART = "Encrypted mail that a server has taken apart: it cannot be opened as it is."


def summary(
    state: State,
    word: SignatureWord,
    signer: Signer | None,
    *,
    said: str = "",
    parts: Sequence[PartVerdict] = (),
) -> str:
    """What the verdict comes to; `said` is what there is to say of a signature without a seal, in
    place of the usual, or of what the message only calls itself."""
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
        return f"Encrypted. {said or _NO_SEAL[word] or 'Nothing confirms the sender.'}"
    if state is State.MIXED:
        return f"What is shown is not protected. {_held(parts)}"
    if state is State.DAMAGED:
        return TAKEN_APART
    return said or _NO_SEAL[word]


def _held(parts: Sequence[PartVerdict]) -> str:
    """What a message holds that opens by itself."""
    encrypted = {one.encryption is not Encryption.NONE for one in parts}
    kind = (
        "a protected" if len(encrypted) > 1 else "an encrypted" if True in encrypted else "a signed"
    )
    return f"It holds {kind} part, which opens by itself."


def unfounded(outer: Part, layers: Sequence[OpenedLayer]) -> str:
    """What a message without any protection calls itself all the same; "" where it says nothing."""
    for one in layers:
        if one.layer.form is Form.ENCRYPTED and one.opened.outcome is Outcome.CLEAR:
            return "It calls itself encrypted, and is not."
        if one.layer.form is Form.SIGNED and not one.opened.signatures:
            return "It carries a signature that nothing here can check."
    if not layers and outer.content_type == "multipart/encrypted":
        return "It calls itself encrypted, and is not made as such mail must be."
    if not layers and outer.content_type == "multipart/signed":
        return "It calls itself signed, and is not made as such mail must be."
    return ""
