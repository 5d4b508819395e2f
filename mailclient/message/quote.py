"""The answer to a message and the message passed on: recipients, subject and quoted text.

Only what a reader shows goes in: plain visible text, and fields from the effective envelope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from mailclient.errors import BadInput
from mailclient.message.address import Address, format_address, normalise
from mailclient.message.envelope import Envelope
from mailclient.message.rich import Line

_ANSWER = re.compile(r"^(?:(?:re|aw|sv|antw|odp|vs|ynt|r)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_FORWARD = re.compile(r"^(?:(?:fwd?|wg|tr|vb|doorst)\s*:\s*)+", re.IGNORECASE)
FORWARDED = "---------- Forwarded message ----------"
LEFT_OUT = "[...]"  # what stands in the place of a subject that was never sent in clear


class Whom(Enum):
    """Who an answer goes to."""

    AUTHOR = "author"
    EVERYONE = "everyone"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class ReplyParts:
    """What an answer begins with; `past_list` says that the list had asked for answers to itself,
    and that this one goes to the author."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    in_reply_to: str
    references: tuple[str, ...]
    past_list: bool = False


def reply_draft(
    envelope: Envelope, text: str, *, mine: Callable[[str], bool], whom: Whom
) -> ReplyParts:
    """The answer to the author, to everyone (RFC 5322 section 3.6.3) or to the list (RFC 2369).

    `mine` knows the own addresses: none of them is answered to, unless there is nobody else. An
    answer to an own message goes to whom that one went to. A Reply-To that only names the list was
    put there by the list; the author is meant all the same. Raises BadInput without a list.
    """
    from_me = bool(envelope.from_) and all(mine(one.address) for one in envelope.from_)
    listed = normalise(envelope.list_post)
    munged = bool(listed) and [one.key for one in envelope.reply_to] == [listed]
    reply_to = () if munged else envelope.reply_to
    author = envelope.to if from_me else reply_to or envelope.from_
    cc: tuple[Address, ...] = ()
    if whom is Whom.LIST:
        to = _list(envelope)
    else:
        to = _unique(one for one in author if not mine(one.address)) or _unique(author)
    if whom is Whom.EVERYONE:
        rest = envelope.cc if from_me else (*envelope.to, *envelope.cc)
        rest = (*rest, *_list(envelope)) if munged else rest
        done = {one.key for one in to}
        cc = _unique(one for one in rest if not mine(one.address) and one.key not in done)
    return ReplyParts(
        to=to,
        cc=cc,
        subject=f"Re: {_ANSWER.sub('', envelope.subject).strip()}".strip(),
        text=f"\n\n{_attribution(envelope)}\n{quoted(text)}\n",
        in_reply_to=envelope.message_id,
        references=_references(envelope),
        past_list=munged and whom is Whom.AUTHOR,
    )


def _list(envelope: Envelope) -> tuple[Address, ...]:
    """The address at which the list takes mail; raises BadInput if there is none."""
    if not envelope.list_post:
        raise BadInput(
            "This message does not come from a mailing list that takes answers.",
            "Answer its author, or everyone.",
        )
    wanted = normalise(envelope.list_post)
    people = (*envelope.to, *envelope.cc, *envelope.reply_to)
    return (next((one for one in people if one.key == wanted), Address("", envelope.list_post)),)


def forward_subject(subject: str) -> str:
    """The subject of a message passed on."""
    return f"Fwd: {_FORWARD.sub('', subject).strip()}".strip()


def forward_text(envelope: Envelope, text: str) -> tuple[str, str]:
    """Subject and text of a forwarded message."""
    lines = [FORWARDED]
    lines += [f"From: {_people(envelope.from_)}"] if envelope.from_ else []
    lines += [f"Date: {envelope.date:%d %B %Y at %H:%M}"] if envelope.date else []
    lines += [f"Subject: {envelope.subject}"] if envelope.subject else []
    lines += [f"To: {_people(envelope.to)}"] if envelope.to else []
    lines += [f"Cc: {_people(envelope.cc)}"] if envelope.cc else []
    head = "\n".join(lines)
    return forward_subject(envelope.subject), f"\n\n{head}\n\n{text.rstrip()}\n"


def own_text(text: str) -> str:
    """Text from which everything that was quoted or passed on is gone: all that stands below the
    line of a forwarded message, quoted lines, and the line that says whose words they are."""
    lines = text.split("\n")
    kept = _own(lines, [int(line.startswith(">")) for line in lines])
    return "\n".join(lines[at] for at in kept).rstrip() + "\n"


def own_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Rich text from which everything that was quoted or passed on is gone."""
    return tuple(
        lines[at] for at in _own([one.text for one in lines], [one.quote for one in lines])
    )


def _own(texts: Sequence[str], depths: Sequence[int]) -> list[int]:
    """The places of the lines that the writer has written."""
    kept: list[int] = []
    for at, (text, depth) in enumerate(zip(texts, depths, strict=True)):
        if not depth and text.strip() == FORWARDED:
            break
        if not depth:
            kept.append(at)
        elif kept and kept[-1] == at - 1 and texts[at - 1].rstrip().endswith(" wrote:"):
            kept.pop()
    return kept


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


def without_words(subject: str) -> str:
    """The subject of an answer or a forward, without the words that it repeats."""
    for mark, prefix in ((_ANSWER, "Re"), (_FORWARD, "Fwd")):
        if mark.match(subject):
            return f"{prefix}: {LEFT_OUT}"
    return LEFT_OUT


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
    found: dict[str, Address] = {}
    for one in people:
        found.setdefault(one.key, one)
    return tuple(found.values())
