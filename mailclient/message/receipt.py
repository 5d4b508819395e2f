"""Read receipts: who asks for one, and the one that is sent (RFC 8098). Pure.

A receipt tells somebody that, when and from which address a message was read. So whoever asks is
only ever asked about; nothing in here decides to send one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from mailclient.errors import BadInput
from mailclient.message import build
from mailclient.message.address import Address, encode_address, parse_addresses, wire_address
from mailclient.message.fields import Headers
from mailclient.message.words import encode_words

REQUEST = "disposition-notification-to"
_OF_A_LIST = ("list-id", "list-post", "list-unsubscribe", "mailing-list")
_BULK = frozenset({"bulk", "list", "junk"})


@dataclass(frozen=True, slots=True)
class ReceiptRequest:
    """A wish to be told: where the receipt is to go, and whether that is somebody else than who
    sent the message (section 2.1)."""

    to: Address
    differs: bool


def receipt_request(headers: Headers) -> ReceiptRequest | None:
    """The wish in a message; None where there is none, or none that may be asked about.

    Mail of a list, mail sent by a program, and a report never get one (sections 2.1 and 3; RFC
    3834 section 2): so no receipt can answer another, and none goes to everybody on a list.
    """
    wished = parse_addresses(headers.text(REQUEST))
    if len(wished) != 1 or headers.count(REQUEST) != 1 or not wished[0].domain:
        return None
    if any(name in headers for name in _OF_A_LIST) or _by_a_program(headers):
        return None
    path = parse_addresses(headers.text("return-path"))
    known = {one.key for one in (*parse_addresses(headers.text("from")), *path)}
    return ReceiptRequest(wished[0], wished[0].key not in known)


def _by_a_program(headers: Headers) -> bool:
    if headers.text("return-path").strip() == "<>":
        return True
    if headers.text("auto-submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return True
    if headers.text("precedence").strip().lower() in _BULK:
        return True
    return headers.text("content-type").strip().lower().startswith("multipart/report")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a receipt tells of: the message, to whom it was sent, and when it was shown.

    `subject` is "" where it was encrypted: a receipt goes in clear.
    """

    message_id: str
    recipient: Address
    subject: str
    when: datetime


def receipt_bytes(shown: Shown, to: Address, message_id: str) -> bytes:
    """The receipt, sent by hand (section 3); it gives back nothing of the message but its name.

    Raises BadInput for an address that cannot be written.
    """
    own = wire_address(shown.recipient.address)
    if not own.isascii():  # that would need the forms of RFC 6533, which few programs read
        raise BadInput(
            f"No receipt can be sent from {own}: its letters have no place in one.",
            "Answer the message instead.",
        )
    about = f": {shown.subject}" if shown.subject else ""
    fields = [
        ("From", encode_address(shown.recipient)),
        ("To", encode_address(to)),
        ("Subject", encode_words(f"Shown{about}")),
        ("Date", format_datetime(shown.when)),
        ("Message-ID", message_id),
        ("Auto-Submitted", "auto-replied"),
    ]
    if shown.message_id.isascii() and shown.message_id:
        fields += [("In-Reply-To", shown.message_id), ("References", shown.message_id)]
    return build.assemble(fields, _entity(shown, own))


def _entity(shown: Shown, own: str) -> bytes:
    text = (
        f"The message that you sent to {own} was shown on {shown.when:%Y-%m-%d at %H:%M %z}.\r\n"
        "That does not say that it was read, or understood.\r\n"
    )
    facts = [f"Final-Recipient: rfc822; {own}"]
    if shown.message_id.isascii() and shown.message_id:
        facts.append(f"Original-Message-ID: {shown.message_id}")
    facts.append("Disposition: manual-action/MDN-sent-manually; displayed")
    boundary = f"=_{secrets.token_hex(16)}"
    lines = [
        "Content-Type: multipart/report; report-type=disposition-notification;",
        f' boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        text,
        f"--{boundary}",
        "Content-Type: message/disposition-notification",
        "",
        *facts,
        "",
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")
