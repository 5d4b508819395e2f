"""Points in time as the store keeps them: whole seconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

_FIRST = -62_135_596_800  # the year 1
_LAST = 253_402_300_799  # the year 9999


def to_seconds(time: datetime) -> int:
    """Seconds since 1970-01-01T00:00Z, rounded down."""
    return int(time.timestamp() // 1)


def from_seconds(seconds: int) -> datetime:
    """The point in time, in UTC."""
    return datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), UTC)
