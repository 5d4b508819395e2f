"""How what waits in the outbox stands: held for Undo, kept for later, late, or asking its author.

Pure: an item and the time in, an answer out. Waiting never ends by itself; after some hours it is
said aloud, after some days it is asked whether to go on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from mailclient.message.route_words import duration
from mailclient.settings import MOST_UNDO
from mailclient.store.outbox import OutItem, OutState
from mailclient.store.outbox_rows import WAITING
from mailclient.store.outbox_table import MUCH_TOO_LATE

WARN_AFTER = timedelta(hours=4)
ASK_AFTER = timedelta(days=5)


class Late(Enum):
    """Whether a message waits for longer than its author may expect."""

    NO = ""
    WARNING = "warning"
    QUESTION = "question"


def waits(item: OutItem) -> bool:
    """Whether somebody is still to get it without the user doing anything."""
    return item.state in WAITING


def late(item: OutItem, now: datetime) -> Late:
    """How late a message is; one that nothing has hindered yet is not."""
    if not waits(item) or not item.problem:
        return Late.NO
    waited = now - item.since
    if waited >= ASK_AFTER:
        return Late.QUESTION
    return Late.WARNING if waited >= WARN_AFTER else Late.NO


def held(item: OutItem, now: datetime) -> timedelta | None:
    """For how long it can still be undone; None where it is not held for that."""
    if item.state is not OutState.QUEUED or item.tried or item.later is not None:
        return None
    left = item.not_before - now
    return left if timedelta() < left <= timedelta(seconds=MOST_UNDO) else None


class Question(Enum):
    """What is asked about a message whose author has chosen a time, before it is sent."""

    NONE = ""
    SET_FORWARD = "clock-forward"  # it is time only if the clock is right now
    SET_BACK = "clock-back"  # it is time only if the clock was right before
    LONG_PAST = "long-past"


def goes_out(item: OutItem) -> datetime | None:
    """When a message that is kept for a time goes out by itself: then it is time by the clock as it
    is, and as it was when that time was chosen."""
    return None if item.later is None else item.later + max(item.ahead, timedelta())


def question(item: OutItem, now: datetime) -> Question:
    """What is to be asked about the time of a message."""
    if item.later is None or item.tried or not waits(item):
        return Question.NONE
    by_this, by_that = item.later <= now, item.later + item.ahead <= now
    if by_this and by_that:
        late = now - item.later - max(item.ahead, timedelta())
        return Question.LONG_PAST if late >= MUCH_TOO_LATE else Question.NONE
    if by_this or by_that:
        return Question.SET_FORWARD if by_this else Question.SET_BACK
    return Question.NONE


def asked(item: OutItem, now: datetime, say: Callable[[datetime], str]) -> str:
    """The question about the time of a message, in words; "" where there is none."""
    when = goes_out(item)
    if when is None:
        return ""
    match question(item, now):
        case Question.NONE:
            return ""
        case Question.SET_FORWARD:
            way = "forward"
        case Question.SET_BACK:
            way = "back"
        case Question.LONG_PAST:
            return (
                f"It was to go out on {say(when)}, and nothing could be sent then. That is "
                f"{duration(now - when)} ago, so it waits until you say what becomes of it."
            )
    return (
        f"Is it time? The clock of this computer was set {way} by {duration(item.ahead)} since "
        f"this message was planned. Unless you send it now, it goes out on {say(when)}."
    )


def kept_for_later(item: OutItem, now: datetime) -> bool:
    """Whether its author wants it to go out at a time that has not come yet."""
    when = goes_out(item)
    return waits(item) and when is not None and when > now


def missed(item: OutItem, now: datetime) -> bool:
    """Whether the time that its author has chosen has passed without a try; asked at the start."""
    return (
        item.state is OutState.QUEUED
        and not item.tried
        and item.later is not None
        and not kept_for_later(item, now)
        and question(item, now) is Question.NONE
    )


def next_try(item: OutItem, now: datetime) -> datetime | None:
    """When it is tried next by itself; None: never, as far as is known at `now`."""
    if not waits(item) or item.needs_user or question(item, now) is Question.LONG_PAST:
        return None
    when = goes_out(item)
    return item.not_before if when is None else max(when, item.not_before)
