"""The words of the seal line and of its explanation, from a verdict alone.

Pure. Nothing that a sender wrote takes part but the signer's address, which the judge has bound to
the key. `good` colours are for confirmed keys only; a bad signature is told in neutral words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailclient.message.security import PartVerdict, Verdict


@dataclass(frozen=True, slots=True)
class Chip:
    """One half of the seal line: icon, colour's role, words."""

    icon: str
    role: str
    words: str


@dataclass(frozen=True, slots=True)
class SealText:
    """What the seal line shows; without its chips where it is `quiet`: nothing is protected."""

    quiet: bool
    sentence: str
    role: str
    encryption: Chip
    signature: Chip


@dataclass(frozen=True, slots=True)
class Section:
    """One paragraph of the explanation."""

    title: str
    lines: tuple[str, ...]


UNPROTECTED = "Neither encrypted nor signed, like a postcard."
CLOSED_STATES = frozenset({"locked", "broken", "damaged"})  # nothing of a signature is seen
CONFIRMED_STATES = frozenset({"signed-verified", "confidential"})

ENCRYPTION = {
    "none": Chip("unlocked", "secondary", "Not encrypted"),
    "encrypted": Chip("encrypted", "secondary", "Encrypted"),
    "locked": Chip("locked", "secondary", "Locked"),
    "broken": Chip("broken", "danger", "Altered or damaged"),
}
TAKEN_APART = Chip("locked", "secondary", "Taken apart on its way")
NOT_SEEN = Chip("unsigned", "secondary", "Signature unknown")
SIGNATURE = {
    "none": Chip("unsigned", "secondary", "Not signed"),
    "good": Chip("signed", "secondary", "Signed, key not confirmed"),
    "bad": Chip("unsigned", "secondary", "Changed after signing"),
    "unknown-key": Chip("unsigned", "secondary", "Signature not confirmed"),
    "expired-key": Chip("unsigned", "secondary", "Signature has ended"),
    "revoked-key": Chip("unsigned", "secondary", "Key withdrawn"),
    "wrong-sender": Chip("unsigned", "secondary", "Signature fits no sender"),
    "wrong-date": Chip("unsigned", "secondary", "Signing time does not fit"),
    "weak": Chip("unsigned", "secondary", "Signature can be forged"),
    "uncovered": Chip("unsigned", "secondary", "Signature of something else"),
}
WARNINGS = {
    "from-mismatch": (
        "The sender named inside the message differs from the one outside, and nothing proves "
        "either. Do not trust what it asks for until you have asked by another way."
    ),
    "key-changed": (
        "It was signed with another key than before. Ask the sender, by another way than mail, "
        "whether the key is new; then confirm it in Keys and people."
    ),
    "usually-signs": (
        "This sender usually signs, and this message has no valid signature. Be careful with "
        "what it asks for."
    ),
    "reply-to-unprotected": (
        "The reply address is not protected and could have been changed on the way. The answer to "
        "an encrypted message goes to the sender instead."
    ),
    "not-addressed-to-you": (
        "The protected part does not name you as a recipient: it may have been written to "
        "somebody else and passed on."
    ),
    "unguarded": (
        "It was encrypted by a method that does not notice changes, and no signature makes up for "
        "that. Its text alone is shown."
    ),
    "old-cipher": (
        "It was encrypted by a cipher of old, which protects less than those of today. Ask the "
        "sender to use a newer program."
    ),
    "old-engine": (
        "The installed GnuPG has known faults. The message was checked with stricter rules; "
        "install a newer version."
    ),
}
LOUD = frozenset({"from-mismatch", "key-changed", "usually-signs"})

