"""The judge: from facts, tree, sender and trust to one verdict. Pure.

A seal needs everything at once: a good signature, over all that is shown, by a key that carries the
sender's address, that the user has accepted, made when the message says. Anything less looks like
no signature, and says in one sentence why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.message.address import Address, normalise, without_tag
from mailclient.message.envelope import Envelope
from mailclient.message.facts import Form, Layer, Outcome, SignatureFact, SignatureStatus
from mailclient.message.headers import Protected, protected
from mailclient.message.layers import errant, is_damaged
from mailclient.message.refusals import (
    AROUND,
    NO_DATE,
    NO_KEY_NAMED,
    NOT_ACCEPTED,
    ORDER,
    REFUSED,
    UNCLEAR,
    said_of,
    said_of_trust,
)
from mailclient.message.security import (
    Encryption,
    KnownSender,
    OpenedLayer,
    PartVerdict,
    SignatureWord,
    Signer,
    State,
    Trust,
    Verdict,
)
from mailclient.message.summary import UNGUARDED_SUMMARY, summary, unfounded
from mailclient.message.tree import Part

UNGUARDED = "unguarded"  # the warning of an encryption that anybody may have altered
OLD_CIPHER = "old-cipher"  # the warning of one that nobody should use any more
LONGEST_DELAY = timedelta(hours=1)  # between signing and the date of the message
CLOCK_ERROR = timedelta(hours=1)  # by which the clock of a signer may be ahead of ours

CONFIRMED = frozenset({Trust.OWN, Trust.VERIFIED})
SEALING = CONFIRMED | {Trust.ACCEPTED}
NAMES_A_SIGNER = frozenset(
    {
        SignatureWord.GOOD,
        SignatureWord.WRONG_SENDER,
        SignatureWord.WRONG_DATE,
        SignatureWord.UNCOVERED,
    }
)

TrustOf = Callable[[str, str], Trust]
KnownOf = Callable[[str], KnownSender | None]


@dataclass(frozen=True, slots=True)
class _Signed:
    """A signature block weighed up; `said` stands in the seal line in place of the usual words."""

    word: SignatureWord
    reason: str
    fact: SignatureFact
    trust: Trust = Trust.UNKNOWN
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything that the judgment rests on."""

    outside: Envelope
    inside: Envelope
    fields: Protected
    sender: Address | None
    date: datetime | None
    trust: TrustOf
    known: KnownOf
    arrived: datetime


