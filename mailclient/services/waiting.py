"""How what waits in the outbox stands: held for Undo, kept for later, late, or asking its author.

Pure: an item and the time in, an answer out. Waiting never ends by itself; after some hours it is
said aloud, after some days it is asked whether to go on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from mailclient.settings import MOST_UNDO
from mailclient.store.outbox import OutItem, OutState
from mailclient.store.outbox_rows import WAITING

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


def kept_for_later(item: OutItem, now: datetime) -> bool:
    """Whether its author wants it to go out at a time that has not come yet."""
    return waits(item) and item.later is not None and item.later > now


def missed(item: OutItem, now: datetime) -> bool:
    """Whether the time that its author has chosen has passed without a try; asked at the start."""
    return (
        item.state is OutState.QUEUED
        and not item.tried
        and item.later is not None
        and item.later <= now
    )


def next_try(item: OutItem) -> datetime | None:
    """When it is tried next by itself; None: never."""
    if not waits(item) or item.needs_user:
        return None
    return item.not_before if item.later is None else max(item.later, item.not_before)
