"""Which of one's own addresses a message is written from. Pure.

An address with a plus tag (ann+shop@example.org) belongs to the identity without it; an answer
goes out from the very address that was written to, tag and all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mailclient.account import Account, Identity
from mailclient.message import rich
from mailclient.message.address import Address, normalise, without_tag

if TYPE_CHECKING:
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


def enriched(text: str, identity: Identity | None) -> str:
    """Plain text as rich text, with the rich signature in place of the plain one."""
    lines = rich.from_plain(text)
    if identity is None or not identity.signature_html.strip():
        return rich.to_html(lines)
    plain = rich.from_plain(signature(identity).rstrip("\n"))
    return rich.to_html(_in_place_of(lines, plain, signature_lines(identity)))


def changed(draft: Draft, before: Identity, after: Identity) -> Draft:
    """The draft as it is once it is written from another identity: its signature, if it stands
    there as it was, its Reply-To and its copy to oneself."""
    if before.bcc_self and not after.bcc_self:
        gone = normalise(before.address)
        draft = replace(draft, bcc=tuple(one for one in draft.bcc if one.key != gone))
    old, new = signature_lines(before), signature_lines(after)
    html = draft.html and rich.to_html(_in_place_of(rich.from_html(draft.html), old, new))
    text = _signed_anew(draft.text, signature(before), signature(after))
    return addressed(replace(draft, text=text, html=html), after)


def _signed_anew(text: str, old: str, new: str) -> str:
    if old and old.strip("\n") in text:
        head, _, tail = text.rpartition(old.strip("\n"))
        return f"{head.rstrip()}{new.rstrip()}{tail}" if new else head.rstrip() + tail
    return text.rstrip("\n") + new if new and not old else text


def _in_place_of(
    lines: Sequence[rich.Line], old: Sequence[rich.Line], new: Sequence[rich.Line]
) -> tuple[rich.Line, ...]:
    """The last place where the old signature stands gets the new one."""
    words = tuple(line for line in old if line.runs)
    bare = tuple(line for line in new if line.runs)
    for at in range(len(lines) - len(words), -1, -1):
        if words and tuple(lines[at : at + len(words)]) == words:
            return (*lines[:at], *bare, *lines[at + len(words) :])
    return (*lines, *new) if not words else tuple(lines)
