"""What came of asking somebody about the keys of an address, and how long that is good enough."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from mailclient.errors import Busy, MailError, Unreachable


class LookupOutcome(Enum):
    """What came of asking a source."""

    FOUND = "found"
    NOTHING = "nothing"
    BUSY = "busy"
    SILENT = "no answer"
    REFUSED = "refused"
    NOT_ASKED = "not asked"


# How long an answer is good enough while somebody writes; to ask by hand always asks anew.
KEPT = {
    LookupOutcome.FOUND: timedelta(days=1),
    LookupOutcome.NOTHING: timedelta(days=1),
    LookupOutcome.BUSY: timedelta(hours=1),
    LookupOutcome.SILENT: timedelta(minutes=10),
    LookupOutcome.REFUSED: timedelta(hours=1),
    LookupOutcome.NOT_ASKED: timedelta(0),
}
RENEWED = timedelta(days=7)  # how long what is known of a key that is here is good enough
ANSWERS = frozenset({LookupOutcome.FOUND, LookupOutcome.NOTHING})


def outcome_of(problem: MailError) -> LookupOutcome:
    """The word for what kept a source from answering."""
    if isinstance(problem, Busy):
        return LookupOutcome.BUSY
    return LookupOutcome.SILENT if isinstance(problem, Unreachable) else LookupOutcome.REFUSED