def judge(
    *,
    outer: Part,
    layers: Sequence[OpenedLayer],
    payload: Part | None,
    trust: TrustOf,
    arrived: datetime,
    own_addresses: Collection[str],
    known: KnownOf,
) -> Verdict:
    """Reach the verdict; `layers` stand outermost first, `payload` is what they protect.

    `known` is asked about whoever is shown as the sender or claims a signature, never about a field
    that is not shown: what is remembered of Bob must count in a letter that names him inside alone.
    """
    closed = next((one for one in layers if _is_closed(one)), None)
    if closed is not None:
        return _closed(closed)
    encrypted = any(one.decrypted for one in layers)
    case = _case(
        outer, payload or outer, encrypted=encrypted, trust=trust, known=known, arrived=arrived
    )
    best, reasons = _signature(layers, case)
    word = best.word if best is not None else SignatureWord.NONE
    verified = best is not None and word is SignatureWord.GOOD and best.trust in CONFIRMED
    parts = tuple(_part(one) for one in errant(payload or outer))
    damaged = not layers and is_damaged(outer)
    state = _state(encrypted=encrypted, good=word is SignatureWord.GOOD, verified=verified)
    if state is State.UNPROTECTED and (parts or damaged):
        state = State.DAMAGED if damaged else State.MIXED
    signer = _signer(best, case.sender) if best and word in NAMES_A_SIGNER else None
    shows_inside = encrypted or word is SignatureWord.GOOD
    reasons += [one.opened.reason for one in layers if one.opened.reason]
    reasons += _spoofed(layers)
    said = best.said if best is not None else "" if encrypted else unfounded(outer, layers)
    unguarded = word is not SignatureWord.GOOD and not all(one.opened.guarded for one in layers)
    if parts:
        reasons.append("A protected part inside this message is not shown with it.")
    return Verdict(
        state=state,
        encryption=Encryption.ENCRYPTED if encrypted else Encryption.NONE,
        signature=word,
        verified=verified,
        signer=signer,
        summary=UNGUARDED_SUMMARY
        if unguarded
        else summary(state, word, signer, said=said, parts=parts),
        protected_headers=case.fields.names if shows_inside else (),
        warnings=_warnings(case, best, layers, own_addresses, encrypted=encrypted),
        parts=parts,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _is_closed(one: OpenedLayer) -> bool:
    """Whether nothing of it can be shown; what was only signed can be read without any engine."""
    if one.opened.outcome is Outcome.FAILED:
        return one.layer.form is not Form.SIGNED and one.opened.content is None
    return one.opened.outcome in (Outcome.LOCKED, Outcome.BROKEN)


def _closed(one: OpenedLayer) -> Verdict:
    """Nothing of it is shown, so nothing else is said about it."""
    reasons = (one.opened.reason,) if one.opened.reason else ()
    if one.layer.form is Form.OPAQUE:
        state = State.BROKEN if one.opened.outcome is Outcome.BROKEN else State.LOCKED
        why = one.opened.reason or "It cannot be read here."
        return Verdict(state, summary=f"Signed, and cannot be shown. {why}", reasons=reasons)
    if one.opened.outcome is Outcome.BROKEN:
        why = one.opened.reason or "It cannot be shown."
        return Verdict(
            State.BROKEN,
            Encryption.BROKEN,
            summary=f"It calls itself encrypted, and was altered or damaged. {why}",
            reasons=reasons,
        )
    why = one.opened.reason or "There is no key here that opens it."
    return Verdict(
        State.LOCKED, Encryption.LOCKED, summary=f"Encrypted and locked. {why}", reasons=reasons
    )


def _case(
    outer: Part,
    payload: Part,
    *,
    encrypted: bool,
    trust: TrustOf,
    known: KnownOf,
    arrived: datetime,
) -> _Case:
    outside = outer.envelope
    fields = protected(payload, encrypted=encrypted) if payload is not outer else Protected()
    inside = payload.envelope if fields.headers is not None else Envelope()
    shown, senders = outside, outside.from_
    one_sender = outer.headers.count("from") == 1 and len(senders) == 1
    if fields.headers is not None and "from" in fields.headers:
        one_sender &= fields.headers.count("from") == 1 and len(inside.from_) == 1
        if fields.mode == "v1":  # it protects the subject alone: what it says else must be the same
            one_sender &= _keys(inside.from_) == _keys(senders)
        else:
            senders = inside.from_
    if fields.mode != "v1":
        shown = inside
    return _Case(
        outside=outside,
        inside=inside,
        fields=fields,
        sender=senders[0] if one_sender else None,
        date=shown.date or outside.date,
        trust=trust,
        known=known,
        arrived=arrived,
    )


# Signatures


def _signature(layers: Sequence[OpenedLayer], case: _Case) -> tuple[_Signed | None, list[str]]:
    """The signature block that counts, and what there is to say about each."""
    innermost = max((at for at, one in enumerate(layers) if one.decrypted), default=0)
    covering = [fact for one in layers[innermost:] for fact in one.opened.signatures]
    around = [fact for one in layers[:innermost] for fact in one.opened.signatures]
    weighed = [_weigh(fact, case) for fact in covering]
    weighed += [_outside(fact) for fact in around]
    best = min(weighed, key=lambda one: ORDER.index(one.word), default=None)
    return best, [one.reason for one in weighed if one.reason]


def _weigh(fact: SignatureFact, case: _Case) -> _Signed:
    if fact.status is not SignatureStatus.GOOD:
        word, reason = REFUSED[fact.status]
        reason = fact.reason or reason
        return _Signed(word, reason, fact, said=said_of(fact, reason))
    if not fact.fingerprint:
        reason = "The signature names no key."
        return _Signed(SignatureWord.UNKNOWN_KEY, reason, fact, said=NO_KEY_NAMED)
    if case.sender is None:
        reason = "The message does not name exactly one sender, so no signature fits it."
        return _Signed(SignatureWord.WRONG_SENDER, reason, fact, said=UNCLEAR)
    sender = case.sender.key
    if sender not in {normalise(one) for one in fact.addresses}:
        who = ", ".join(fact.addresses[:3]) or fact.user_id or fact.fingerprint
        reason = f"The key that signed it belongs to {who}, not to {sender}."
        return _Signed(SignatureWord.WRONG_SENDER, reason, fact)
    trust = case.trust(fact.fingerprint, sender)
    if trust not in SEALING and not _is_vouched_for(fact, trust, case.known(sender)):
        reason = NOT_ACCEPTED[trust]
        if fact.reason:
            reason = f"{fact.reason} {reason}"
        said = said_of_trust(fact, trust)
        return _Signed(SignatureWord.UNKNOWN_KEY, reason, fact, trust, said)
    if case.date is None or fact.made is None:
        reason = "The message or its signature carries no date, so it could be an old one."
        return _Signed(SignatureWord.WRONG_DATE, reason, fact, trust, NO_DATE)
    if abs(case.date - fact.made) > LONGEST_DELAY:
        reason = (
            f"It was signed on {fact.made:%d %B %Y at %H:%M} UTC, but says that it was written on "
            f"{case.date:%d %B %Y at %H:%M}."
        )
        return _Signed(SignatureWord.WRONG_DATE, reason, fact, trust)
    if fact.made - case.arrived > CLOCK_ERROR:
        reason = (
            f"It says that it was signed on {fact.made:%d %B %Y at %H:%M} UTC, and it was here "
            "before that."
        )
        return _Signed(SignatureWord.WRONG_DATE, reason, fact, trust)
    by = f"{fact.vouched_by} vouches that this is the sender's key." if fact.vouched_by else ""
    return _Signed(SignatureWord.GOOD, by, fact, trust)


def _is_vouched_for(fact: SignatureFact, trust: Trust, known: KnownSender | None) -> bool:
    """Whether an authority that the user trusts takes the place of the user's own word: never
    against it, and not where another key was accepted for the sender."""
    other = known is not None and fact.fingerprint not in known.fingerprints
    return bool(fact.vouched_by) and trust in (Trust.TENTATIVE, Trust.UNKNOWN) and not other


def _outside(fact: SignatureFact) -> _Signed:
    """A signature around the encryption says only who passed the message on (RFC 9787)."""
    good = fact.status is SignatureStatus.GOOD and fact.fingerprint
    word = SignatureWord.UNCOVERED if good else SignatureWord.UNKNOWN_KEY
    reason = "The signature is around the encrypted text, not of the text itself."
    return _Signed(word, reason, fact, said=AROUND)


def _signer(best: _Signed, sender: Address | None) -> Signer:
    wanted = sender.key if sender is not None else ""
    addresses = [normalise(one) for one in best.fact.addresses]
    address = wanted if wanted in addresses else addresses[0] if addresses else ""
    return Signer(best.fact.fingerprint, best.fact.user_id, address)


def _spoofed(layers: Sequence[OpenedLayer]) -> list[str]:
    """A layer that calls itself encrypted and was not."""
    return [
        "The message says that it is encrypted, but it is not."
        for one in layers
        if one.layer.form is Form.ENCRYPTED and one.opened.outcome is Outcome.CLEAR
    ]


# The rest


def _part(layer: Layer) -> PartVerdict:
    signed = layer.form in (Form.SIGNED, Form.OPAQUE)
    return PartVerdict(
        layer.number,
        Encryption.NONE if signed else Encryption.LOCKED,
        SignatureWord.UNCOVERED if signed else SignatureWord.NONE,
    )


def _state(*, encrypted: bool, good: bool, verified: bool) -> State:
    if encrypted:
        if not good:
            return State.ENCRYPTED
        return State.CONFIDENTIAL if verified else State.ENCRYPTED_SIGNED
    if not good:
        return State.UNPROTECTED
    return State.SIGNED_VERIFIED if verified else State.SIGNED


def _warnings(
    case: _Case,
    best: _Signed | None,
    layers: Sequence[OpenedLayer],
    own_addresses: Collection[str],
    *,
    encrypted: bool,
) -> tuple[str, ...]:
    good = best is not None and best.word is SignatureWord.GOOD
    found: list[str] = []
    if (
        not good
        and _keys(case.inside.from_)
        and _keys(case.inside.from_) != _keys(case.outside.from_)
    ):
        found.append("from-mismatch")
    if best is not None and not good and _is_new_key(best, case):
        found.append("key-changed")
    if not good and any(_usually_signs(one, case) for one in _keys(case.outside.from_)):
        found.append("usually-signs")  # without a good signature whom the outside names is shown
    if (encrypted or good) and _reply_to_is_foreign(case):
        found.append("reply-to-unprotected")
    if good and own_addresses and not _concerns(case, own_addresses):
        found.append("not-addressed-to-you")
    if any(one.opened.old_engine for one in layers):
        found.append("old-engine")
    if not good and not all(one.opened.guarded for one in layers):
        found.append(UNGUARDED)
    if any(one.opened.outdated for one in layers):
        found.append(OLD_CIPHER)
    return tuple(found)


def _usually_signs(sender: str, case: _Case) -> bool:
    known = case.known(sender)
    return known is not None and known.usually_signs


def _is_new_key(best: _Signed, case: _Case) -> bool:
    """A sound signature by another key than those that were accepted for whom it claims to be of;
    that is the sender that is shown, or one who is named inside and is not believed."""
    known = case.known(case.sender.key) if case.sender is not None else None
    return (
        known is not None
        and best.fact.status is SignatureStatus.GOOD
        and best.trust in (Trust.TENTATIVE, Trust.UNKNOWN)
        and best.word is SignatureWord.UNKNOWN_KEY
        and best.fact.fingerprint not in known.fingerprints
    )


def _reply_to_is_foreign(case: _Case) -> bool:
    """Whether answers would go to an address that nothing protects."""
    outside = _keys(case.outside.reply_to)
    if case.fields.headers is not None and case.fields.mode != "v1":
        return bool(outside) and outside != _keys(case.inside.reply_to)
    return bool(outside) and not outside <= _keys(case.outside.from_)


def _concerns(case: _Case, own_addresses: Collection[str]) -> bool:
    own = {normalise(one) for one in own_addresses}
    inside = case.fields.headers is not None and case.fields.mode != "v1"
    seen = case.inside if inside else case.outside
    people = (*seen.to, *seen.cc, *seen.from_, *case.outside.bcc)
    return any(one.key in own or without_tag(one.address) in own for one in people)


def _keys(people: Sequence[Address]) -> set[str]:
    return {one.key for one in people}
