"""One strip above a message's text, as a value: its words and what it offers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailclient.gui.strip import Kind


class Offer(Enum):
    """What a strip can offer; the value is its words."""

    EDIT = "Edit"
    UNLOCK = "Try again"
    OPEN_PART = "Open it"
    KEYS = "Keys and people"
    TAKE_KEY = "Take it in"
    SHOW_ALL = "Show all"
    DETAILS = "Details"
    FETCH_REST = "Fetch the rest"
    PICTURES = "Show pictures"
    CORRECT = "Correct the address and send again"
    AGAIN = "Send again…"
    SENT = "Show the message"
    RECEIPT = "Tell them"
    NO_RECEIPT = "Not now"
    NEVER_RECEIPT = "Never for this sender"


@dataclass(frozen=True, slots=True)
class Notice:
    """One strip: its words, how it is meant, what it offers, and of what (the number of a part)."""

    text: str
    kind: Kind = Kind.INFO
    offer: Offer | None = None
    part: str = ""
    offers: tuple[Offer, ...] = ()

    @property
    def offered(self) -> tuple[Offer, ...]:
        """All that it offers."""
        return self.offers if self.offer is None else (self.offer, *self.offers)
