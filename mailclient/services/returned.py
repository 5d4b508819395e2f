"""Mail that comes back: what it says, and whether it may be believed.

Anybody can write a report. It counts only where it names a message that was really sent from this
profile to that very recipient: a Message-ID of ours holds 128 random bits, so who knows it has got
the message. All others are shown as what they are, ordinary mail, with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mailclient.message.address import Address
from mailclient.message.bounce import read_bounce
from mailclient.message.envelope import Envelope, envelope
from mailclient.message.report import (
    Action,
    DeliveryReport,
    Disposition,
    ReadReceipt,
    RecipientReport,
    Report,
    Returned,
    read_report,
)
from mailclient.message.report_words import (
    address_is_wrong,
    receipt_sentence,
    report_advice,
    report_sentence,
)
from mailclient.message.tree import Part, parse
from mailclient.services.events import Events, MessagesChanged
from mailclient.store import Store
from mailclient.store.returns import ReturnRow


class Standing(Enum):
    """How far a report is backed by what was really sent from here."""

    OWN = "own"
    OTHER_RECIPIENT = "other-recipient"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message for one recipient, in words; `kind` is the word of an Action or a
    Disposition, `wrong_address` whether another address would help."""

    recipient: str
    kind: str
    text: str
    advice: str = ""
    status: str = ""
    diagnostic: str = ""
    server: str = ""
    retry_until: datetime | None = None
    wrong_address: bool = False

    @property
    def failed(self) -> bool:
        """Whether the recipient did not get it, and will not."""
        return self.kind == Action.FAILED.value


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as a reader shows it. `sent_row` is the message in Sent that it is about; 0 where
    there is none. Only a report whose standing is OWN says anything about sent mail."""

    outcomes: tuple[Outcome, ...]
    standing: Standing
    sent_id: str = ""
    sent_row: int = 0
    structured: bool = True

    @property
    def note(self) -> str:
        """What is to be said of a report that does not count; "" for one that does."""
        return _NOTES[self.standing]


_NOTES = {
    Standing.OWN: "",
    Standing.OTHER_RECIPIENT: (
        "This is a report about a message of yours, but for an address that you did not send it "
        "to. Perhaps a recipient has mail passed on there; perhaps the report is forged."
    ),
    Standing.CONTRADICTED: (
        "This report names a message of yours but gives back another. It is probably forged; "
        "nothing was marked as undelivered."
    ),
    Standing.UNKNOWN: (
        "This says that it is a report about mail from you, but nothing that was sent from here "
        "fits it. It may be forged, or about mail that was sent with another program."
    ),
}


def find_report(outer: Part) -> Report | None:
    """The report that a message is; None for other mail."""
    return read_report(outer) or read_bounce(outer)


class Returns:
    """The use cases around mail that comes back."""

    def __init__(
        self,
        store: Store,
        events: Events,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock

    def take(self, id: int, outer: Part) -> None:
        """Keep what a message that has come in reports about sent mail, if that may count."""
        report = find_report(outer)
        if report is None:
            return
        sent = self._sent(report.returned)
        when = min(envelope(outer.headers).date or self._clock(), self._clock())
        rows = [
            _row(sent.message_id, sent.recipient(one.keys), one, when)
            for one in _people(report)
            if sent.standing(one.keys, report.returned) is Standing.OWN
        ]
        if not rows:
            return
        failed = any(one.kind == Action.FAILED.value for one in rows)
        with self._store.database.write():
            self._store.returns.take(id, rows)
            if failed:
                self._store.returns.mark_undelivered(sent.rows)
        self._events.publish(MessagesChanged(self._store.messages.folders_of(sent.rows), sent.rows))

    def view(self, outer: Part) -> ReportView | None:
        """What a message reports, for who reads it; None where it is no report."""
        report = find_report(outer)
        if report is None:
            return None
        sent = self._sent(report.returned)
        now = self._clock()
        people = _people(report)
        standings = [sent.standing(one.keys, report.returned) for one in people]
        backed = [one for one, its in zip(people, standings, strict=True) if its is Standing.OWN]
        best = min(standings, key=list(Standing).index, default=Standing.UNKNOWN)
        when = envelope(outer.headers).date
        return ReportView(
            outcomes=tuple(_outcome(one, when, now) for one in backed or people),
            standing=best,
            sent_id=sent.message_id if best is Standing.OWN else "",
            sent_row=sent.rows[0] if sent.rows and best is Standing.OWN else 0,
            structured=isinstance(report, ReadReceipt) or report.structured,
        )

    def of_sent(self, message_id: str) -> tuple[Outcome, ...]:
        """What came back about a sent message: the newest word for each recipient."""
        newest: dict[str, ReturnRow] = {}
        for row in self._store.returns.of_sent(message_id):
            before = newest.get(row.recipient)
            if before is None or before.kind != Disposition.DISPLAYED.value:
                newest[row.recipient] = row
        now = self._clock()
        return tuple(_outcome(_person(row), row.at, now) for row in newest.values())

    def _sent(self, returned: Returned) -> _Sent:
        """What was really sent under the Message-ID that a report names, or else under the name
        that was given for reports (RFC 3464 section 2.2.1)."""
        named = returned.message_id or self._store.returns.known_as(returned.envelope_id)
        if not named:
            return _Sent("", (), frozenset(), None)
        rows = self._store.returns.sent_copies(named)
        recipients = set(self._store.returns.handed_over_to(named))
        seen = None
        for id in rows:
            seen = envelope(parse(self._store.bodies.open(id)).headers)
            recipients.update(one.key for one in (*seen.to, *seen.cc, *seen.bcc))
            row = self._store.messages.get(id)
            recipients.update(one.key for one in row.to)
        return _Sent(named, rows, frozenset(recipients), seen)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A sent message: its copies, whom it went to, and its envelope as it stands in the copy."""

    message_id: str
    rows: tuple[int, ...]
    recipients: frozenset[str]
    envelope: Envelope | None

    def recipient(self, keys: Sequence[str]) -> str:
        """Which of these addresses it went to."""
        return next(one for one in keys if one in self.recipients)

    def standing(self, keys: Sequence[str], returned: Returned) -> Standing:
        """How far a report about one recipient is backed by it."""
        if not self.recipients:
            return Standing.UNKNOWN
        if returned.envelope is not None and not _fits(returned.envelope, self.envelope):
            return Standing.CONTRADICTED
        if not any(one in self.recipients for one in keys):
            return Standing.OTHER_RECIPIENT
        return Standing.OWN


