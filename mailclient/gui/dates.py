"""Dates as a reader wants them: the nearer, the shorter. Pure; local time."""

from __future__ import annotations

from datetime import datetime

from mailclient.message.days import DAYS, MONTHS, day_words


def brief(when: datetime, now: datetime) -> str:
    """For a list: the time today, the day this week, else the date."""
    here, today = when.astimezone(), now.astimezone()
    days = (today.date() - here.date()).days
    if days == 0:
        return f"{here:%H:%M}"
    if 0 < days < 7:
        return f"{DAYS[here.weekday()][:3]} {here:%H:%M}"
    month = MONTHS[here.month - 1][:3]
    if here.year == today.year:
        return f"{here.day} {month}"
    return f"{here.day} {month} {here.year}"


def clock(when: datetime, now: datetime) -> str:
    """The time; with its day where that is not today."""
    here, today = when.astimezone(), now.astimezone()
    if here.date() == today.date():
        return f"{here:%H:%M}"
    return f"{DAYS[here.weekday()][:3]} {here:%H:%M}"


def full(when: datetime) -> str:
    """For a message: weekday, date and time."""
    here = when.astimezone()
    return f"{DAYS[here.weekday()]}, {here.day} {MONTHS[here.month - 1]} {here.year}, {here:%H:%M}"


def day(when: datetime) -> str:
    """The date alone."""
    return day_words(when, None)
