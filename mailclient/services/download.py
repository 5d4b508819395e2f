"""What to fetch, delete and leave on a server: decided from the listing and the ledger alone.

A message is known by the name that the server gives it (its UID). Names that stand twice in one
listing are told apart by size and place; what has such a name, or none, is never deleted by rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from mailclient.account import Retention
from mailclient.store.ledger import Entry, EntryState
from mailclient.transport.pop3 import Listed

_BETWEEN = b"\n"  # in no UID
_HERE = frozenset({EntryState.STORED, EntryState.DELETE_ASKED, EntryState.GONE})
_TELLING = re.compile(
    rb"^(?:message-id|date|from|to|subject|received)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)


def named(listing: Sequence[Listed]) -> tuple[Listed, ...]:
    """The listing with names by which the ledger can know each message; b"" where none is given."""
    counts: dict[bytes, int] = {}
    for one in listing:
        counts[one.uid] = counts.get(one.uid, 0) + 1
    seen: dict[tuple[bytes, int], int] = {}
    found = []
    for one in listing:
        if one.uid and counts[one.uid] > 1:
            place = seen[one.uid, one.size] = seen.get((one.uid, one.size), 0) + 1
            name = _BETWEEN.join((one.uid, str(one.size).encode(), str(place).encode()))
            found.append(replace(one, uid=name))
        else:
            found.append(one)
    return tuple(found)


def alone(name: bytes) -> bool:
    """Whether a name stands for one message only."""
    return bool(name) and _BETWEEN not in name


def identity(head: bytes) -> bytes:
    """What a message is known by where its name may have been given to another one.

    Only what no server changes counts (a Status field comes and goes); b"" where that is nothing.
    """
    header = re.split(rb"\r?\n\r?\n", head[: 1 << 16], maxsplit=1)[0]
    told = [b" ".join(field.split()) for field in _TELLING.findall(header)]
    return sha256(b"\n".join(told)).digest()[:16] if told else b""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the messages on the server; `gone` are known names that are not listed,
    `reused` those that another message has now."""

    fetch: tuple[Listed, ...]
    heads: tuple[Listed, ...]
    keep: int
    gone: tuple[bytes, ...]
    reused: tuple[bytes, ...] = ()


def download_plan(
    listing: Sequence[Listed], known: Mapping[bytes, int], largest: int | None = None
) -> Plan:
    """What comes whole, and of what only the head; `listing` is a named one, `known` the size of
    each message whose name is."""
    fetch: list[Listed] = []
    heads: list[Listed] = []
    reused: list[bytes] = []
    for one in listing:
        size = known.get(one.uid) if one.uid else None
        if size == one.size:
            continue
        if size is not None:
            reused.append(one.uid)
        # never seen, not to be known again, or the name was given anew
        (heads if largest is not None and one.size > largest else fetch).append(one)
    present = {one.uid for one in listing}
    gone = tuple(name for name in known if name not in present)
    keep = len(listing) - len(fetch) - len(heads)
    return Plan(tuple(fetch), tuple(heads), keep, gone, tuple(reused))


def due(
    listing: Sequence[Listed], known: Mapping[bytes, Entry], retention: Retention, now: datetime
) -> tuple[Listed, ...]:
    """What has served its time on the server, and is here as a whole."""
    beyond = frozenset(_beyond(listing, retention))
    return tuple(
        one
        for one in listing
        if (entry := known.get(one.uid)) is not None
        and alone(one.uid)
        and not entry.doubtful
        and entry.size == one.size
        and _may_go(entry, retention, now, beyond=one.number in beyond)
    )


def _may_go(entry: Entry, retention: Retention, now: datetime, *, beyond: bool) -> bool:
    if retention.follow and entry.message_id is None and entry.state is not EntryState.SEEN:
        return True  # what the user deleted here, if only its head ever was
    if entry.state not in _HERE:
        return False
    until = delete_after(entry, retention)
    return beyond or (until is not None and now >= until)


def delete_after(entry: Entry, retention: Retention) -> datetime | None:
    """When the server's copy is deleted, as far as that is a matter of time."""
    if retention.days is None or entry.doubtful or not alone(entry.uid):
        return None
    return entry.first_seen + timedelta(days=retention.days)


def _beyond(listing: Sequence[Listed], retention: Retention) -> Iterator[int]:
    """The numbers of the older messages that are too many, or too large together."""
    size = 0
    for count, one in enumerate(reversed(listing), 1):
        size += one.size
        too_many = retention.count is not None and count > retention.count
        too_large = retention.size is not None and size > retention.size
        if too_many or too_large:
            yield one.number