def _fits(given_back: Envelope, sent: Envelope | None) -> bool:
    """Whether what was given back can be the header of what was sent; servers add, and rewrite
    some addresses, but not who wrote it."""
    if sent is None:
        return True
    return not given_back.from_ or _keys(given_back.from_) == _keys(sent.from_)


def _keys(people: Sequence[Address]) -> set[str]:
    return {one.key for one in people}


Person = RecipientReport | ReadReceipt


def _people(report: Report) -> tuple[Person, ...]:
    return report.recipients if isinstance(report, DeliveryReport) else (report,)


def _row(sent_id: str, recipient: str, one: Person, when: datetime) -> ReturnRow:
    if isinstance(one, ReadReceipt):
        return ReturnRow(sent_id, recipient, one.disposition.value, "", "", "", when)
    return ReturnRow(
        sent_id=sent_id,
        recipient=recipient,
        kind=one.action.value,
        status=one.status,
        diagnostic=one.diagnostic,
        server=one.server,
        at=when,
        retry_until=one.retry_until,
    )


def _person(row: ReturnRow) -> Person:
    if row.kind in {one.value for one in Disposition}:
        return ReadReceipt(row.recipient, Disposition(row.kind), Returned(row.sent_id))
    return RecipientReport(
        address=row.recipient,
        action=Action(row.kind),
        status=row.status,
        diagnostic=row.diagnostic,
        server=row.server,
        retry_until=row.retry_until,
    )


def _outcome(one: Person, when: datetime | None, now: datetime) -> Outcome:
    if isinstance(one, ReadReceipt):
        who = one.original or one.recipient
        return Outcome(
            who, one.disposition.value, receipt_sentence(who, one.disposition, when, None)
        )
    return Outcome(
        recipient=one.original or one.address,
        kind=one.action.value,
        text=report_sentence(one, now, None),
        advice=report_advice(one),
        status=one.status,
        diagnostic=one.diagnostic,
        server=one.server,
        retry_until=one.retry_until,
        wrong_address=address_is_wrong(one),
    )
