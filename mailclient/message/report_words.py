"""A delivery report or a read receipt as one sentence, and what to do about it. Pure."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import assert_never

from mailclient.message.days import day_words, time_words
from mailclient.message.report import Action, Disposition, RecipientReport
from mailclient.message.status import Cause, advice, cause, sentence

_REPLY = re.compile(r"\s*(?:smtp;)?\s*([245]\d\d)[ -]\s*(.*)", re.DOTALL)
# Causes that the sender mends by writing to another address
_ADDRESS = frozenset(
    {Cause.NO_MAILBOX, Cause.NO_DOMAIN, Cause.NO_MAIL_THERE, Cause.BAD_ADDRESS, Cause.AMBIGUOUS}
    | {Cause.MOVED, Cause.DISABLED}
)


def cause_of(report: RecipientReport) -> Cause:
    """What a failure or a delay comes from."""
    reply = _REPLY.match(report.diagnostic)
    code, said = (int(reply[1]), reply[2]) if reply else (0, report.diagnostic)
    return cause(code, f"{report.status} {said}" if report.status else said)


def address_is_wrong(report: RecipientReport) -> bool:
    """Whether another address would help."""
    return report.action is Action.FAILED and cause_of(report) in _ADDRESS


def report_sentence(report: RecipientReport, now: datetime, zone: tzinfo | None) -> str:
    """What became of a message for one recipient, in one sentence."""
    who = report.original or report.address
    match report.action:
        case Action.FAILED:
            return sentence(cause_of(report), recipient=who, server=report.server)
        case Action.DELAYED:
            why = sentence(cause_of(report), recipient=who, server=report.server)
            until = report.retry_until
            end = f" until {time_words(until, now, zone)}" if until and until > now else ""
            return f"{why.removesuffix('.')}; the server will go on trying{end}."
        case Action.DELIVERED:
            return f"It was delivered to the mailbox of {who}."
        case Action.RELAYED:
            return (
                f"It was passed on towards {who}, to a server that does not report what becomes "
                "of it."
            )
        case Action.EXPANDED:
            return f"It was passed on to the members of {who}."
    assert_never(report.action)


def report_advice(report: RecipientReport) -> str:
    """What can be done about a failure; "" where nothing is to be done."""
    return advice(cause_of(report)) if report.action is Action.FAILED else ""


def receipt_sentence(
    who: str, disposition: Disposition, when: datetime | None, zone: tzinfo | None
) -> str:
    """What a recipient's program says; it is a claim, and is told as one."""
    on = f" on {day_words(when, zone)}" if when else ""
    match disposition:
        case Disposition.DISPLAYED:
            return f"The mail program of {who} says that it was shown{on}."
        case Disposition.DELETED:
            return f"The mail program of {who} says that it was deleted{on}."
        case Disposition.DISPATCHED:
            return f"The mail program of {who} says that it was passed on{on}, without being shown."
        case Disposition.PROCESSED:
            return f"The mail program of {who} says that a program took care of it{on}."
    assert_never(disposition)
