"""Submission (RFC 6409): `smtplib` connects and logs in; the transaction is driven by ourselves.

What happens before the final dot may be tried again; after the dot and without an answer nobody
knows, and that is said (Uncertain). Only CRLF goes out, and no field becomes a command.
"""

from __future__ import annotations

import re
import smtplib
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    CertificateRejected,
    LoginRefused,
    MailError,
    MessageRefused,
    RecipientRefused,
)
from mailclient.message.address import wire_address
from mailclient.transport import tls
from mailclient.transport.explain import FAULTS, explain, reply_text
from mailclient.transport.starttls import wrap

SILENCE = 60.0  # seconds without a byte
FINAL_SILENCE = 600.0  # seconds that the server may take after the dot (RFC 5321 section 4.5.3.2)
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
    MailboxBusy, CertificateRejected, Cancelled) and what may not (PERMANENT).
    """
    _require_clean(message)
    envelope = [wire_address(one) for one in (sender, *recipients)]
    on_phase(Phase.CONNECT)
    with _connected(server, password, cancel) as connection:
        if not _fits(connection, len(message)):
            raise MessageRefused(
                f"The message is larger than {server.host} takes.", "Send less at once."
            )
        transaction = _Transaction(connection, server, cancel, on_phase)
        people = list(zip(recipients, envelope[1:], strict=True))
        return transaction.run(envelope[0], people, message)


class _Transaction:
    """MAIL, RCPT and DATA of one message."""

    def __init__(
        self,
        connection: smtplib.SMTP,
        server: Server,
        cancel: CancelToken,
        on_phase: Callable[[Phase], None],
    ) -> None:
        self._connection = connection
        self._server = server
        self._cancel = cancel
        self._on_phase = on_phase

    def run(
        self, sender: str, recipients: Sequence[tuple[str, str]], message: bytes
    ) -> tuple[RecipientResult, ...]:
        self._on_phase(Phase.MAIL)
        self._command(f"MAIL FROM:<{sender}>{_size_option(self._connection, message)}", (250,))
        self._on_phase(Phase.RCPT)
        results = [self._recipient(address, wire) for address, wire in recipients]
        if not any(one.accepted for one in results):
            return tuple(results)
        self._on_phase(Phase.DATA)
        self._command("DATA", (354,))
        self._send(_stuffed(message))
        self._on_phase(Phase.DOT_PENDING)
        self._cancel.check()
        code, reply = self._dot()
        if code != 250:
            raise explain(
                smtplib.SMTPResponseException(code, reply), self._server, "handing it over"
            )
        self._on_phase(Phase.DONE)
        return tuple(results)

    def _recipient(self, address: str, wire: str) -> RecipientResult:
        code, reply = self._ask(f"RCPT TO:<{wire}>")
        if code == 421:
            raise explain(smtplib.SMTPResponseException(code, reply), self._server, "sending")
        return RecipientResult(address, code in (250, 251), code, reply_text(reply))

    def _command(self, text: str, wanted: tuple[int, ...]) -> None:
        code, reply = self._ask(text)
        if code not in wanted:
            raise explain(smtplib.SMTPResponseException(code, reply), self._server, "sending")

    def _ask(self, text: str) -> tuple[int, bytes]:
        self._cancel.check()
        try:
            return self._connection.docmd(text)
        except FAULTS as error:
            raise self._lost(error) from error

    def _send(self, data: bytes) -> None:
        try:
            self._connection.send(data)
        except FAULTS as error:
            raise self._lost(error) from error

    def _dot(self) -> tuple[int, bytes]:
        """From here on only an answer tells what happened."""
        try:
            sock = self._connection.sock
            if sock is not None:
                sock.settimeout(FINAL_SILENCE)
            self._connection.send(b".\r\n")
            return self._connection.getreply()
        except FAULTS as error:
            raise Uncertain(
                f"The connection to {self._server.host} was lost just before it could confirm the "
                "message. It may have been sent, or not.",
                "Look whether it has arrived before you send it again.",
                reply_text(error),
            ) from error

    def _lost(self, error: BaseException) -> MailError:
        if self._cancel.cancelled:
            return Cancelled("Stopped; nothing was sent.")
        return explain(error, self._server, "sending")


def _require_clean(message: bytes) -> None:
    """What a server could take for the end of the message never reaches one (SMTP smuggling)."""
    lines = message.split(b"\r\n")
    if _BARE.search(message) or any(len(line) > LONGEST_LINE for line in lines):
        raise BadInput("The message holds lines that no mail server takes; it was not sent.")


def _stuffed(message: bytes) -> bytes:
    """With a dot before each dot that begins a line (RFC 5321 section 4.5.2), and a last CRLF."""
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"." if ended.startswith(b".") else b"") + ended.replace(b"\r\n.", b"\r\n..")


def _fits(connection: smtplib.SMTP, size: int) -> bool:
    limit = connection.esmtp_features.get("size", "")
    return not limit.isdigit() or int(limit) == 0 or size <= int(limit)


def _size_option(connection: smtplib.SMTP, message: bytes) -> str:
    return f" SIZE={len(message)}" if connection.has_extn("size") else ""


@contextmanager
def _connected(server: Server, password: str, cancel: CancelToken) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted as asked for and logged in; no fallback to anything less."""
    cancel.check()
    connection = _open(server)
    try:
        with cancel.interrupting(lambda: _shut(connection)):
            try:
                _greet(connection, server)
                _log_in(connection, server, password)
            except FAULTS as error:
                if cancel.cancelled:
                    raise Cancelled("Stopped; nothing was sent.") from error
                raise explain(error, server, "connecting") from error
            yield connection
            _quit(connection)
    finally:
        connection.close()


