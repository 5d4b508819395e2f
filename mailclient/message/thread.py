"""Which messages belong together: what a message refers to, what its subject is without what
answers add, and the tree of a conversation (RFC 5256 section 3, REFERENCES). Pure.

Nothing here believes what a sender wrote: references may be thousands, run in circles, or name the
message itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailclient.message.envelope import Envelope

MOST_LINKS = 64  # the first reference, which began it all, and the newest ones
_SPACE = re.compile(r"\s+")
_BLOB = r"\[[^\[\]]*\]\s*"
# What programs put before an answer, in the languages that do not write 'Re'.
_ANSWER = r"re|aw|sv|vs|antw|odp|ynt|rif|ref|rép"
_PASSED = r"fwd?|wg|tr|rv|vl|doorst|pd|i"
_LEADER = re.compile(
    rf"(?:{_BLOB})*(?:(?P<answer>{_ANSWER})|{_PASSED})\s*(?:{_BLOB})?\s*[:：]\s*", re.IGNORECASE
)
_BEFORE = re.compile(_BLOB)
_TRAILER = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)
_WHOLE = re.compile(r"^\[fwd:(.*)\]$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Base:
    """A subject without its prefixes, for comparing; `answer` says whether one meant 'Re:'."""

    text: str
    answer: bool


def base_subject(subject: str) -> Base:
    """The base subject (RFC 5256 section 2.1), with the prefixes of other languages."""
    text, answer = _SPACE.sub(" ", subject).strip(), False
    while True:
        before = text
        text = _TRAILER.sub("", text)
        while found := _LEADER.match(text):
            answer = answer or found["answer"] is not None
            text = text[found.end() :]
        blob = _BEFORE.match(text)
        if blob and blob.end() < len(text):
            text = text[blob.end() :]
        elif whole := _WHOLE.match(text):
            text = whole[1].strip()
        if text == before:
            return Base(text.casefold(), answer)


def references(seen: Envelope) -> tuple[str, ...]:
    """The messages that one refers to, oldest first, each once and never itself: its References,
    or without any what it says to be an answer to (RFC 5256 section 3, step 1)."""
    named = seen.references or ((seen.in_reply_to,) if seen.in_reply_to else ())
    found = [one for one in dict.fromkeys(named) if one != seen.message_id]
    return tuple(found if len(found) <= MOST_LINKS else (found[0], *found[1 - MOST_LINKS :]))


@dataclass(frozen=True, slots=True)
class Linked:
    """A message of a conversation; `date` is in seconds since 1970."""

    id: int
    date: int
    message_id: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a message stands in the tree: under `parent` (0: under none), so deep."""

    id: int
    parent: int
    depth: int


@dataclass(slots=True)
class _Container:
    """A place in the tree, for a message that is here or one that is only spoken of."""

    message: Linked | None = None
    parent: _Container | None = None
    children: list[_Container] = field(default_factory=list)

    def below(self, other: _Container) -> bool:
        """Whether it is `other`, or somewhere under it."""
        at: _Container | None = self
        while at is not None:
            if at is other:
                return True
            at = at.parent
        return False

    def put_under(self, parent: _Container) -> None:
        """Hang it under another, unless that would make a circle."""
        if parent.below(self):
            return
        if self.parent is not None:
            self.parent.children.remove(self)
        self.parent = parent
        parent.children.append(self)


def arrange(messages: Iterable[Linked]) -> tuple[Placed, ...]:
    """The messages of a conversation, each answer after and below what it answers.

    The same whatever order they come in (RFC 5256 section 3, steps 1 to 4; a message that is not
    here leaves no gap).
    """
    known: dict[str, _Container] = {}
    every: list[_Container] = []
    for one in sorted(messages, key=lambda one: (one.date, one.id)):
        _take(one, known, every)
    roots = _present([one for one in every if one.parent is None])
    placed: list[Placed] = []
    waiting = [(one, 0, 0) for one in reversed(roots)]
    while waiting:
        at, parent, depth = waiting.pop()
        if at.message is not None:
            placed.append(Placed(at.message.id, parent, depth))
            below = _present(at.children)
            waiting += [(child, at.message.id, depth + 1) for child in reversed(below)]
    return tuple(placed)


def _take(one: Linked, known: dict[str, _Container], every: list[_Container]) -> None:
    """Give a message its place, and hang it under what it refers to."""

    def container(message_id: str) -> _Container:
        if message_id not in known:
            known[message_id] = _Container()
            every.append(known[message_id])
        return known[message_id]

    if one.message_id and (one.message_id not in known or known[one.message_id].message is None):
        own = container(one.message_id)
    else:  # a second copy, or a message without a name, has a place of its own
        own = _Container()
        every.append(own)
    own.message = one
    before: _Container | None = None
    for name in one.references:
        at = container(name)
        if before is not None and at.parent is None:
            at.put_under(before)
        before = at
    if before is not None:
        own.put_under(before)


def _present(containers: Sequence[_Container]) -> list[_Container]:
    """Those of messages that are here, in the order of their dates; in the place of others stand
    those below them."""
    found: list[_Container] = []
    waiting = list(containers)
    while waiting:
        one = waiting.pop()
        if one.message is not None:
            found.append(one)
        else:
            waiting += one.children
    found.sort(key=lambda one: (one.message.date, one.message.id) if one.message else (0, 0))
    return found
