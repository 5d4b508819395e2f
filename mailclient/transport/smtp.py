"""Submission (RFC 6409): `smtplib` connects and logs in; the transaction is driven by ourselves.

What happens before the final dot may be tried again; after the dot and without an answer nobody
knows, and that is said (Uncertain). Only CRLF goes out, and no field becomes a command.
"""

from __future__ import annotations

import re
import smtplib
import socket
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    CertificateRejected,
    LoginRefused,
    MailError,
    MessageRefused,
    RecipientRefused,
)
from mailclient.message.address import wire_address
from mailclient.transport import sasl
from mailclient.transport.explain import (
    CONNECTING,
    ENCRYPTING,
    FAULTS,
    LOGGING_IN,
    protocol_fault,
    reply_text,
    smtp_reply,
)
from mailclient.transport.wire import SET_UP, Wire, connected

# Seconds, as RFC 5321 section 4.5.3.2 has them.
PATIENCE = 300.0  # for the answer to a command
FINAL_PATIENCE = 600.0  # for the answer to the dot
QUIT_PATIENCE = 5.0
LEAST_RATE = 500  # bytes a second while the message is sent
PIECE = 1 << 16
LONGEST_LINE = 998
EHLO_NAME = "[127.0.0.1]"  # tells nothing of this machine
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class Uncertain(MailError):
    """The connection was lost after the final dot: the message may have been taken, or not."""


PERMANENT = (MessageRefused, RecipientRefused, LoginRefused, BadInput)


