"""Where the server's copy of a message stands, in words. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from mailclient.gui import dates
from mailclient.gui.reader.notices import Notice, Offer
from mailclient.sizes import size_words
from mailclient.store.ledger import EntryState

if TYPE_CHECKING:
    from mailclient.account import Retention
    from mailclient.services.mailbox import Line


def stay_words(until: datetime | None, retention: Retention, *, whole: bool = True) -> str:
    """How long a message stays on the server that is here, as a `whole` or its head."""
    if until is not None:
        return f"until {dates.day(until)}"
    if retention.follow:
        return "until you delete it here"
    if retention.count is not None and whole:
        return f"while among the newest {retention.count:,}"
    if retention.size is not None and whole:
        return f"while among the newest {size_words(retention.size)}"
    return "until you delete it there"


def place_words(line: Line | None) -> str:
    """Whether a message still lies on the server, and until when; "" for one that never did."""
    if line is None:
        return ""
    match line.entry.state:
        case EntryState.STORED | EntryState.SEEN | EntryState.HEAD if line.entry.absent:
            return "not on the server any more"
        case EntryState.STORED:
            return f"on the server {stay_words(line.delete_after, line.retention)}"
        case EntryState.SEEN | EntryState.HEAD:
            return "on the server"
        case EntryState.DELETE_ASKED:
            return "about to be deleted on the server"
        case EntryState.GONE:
            return "not on the server any more"
        case _ as never:
            assert_never(never)


def head_notice(line: Line | None) -> tuple[Notice, ...]:
    """What is to be said of a message of which only the head is here."""
    if line is None or line.entry.state is not EntryState.HEAD:
        return ()
    size = size_words(line.entry.size)
    return (
        Notice(
            f"Only the head of this message is here. All of it is {size}, over the limit of this "
            "account.",
            offer=Offer.FETCH_REST,
        ),
    )
