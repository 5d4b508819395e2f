"""A route in plain words, for the terminal and for who cannot see the picture. Pure.

The words tell what the servers wrote and who stands for it. None of them says that a way, or a
message, could be relied on: TLS between two servers protects one step from others, no more.
"""

from __future__ import annotations

from datetime import timedelta, tzinfo

from mailclient.message.route import Carriage, Hop, Route

LINE = "Nobody vouches for what stands below this line"
LINE_ABOVE = "Your provider wrote what stands above it"
NO_LINE_KNOWN = (
    "None of these steps is known to be written by your provider, so nobody vouches for any of "
    "them. 'Provider's servers' in the account's settings can name them."
)
_STEPS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def duration(value: timedelta) -> str:
    """How long, in its largest unit and the next: '2 minutes 5 seconds'."""
    left = abs(int(value.total_seconds()))
    if not left:
        return "less than a second"
    words: list[str] = []
    for size, name in _STEPS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
        if len(words) == 2 or (words and not count):
            break
    return " ".join(words)


def delay_words(hop: Hop) -> str:
    """How long a step took; a clock that is wrong is named as that."""
    if hop.delay is None:
        return ""
    if hop.clock_is_wrong:
        return f"a clock is wrong by at least {duration(hop.delay)}"
    if hop.delay < timedelta(seconds=1):
        return "at once"
    return f"after {duration(hop.delay)}"


def carriage_words(hop: Hop) -> str:
    """What the field states about encryption on this step."""
    match hop.carriage:
        case Carriage.TLS:
            return f"encrypted ({hop.tls})" if hop.tls else f"encrypted ({hop.protocol})"
        case Carriage.LOCAL:
            return "inside one machine"
        case Carriage.NOT_STATED:
            return "not said to be encrypted"


def source_words(hop: Hop) -> str:
    """Who handed it over, and what it called itself where that differs."""
    name = hop.source
    if not name:
        return "itself" if hop.handed_over else "an unnamed machine"
    told = []
    if hop.from_name and hop.from_host and hop.from_name.lower() != hop.from_host.lower():
        told.append(f"called itself {hop.from_name}")
    if hop.from_address and hop.from_address != name:
        told.append(hop.from_address)
    return f"{name} ({', '.join(told)})" if told else name


def hop_words(hop: Hop) -> str:
    """One step as a sentence."""
    who = hop.by or "A server without a name"
    took = "took it over inside" if hop.handed_over else f"got it from {source_words(hop)}"
    said = ", ".join(filter(None, (carriage_words(hop), delay_words(hop))))
    return f"{who} {took}: {said}."


def route_lines(route: Route, zone: tzinfo | None) -> tuple[str, ...]:
    """The route as lines of text, the newest step on top, with the line of who vouches."""
    if not route.hops:
        return ("The message has no Received fields: it did not come through a mail server.",)
    lines: list[str] = []
    newest_first = route.hops[::-1]
    vouched = len(route.hops) - route.boundary
    if not vouched:
        lines.append(NO_LINE_KNOWN)
    for at, hop in enumerate(newest_first):
        if at == vouched and vouched:
            lines.append(f"---- {LINE}. {LINE_ABOVE}. ----")
        when = hop.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if hop.at else "no time"
        lines.append(f"{when}  {hop_words(hop)}")
    if route.written is not None:
        when = route.written.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        lines.append(f"{when}  Written, as the message itself says.")
    if route.total is not None:
        lines.append(f"In all: {duration(route.total)}.")
    return tuple(lines)
