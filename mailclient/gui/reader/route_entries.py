"""What the picture of a message's way shows, as values: its entries from the newest down. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum

from mailclient.gui.reader.wording import Section
from mailclient.message.authentication import authentication_words
from mailclient.message.days import MONTHS
from mailclient.message.route import Hop, Route
from mailclient.message.route_words import (
    LINE,
    LINE_ABOVE,
    NO_LINE_KNOWN,
    carriage_words,
    delay_words,
    duration,
    hop_words,
    source_words,
)
from mailclient.services.journey import Journey

MOST_GAP = 72


class Mark(Enum):
    """How an entry stands on the time line."""

    VOUCHED = "vouched"
    CLAIMED = "claimed"
    LINE = "line"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: when, what, how long since the one below (`gap` in pixels more than usual).

    `spoken` is the whole of it as a sentence, `facts` what an expert would ask for.
    """

    mark: Mark
    title: str
    lines: tuple[str, ...] = ()
    clock: str = ""
    day: str = ""
    delay: str = ""
    wrong: bool = False
    gap: int = 0
    spoken: str = ""
    facts: str = ""


def entries(route: Route, zone: tzinfo | None) -> tuple[Entry, ...]:
    """The entries of a route, the newest on top."""
    found: list[Entry] = []
    vouched = len(route.hops) - route.boundary
    for at, hop in enumerate(route.hops[::-1]):
        if at == vouched:
            found.append(_line(vouched))
        found.append(_step(hop, zone))
    if route.written is not None and route.hops:
        clock, day = _time(route.written, zone)
        spoken = f"{day} {clock}: written, as the message itself says."
        found.append(
            Entry(
                Mark.WRITTEN, "Written", ("as the message itself says",), clock, day, spoken=spoken
            )
        )
    return tuple(found)


def _line(vouched: int) -> Entry:
    if not vouched:
        return Entry(Mark.LINE, NO_LINE_KNOWN, spoken=NO_LINE_KNOWN)
    said = f"{LINE}. {LINE_ABOVE}."
    return Entry(Mark.LINE, f"{LINE}.", (f"{LINE_ABOVE}.",), spoken=said)


def _step(hop: Hop, zone: tzinfo | None) -> Entry:
    clock, day = _time(hop.at, zone) if hop.at is not None else ("no time", "")
    came = "from inside the same machine" if hop.handed_over else f"from {source_words(hop)}"
    return Entry(
        mark=Mark.VOUCHED if hop.vouched else Mark.CLAIMED,
        title=hop.by or "A server without a name",
        lines=(came, carriage_words(hop)),
        clock=clock,
        day=day,
        delay=delay_words(hop),
        wrong=hop.clock_is_wrong,
        gap=_gap(hop.delay),
        spoken=f"{day} {clock}: {hop_words(hop)}".strip(),
        facts=_facts(hop),
    )


def _facts(hop: Hop) -> str:
    told = (
        ("Protocol", hop.protocol),
        ("cipher", hop.cipher),
        ("for", hop.recipient),
        ("number there", hop.id),
    )
    return ", ".join(f"{name} {value}" for name, value in told if value) or "It says no more."


def _time(when: datetime, zone: tzinfo | None) -> tuple[str, str]:
    local = when.astimezone(zone)
    return f"{local:%H:%M:%S}", f"{local.day} {MONTHS[local.month - 1][:3]} {local.year}"


def _gap(delay: timedelta | None) -> int:
    """The longer it took, the longer the line: 16 pixels for ten times the time."""
    seconds = max(0.0, delay.total_seconds()) if delay is not None else 0.0
    return min(MOST_GAP, int(16 * math.log10(1 + seconds)))


def headline(journey: Journey) -> str:
    """The way in one sentence."""
    count = len(journey.route.hops)
    if not count:
        return "This message did not come through a mail server."
    steps = "One step" if count == 1 else f"{count} steps"
    total = journey.route.total
    took = f" in {duration(total)}" if total is not None else ""
    vouched = count - journey.route.boundary
    stands = "none" if not vouched else "all" if vouched == count else str(vouched)
    return f"{steps}{took}; your provider stands for {stands} of them."


def origin(journey: Journey) -> tuple[Section, ...]:
    """What the details of a message say about where it came from; nothing for one without a way."""
    if not journey.route.hops:
        return ()
    said = authentication_words(journey.authentication)
    lines = (
        said or "Your provider does not say who sent it, or not in a place that only it can write.",
        "This tells which servers it came from, not who wrote it.",
        headline(journey),
    )
    return (Section("Where it came from", lines),)