class Phase(Enum):
    """How far a transaction is; each is told before it begins."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT_PENDING = "dot-pending"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """What the server said about one recipient."""

    address: str
    accepted: bool
    code: int
    reason: str


def submit(
    server: Server,
    password: str,
    sender: str,
    recipients: Sequence[str],
    message: bytes,
    cancel: CancelToken,
    *,
    on_phase: Callable[[Phase], None],
) -> tuple[RecipientResult, ...]:
    """Hand a message over; returns what became of each recipient.

    Raises Uncertain after the final dot; before it, what may be tried again (Unreachable,
    MailboxBusy, ProtocolFault, CertificateRejected, Cancelled) and what may not (PERMANENT).
    """
    _require_usable(server, password)
    _require_clean(message)
    envelope = [wire_address(one) for one in (sender, *recipients)]
    on_phase(Phase.CONNECT)
    with connected(server, cancel) as wire, closing(_Smtplib(wire)) as connection:
        connection.set_up(password)
        transaction = _Transaction(wire, connection, cancel, on_phase)
        people = list(zip(recipients, envelope[1:], strict=True))
        return transaction.run(envelope[0], people, message)


class _Transaction:
    """MAIL, RCPT and DATA of one message."""

    def __init__(
        self,
        wire: Wire,
        connection: smtplib.SMTP,
        cancel: CancelToken,
        on_phase: Callable[[Phase], None],
    ) -> None:
        self._wire = wire
        self._connection = connection
        self._cancel = cancel
        self._on_phase = on_phase
        wire.sock.settimeout(PATIENCE)

    def run(
        self, sender: str, recipients: Sequence[tuple[str, str]], message: bytes
    ) -> tuple[RecipientResult, ...]:
        options = self._options(message)
        self._on_phase(Phase.MAIL)
        self._command(f"MAIL FROM:<{sender}>{options}", range(200, 300))
        self._on_phase(Phase.RCPT)
        results = [self._recipient(address, wire) for address, wire in recipients]
        if any(one.accepted for one in results):
            self._on_phase(Phase.DATA)
            self._command("DATA", range(354, 355))
            self._send(_stuffed(message))
            self._on_phase(Phase.DOT_PENDING)
            self._cancel.check()
            self._dot()
        _quit(self._wire, self._connection)
        return tuple(results)

    def _options(self, message: bytes) -> str:
        """What the server must be told of the message (RFC 1870, RFC 6152); raises
        MessageRefused if it has said before that it takes no such thing."""
        known = self._connection.esmtp_features
        host = self._wire.server.host
        limit = known.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(message):
            raise MessageRefused(
                f"The message is larger than {host} takes.", "Send less at once.", f"SIZE {limit}"
            )
        if not message.isascii() and "8bitmime" not in known:
            raise MessageRefused(f"The message holds signs that {host} does not take.")
        size = f" SIZE={len(message)}" if "size" in known else ""
        return size + ("" if message.isascii() else " BODY=8BITMIME")

    def _recipient(self, address: str, wire: str) -> RecipientResult:
        code, reply = self._ask(f"RCPT TO:<{wire}>")
        if code == 421 or not 200 <= code < 600:
            raise smtp_reply(code, reply, self._wire.server, "sending")
        return RecipientResult(address, 200 <= code < 300, code, reply_text(reply))

    def _command(self, text: str, wanted: range) -> None:
        code, reply = self._ask(text)
        if code not in wanted:
            raise smtp_reply(code, reply, self._wire.server, "sending")

    def _ask(self, text: str) -> tuple[int, bytes]:
        self._cancel.check()
        try:
            with self._wire.within(PATIENCE):
                return self._connection.docmd(text)
        except FAULTS as error:
            raise _lost(self._wire, error, "sending") from error

    def _send(self, data: bytes) -> None:
        """In pieces: the patience of a socket is for a piece, not for the whole."""
        view = memoryview(data)
        try:
            with self._wire.within(PATIENCE + len(data) / LEAST_RATE):
                for start in range(0, len(data), PIECE):
                    self._cancel.check()
                    self._wire.sock.sendall(view[start : start + PIECE])
        except FAULTS as error:
            raise _lost(self._wire, error, "sending") from error

    def _dot(self) -> None:
        """From here on only an answer tells what happened."""
        server = self._wire.server
        try:
            with self._wire.within(FINAL_PATIENCE):
                self._wire.sock.settimeout(FINAL_PATIENCE)
                self._connection.send(b".\r\n")
                code, reply = self._connection.getreply()
        except FAULTS as error:
            raise _uncertain(server, reply_text(error)) from error
        if 400 <= code < 600:
            raise smtp_reply(code, reply, server, "handing it over")
        if not 200 <= code < 300:
            raise _uncertain(server, f"{code} {reply_text(reply)}")
        try:
            self._on_phase(Phase.DONE)
        except MailError as problem:
            raise _uncertain(server, str(problem)) from problem


def _uncertain(server: Server, detail: str) -> Uncertain:
    return Uncertain(
        f"The connection to {server.host} was lost just before it could confirm the message. "
        "It may have been sent, or not.",
        "Look whether it has arrived before you send it again.",
        detail,
    )


def _lost(wire: Wire, error: BaseException, doing: str) -> MailError:
    """A fault of the connection; a reply that the library itself could not read is one, too."""
    if isinstance(error, smtplib.SMTPResponseException):
        return protocol_fault(wire.server, doing, reply_text(error.smtp_error))
    return wire.fault(error, doing)


def _require_usable(server: Server, password: str) -> None:
    if "\0" in password or "\0" in server.username:
        raise BadInput("The password holds a NUL.", "Type it again.")


def _require_clean(message: bytes) -> None:
    """What a server could take for the end of the message never reaches one (SMTP smuggling)."""
    lines = message.split(b"\r\n")
    if _BARE.search(message) or any(len(line) > LONGEST_LINE for line in lines):
        raise BadInput("The message holds lines that no mail server takes; it was not sent.")


def _stuffed(message: bytes) -> bytes:
    """With a dot before each dot that begins a line (RFC 5321 section 4.5.2), and a last CRLF."""
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"." if ended.startswith(b".") else b"") + ended.replace(b"\r\n.", b"\r\n..")


class _Smtplib(smtplib.SMTP):
    """`smtplib` on a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__(local_hostname=EHLO_NAME)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._wire.sock

    def set_up(self, password: str | None) -> None:
        """Greet, encrypt as asked for, and log in unless there is nothing to log in with; no
        fallback to anything less."""
        server = self._wire.server
        doing = CONNECTING
        try:
            with self._wire.within(SET_UP):
                code, reply = self.connect(server.host, server.port)
                if code != 220:
                    raise smtp_reply(code, reply, server, doing)
                self.ehlo_or_helo_if_needed()
                if server.security is Security.STARTTLS:
                    doing = ENCRYPTING
                    self._start_tls()
                    doing = CONNECTING
                    self.ehlo_or_helo_if_needed()
                doing = LOGGING_IN
                if password is not None and server.authentication is not Authentication.NONE:
                    self._authenticate(password)
        except FAULTS as error:
            raise self._wire.fault(error, doing) from error

    def _start_tls(self) -> None:
        """RFC 3207; no fallback: without it nothing is sent."""
        host, port = self._wire.server.host, self._wire.server.port
        code, reply = self.docmd("STARTTLS")
        if code != 220:
            raise CertificateRejected(
                f"{host} offers no encryption on port {port}; nothing was sent to it.",
                "Choose TLS on port 465, or ask the provider.",
                f"{code} {reply_text(reply)}",
            )
        self._wire.encrypt(self.file)
        self.sock = self._wire.sock
        # What was said in clear counts for nothing (section 4.2).
        if self.file is not None:
            self.file.close()
        self.file = None
        self.helo_resp = None
        self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def _authenticate(self, secret: str) -> None:
        """RFC 4954; the first answer goes with the command."""
        server = self._wire.server
        offered = self.esmtp_features.get("auth", "").upper().split()
        encrypted = server.security is not Security.NONE
        mechanism = sasl.mechanism(
            sasl.choose(server, offered, encrypted=encrypted), server, secret
        )
        if mechanism.first is None:
            code, reply = self.docmd("AUTH", mechanism.name)
        else:
            first = sasl.encoded(mechanism.first) or "="
            code, reply = self.docmd("AUTH", f"{mechanism.name} {first}")
        while code == 334:
            code, reply = self.docmd(sasl.encoded(mechanism.answer(sasl.decoded(reply))))
        if code not in (235, 503):
            raise smtp_reply(code, reply, server, LOGGING_IN)
        mechanism.finish()


def agree_on_tls(wire: Wire) -> None:
    """Go over to TLS, and say nothing else."""
    with closing(_Smtplib(wire)) as connection:
        connection.set_up(None)


def _quit(wire: Wire, connection: smtplib.SMTP) -> None:
    """What counts has been said by now; how this ends does not matter."""
    with suppress(*FAULTS), wire.within(QUIT_PATIENCE):
        connection.docmd("QUIT")


def check(server: Server, password: str, cancel: CancelToken) -> str:
    """Log in; returns a sentence. Raises as `submit` does."""
    _require_usable(server, password)
    with connected(server, cancel) as wire, closing(_Smtplib(wire)) as connection:
        connection.set_up(password)
        limit = connection.esmtp_features.get("size", "")
        _quit(wire, connection)
    if limit.isdigit() and int(limit):
        return f"Logged in; takes messages of up to {int(limit) // 1_000_000} MB."
    return "Logged in."