def _open(server: Server) -> smtplib.SMTP:
    made: smtplib.SMTP
    try:
        if server.security is Security.TLS:
            context = tls.context(server.ca_file)
            made = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=EHLO_NAME, timeout=SILENCE, context=context
            )
        else:
            made = smtplib.SMTP(server.host, server.port, local_hostname=EHLO_NAME, timeout=SILENCE)
        if made.sock is not None:
            made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except FAULTS as error:
        raise explain(error, server, "connecting") from error
    return made


def _greet(connection: smtplib.SMTP, server: Server) -> None:
    connection.ehlo_or_helo_if_needed()
    if server.security is not Security.STARTTLS:
        return
    code, reply = connection.docmd("STARTTLS")
    if code != 220 or connection.sock is None:
        raise CertificateRejected(
            f"{server.host} offers no encryption on port {server.port}; nothing was sent to it.",
            "Choose TLS on port 465, or ask the provider.",
            f"{code} {reply_text(reply)}",
        )
    context = tls.context(server.ca_file)
    connection.sock = wrap(connection.sock, connection.file, context, server.host)
    # What was said in clear counts for nothing (RFC 3207 section 4.2).
    connection.file = None
    connection.helo_resp = None
    connection.ehlo_resp = None
    connection.esmtp_features = {}
    connection.does_esmtp = False
    connection.ehlo_or_helo_if_needed()


def _log_in(connection: smtplib.SMTP, server: Server, password: str) -> None:
    """AUTH PLAIN or LOGIN with UTF-8 (RFC 4616), else what smtplib knows."""
    if server.authentication is Authentication.NONE:
        return
    offered = connection.esmtp_features.get("auth", "").upper().split()
    user, secret = server.username.encode(), password.encode()
    if "PLAIN" in offered:
        code, reply = connection.docmd("AUTH", "PLAIN " + _code(b"\0" + user + b"\0" + secret))
    elif "LOGIN" in offered:
        code, reply = connection.docmd("AUTH", f"LOGIN {_code(user)}")
        if code == 334:
            code, reply = connection.docmd(_code(secret))
    elif not offered:
        raise LoginRefused(
            f"{server.host} offers no way to log in.",
            "Look at port and security, or choose 'no log-in' for this server.",
        )
    else:
        connection.login(server.username, password)
        return
    if code not in (235, 503):
        raise explain(smtplib.SMTPResponseException(code, reply), server, "logging in")


def _code(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _quit(connection: smtplib.SMTP) -> None:
    try:
        connection.docmd("QUIT")
    except FAULTS:
        return  # the message is taken already


def _shut(connection: smtplib.SMTP) -> None:
    """Wake a thread that waits for the network."""
    try:
        if connection.sock is not None:
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already


def check(server: Server, password: str, cancel: CancelToken) -> str:
    """Log in; returns a sentence. Raises as `submit` does."""
    with _connected(server, password, cancel) as connection:
        limit = connection.esmtp_features.get("size", "")
    if limit.isdigit() and int(limit):
        return f"Logged in; takes messages of up to {int(limit) // 1_000_000} MB."
    return "Logged in."
