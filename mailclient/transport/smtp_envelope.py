"""What a message is handed over with: sender, recipients, and what the server must be told.

Pure: from a message and what a server has announced to the commands, or to the reason why that
server cannot take it. Nothing here becomes a second command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from mailclient.errors import BadInput, MessageRefused
from mailclient.message import status
from mailclient.message.address import wire_address
from mailclient.message.seven_bit import seven_bit
from mailclient.message.source import Source
from mailclient.transport.smtp_login import line
from mailclient.transport.smtp_message import Message
from mailclient.transport.smtp_replies import Capabilities, Reply

LONGEST_ENVID = 100  # RFC 3461 section 4.4
NOT_ALLOWED = 553  # what a server would say of an address that it cannot write
_OUTSIDE_XTEXT = re.compile(r"[^!-*,-<>-~]")
_OUTSIDE_UNICODE_XTEXT = re.compile(r"[^!-*,-<>-\[\]-~]")


class Phase(Enum):
    """How far a message is; each is told before it begins."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT_PENDING = "dot-pending"
    DONE = "done"


class Notify(Enum):
    """When a report is wanted (RFC 3461 section 4.1)."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


class Return(Enum):
    """How much of the message a report brings back (RFC 3461 section 4.3)."""

    FULL = "FULL"
    HEADERS = "HDRS"


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """Delivery reports that are asked for, where the server offers them; without `notify`: none,
    whatever happens. `envelope_id` comes back in them."""

    notify: frozenset[Notify]
    returned: Return = Return.HEADERS
    envelope_id: str = ""

    def __post_init__(self) -> None:
        if len(xtext(self.envelope_id)) > LONGEST_ENVID or not self.envelope_id.isascii():
            raise BadInput("The name for delivery reports is too long, or holds other letters.")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to hand over; `on_phase` hears how far it is, before it is."""

    sender: str
    recipients: tuple[str, ...]
    message: Source
    on_phase: Callable[[Phase], None]
    reports: ReportRequest | None = None


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """What the server said about one recipient: `reason` in the user's words where it was refused,
    `detail` in its own. `code` is its reply code; 400 to 499 may be tried again."""

    address: str
    accepted: bool
    code: int
    reason: str
    detail: str = ""
    cause: status.Cause | None = None

    @classmethod
    def of(cls, address: str, reply: Reply, server: str) -> RecipientResult:
        """From the reply to RCPT."""
        if reply.done:
            return cls(address, True, reply.code, reply.text, reply.text)
        cause = status.cause(reply.code, reply.text)
        told = status.sentence(cause, recipient=address, server=server)
        return cls(address, False, reply.code, told, f"{reply.code} {reply.text}", cause)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The commands for one message. `refused` are recipients that this server cannot reach."""

    mail: bytes
    recipients: tuple[tuple[str, bytes], ...]
    refused: tuple[RecipientResult, ...]
    message: Message


def envelope(outgoing: Outgoing, known: Capabilities, host: str) -> Envelope:
    """How a message is announced to this server.

    Raises BadInput for what nobody may send, MessageRefused for what this server does not take.
    """
    message = Message.of(outgoing.message)
    if message.eight_bit and not known.eight_bit and not message.utf8_header:
        message = _in_seven_bits(message, host)
    # A report has an empty return path, so that nothing answers it (RFC 5321 section 4.5.5).
    sender = wire_address(outgoing.sender) if outgoing.sender else ""
    everybody = [(one, wire_address(one)) for one in outgoing.recipients]
    takes_utf8 = known.utf8 and known.eight_bit
    _require_taken(message, [sender, *(spec for _, spec in everybody)], known, host)
    reached = [(one, spec) for one, spec in everybody if spec.isascii() or takes_utf8]
    refused = [one for one, spec in everybody if not spec.isascii() and not takes_utf8]
    utf8 = message.utf8_header or not all(
        one.isascii() for one in (sender, *dict(reached).values())
    )
    reports = outgoing.reports if known.dsn else None
    options = _mail_options(message, known, utf8=utf8) + _report_options(reports)
    return Envelope(
        line(f"MAIL FROM:<{sender}>{options}"),
        tuple((one, line(f"RCPT TO:<{spec}>{_notify(reports, spec)}")) for one, spec in reached),
        tuple(_unreachable(one, host) for one in refused),
        message,
    )


def _require_taken(message: Message, people: Sequence[str], known: Capabilities, host: str) -> None:
    """What the server has said before that it does not take (RFC 1870, 6152, 6531)."""
    if 0 < known.size < message.size:
        raise MessageRefused(
            f"The message is larger than {host} takes: {_megabytes(message.size)}, and "
            f"{_megabytes(known.size)} is the most.",
            "Send less at once, or share the file in another way.",
            f"SIZE {known.size}",
        )
    needs_utf8 = message.utf8_header or not people[0].isascii()
    if needs_utf8 and not (known.utf8 and known.eight_bit):
        foreign = next((one for one in people if not one.isascii()), "")
        raise MessageRefused(
            status.sentence(status.Cause.NEEDS_UTF8, recipient=foreign, server=host),
            status.advice(status.Cause.NEEDS_UTF8),
            "no SMTPUTF8",
        )


def _in_seven_bits(message: Message, host: str) -> Message:
    """The message for a server without 8BITMIME (RFC 6152 section 3)."""
    whole = message.source[: len(message.source)]
    made = seven_bit(whole)
    if made is None:
        raise MessageRefused(
            f"The message holds letters that {host} does not take as they are, and they cannot be "
            "written in another way without breaking a signature.",
            "Forward it as an attachment, or ask the provider for a server that knows 8BITMIME.",
        )
    return Message.of(made)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _unreachable(address: str, host: str) -> RecipientResult:
    cause = status.Cause.NEEDS_UTF8
    told = status.sentence(cause, recipient=address, server=host)
    return RecipientResult(address, False, NOT_ALLOWED, told, "no SMTPUTF8", cause)


def _mail_options(message: Message, known: Capabilities, *, utf8: bool) -> str:
    size = f" SIZE={message.size}" if known.takes_size else ""
    body = " BODY=8BITMIME" if message.eight_bit or utf8 else ""
    return size + body + (" SMTPUTF8" if utf8 else "")


def _report_options(reports: ReportRequest | None) -> str:
    if reports is None:
        return ""
    name = f" ENVID={xtext(reports.envelope_id)}" if reports.envelope_id else ""
    return f" RET={reports.returned.value}{name}"


def _notify(reports: ReportRequest | None, spec: str) -> str:
    if reports is None:
        return ""
    when = ",".join(one.value for one in Notify if one in reports.notify) or "NEVER"
    if spec.isascii():
        return f" NOTIFY={when} ORCPT=rfc822;{xtext(spec)}"
    return f" NOTIFY={when} ORCPT=utf-8;{_unicode_xtext(spec)}"


def xtext(text: str) -> str:
    """A value of RFC 3461 section 4, all printable ASCII."""
    return _OUTSIDE_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def _unicode_xtext(text: str) -> str:
    """An address of RFC 6533 section 3 in ASCII."""
    return _OUTSIDE_UNICODE_XTEXT.sub(lambda found: f"\\x{{{ord(found[0]):X}}}", text)
