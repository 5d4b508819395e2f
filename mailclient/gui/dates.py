"""Dates as a reader wants them: the nearer, the shorter. Pure; local time."""

from __future__ import annotations

from datetime import datetime

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def brief(when: datetime, now: datetime) -> str:
    """For a list: the time today, the day this week, else the date."""
    here, today = when.astimezone(), now.astimezone()
    days = (today.date() - here.date()).days
    if days == 0:
        return f"{here:%H:%M}"
    if 0 < days < 7:
        return f"{_DAYS[here.weekday()][:3]} {here:%H:%M}"
    month = _MONTHS[here.month - 1][:3]
    if here.year == today.year:
        return f"{here.day} {month}"
    return f"{here.day} {month} {here.year}"


def full(when: datetime) -> str:
    """For a message: weekday, date and time."""
    here = when.astimezone()
    return (
        f"{_DAYS[here.weekday()]}, {here.day} {_MONTHS[here.month - 1]} {here.year}, {here:%H:%M}"
    )


def day(when: datetime) -> str:
    """The date alone."""
    here = when.astimezone()
    return f"{here.day} {_MONTHS[here.month - 1]} {here.year}"
