"""Why mail was not taken, or not yet: status codes (RFC 3463) and replies in the user's words.

Pure, and one table: a reply becomes a cause, a cause becomes a sentence and a next step. The same
words serve for what a server says at once and for what comes back later in a delivery report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Status:
    """An enhanced status code (RFC 3463 section 2): class, subject and detail."""

    kind: int
    subject: int
    detail: int

    @classmethod
    def parse(cls, text: str) -> Status | None:
        """The code that a text begins with; None where there is none."""
        found = _CODE.match(text)
        return cls(*(int(one) for one in found.groups())) if found else None

    @property
    def permanent(self) -> bool:
        """Whether trying again as it is will not help."""
        return self.kind == 5

    def __str__(self) -> str:
        return f"{self.kind}.{self.subject}.{self.detail}"


_CODE = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?![\w.])")


class Cause(Enum):
    """What a refusal comes from, as far as it makes a difference to the user."""

    NO_MAILBOX = "no-mailbox"
    NO_DOMAIN = "no-domain"
    NO_MAIL_THERE = "no-mail-there"
    BAD_ADDRESS = "bad-address"
    AMBIGUOUS = "ambiguous"
    MOVED = "moved"
    DISABLED = "disabled"
    FULL = "full"
    BUSY_MAILBOX = "busy-mailbox"
    TOO_LARGE = "too-large"
    LIST_TROUBLE = "list-trouble"
    LIST_CLOSED = "list-closed"
    SENDER = "sender"
    SERVER_FULL = "server-full"
    SERVER_BUSY = "server-busy"
    NO_ANSWER = "no-answer"
    LOOP = "loop"
    EXPIRED = "expired"
    TOO_MANY = "too-many"
    CONTENT = "content"
    NEEDS_UTF8 = "needs-utf8"
    GREYLISTED = "greylisted"
    SPAM = "spam"
    TOO_FAST = "too-fast"
    UNPROVEN = "unproven"
    POLICY = "policy"
    LOGIN = "login"
    ENCRYPTION = "encryption"
    PROTOCOL = "protocol"
    UNKNOWN = "unknown"


# RFC 3463 section 3, and the registry that continues it (RFC 5248; RFC 4954, 6531, 7372, 7505 ...)
_BY_STATUS: dict[tuple[int, int], Cause] = {
    (1, 1): Cause.NO_MAILBOX,
    (1, 2): Cause.NO_DOMAIN,
    (1, 3): Cause.BAD_ADDRESS,
    (1, 4): Cause.AMBIGUOUS,
    (1, 6): Cause.MOVED,
    (1, 7): Cause.SENDER,
    (1, 8): Cause.SENDER,
    (1, 10): Cause.NO_MAIL_THERE,
    (2, 1): Cause.DISABLED,
    (2, 2): Cause.FULL,
    (2, 3): Cause.TOO_LARGE,
    (2, 4): Cause.LIST_TROUBLE,
    (3, 1): Cause.SERVER_FULL,
    (3, 2): Cause.SERVER_BUSY,
    (3, 3): Cause.PROTOCOL,
    (3, 4): Cause.TOO_LARGE,
    (3, 5): Cause.PROTOCOL,
    (4, 1): Cause.NO_ANSWER,
    (4, 2): Cause.NO_ANSWER,
    (4, 3): Cause.NO_ANSWER,
    (4, 4): Cause.NO_DOMAIN,
    (4, 5): Cause.SERVER_BUSY,
    (4, 6): Cause.LOOP,
    (4, 7): Cause.EXPIRED,
    (5, 3): Cause.TOO_MANY,
    (6, 7): Cause.NEEDS_UTF8,
    (6, 8): Cause.NEEDS_UTF8,
    (6, 9): Cause.NEEDS_UTF8,
    (6, 10): Cause.NEEDS_UTF8,
    (7, 2): Cause.LIST_CLOSED,
    (7, 8): Cause.LOGIN,
    (7, 9): Cause.LOGIN,
    (7, 10): Cause.ENCRYPTION,
    (7, 11): Cause.ENCRYPTION,
    (7, 12): Cause.LOGIN,
    (7, 13): Cause.DISABLED,
    (7, 16): Cause.TOO_LARGE,
    (7, 17): Cause.MOVED,
    (7, 18): Cause.MOVED,
    (7, 20): Cause.UNPROVEN,
    (7, 21): Cause.UNPROVEN,
    (7, 22): Cause.UNPROVEN,
    (7, 23): Cause.UNPROVEN,
    (7, 24): Cause.UNPROVEN,
    (7, 25): Cause.UNPROVEN,
    (7, 26): Cause.UNPROVEN,
    (7, 27): Cause.SENDER,
    (7, 28): Cause.TOO_FAST,
    (7, 29): Cause.UNPROVEN,
    (7, 30): Cause.ENCRYPTION,
}
_BY_SUBJECT: dict[int, Cause] = {
    1: Cause.UNKNOWN,
    2: Cause.BUSY_MAILBOX,
    3: Cause.SERVER_BUSY,
    4: Cause.NO_ANSWER,
    5: Cause.PROTOCOL,
    6: Cause.CONTENT,
    7: Cause.POLICY,
}
# RFC 5321 section 4.2.3, where a server says no more than that
_BY_REPLY: dict[int, Cause] = {
    421: Cause.SERVER_BUSY,
    450: Cause.BUSY_MAILBOX,
    451: Cause.SERVER_BUSY,
    452: Cause.SERVER_FULL,
    454: Cause.SERVER_BUSY,
    500: Cause.PROTOCOL,
    501: Cause.PROTOCOL,
    502: Cause.PROTOCOL,
    503: Cause.PROTOCOL,
    504: Cause.PROTOCOL,
    521: Cause.NO_MAIL_THERE,
    530: Cause.LOGIN,
    534: Cause.LOGIN,
    535: Cause.LOGIN,
    538: Cause.ENCRYPTION,
    551: Cause.MOVED,
    552: Cause.FULL,
    553: Cause.BAD_ADDRESS,
    554: Cause.POLICY,
    555: Cause.PROTOCOL,
    556: Cause.NO_MAIL_THERE,
}
# Words that say more than a code that stands for many things; the first that fits counts.
_BY_WORDS: tuple[tuple[Cause, re.Pattern[str]], ...] = tuple(
    (cause, re.compile(pattern, re.IGNORECASE))
    for cause, pattern in (
        (Cause.GREYLISTED, r"gr[ea]y-?list"),
        (
            Cause.SPAM,
            r"\b(spam|junk|unsolicited|black-?list|block-?list|reputation|dnsbl|rbl)|virus|malware",
        ),
        (Cause.TOO_MANY, r"too many recipients"),
        (Cause.TOO_FAST, r"rate limit|too many (messages|mails|connections)|quota of messages"),
        (Cause.FULL, r"(mailbox|quota|inbox).*(full|exceed)|over ?quota|insufficient.*mailbox"),
        (Cause.TOO_LARGE, r"too (large|big)|exceeds.*(size|limit)|size limit"),
        (Cause.SENDER, r"sender address rejected|not owned by user"),
        (
            Cause.NO_MAILBOX,
            r"(user|mailbox|recipient|address|account)( is)? (unknown|not found|unavailable)"
            r"|(no such|unknown|invalid) (user|mailbox|recipient|address)"
            r"|does(n't| not) exist|no mailbox here",
        ),
        (Cause.UNPROVEN, r"\b(spf|dkim|dmarc|reverse dns|ptr record)\b"),
    )
)
# Codes that servers use for so many things that their words are asked first
_VAGUE = frozenset({Cause.UNKNOWN, Cause.POLICY, Cause.BUSY_MAILBOX, Cause.SERVER_BUSY})
_VAGUE |= {Cause.PROTOCOL, Cause.CONTENT, Cause.SERVER_FULL}

_SAID: dict[Cause, tuple[str, str]] = {
    Cause.NO_MAILBOX: ("{who} does not exist at {place}.", "Look at the address."),
    Cause.NO_DOMAIN: (
        "There is no mail server for {place}, so nothing can reach {who}.",
        "Look at the address behind the @.",
    ),
    Cause.NO_MAIL_THERE: ("{place} takes no mail at all.", "Ask for another address."),
    Cause.BAD_ADDRESS: ("{place} does not take {who} for an address.", "Look at the address."),
    Cause.AMBIGUOUS: ("{who} could be several people at {place}.", "Ask for the exact address."),
    Cause.MOVED: ("{who} has moved away from {place}.", "Ask for the new address."),
    Cause.DISABLED: ("The mailbox of {who} is switched off.", "Reach them in another way."),
    Cause.FULL: ("The mailbox of {who} is full.", "Tell them, or try again later."),
    Cause.BUSY_MAILBOX: ("The mailbox of {who} takes nothing at the moment.", "Try again later."),
    Cause.TOO_LARGE: (
        "The message is larger than {server} takes.",
        "Send less at once, or share the file in another way.",
    ),
    Cause.LIST_TROUBLE: (
        "The list {who} could not pass the message on.",
        "Tell whoever keeps the list.",
    ),
    Cause.LIST_CLOSED: (
        "The list {who} does not take messages from you.",
        "Join it, or ask whoever keeps it.",
    ),
    Cause.SENDER: (
        "{server} does not take mail from the address that this message is sent from.",
        "Choose another From address, or ask your provider.",
    ),
    Cause.SERVER_FULL: ("{server} has no room for mail at the moment.", "Try again later."),
    Cause.SERVER_BUSY: ("{server} cannot take mail at the moment.", "Try again later."),
    Cause.NO_ANSWER: ("The mail server of {place} does not answer.", "Try again later."),
    Cause.LOOP: (
        "The message to {who} ran in a circle between servers.",
        "Tell the recipient in another way: a forwarding of theirs is wrong.",
    ),
    Cause.EXPIRED: (
        "The message to {who} could not be delivered in the time that the server tries.",
        "Send it again later, or reach them in another way.",
    ),
    Cause.TOO_MANY: (
        "{server} does not take so many recipients at once.",
        "Write to fewer people at a time.",
    ),
    Cause.CONTENT: (
        "{server} does not take a message of this kind.",
        "Leave out attachments, or share them in another way.",
    ),
    Cause.NEEDS_UTF8: (
        "{server} does not take addresses in letters of other scripts, such as that of {who}.",
        "Ask for an address in plain letters.",
    ),
    Cause.GREYLISTED: (
        "{server} asks to come back in some minutes, as it does with senders that it sees first.",
        "Wait; it usually takes the message at the next try.",
    ),
    Cause.SPAM: (
        "{server} takes the message, or the server it comes from, for spam.",
        "Ask your provider, or reach the recipient in another way.",
    ),
    Cause.TOO_FAST: ("{server} takes no more messages from you for now.", "Try again later."),
    Cause.UNPROVEN: (
        "{server} could not make sure that the message comes from the domain it names.",
        "Tell your provider: the sending domain is not set up as it should be.",
    ),
    Cause.POLICY: (
        "{server} refuses the message to {who} by its own rules.",
        "Read what the server says, or ask your provider.",
    ),
    Cause.LOGIN: ("{server} wants a log-in that it accepts.", "Look at the account's settings."),
    Cause.ENCRYPTION: (
        "{server} takes this only over an encrypted connection.",
        "Choose TLS in the account's settings.",
    ),
    Cause.PROTOCOL: (
        "{server} and the server before it did not understand each other.",
        "Try again; if it stays so, tell your provider.",
    ),
    Cause.UNKNOWN: ("{place} does not take mail for {who}.", "Read what the server says."),
}


def cause(code: int, text: str) -> Cause:
    """What a refusal comes from; `code` is the reply code (0: unknown), `text` what follows it.

    The enhanced code counts first; words only where the codes stand for many things.
    """
    status = Status.parse(text)
    found = _BY_REPLY.get(code, Cause.UNKNOWN)
    if status is not None and (status.detail or found is Cause.UNKNOWN):
        key = (status.subject, status.detail)
        found = _BY_STATUS.get(key) or _BY_SUBJECT.get(status.subject, found)
    if found in _VAGUE or (status is None and found is Cause.FULL):
        return next((one for one, words in _BY_WORDS if words.search(text)), found)
    return found


def sentence(cause: Cause, *, recipient: str = "", server: str = "") -> str:
    """A cause as one sentence; `server` is the one that speaks, as far as it is known."""
    domain = recipient.rpartition("@")[2]
    text = _SAID[cause][0].format(
        who=recipient or "the recipient",
        place=domain or server or "the server",
        server=server or domain or "the server",
    )
    return text[0].upper() + text[1:] if text.startswith("the ") else text


def advice(cause: Cause) -> str:
    """What the user can do about a cause."""
    return _SAID[cause][1]
