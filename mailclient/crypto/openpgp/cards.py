"""Keys on smartcards: what GnuPG reports when a card does not do what it should, in words.

Nothing that a card refuses says anything of the message: it stays locked and can be tried again.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailclient.crypto.openpgp.status import Line, error_codes

_FROM_THE_CARD = 6  # the part of gpg-error that says where a fault comes from: scdaemon
_BAD_PIN, _PIN_BLOCKED = 87, 130

NO_COPY = "The secret key lies on a card, which gives no copy of it away."
IN_GNUPG = "'gpg --card-edit' works with what lies on a card."
MISSING = "The card that holds your key is needed, and its PIN."
BLOCKED = "Your card takes no PIN any more, after too many wrong ones."


def trouble(lines: Sequence[Line]) -> str:
    """What the card itself reported, as a sentence; "" where it reported nothing."""
    said = {code & 0xFFFF for code in error_codes(lines) if code >> 24 & 0x7F == _FROM_THE_CARD}
    if _PIN_BLOCKED in said:
        return BLOCKED
    if _BAD_PIN in said:
        return "The PIN of your card was not right."
    return "The card that holds your key did not answer; put it in again." if said else ""


def next_step(said: str) -> str:
    """What helps against a trouble with a card, where something was to be sent."""
    return "'gpg --card-edit' unblocks it." if said == BLOCKED else "Send it again with the card."
