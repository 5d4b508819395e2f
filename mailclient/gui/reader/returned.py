"""What came back, and who wants to be told, as strips. Pure.

A report has them, and the sent message that it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailclient.gui.reader.notices import Notice, Offer
from mailclient.gui.strip import Kind

if TYPE_CHECKING:
    from mailclient.services.read import MessageView
    from mailclient.services.returned import Outcome

MOST = 4  # strips; more recipients are told in one


def returned_notices(view: MessageView) -> tuple[Notice, ...]:
    """The strips about what came back, failures first."""
    if view.report is not None and view.report.note:
        return (Notice(view.report.note, Kind.CAUTION),)
    if view.report is not None:
        return _told(view.report.outcomes, view.report.sent_row, on_report=True)
    return _told(view.outcomes, view.id, on_report=False)


def receipt_notices(view: MessageView) -> tuple[Notice, ...]:
    """The question about a read receipt, where one is asked for."""
    if view.receipt is None:
        return ()
    who = view.receipt.to.address
    text = f"{who} asks to be told that you have read this. Nothing is sent unless you say so."
    if view.receipt.differs:
        text = (
            f"This message asks that {who} is told that you have read it. That is not the address "
            "that it came from. Nothing is sent unless you say so."
        )
    kind = Kind.CAUTION if view.receipt.differs else Kind.INFO
    offers = (Offer.RECEIPT, Offer.NO_RECEIPT, Offer.NEVER_RECEIPT)
    return (Notice(text, kind, offers=offers),)


def _told(outcomes: Sequence[Outcome], row: int, *, on_report: bool) -> tuple[Notice, ...]:
    failed = [one for one in outcomes if one.failed]
    late = [one for one in outcomes if one.kind == "delayed"]
    rest = [one for one in outcomes if one not in failed and one not in late]
    notices = [_failure(one, row, on_report=on_report) for one in failed[:MOST]]
    if len(failed) > MOST:
        more = ", ".join(one.recipient for one in failed[MOST:])
        notices.append(Notice(f"Nor did it reach: {more}.", Kind.DANGER))
    notices += [_together(late, Kind.CAUTION)] if late else []
    notices += [_together(rest, Kind.INFO)] if rest else []
    if on_report and row and not failed:
        notices[-1] = _showing(notices[-1], row)
    return tuple(notices)


def _failure(one: Outcome, row: int, *, on_report: bool) -> Notice:
    offers: tuple[Offer, ...] = ()
    if row:
        offers = (Offer.CORRECT if one.wrong_address else Offer.AGAIN,)
        offers += (Offer.SENT,) if on_report else ()
    text = one.text if one.wrong_address else f"{one.text} {one.advice}"
    return Notice(text.strip(), Kind.DANGER, offers=offers, part=f"{row} {one.recipient}")


def _together(outcomes: Sequence[Outcome], kind: Kind) -> Notice:
    texts = [one.text for one in outcomes[:MOST]]
    if len(outcomes) > MOST:
        texts.append(f"And {len(outcomes) - MOST} more.")
    return Notice(" ".join(texts), kind)


def _showing(notice: Notice, row: int) -> Notice:
    return Notice(notice.text, notice.kind, offers=(Offer.SENT,), part=f"{row} ")