_ABOUT_ENCRYPTION = {
    "none": "Every server on its way could read it.",
    "encrypted": "Only the holders of the recipients' keys can read it. It arrived unaltered.",
    "unguarded": "Only the holders of the recipients' keys can read it. Whether it arrived "
    "unaltered cannot be told.",
    "locked": "It is encrypted and could not be opened here.",
    "broken": "It was altered after it was encrypted, or damaged. None of it is shown, because it "
    "could have been changed to give its contents away. Ask the sender to send it again.",
}
_ABOUT_SIGNATURE = {
    "none": "Nothing proves who wrote it.",
    "good": "The text is as it was signed, and the key belongs to the sender's address.",
    "bad": "The text was changed after it was signed, by a mailing list perhaps, or by somebody "
    "on the way. Take it as a message without a signature.",
    "unknown-key": "It carries a signature that proves nothing here; why stands below. Where the "
    "sender's key is missing, import it in Keys and people and check again.",
    "expired-key": "Its signature or the key that made it has ended. Take it as a message without "
    "a signature.",
    "revoked-key": "The key that signed it was withdrawn. Take it as a message without one.",
    "wrong-sender": "It is signed, but the key does not belong to one sender that the message "
    "names.",
    "wrong-date": "It was signed at another time than the message says. It may be an old message "
    "that was sent again.",
    "weak": "The signature uses a method that can be forged today, so it does not count.",
    "uncovered": "There is a good signature, but it does not cover the whole message shown.",
}
_ABOUT_NOT_SEEN = "Whether it is signed, and by whom, shows only once it is open."
_ABOUT_TAKEN_APART = (
    "It was encrypted, and a server has taken it apart: it cannot be opened as it is."
)


def seal_text(verdict: Verdict) -> SealText:
    """The seal line for a verdict."""
    confirmed = verdict.verified and verdict.state.value in CONFIRMED_STATES
    encryption, signature = _chips(verdict)
    if confirmed:
        signature = Chip("signed", "good", "Signed, key confirmed")
        if verdict.state.value == "confidential":
            encryption = Chip("encrypted", "good", "Encrypted")
    loud = LOUD & set(verdict.warnings)
    quiet = not (verdict.summary or loud)
    return SealText(
        quiet=quiet,
        sentence=verdict.summary or UNPROTECTED,
        role="caution" if loud else "good" if confirmed else "secondary" if quiet else "text",
        encryption=encryption,
        signature=signature,
    )


def _chips(verdict: Verdict) -> tuple[Chip, Chip]:
    """Both halves, before any is confirmed."""
    encryption = ENCRYPTION[verdict.encryption.value]
    if verdict.state.value == "damaged":
        encryption = TAKEN_APART
    closed = verdict.state.value in CLOSED_STATES
    return encryption, NOT_SEEN if closed else SIGNATURE[verdict.signature.value]


def fingerprint(value: str) -> str:
    """A fingerprint in groups of four, for reading aloud."""
    return " ".join(value[at : at + 4] for at in range(0, len(value), 4))


def explanation(verdict: Verdict, checked: str) -> tuple[Section, ...]:
    """The full account: what was checked, the key, how trust came about, what to do."""
    text = seal_text(verdict)
    sections = [
        Section(text.encryption.words, (_about_encryption(verdict),)),
        Section(text.signature.words, (_about_signature(verdict),)),
    ]
    if verdict.signer is not None:
        confirmed = (
            "You have confirmed this key."
            if verdict.verified
            else "You have not confirmed this key yet. Compare its words or its code with the "
            "sender in Keys and people."
        )
        sections.append(
            Section(
                "The key",
                (
                    verdict.signer.user_id or verdict.signer.address,
                    fingerprint(verdict.signer.fingerprint),
                    confirmed,
                ),
            )
        )
    warnings = tuple(WARNINGS[word] for word in verdict.warnings if word in WARNINGS)
    if warnings:
        sections.append(Section("Take care", warnings))
    if verdict.protected_headers:
        sections.append(
            Section("Protected fields", (", ".join(sorted(verdict.protected_headers)),))
        )
    if verdict.parts:
        sections.append(Section("Protected parts", tuple(_part(part) for part in verdict.parts)))
    if verdict.reasons:
        sections.append(Section("What was found", tuple(verdict.reasons)))
    sections.append(Section("Checked", (checked,)))
    return tuple(sections)


def _about_encryption(verdict: Verdict) -> str:
    if verdict.state.value == "damaged":
        return _ABOUT_TAKEN_APART
    unguarded = "unguarded" in verdict.warnings
    return _ABOUT_ENCRYPTION["unguarded" if unguarded else verdict.encryption.value]


def _about_signature(verdict: Verdict) -> str:
    closed = verdict.state.value in CLOSED_STATES
    return _ABOUT_NOT_SEEN if closed else _ABOUT_SIGNATURE[verdict.signature.value]


def _part(part: PartVerdict) -> str:
    kind = "signed, not checked" if part.encryption.value == "none" else "encrypted, not opened"
    return f"Part {part.number or '1'}: {kind}"
