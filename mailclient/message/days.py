"""The names of months and days, whatever language the machine speaks. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day_words(when: datetime, zone: tzinfo | None) -> str:
    """A day: '3 May 2026'."""
    local = when.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def time_words(when: datetime, now: datetime, zone: tzinfo | None) -> str:
    """A time to come: 'Thursday 14:00' within the week, else with its date."""
    local = when.astimezone(zone)
    if when - now < timedelta(days=6):
        return f"{DAYS[local.weekday()]} {local:%H:%M}"
    return f"{day_words(when, zone)}, {local:%H:%M}"
