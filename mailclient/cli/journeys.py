"""The JSON forms of mail that comes back, and of the way it took, one function each."""

from __future__ import annotations

from collections.abc import Iterator

from mailclient.cli.forms import Json, time
from mailclient.message.authentication import Authentication, authentication_words
from mailclient.message.route import Hop
from mailclient.message.signatures import ServerSignature
from mailclient.services.journey import Journey
from mailclient.services.read import MessageView
from mailclient.services.returned import Outcome, ReportView


def came_back(view: MessageView) -> Json:
    """What `show --json` says beside the message itself."""
    return {
        "report": _report(view.report),
        "outcomes": [_outcome(one) for one in view.outcomes],
        "receipt": view.receipt
        and {"to": view.receipt.to.address, "differs": view.receipt.differs},
    }


def _report(one: ReportView | None) -> Json | None:
    if one is None:
        return None
    return {
        "standing": one.standing.value,
        "message_id": one.sent_id,
        "id": one.sent_row or None,
        "note": one.note,
        "recipients": [_outcome(each) for each in one.outcomes],
    }


def _outcome(one: Outcome) -> Json:
    return {
        "address": one.recipient,
        "action": one.kind,
        "text": one.text,
        "advice": one.advice,
        "status": one.status,
        "diagnostic": one.diagnostic,
        "server": one.server,
        "retry_until": time(one.retry_until),
    }


def report_lines(view: MessageView) -> Iterator[str]:
    """What came back, as `show` prints it."""
    if view.report is not None:
        if view.report.note:
            yield f"Note: {view.report.note}"
        else:
            yield from (f"Report: {one.text}" for one in view.report.outcomes)
    for one in view.outcomes:
        yield f"Came back: {one.text}"
    if view.receipt is not None:
        yield f"Asks: {view.receipt.to.address} wants to be told that you have read this."


def route(journey: Journey, id: int, checked: tuple[ServerSignature, ...] | None) -> Json:
    """`show --route --json`."""
    total = journey.route.total
    return {
        "id": id or None,
        "written": time(journey.route.written),
        "total_seconds": None if total is None else int(total.total_seconds()),
        "hops": [_hop(one) for one in journey.route.hops],
        "authentication": _authentication(journey.authentication),
        "signatures": None
        if checked is None
        else [{"domain": one.domain, "fit": one.fit.value} for one in checked],
    }


def _hop(one: Hop) -> Json:
    return {
        "by": one.by,
        "from": {"name": one.from_name, "host": one.from_host, "address": one.from_address},
        "protocol": one.protocol,
        "carriage": one.carriage.value,
        "tls": one.tls,
        "cipher": one.cipher,
        "id": one.id,
        "for": one.recipient,
        "time": time(one.at),
        "delay_seconds": None if one.delay is None else int(one.delay.total_seconds()),
        "clock_is_wrong": one.clock_is_wrong,
        "vouched": one.vouched,
    }


def _authentication(found: Authentication) -> Json | None:
    if not found.server:
        return None
    return {
        "server": found.server,
        "summary": authentication_words(found),
        "results": [
            {
                "method": one.method,
                "result": one.result,
                "reason": one.reason,
                "properties": dict(one.properties),
            }
            for one in found.results
        ],
    }
