"""What is said of a message in the outbox, and what can be done about it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from mailclient.gui import dates, people
from mailclient.services.waiting import (
    Late,
    Question,
    asked,
    goes_out,
    held,
    kept_for_later,
    late,
    missed,
    next_try,
    question,
    waits,
)
from mailclient.store.outbox import OutItem, OutRecipient, OutState

DOUBT = "It is not known whether this message has arrived. Sent again, it may arrive twice."


class Act(Enum):
    """What can be done about a message; the value is what the button says."""

    UNDO = "Undo"
    SEND_NOW = "Send now"
    TRY_AGAIN = "Try again"
    LATER = "Send later…"
    EDIT = "Edit"
    CORRECT = "Edit and send again"
    KEEP_TRYING = "Keep trying"
    ARRIVED = "It arrived"
    SEND_AGAIN = "Send again…"
    TO_DRAFTS = "Back to Drafts"
    GIVE_UP = "Give up, back to Drafts"


def acts(item: OutItem, now: datetime) -> tuple[Act, ...]:
    """What can be done about a message as it stands, the likeliest first."""
    if item.state in (OutState.SENDING, OutState.SENT):
        return ()
    if held(item, now) is not None:
        return (Act.UNDO, Act.SEND_NOW)
    found: list[Act] = []
    if item.those(OutState.UNCERTAIN):
        found += [Act.ARRIVED, Act.SEND_AGAIN]
    if item.those(OutState.FAILED):
        found += [Act.CORRECT, Act.TRY_AGAIN]
    elif waits(item):
        stuck = late(item, now) is Late.QUESTION
        found += [Act.KEEP_TRYING] if stuck else []
        found += [Act.SEND_NOW, Act.LATER]
        found += [Act.GIVE_UP] if stuck else [Act.EDIT]
    return (*found, *(() if Act.GIVE_UP in found else (Act.TO_DRAFTS,)))


def title(item: OutItem) -> str:
    """What it is called by."""
    return people.plain(item.subject) or "No subject"


def lines(item: OutItem, now: datetime) -> tuple[str, str, str]:
    """A row of the list: what it is called, whom it is for, how it stands."""
    to = ", ".join(people.plain(one.address) for one in item.recipients[:3])
    more = f" and {len(item.recipients) - 3} more" if len(item.recipients) > 3 else ""
    return title(item), f"To {to}{more}", stand(item, now)


def stand(item: OutItem, now: datetime) -> str:
    """How it stands, in one line."""
    if held(item, now) is not None:
        return "Is about to be sent"
    if item.state is OutState.SENDING:
        return "Is being sent"
    match question(item, now):
        case Question.SET_FORWARD | Question.SET_BACK:
            return "Is it time? The clock was set"
        case Question.LONG_PAST:
            return "Its time has passed: send it now?"
        case Question.NONE:
            pass
    when = goes_out(item)
    if kept_for_later(item, now) and when is not None:
        return f"Goes out {dates.full(when)}"
    if late(item, now) is Late.QUESTION:
        return "Waits for days: keep trying?"
    if len({_STATES[one.state] for one in item.recipients}) > 1:
        return _mixed(item)
    if item.needs_user and waits(item):
        return "Waits for you"
    if waits(item):
        return _waiting(item, now)
    if item.those(OutState.UNCERTAIN):
        return "Perhaps sent"
    return "Could not be sent"


def _mixed(item: OutItem) -> str:
    """How many of its recipients stand how."""
    counts = Counter(_STATES[one.state] for one in item.recipients)
    return ", ".join(f"{count} {words}" for words, count in counts.items()).capitalize()


def _waiting(item: OutItem, now: datetime) -> str:
    when = next_try(item, now)
    if not item.problem or when is None or when <= now:
        return "Waits to be sent"
    return f"Is tried again at {when.astimezone():%H:%M}"


def reasons(item: OutItem, now: datetime) -> tuple[str, ...]:
    """Why it stands so, and what that means, in sentences."""
    said = [item.problem] if item.problem else []
    if words := asked(item, now, dates.full):
        said.append(words)
    elif kept_for_later(item, now):
        said.append(
            "If the program is closed or the computer sleeps at that time, it goes out when the "
            "program runs next."
        )
    if late(item, now) is not Late.NO:
        hours = int((now - item.since).total_seconds()) // 3600
        span = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
        said.append(f"It waits for {span} already. It is tried on until you give it up.")
    if item.those(OutState.UNCERTAIN):
        said.append(
            "It is not sent again by itself. An answer, or a copy that comes back, settles it."
        )
    return tuple(said)


_STATES = {
    OutState.QUEUED: "waits",
    OutState.SENDING: "is being sent",
    OutState.DEFERRED: "is tried again",
    OutState.UNCERTAIN: "perhaps has it",
    OutState.FAILED: "was refused",
    OutState.SENT: "has it",
}


def recipient(one: OutRecipient) -> str:
    """How a recipient stands, with what the server said."""
    said = one.reply if one.state is not OutState.SENT else ""
    words = f"{people.plain(one.address)} {_STATES[one.state]}."
    return f"{words}\n    The server said: {people.plain(said)}" if said else words


def warning(items: Sequence[OutItem], now: datetime) -> str:
    """What is to be said aloud of what waits for too long; "" if nothing does."""
    untimely = [one for one in items if question(one, now) is not Question.NONE]
    stuck = [one for one in items if late(one, now) is Late.QUESTION]
    warned = [one for one in items if late(one, now) is Late.WARNING]
    if untimely:
        what = f"“{title(untimely[0])}”" if len(untimely) == 1 else f"{len(untimely)} messages"
        return f"Is it time for {what}? The outbox asks."
    if stuck:
        return f"{_count(stuck)} for more than 5 days. Keep trying, or give it up? The outbox asks."
    return f"{_count(warned)} for more than 4 hours. The outbox says why." if warned else ""


def overdue(items: Sequence[OutItem], now: datetime) -> str:
    """What is to be said at the start of mail whose time has come while the program was closed; ""
    if there is none."""
    found = [one for one in items if missed(one, now)]
    times = [one.later for one in found if one.later is not None]
    if not times:
        return ""
    closed = "while the program was closed"
    if len(times) == 1:
        when = dates.full(times[0])
        return f"“{title(found[0])}” was to go out on {when}, {closed}. It goes out now."
    first = dates.full(min(times))
    return f"{len(times)} messages were to go out {closed}, the first on {first}. They go out now."


def _count(items: Sequence[OutItem]) -> str:
    if len(items) == 1:
        return f"“{title(items[0])}” waits to be sent"
    return f"{len(items)} messages wait to be sent"
