"""Which of one's own addresses a message is written from. Pure.

An address with a plus tag (ann+shop@example.org) belongs to the identity without it; an answer
goes out from the very address that was written to, tag and all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailclient.account import Account, Identity
from mailclient.message import rich
from mailclient.message.address import Address, normalise, without_tag
from mailclient.message.draft import Draft
from mailclient.message.envelope import Envelope

SEPARATOR = "-- "  # RFC 3676 section 4.3


def identity_of(accounts: Sequence[Account], address: str) -> tuple[Account, Identity] | None:
    """The identity with this address, else the one that it is a tagged form of."""
    for wanted in (normalise(address), without_tag(address)):
        for account in accounts:
            for identity in account.identities:
                if normalise(identity.address) == wanted:
                    return account, identity
    return None


def answering(
    accounts: Sequence[Account], envelope: Envelope, account_id: int
) -> tuple[Identity, Address]:
    """The identity that a message was written to, and the address to answer it from.

    Without one: the one that wrote it, else the first of the account it lies in.
    """
    ordered = sorted(accounts, key=lambda one: one.id != account_id)
    people = (*envelope.to, *envelope.cc, *envelope.bcc, *envelope.from_)
    for exact in (True, False):
        for account in ordered:
            for person in people:
                found = identity_of((account,), person.address)
                if found is None or (normalise(found[1].address) == person.key) is not exact:
                    continue
                identity = found[1]
                return identity, Address(identity.name, person.address)
    identity = ordered[0].identities[0]
    return identity, Address(identity.name, identity.address)


def is_mine(own: frozenset[str], address: str) -> bool:
    """Whether an address is one's own, tagged or not; `own` are normalised addresses."""
    return normalise(address) in own or without_tag(address) in own


def signature(identity: Identity) -> str:
    """The plain signature below its separator line; "" where there is none."""
    words = identity.signature.rstrip()
    return f"\n\n{SEPARATOR}\n{words}\n" if words.strip() else ""


def signature_lines(identity: Identity) -> tuple[rich.Line, ...]:
    """The signature of rich text, with its separator line."""
    if not identity.signature_html.strip():
        return rich.from_plain(signature(identity).rstrip("\n")) if signature(identity) else ()
    separator = (rich.Line(), rich.Line(), rich.Line((rich.Run(SEPARATOR),)))
    return (*separator, *rich.from_html(identity.signature_html))


def addressed(draft: Draft, identity: Identity) -> Draft:
    """The draft with what the identity brings along: where answers go, and a copy to oneself."""
    reply_to = (Address(identity.name, identity.reply_to),) if identity.reply_to else ()
    me = Address("", identity.address)
    bcc = tuple(one for one in draft.bcc if one.key != me.key)
    return replace(draft, reply_to=reply_to, bcc=(*bcc, me) if identity.bcc_self else draft.bcc)


def changed(draft: Draft, before: Identity, after: Identity) -> Draft:
    """The draft as it is once it is written from another identity: its signature, if it stands
    there as it was, its Reply-To and its copy to oneself."""
    text = draft.text
    old, new = signature(before), signature(after)
    if old and old.strip("\n") in text:
        head, _, tail = text.rpartition(old.strip("\n"))
        text = f"{head.rstrip()}{new.rstrip()}{tail}" if new else head.rstrip() + tail
    elif new:
        text = text.rstrip("\n") + new
    if before.bcc_self and not after.bcc_self:
        gone = normalise(before.address)
        draft = replace(draft, bcc=tuple(one for one in draft.bcc if one.key != gone))
    return addressed(replace(draft, text=text), after)
