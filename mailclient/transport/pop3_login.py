"""The beginning of a POP3 connection: greeting, encryption, capabilities, log-in (by `poplib`).

RFC 1939 (USER, APOP), RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034 (AUTH), RFC 6856 (UTF8). What the
server says here is bounded in size and in time. The messages are `pop3`'s.
"""

from __future__ import annotations

import poplib
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from mailclient.account import Authentication, Security
from mailclient.errors import LoginRefused
from mailclient.transport import sasl
from mailclient.transport.explain import (
    CONNECTING,
    ENCRYPTING,
    FAULTS,
    LOGGING_IN,
    no_encryption,
    not_the_password,
    protocol_fault,
)
from mailclient.transport.wire import Wire

LONGEST_SET_UP = 64 * 1024  # bytes that a server may say before the log-in is done
MOST_CHALLENGES = 8
LONGEST_AUTH_LINE = 253  # RFC 5034 section 4: 255 with its line end
_TIMESTAMP = re.compile(rb"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")  # a message-id, as APOP wants


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server says that it can do; nothing where it does not know CAPA."""

    pipelining: bool = False
    utf8: bool = False
    login_by: frozenset[str] = frozenset({sasl.USER_PASS})
    codes: bool = False  # whether a refused password is told from other troubles (RFC 3206)
    named: bool = False  # whether it has answered CAPA at all

    @classmethod
    def read(cls, said: Sequence[Sequence[str]], greeting: bytes) -> Capabilities:
        """From the words of each line of the answer to CAPA, and the greeting."""
        names = {words[0] for words in said if words}
        mechanisms = {one for words in said if words[:1] == ["SASL"] for one in words[1:]}
        if "USER" in names or not mechanisms:
            mechanisms.add(sasl.USER_PASS)
        if _TIMESTAMP.search(greeting):
            mechanisms.add(sasl.APOP)
        return cls(
            pipelining="PIPELINING" in names,
            utf8="UTF8" in names,
            login_by=frozenset(mechanisms),
            codes="AUTH-RESP-CODE" in names,
            named=bool(said),
        )


def set_up(wire: Wire, secret: str) -> tuple[Capabilities, str]:
    """Greet, encrypt, log in; from then on the library is not needed.

    Returns what the server can do, and the way by which the log-in has worked. Raises
    Unreachable, CertificateRejected, LoginRefused, MailboxBusy, ProtocolFault, Cancelled.
    """
    doing = CONNECTING
    try:
        connection = _Poplib(wire)
        try:
            if wire.server.security is Security.STARTTLS:
                doing = ENCRYPTING
                connection.start_tls()
            doing = LOGGING_IN
            found = connection.capabilities()
            name = ""
            if wire.server.authentication is not Authentication.NONE:
                if found.utf8:
                    connection.try_("UTF8")
                name = connection.log_in(found, secret)
            if wire.leftover(connection.file):
                raise protocol_fault(wire.server, doing)
        finally:
            connection.file.close()
    except FAULTS as error:
        raise wire.fault(error, doing) from error
    return found, name


def agree_on_tls(wire: Wire) -> None:
    """Go over to TLS, and say nothing else."""
    doing = CONNECTING
    try:
        connection = _Poplib(wire)
        try:
            doing = ENCRYPTING
            connection.start_tls()
        finally:
            connection.file.close()
    except FAULTS as error:
        raise wire.fault(error, doing) from error


def look(wire: Wire) -> frozenset[str]:
    """Greet, encrypt, and ask by which ways one can log in; no name and no password is said."""
    doing = CONNECTING
    try:
        connection = _Poplib(wire)
        try:
            if wire.server.security is Security.STARTTLS:
                doing = ENCRYPTING
                connection.start_tls()
                doing = CONNECTING
            found = connection.capabilities()
            connection.try_("QUIT")
        finally:
            connection.file.close()
    except FAULTS as error:
        raise wire.fault(error, doing) from error
    return found.login_by


class _Poplib(poplib.POP3):
    """`poplib` on a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._heard = 0
        try:
            super().__init__(wire.server.host, wire.server.port)
        except FAULTS:
            self.close()
            raise

    def _create_socket(self, timeout: float) -> socket.socket:
        return self._wire.sock

    def _getline(self) -> tuple[bytes, int]:
        """One line; the library itself would take in as many as a server likes to send."""
        line, length = super()._getline()  # type: ignore[misc]
        self._heard += length
        if self._heard > LONGEST_SET_UP:
            raise poplib.error_proto("too much was said")
        return line, length

    def _getresp(self) -> bytes:
        """An answer (RFC 1939 section 3, RFC 5034 section 4); the library takes whatever begins
        with a plus, also what somebody has put before an answer."""
        answer: bytes = super()._getresp()  # type: ignore[misc]
        if not answer.startswith((b"+OK", b"+ ")) and answer != b"+":
            raise poplib.error_proto("an answer that is none")
        return answer

    def _say(self, line: str) -> bytes:
        """Send a line and return the answer; raises error_proto for -ERR."""
        answer: bytes = self._shortcmd(line)  # type: ignore[attr-defined]
        return answer

    def try_(self, command: str) -> bool:
        """Give a command that may be refused."""
        try:
            self._say(command)
        except poplib.error_proto as refused:
            if not isinstance(refused.args[0], bytes):
                raise
            return False
        return True

    def start_tls(self) -> None:
        """RFC 2595 section 4; without it nothing is sent, least of all a password."""
        host, port = self._wire.server.host, self._wire.server.port
        if not self.try_("STLS"):
            raise no_encryption(
                self._wire.server, f"{host} offers no encryption on port {port} (STLS)."
            )
        self._wire.encrypt(self.file)
        self.file.close()
        self.sock = self._wire.sock
        self.file = self.sock.makefile("rb")

    def capabilities(self) -> Capabilities:
        """What the server can do, asked again after TLS; older servers do not know the question."""
        said: list[list[str]] = []
        if self.try_("CAPA"):
            while (line := self._getline()[0]) != b".":
                said.append(line.decode("ascii", "replace").upper().split())
        return Capabilities.read(said, self.welcome)

    def log_in(self, found: Capabilities, secret: str) -> str:
        """Log in the best way that is offered; returns its name."""
        try:
            return self._log_in(found, secret)
        except poplib.error_proto as refused:
            said = refused.args[0] if refused.args else b""
            if found.codes and isinstance(said, bytes):
                other = not_the_password(said, self._wire.server)
                if other is not None:
                    raise other from refused
            raise

    def _log_in(self, found: Capabilities, secret: str) -> str:
        server = self._wire.server
        name = sasl.choose(server, found.login_by, encrypted=server.security is not Security.NONE)
        if name == sasl.USER_PASS:
            self.user(server.username)
            self.pass_(secret)
        elif name == sasl.APOP:
            if not _TIMESTAMP.search(self.welcome):
                raise LoginRefused(
                    f"{server.host} does not offer APOP.", "Choose another way to log in."
                )
            self.apop(server.username, secret)
        else:
            self._authenticate(sasl.mechanism(name, server, secret))
        return name

    def _authenticate(self, mechanism: sasl.Mechanism) -> None:
        """RFC 5034 section 4, in one line where it fits, else in two."""
        answer = self._begin(mechanism)
        for _ in range(MOST_CHALLENGES):
            if answer.startswith(b"+OK"):
                mechanism.finish()
                return
            challenge = sasl.decoded(answer.removeprefix(b"+"))
            answer = self._say(sasl.encoded(mechanism.answer(challenge)))
        raise protocol_fault(self._wire.server, LOGGING_IN)

    def _begin(self, mechanism: sasl.Mechanism) -> bytes:
        alone = f"AUTH {mechanism.name}"
        if mechanism.first is None:
            return self._say(alone)
        first = sasl.encoded(mechanism.first)
        whole = f"{alone} {first or '='}"
        if not mechanism.waits and len(whole) <= LONGEST_AUTH_LINE:
            return self._say(whole)
        if self.try_(alone):
            return self._say(first)
        return self._say(whole)  # some take the token only on the first line
