"""The answer to a message and the message passed on: recipients, subject and quoted text.

Only what a reader shows goes in: plain visible text, and fields from the effective envelope.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailclient.message.address import Address, format_address, normalise
from mailclient.message.envelope import Envelope

_ANSWER = re.compile(r"^(?:(?:re|aw|sv|antw|odp|vs|ynt|r)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_FORWARD = re.compile(r"^(?:(?:fwd?|wg|tr|vb|doorst)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReplyParts:
    """What an answer begins with."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    in_reply_to: str
    references: tuple[str, ...]


def reply_draft(
    envelope: Envelope, text: str, *, mine: Sequence[str], everyone: bool
) -> ReplyParts:
    """The answer to the author, or to everyone (RFC 5322 section 3.6.3).

    `mine` are the own addresses: none of them is answered to, unless there is nobody else. An
    answer to an own message goes to whom that one went to.
    """
    own = {normalise(one) for one in mine}
    from_me = bool(envelope.from_) and all(one.key in own for one in envelope.from_)
    author = envelope.to if from_me else envelope.reply_to or envelope.from_
    to = _others(author, own) or _unique(author)
    cc: tuple[Address, ...] = ()
    if everyone:
        rest = envelope.cc if from_me else (*envelope.to, *envelope.cc)
        cc = _others(rest, own | {one.key for one in to})
    return ReplyParts(
        to=to,
        cc=cc,
        subject=f"Re: {_ANSWER.sub('', envelope.subject).strip()}".strip(),
        text=f"\n\n{_attribution(envelope)}\n{quoted(text)}\n",
        in_reply_to=envelope.message_id,
        references=_references(envelope),
    )


def forward_text(envelope: Envelope, text: str) -> tuple[str, str]:
    """Subject and text of a forwarded message."""
    subject = _FORWARD.sub("", envelope.subject).strip()
    lines = ["---------- Forwarded message ----------"]
    lines += [f"From: {_people(envelope.from_)}"] if envelope.from_ else []
    lines += [f"Date: {envelope.date:%d %B %Y at %H:%M}"] if envelope.date else []
    lines += [f"Subject: {envelope.subject}"] if envelope.subject else []
    lines += [f"To: {_people(envelope.to)}"] if envelope.to else []
    lines += [f"Cc: {_people(envelope.cc)}"] if envelope.cc else []
    return f"Fwd: {subject}".strip(), "\n\n" + "\n".join(lines) + f"\n\n{text.rstrip()}\n"


def quoted(text: str) -> str:
    """Text with a mark before each line; the sender's signature is left out."""
    lines: list[str] = []
    for line in text.rstrip().split("\n"):
        if line in ("-- ", "--"):
            break
        lines.append(line.rstrip())
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)


def _attribution(envelope: Envelope) -> str:
    who = (envelope.from_[0].name or envelope.from_[0].address) if envelope.from_ else "Somebody"
    if envelope.date is None:
        return f"{who} wrote:"
    return f"On {envelope.date:%d %B %Y at %H:%M}, {who} wrote:"


def _references(envelope: Envelope) -> tuple[str, ...]:
    """The thread so far and the message itself (RFC 5322 section 3.6.4)."""
    before = envelope.references or ((envelope.in_reply_to,) if envelope.in_reply_to else ())
    every = dict.fromkeys((*before, *((envelope.message_id,) if envelope.message_id else ())))
    return tuple(every)


def _people(people: Iterable[Address]) -> str:
    return ", ".join(format_address(one) for one in people)


def _unique(people: Iterable[Address]) -> tuple[Address, ...]:
    return tuple({one.key: one for one in reversed(tuple(people))}.values())[::-1]


def _others(people: Iterable[Address], without: set[str]) -> tuple[Address, ...]:
    return _unique(one for one in people if one.key not in without)
