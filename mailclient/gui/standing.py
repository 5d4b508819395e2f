"""How an account stands, in words: for the folder list, and for what is told of a fault. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailclient.errors import (
    CertificateRejected,
    LoginRefused,
    MailboxBusy,
    MailError,
    ProtocolFault,
    SignInNeeded,
    StoreFull,
    Unreachable,
)
from mailclient.gui import dates
from mailclient.services.schedule import Doing, Outlook

SHORT: tuple[tuple[type[MailError], str], ...] = (
    (Unreachable, "Not reachable"),
    (MailboxBusy, "Server is busy"),
    (SignInNeeded, "Sign in needed"),
    (LoginRefused, "Log-in refused"),
    (CertificateRejected, "Not safe: stopped"),
    (ProtocolFault, "Strange answer"),
    (StoreFull, "Disk is full"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of an account: a few words, all of it, and whether it is a trouble."""

    brief: str = ""
    full: str = ""
    trouble: bool = False


def next_try(outlook: Outlook, now: datetime) -> str:
    """When mail is collected again after a fault, as a sentence."""
    if outlook.doing is Doing.COLLECTING:
        return "Trying again now."
    if outlook.seconds is None:
        return "It is not tried again by itself."
    return f"The next try comes by itself at {_at(outlook.seconds, now)}."


def words(address: str, outlook: Outlook, now: datetime) -> Words:
    """What is said of an account where it is listed; nothing brief where all is well."""
    problem = outlook.problem
    if problem is not None:
        brief = next((text for kind, text in SHORT if isinstance(problem, kind)), "Not collected")
        if outlook.doing is Doing.COLLECTING:
            brief += ", trying again"
        elif outlook.seconds is not None:
            brief += f", next {_at(outlook.seconds, now)}"
        return Words(brief, f"{address}: {problem} {next_try(outlook, now)}", trouble=True)
    if outlook.doing is Doing.PAUSED:
        return Words("Paused", f"{address} is paused: no mail is collected for it.")
    if outlook.doing is Doing.COLLECTING:
        return Words("Collecting…", f"Mail for {address} is being collected.")
    if outlook.seconds is None:
        return Words(full=f"{address} is collected only when you ask.")
    return Words(full=f"{address} is collected next at {_at(outlook.seconds, now)}.")


def _at(seconds: float, now: datetime) -> str:
    return dates.clock(now + timedelta(seconds=seconds), now)
