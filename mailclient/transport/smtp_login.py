"""A connection to a submission server (RFC 6409), up to the end of the log-in.

Greets without telling anything of this machine, goes over to TLS where the account says so and to
nothing less, and logs in. Commands are bytes that end with CRLF; nobody else puts them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mailclient.account import Authentication, Security
from mailclient.errors import BadInput, CertificateRejected
from mailclient.transport import sasl
from mailclient.transport.explain import (
    CONNECTING,
    ENCRYPTING,
    FAULTS,
    LOGGING_IN,
)
from mailclient.transport.smtp_replies import CLOSING, Capabilities, Reply, read_reply, refusal
from mailclient.transport.wire import SET_UP, Wire

EHLO_NAME = "[127.0.0.1]"  # tells nothing of this machine
READY, LOGGED_IN, CHALLENGE = 220, 235, 334
LONGEST_COMMAND = 510  # octets without CRLF (RFC 5321 section 4.5.3.1.4)
MOST_CHALLENGES = 10
NOT_SO = frozenset({500, 501, 504})  # the form of a log-in was not understood


class Connection:
    """Commands and replies over a wire; what is written is complete lines."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.capabilities = Capabilities()
        self.logged_in_by = ""
        self.open = True  # whether another command may be given
        self.unsettled = False  # whether a transaction was begun that did not come to its end
        self._file = wire.sock.makefile("rb")

    def close(self) -> None:
        """Let go of the reader; the wire stays."""
        self._file.close()

    def write(self, data: bytes | memoryview) -> None:
        """Send as it is."""
        self.wire.sock.sendall(data)

    def read(self) -> Reply:
        """The next reply; after one that says good-bye nothing more is asked."""
        reply = read_reply(self._file)
        self.open = self.open and reply.code != CLOSING
        return reply

    @property
    def heard_more(self) -> bool:
        """Whether another reply has come already, at least its beginning."""
        try:
            return bool(self.wire.leftover(self._file))
        except FAULTS:
            return False  # who reads next meets it

    def ask(self, command: str) -> Reply:
        """Give one command and wait for its reply."""
        self.write(line(command))
        return self.read()

    @contextmanager
    def within(self, seconds: float, doing: str) -> Iterator[None]:
        """Do something on the wire; a fault there ends the connection and is told as ours."""
        try:
            with self.wire.within(seconds):
                yield
        except FAULTS as error:
            self.open = False
            raise self.wire.fault(error, doing) from error

    def set_up(self, secret: str | None) -> None:
        """Greet, encrypt as asked for, and log in unless there is nothing to log in with.

        Raises Unreachable, CertificateRejected, LoginRefused, MailboxBusy, ProtocolFault,
        BadInput, Cancelled.
        """
        server = self.wire.server
        with self.within(SET_UP, CONNECTING):
            greeting = self.read()
            if greeting.code != READY:
                raise refusal(greeting, server, CONNECTING)
            self._greet()
        if server.security is Security.STARTTLS:
            with self.within(SET_UP, ENCRYPTING):
                self._start_tls()
            with self.within(SET_UP, CONNECTING):
                self._greet()
        if secret is not None and server.authentication is not Authentication.NONE:
            with self.within(SET_UP, LOGGING_IN):
                self._authenticate(secret)

    def _greet(self) -> None:
        """Learn what the server can do; one that does not know the question can do nothing."""
        reply = self.ask(f"EHLO {EHLO_NAME}")
        if reply.done:
            self.capabilities = Capabilities.read(reply)
            return
        self.capabilities = Capabilities()
        if not self.open or not (reply := self.ask(f"HELO {EHLO_NAME}")).done:
            raise refusal(reply, self.wire.server, CONNECTING)

    def _start_tls(self) -> None:
        """RFC 3207; no fallback: without it nothing is sent. What was said in clear counts for
        nothing (section 4.2)."""
        host, port = self.wire.server.host, self.wire.server.port
        reply = self.ask("STARTTLS")
        if reply.code != READY:
            raise CertificateRejected(
                f"{host} offers no encryption on port {port}; nothing was sent to it.",
                "Choose TLS on port 465, or ask the provider.",
                f"{reply.code} {reply.text}",
            )
        self.wire.encrypt(self._file)
        self._file.close()
        self._file = self.wire.sock.makefile("rb")

    def _authenticate(self, secret: str) -> None:
        """RFC 4954, with the first answer on the line of the command where it fits there."""
        server = self.wire.server
        encrypted = server.security is not Security.NONE
        name = sasl.choose(server, self.capabilities.login_by, encrypted=encrypted)
        mechanism = sasl.mechanism(name, server, secret)
        reply = self._begin(mechanism)
        for _ in range(MOST_CHALLENGES):
            if reply.code != CHALLENGE:
                break
            challenge = sasl.decoded(b"".join(reply.lines))
            reply = self.ask(sasl.encoded(mechanism.answer(challenge)))
        if reply.code == LOGGED_IN:
            mechanism.finish()
            self.logged_in_by = name
            return
        self.open = False
        raise refusal(reply, server, LOGGING_IN)

    def _begin(self, mechanism: sasl.Mechanism) -> Reply:
        """The reply to the first answer, given on the first line or on the second: some servers
        take a token in one of these ways only."""
        alone = f"AUTH {mechanism.name}"
        if mechanism.first is None:
            return self.ask(alone)
        first = sasl.encoded(mechanism.first)
        whole = f"{alone} {first or '='}"
        if len(whole) <= LONGEST_COMMAND:
            reply = self.ask(whole)
            if reply.code not in NOT_SO:
                return reply
        reply = self.ask(alone)
        if reply.code == CHALLENGE:
            return self.ask(first)
        if reply.code in NOT_SO and len(whole) > LONGEST_COMMAND:
            return self.ask(whole)
        return reply


def line(command: str) -> bytes:
    """A command for the wire; raises BadInput for what would be two."""
    data = command.encode("utf-8")
    if b"\r" in data or b"\n" in data or b"\0" in data:
        raise BadInput("A command to the mail server would hold a line break.", "Nothing was sent.")
    return data + b"\r\n"
