"""What a row of the list says, prepared once a page so that painting only draws.

Pure: a row of the store in, text and marks out. The seal comes from the stored verdict alone,
never from anything that a sender wrote.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mailclient.gui import dates, people

if TYPE_CHECKING:
    from mailclient.message.excerpt import Excerpt
    from mailclient.store.messages import MessageRow
    from mailclient.store.threads import Conversation


LONGEST = 500  # letters of a field: wider than a screen, and quick to draw whatever was sent


@dataclass(frozen=True, slots=True)
class Seal:
    """A mark for a state of protection: an icon, the theme's colour for it, and its words."""

    icon: str
    role: str
    words: str


SEALS = {
    "signed": Seal("signed", "secondary", "Signed, key not yet checked"),
    "signed-verified": Seal("signed", "good", "Signed"),
    "encrypted": Seal("encrypted", "secondary", "Encrypted, sender not confirmed"),
    "encrypted-signed": Seal("encrypted", "secondary", "Encrypted and signed"),
    "confidential": Seal("confirmed", "good", "Encrypted and signed by a confirmed key"),
    "locked": Seal("locked", "secondary", "Encrypted, locked"),
    "broken": Seal("broken", "danger", "Encrypted, cannot be shown"),
}
ALL_ENCRYPTED = Seal("encrypted", "secondary", "All encrypted")
_ENCRYPTED = frozenset({"encrypted", "encrypted-signed", "confidential", "locked"})


@dataclass(frozen=True, slots=True)
class RowText:
    """One row, ready to be painted; `spoken` is what a screen reader says."""

    id: int
    people: str
    when: str
    subject: str
    snippet: str
    unread: bool
    starred: bool
    attachment: bool
    partial: bool
    undelivered: bool
    answer: str
    seal: Seal | None
    spoken: str
    marks: tuple[tuple[int, int], ...] = ()  # what was searched for in the snippet
    count: int = 0  # of the messages of a conversation that this row is the head of
    opened: bool = False  # the others are shown below it
    below: bool = False


def prepare(row: MessageRow, now: datetime, *, outgoing: bool) -> RowText:
    """The text of one row; in an outgoing folder it names who it went to."""
    names = _cut(people.several(row.to if outgoing else row.from_))
    if outgoing:
        names = f"To {names}" if names else "To nobody yet"
    subject = _cut(people.plain(row.subject)) or "No subject"
    seal = SEALS.get(row.state)
    when = dates.brief(row.date, now)
    spoken = [
        "Unread" if row.unread else "",
        "Starred" if row.flagged else "",
        names or "Unknown sender",
        subject,
        when,
        seal.words if seal else "",
        "With attachment" if row.has_attachments else "",
        "Only its head is here" if row.whole_size else "",
        "Not delivered to everybody" if row.undelivered else "",
    ]
    return RowText(
        id=row.id,
        people=names or "Unknown sender",
        when=when,
        subject=subject,
        snippet=_cut(people.plain(row.snippet)),
        unread=row.unread,
        starred=row.flagged,
        attachment=row.has_attachments,
        partial=bool(row.whole_size),
        undelivered=row.undelivered,
        answer="replied" if row.answered else "forwarded" if row.forwarded else "",
        seal=seal,
        spoken=". ".join(part for part in spoken if part),
    )


def with_excerpt(text: RowText, found: Excerpt) -> RowText:
    """The row with the words around what was searched for, in place of how the message begins."""
    where = f"{people.plain(found.source)}: " if found.source else ""
    marks = tuple((start + len(where), end + len(where)) for start, end in found.marks)
    spoken = f"{text.spoken}. {where}{found.text}"
    return replace(text, snippet=where + found.text, marks=marks, spoken=spoken)


def as_conversation(text: RowText, state: Conversation, *, opened: bool, outgoing: bool) -> RowText:
    """The row of the newest message of a conversation: while the others are not shown, it speaks
    for all of them."""
    told = f"Conversation of {state.count} messages, {'open' if opened else 'closed'}"
    if opened:
        return replace(text, count=state.count, opened=True, spoken=f"{text.spoken}. {told}")
    writers = _cut(people.several(state.people))
    unread = f"{state.unread} unread" if state.unread else ""
    seal = _seal_of_all(state.states)
    parts = (told, unread, "Starred" if state.flagged else "", writers, text.subject, text.when,
             seal.words if seal else "")  # fmt: skip
    return replace(
        text,
        people=text.people if outgoing else writers or text.people,
        unread=state.unread > 0,
        starred=state.flagged,
        count=state.count,
        seal=seal,
        spoken=". ".join(part for part in parts if part),
    )


def _seal_of_all(states: Collection[str]) -> Seal | None:
    """The mark of a closed conversation, which names all who wrote: what holds for each message,
    so that none is seen under the seal of another."""
    if len(states) == 1:
        return SEALS.get(next(iter(states)))
    return ALL_ENCRYPTED if _ENCRYPTED.issuperset(states) else None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
