"""Delivery reports: what a server says became of a message (RFC 3464, RFC 6522, RFC 6533). Pure.

A report is a claim: anybody can write one. What is read here says nothing yet about whether the
message that it names was ever sent; `services/returned` compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mailclient.message.address import Address, normalise, parse_addresses
from mailclient.message.envelope import Envelope, envelope, read_date
from mailclient.message.fields import Headers, read_headers
from mailclient.message.tree import EMBEDDED, Part
from mailclient.message.words import clean

MOST_RECIPIENTS = 500
LONGEST_TEXT = 1000
STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
RECEIPT_TYPES = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification"}
)
HEADER_TYPES = frozenset({"text/rfc822-headers", "message/global-headers", "text/rfc822-header"})
_CODE = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_PARTS_LOOKED_AT = 50


class Action(Enum):
    """What a server did with a message for one recipient (RFC 3464 section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Disposition(Enum):
    """What a recipient's program did with a message (RFC 8098 section 3.2.6.2)."""

    DISPLAYED = "displayed"
    DELETED = "deleted"
    DISPATCHED = "dispatched"
    PROCESSED = "processed"


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What became of a message for one recipient.

    `address` is whom the server tried, `original` whom the sender wrote to where the report says
    it, `status` an enhanced status code (RFC 3463) or "", `diagnostic` what the server said,
    `server` the one that said it, `retry_until` when the trying ends.
    """

    address: str
    action: Action
    original: str = ""
    status: str = ""
    diagnostic: str = ""
    server: str = ""
    retry_until: datetime | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The forms to compare with whom a message was sent to: the original first."""
        return tuple(normalise(one) for one in (self.original, self.address) if one)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a report gives back of the message that it is about; nothing that is "" was there."""

    message_id: str = ""
    envelope_id: str = ""
    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A report of a server. `structured` is whether it came in the form that the RFCs give it."""

    recipients: tuple[RecipientReport, ...]
    returned: Returned
    reporter: str = ""
    structured: bool = True


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """A report of a recipient's program (RFC 8098); `automatic` is whether nobody was asked."""

    recipient: str
    disposition: Disposition
    returned: Returned
    automatic: bool = False
    original: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The forms to compare with whom a message was sent to: the original first."""
        return tuple(normalise(one) for one in (self.original, self.recipient) if one)


Report = DeliveryReport | ReadReceipt


def read_report(root: Part) -> Report | None:
    """The report that a message is, in the form of the RFCs; None where it is none. Never raises.

    The type of the whole counts less than the part that holds the facts: some servers call the
    whole multipart/mixed.
    """
    if not root.is_multipart:
        return None
    for part in _parts(root):
        if part.content_type in STATUS_TYPES:
            return _delivery(root, part)
        if part.content_type in RECEIPT_TYPES:
            return _receipt(root, part)
    return None


def _parts(root: Part) -> Sequence[Part]:
    """The parts right below the whole, where RFC 6522 section 3 has them."""
    return root.children[:_PARTS_LOOKED_AT]


# Delivery status (RFC 3464 section 2)


def _delivery(root: Part, part: Part) -> DeliveryReport | None:
    blocks = list(_blocks(part))
    whole = blocks[0] if blocks else Headers(())
    rest = blocks[1:] if "final-recipient" not in whole else blocks
    people = [_recipient(one, whole) for one in rest]
    found = tuple(one for one in people if one is not None)
    if not found:
        return None
    envelope_id = clean(whole.get("original-envelope-id"))[:LONGEST_TEXT]
    return DeliveryReport(found, returned(root, envelope_id), _typed(whole, "reporting-mta"))


def _blocks(part: Part) -> Iterator[Headers]:
    """The groups of fields between blank lines; what is no field is passed over."""
    data = b"\n".join(line.rstrip() for line in part.text().encode("utf-8").split(b"\n"))
    for block in re.split(rb"\n{2,}", data.strip(b"\n"))[: MOST_RECIPIENTS + 1]:
        headers, _, _ = read_headers(block + b"\n", 0, len(block) + 1)
        if len(headers):
            yield headers


def _recipient(fields: Headers, whole: Headers) -> RecipientReport | None:
    final = _typed(fields, "final-recipient")
    original = _typed(fields, "original-recipient")
    word = fields.get("action").partition("(")[0].strip().lower()
    action = next((one for one in Action if one.value == word), None)
    status = _code(fields.get("status"))
    diagnostic = _typed(fields, "diagnostic-code")
    if action is None:
        action = _action(status)
    if action is None or "@" not in (final or original):
        return None
    return RecipientReport(
        address=final or original,
        action=action,
        original=original,
        status=_best(status, _code(diagnostic)),
        diagnostic=diagnostic,
        server=_typed(fields, "remote-mta") or _typed(whole, "reporting-mta"),
        retry_until=read_date(fields.text("will-retry-until")),
    )


def _action(status: str) -> Action | None:
    """What the class of a status says where the action is missing (RFC 3463 section 3.1)."""
    by_class = {"2": Action.DELIVERED, "4": Action.DELAYED, "5": Action.FAILED}
    return by_class.get(status[:1])


def _best(status: str, said: str) -> str:
    """The status, or what the other server said where the status is as good as none."""
    vague = status[1:] == ".0.0" or not status
    return said if vague and said and (not status or said[0] == status[0]) else status


def _code(text: str) -> str:
    """The first enhanced status code in a text (RFC 3463 section 2); "" where there is none."""
    match = _CODE.search(text)
    return ".".join((match[1], *(str(int(match[at])) for at in (2, 3)))) if match else ""


def _typed(fields: Headers, name: str) -> str:
    """The value behind its type: `rfc822; bob@example.org` (RFC 3464 section 2.1.2)."""
    value = fields.get(name)
    kind, semicolon, rest = value.partition(";")
    text = rest if semicolon and re.fullmatch(r"[A-Za-z0-9-]+", kind.strip()) else value
    if semicolon and kind.strip().lower() == "utf-8":
        text = _ESCAPED.sub(lambda match: _character(match[1]), text)
    return clean(text).strip().strip("<>").strip()[:LONGEST_TEXT]


def _character(digits: str) -> str:
    """A character of an address written in plain letters (RFC 6533 section 3)."""
    number = int(digits, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


# What came back of the message


def returned(root: Part, envelope_id: str = "") -> Returned:
    """What a report says of the message that it is about: its header, or the fields that name it.

    Only a header that was given back counts as one; References name it too.
    """
    for part in _parts(root):
        headers = _given_back(part)
        if headers is not None and (seen := envelope(headers)).message_id:
            return Returned(seen.message_id, envelope_id, seen)
    own = envelope(root.headers)
    named = own.in_reply_to or (own.references[-1] if own.references else "")
    return Returned(named, envelope_id)


def _given_back(part: Part) -> Headers | None:
    if part.content_type in EMBEDDED:
        return part.children[0].headers if part.children else None
    if part.content_type in HEADER_TYPES:
        text = part.text().encode("utf-8", "surrogateescape")
        return read_headers(text, 0, len(text))[0]
    return None


# Read receipts (RFC 8098 section 3)


def _receipt(root: Part, part: Part) -> ReadReceipt | None:
    fields = next(_blocks(part), Headers(()))
    modes, _, kinds = fields.get("disposition").lower().partition(";")
    word = re.split(r"[/,(]", kinds)[0].strip()
    disposition = next((one for one in Disposition if one.value == word), None)
    if disposition is None:
        return None
    found = returned(root)
    named = clean(fields.get("original-message-id")).strip()
    if named.startswith("<") and named.endswith(">") and " " not in named:
        found = Returned(named, "", found.envelope if found.message_id == named else None)
    sender: tuple[Address, ...] = parse_addresses(root.headers.text("from"))
    recipient = _typed(fields, "final-recipient") or (sender[0].address if sender else "")
    return ReadReceipt(
        recipient=recipient,
        disposition=disposition,
        returned=found,
        automatic="automatic-action" in modes.partition("/")[0],
        original=_typed(fields, "original-recipient"),
    )
