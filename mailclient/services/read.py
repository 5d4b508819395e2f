"""One message as a reader shows it, from the store or from a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, NotFound
from mailclient.message.address import Address
from mailclient.message.body import Body, body
from mailclient.message.envelope import Envelope
from mailclient.message.html import place_of, placed_in
from mailclient.message.receipt import ReceiptRequest
from mailclient.message.security import Encryption, Verdict
from mailclient.message.tree import parse
from mailclient.services.assess import Assessment, Assessor, restore, set_aside
from mailclient.services.intake import Intake
from mailclient.services.journey import NOWHERE, Journey, Journeys
from mailclient.services.pictures import Pictured, Pictures
from mailclient.services.receipts import Receipts
from mailclient.services.returned import Outcome, ReportView, Returns
from mailclient.store import Store
from mailclient.store.folders import Role
from mailclient.store.messages import MessageRow, Processing

LARGEST_FILE = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class MessageView:
    """All that a reader shows of one message; `id`, `folder_id`, `account_id` are 0 for a file.

    `outer_from` is who the unprotected header names, `checked` when the verdict was reached.
    `report` is what it says became of sent mail, `outcomes` what became of it where it was sent,
    `receipt` a read receipt that the user is to be asked about. `hidden_people` are the addresses
    that only the inside of its encryption names.
    """

    id: int
    account_id: int
    folder_id: int
    envelope: Envelope
    outer_from: tuple[Address, ...]
    verdict: Verdict
    body: Body
    size: int
    problems: tuple[str, ...]
    checked: datetime
    unread: bool = False
    flagged: bool = False
    is_draft: bool = False
    report: ReportView | None = None
    outcomes: tuple[Outcome, ...] = ()
    journey: Journey = NOWHERE
    receipt: ReceiptRequest | None = None
    hidden_people: tuple[str, ...] = ()

    @property
    def encrypted(self) -> bool:
        """Whether body and attachments came out of an encrypted layer."""
        return self.verdict.encryption is Encryption.ENCRYPTED


@dataclass(frozen=True, slots=True)
class Beside:
    """What tells of a message more than itself: what came back, its way, who wants to be told."""

    returns: Returns
    journeys: Journeys
    receipts: Receipts
    pictures: Pictures


class Read:
    """The use cases around reading."""

    def __init__(
        self,
        store: Store,
        assessor: Assessor,
        intake: Intake,
        beside: Beside,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._assessor = assessor
        self._intake = intake
        self._beside = beside
        self._clock = clock

    def view(self, id: int, cancel: CancelToken | None = None) -> MessageView:
        """A message of the store; asks no engine if it was opened before. Raises NotFound."""
        token = cancel or CancelToken()
        row = self._store.messages.get(id)
        if row.processing in (Processing.NEW, Processing.WAITING):
            self._intake.process(id, token, may_ask=True)
            row = self._store.messages.get(id)
        found = self._found(row, token)
        folder = self._store.folders.get(row.folder_id)
        sent = folder.role is Role.SENT
        return MessageView(
            id=id,
            account_id=row.account_id,
            folder_id=row.folder_id,
            envelope=found.envelope,
            outer_from=found.outer.envelope.from_,
            verdict=found.verdict,
            body=found.body,
            size=row.size,
            problems=(*found.problems, *self._store.messages.problems(id)),
            checked=self._store.messages.checked(id),
            unread=row.unread,
            flagged=row.flagged,
            is_draft=folder.role is Role.DRAFTS,
            report=None if sent else self._beside.returns.view(found.outer),
            outcomes=self._beside.returns.of_sent(row.message_id) if sent else (),
            journey=self._beside.journeys.of_message(found.outer.headers, row.account_id),
            hidden_people=found.hidden_people,
            receipt=self._beside.receipts.asked(row, found.outer.headers, found.verdict),
        )

    def _found(self, row: MessageRow, cancel: CancelToken) -> Assessment:
        """What there is to be shown of a message that was looked at before."""
        if row.processing is Processing.QUARANTINED:
            return set_aside(row)
        outer = parse(self._store.bodies.open(row.id))
        verdict = Verdict.from_json(self._store.messages.verdict(row.id))
        opened = self._store.messages.opened(row.id)
        if opened is None and verdict.encryption is Encryption.ENCRYPTED:
            # No opened copies are kept.
            arrived = self._store.bodies.received(row.id)
            return self._assessor.assess(outer, arrived, cancel, may_ask=True)
        return restore(outer, opened, verdict)

    def pictured(self, id: int, cancel: CancelToken) -> Pictured:
        """A message with its pictures that lie on the network, which are fetched now.

        Raises BadInput for one that was encrypted, NotFound, Unreachable, Cancelled.
        """
        found = self._found(self._store.messages.get(id), cancel)
        if found.verdict.encryption is not Encryption.NONE or found.body.html is None:
            raise BadInput("For an encrypted message nothing is fetched from the network.")
        assert found.payload is not None  # there is HTML
        html = body(found.payload, pictures=True).html or ""
        wanted = placed_in(html)
        files = self._beside.pictures.fetch(wanted, cancel)
        named = {place_of(one): data for one, data in files.items()}
        return Pictured(html, named, len(wanted) - len(named))

    def check_again(self, id: int, cancel: CancelToken) -> MessageView:
        """Open and judge a message anew, with the keys of today."""
        self._intake.process(id, cancel, may_ask=True)
        return self.view(id, cancel)

    def view_raw(self, raw: bytes, cancel: CancelToken | None = None) -> MessageView:
        """A message that is not stored, with the full pipeline."""
        now = self._clock()
        found = self._assessor.assess(parse(raw), now, cancel or CancelToken(), may_ask=True)
        return replace(
            _file_view(found, len(raw), now),
            report=self._beside.returns.view(found.outer),
            journey=self._beside.journeys.of_headers(found.outer.headers),
        )

    def view_file(self, path: Path, cancel: CancelToken | None = None) -> MessageView:
        """A message in a file; raises BadInput if it cannot be read."""
        return self.view_raw(read_file(path), cancel)

    def view_part(self, raw: bytes, number: str, cancel: CancelToken | None = None) -> MessageView:
        """A part of a message opened by itself; raises NotFound."""
        part = parse(raw).find(number)
        if part is None:
            raise NotFound(f"The message has no part {number}.", "'show --json' lists its parts.")
        inner = part.body if part.content_type == "message/rfc822" else part.raw
        return self.view_raw(inner, cancel)

    def raw(self, id: int) -> bytes:
        """The message exactly as it was received."""
        return self._store.bodies.raw(id)


def _file_view(found: Assessment, size: int, now: datetime) -> MessageView:
    return MessageView(
        id=0,
        account_id=0,
        folder_id=0,
        envelope=found.envelope,
        outer_from=found.outer.envelope.from_,
        verdict=found.verdict,
        body=found.body,
        size=size,
        problems=found.problems,
        checked=now,
        hidden_people=found.hidden_people,
    )


def read_file(path: Path) -> bytes:
    """The bytes of a message file; raises BadInput in words."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{path} is too large for a message.")
        return path.read_bytes()
    except OSError as problem:
        raise BadInput(
            f"{path} cannot be read: {problem.strerror}.", "Look at its name and its rights."
        ) from problem
