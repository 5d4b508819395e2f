"""Times that a user types: a date with a time, or a span from now on."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from mailclient.errors import BadInput

_SPAN = re.compile(r"\+(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def read_time(words: str, now: datetime) -> datetime:
    """A time as RFC 3339 has it, local where it has no offset, or `+90m`, `+2h`, `+3d` from now;
    raises BadInput."""
    if span := _SPAN.fullmatch(words.strip()):
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        found = datetime.fromisoformat(words.strip())
        return (found if found.tzinfo else found.astimezone()).astimezone(now.tzinfo)
    except (ValueError, OverflowError, OSError) as problem:
        raise BadInput(
            f"'{words[:40]}' is not a time.",
            "Write it as '2026-12-24 08:00', or '+90m', '+2h', '+3d' from now.",
        ) from problem
