"""What the queue holds, as values: a message, its copies, and how each recipient stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from mailclient.errors import BadInput


class OutState(Enum):
    """How far a message, or one of its recipients, is."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    SENT = "sent"


WAITING = (OutState.QUEUED, OutState.DEFERRED)
# A message stands as that of its recipients stands who comes first here.
_FIRST = (
    OutState.SENDING,
    OutState.DEFERRED,
    OutState.QUEUED,
    OutState.UNCERTAIN,
    OutState.FAILED,
    OutState.SENT,
)


def together(states: Iterable[OutState]) -> OutState:
    """How a message stands whose recipients stand so."""
    return min(states, key=_FIRST.index)


@dataclass(frozen=True, slots=True)
class NewCopy:
    """The bytes that go to some of the recipients in one transaction."""

    raw: bytes
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewOut:
    """A message for the queue.

    `key` is the draft's, and `content` stands for what it said; `draft` is what it is reopened
    from until it has gone; `not_before` is when it is tried first, `later` a time that its author
    has chosen; `reports` asks for reports of delivery.
    """

    account_id: int
    message_id: str
    subject: str
    sender: str
    copies: tuple[NewCopy, ...]
    sent_copy: bytes
    encryption: str
    signature: str
    created: datetime
    not_before: datetime
    later: datetime | None = None
    key: str = ""
    content: str = ""
    draft: bytes = b""
    reports: bool = False

    def __post_init__(self) -> None:
        if not any(copy.recipients for copy in self.copies):
            raise BadInput("The message has no recipient.", "Say who it goes to.")


@dataclass(frozen=True, slots=True)
class OutRecipient:
    """One recipient, with the copy that is for it; `reason` says in words why it stands so, `reply`
    in the server's own."""

    address: str
    state: OutState
    code: int = 0
    reason: str = ""
    reply: str = ""
    copy: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the message is still to be sent to this recipient."""
        return self.state in WAITING


@dataclass(frozen=True, slots=True)
class OutItem:
    """A message in the queue, or one that has left it.

    `attempts` are those in which a server heard of it, `misses` those since then in which none
    could be reached. `needs_user`: it waits until the user has mended something. `later` is a time
    that its author has chosen, and `ahead` by how much the clock was set forward since (negative:
    back). `since` is from when its waiting is counted.
    """

    id: int
    account_id: int
    message_id: str
    subject: str
    sender: str
    recipients: tuple[OutRecipient, ...]
    attempts: int
    misses: int
    needs_user: bool
    not_before: datetime
    later: datetime | None
    since: datetime
    created: datetime
    encryption: str
    signature: str
    state: OutState
    problem: str
    key: str = ""
    content: str = ""
    reports: bool = False
    ahead: timedelta = timedelta()

    @property
    def tried(self) -> bool:
        """Whether sending it was tried at all."""
        return bool(self.attempts or self.misses) or self.state not in WAITING

    def waiting(self, copy: int) -> tuple[str, ...]:
        """Whom a copy is still to be sent to."""
        return tuple(one.address for one in self.recipients if one.copy == copy and one.waiting)

    @property
    def copies(self) -> tuple[int, ...]:
        """The copies that are still to be sent to somebody."""
        return tuple(sorted({one.copy for one in self.recipients if one.waiting}))

    def those(self, *states: OutState) -> tuple[OutRecipient, ...]:
        """The recipients who stand so."""
        return tuple(one for one in self.recipients if one.state in states)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server has said about one recipient."""

    address: str
    accepted: bool
    code: int = 0
    reason: str = ""
    reply: str = ""

    @property
    def outcome(self) -> OutState:
        """A reply of the 400s is for later, one of the 500s for good (RFC 5321 section 4.2.1)."""
        if self.accepted:
            return OutState.SENT
        return OutState.DEFERRED if 400 <= self.code < 500 else OutState.FAILED


def told(recipients: Sequence[OutRecipient]) -> str:
    """Who has not got it, and why, in words."""
    reasons: dict[str, list[str]] = {}
    for one in recipients:
        if one.state not in (OutState.QUEUED, OutState.SENDING, OutState.SENT) and one.reason:
            reasons.setdefault(one.reason, []).append(one.address)
    everyone = len(recipients)
    return " ".join(
        reason
        if len(people) == everyone or any(one in reason for one in people)
        else f"{', '.join(people)}: {reason}"
        for reason, people in reasons.items()
    )
