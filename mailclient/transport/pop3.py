"""POP3 (RFC 1939): `poplib` connects, greets and logs in; messages are read by ourselves.

A message ends at CRLF.CRLF and nowhere else; its bytes are kept exactly; a line may have any
length. After anything unexpected the connection is dropped, never used again.
"""

from __future__ import annotations

import poplib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    CertificateRejected,
    MailError,
    NotFound,
    ProtocolFault,
    Unreachable,
)
from mailclient.transport import tls
from mailclient.transport.explain import FAULTS, explain, reply_text
from mailclient.transport.starttls import wrap

SILENCE = 60.0  # seconds without a byte
LEAST_RATE = 500  # bytes a second, over a whole message
PATIENCE = 120.0  # seconds that any answer may take besides
PIECE = 1 << 16
LONGEST_REPLY = 8192
MOST_MESSAGES = 5_000_000
_END = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Listed:
    """A message on the server; `uid` is b"" where the server gives none, `size` is its claim."""

    number: int
    uid: bytes
    size: int


class Pop3Session:
    """A connection that is logged in."""

    def __init__(self, connection: poplib.POP3, server: Server, cancel: CancelToken) -> None:
        self._connection = connection
        self._sock: socket.socket = connection.sock
        self._server = server
        self._cancel = cancel
        self._buffer = bytearray()
        self._deadline = 0.0
        self.ended = False

    # Commands

    def listing(self) -> tuple[Listed, ...]:
        """What is on the server (LIST and UIDL); raises ProtocolFault, Unreachable."""
        sizes = dict(self._pairs("LIST"))
        try:
            uids = dict(self._pairs("UIDL"))
        except NotFound:
            uids = {}  # an optional command
        found = []
        for number in sorted(sizes.keys() | uids.keys()):
            size = sizes.get(number, b"")
            found.append(Listed(number, uids.get(number, b""), int(size) if size.isdigit() else 0))
        return tuple(found)

    def _pairs(self, command: str) -> Iterator[tuple[int, bytes]]:
        self._command(command, PATIENCE)
        count = 0
        while (line := self._line()) != b".":
            self._cancel.check()
            number, _, rest = line.removeprefix(b".").strip().partition(b" ")
            count += 1
            if not number.isdigit() or count > MOST_MESSAGES:
                raise self._fault(f"reading the answer to {command}")
            yield int(number), rest.strip().split(b" ")[0]

    def retr(self, number: int, sink: Callable[[bytes], None], size: int = 0) -> int:
        """Fetch a message into `sink`, exactly as it is; returns its size in bytes.

        Raises NotFound if the server refuses it (the session goes on), ProtocolFault, Unreachable,
        Cancelled.
        """
        self._command(f"RETR {int(number)}", PATIENCE + size / LEAST_RATE)
        return self._message(sink)

    def top(self, number: int, lines: int) -> bytes:
        """The head of a message and its first lines; raises as `retr` does."""
        self._command(f"TOP {int(number)} {int(lines)}", PATIENCE)
        pieces: list[bytes] = []
        self._message(pieces.append)
        return b"".join(pieces)

    def dele(self, number: int) -> None:
        """Have a message deleted when the session ends; raises NotFound if that is refused."""
        self._command(f"DELE {int(number)}", PATIENCE)

    def quit(self) -> bool:
        """End the session; True only if the server has confirmed it, and so its deletions."""
        if self.ended:
            return False
        self.ended = True
        try:
            self._command("QUIT", PATIENCE)
        except MailError:
            return False
        return True

    # Reading

    def _command(self, text: str, seconds: float) -> None:
        """Send a command and read its status line; raises NotFound for -ERR."""
        self._cancel.check()
        self._deadline = time.monotonic() + seconds
        if self._buffer:
            raise self._fault("waiting for nothing")
        try:
            self._sock.sendall(text.encode("ascii") + b"\r\n")
        except FAULTS as error:
            raise self._lost(error, f"sending {text.split()[0]}") from error
        line = self._line()
        if line.startswith(b"+OK"):
            return
        if line.startswith(b"-ERR"):
            reply = reply_text(line)
            raise NotFound(f"The server refused {text.split()[0]}: {reply}", detail=reply)
        raise self._fault(f"reading the answer to {text.split()[0]}")

    def _message(self, sink: Callable[[bytes], None]) -> int:
        """Read up to CRLF.CRLF, taking off the dots that were put before dots (section 3)."""
        held = b"\r\n"  # as if a line had just ended: the first line may begin with a dot
        skip = 2
        size = 0
        while True:
            data = held + self._some()
            end = data.find(_END)
            if end >= 0:
                piece, rest = data[: end + 2], data[end + len(_END) :]
                self._buffer += rest
            else:
                # The end, or a dot, may be cut in two: what begins with a late CR waits.
                cut = data.find(b"\r", max(0, len(data) - 4))
                piece, held = (data, b"") if cut < 0 else (data[:cut], data[cut:])
            piece = piece.replace(b"\r\n.", b"\r\n")
            if skip and piece:
                piece, skip = piece[skip:], 0
            if piece:
                sink(piece)
                size += len(piece)
            if end >= 0:
                return size

    def _line(self) -> bytes:
        """One line of an answer, without its CRLF."""
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > LONGEST_REPLY:
                raise self._fault("reading a line that does not end")
            self._buffer += self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _some(self) -> bytes:
        if self._buffer:
            data = bytes(self._buffer)
            self._buffer.clear()
            return data
        return self._receive()

    def _receive(self) -> bytes:
        self._cancel.check()
        if time.monotonic() > self._deadline:
            raise Unreachable(
                f"{self._server.host} is too slow; the connection was given up.", "Try again later."
            )
        try:
            data = self._sock.recv(PIECE)
        except FAULTS as error:
            raise self._lost(error, "receiving") from error
        if not data:
            raise self._lost(EOFError(), "receiving")
        return data

    def _lost(self, error: BaseException, doing: str) -> MailError:
        if self._cancel.cancelled:
            return Cancelled("Stopped.")
        return explain(error, self._server, doing)

    def _fault(self, doing: str) -> ProtocolFault:
        return ProtocolFault(
            f"{self._server.host} answered in a way that cannot be understood, while {doing}.",
            "The connection was dropped. Try again.",
        )


@contextmanager
def connect(server: Server, password: str, cancel: CancelToken) -> Iterator[Pop3Session]:
    """Connect and log in; QUIT at a clean end, the connection dropped at any other.

    Raises Unreachable, CertificateRejected, LoginRefused, MailboxBusy, ProtocolFault, Cancelled.
    """
    cancel.check()
    connection = _open(server)
    try:
        with cancel.interrupting(lambda: _shut(connection)):
            _log_in(connection, server, password, cancel)
            session = Pop3Session(connection, server, cancel)
            yield session
            session.quit()
    finally:
        connection.close()


def _open(server: Server) -> poplib.POP3:
    try:
        if server.security is Security.TLS:
            context = tls.context(server.ca_file)
            made: poplib.POP3 = poplib.POP3_SSL(
                server.host, server.port, timeout=SILENCE, context=context
            )
        else:
            made = poplib.POP3(server.host, server.port, timeout=SILENCE)
    except FAULTS as error:
        raise explain(error, server, "connecting") from error
    if server.security is not Security.STARTTLS:
        return made
    try:
        _start_tls(made, server)
    except FAULTS as error:
        made.close()
        raise explain(error, server, "setting up encryption") from error
    except MailError:
        made.close()
        raise
    return made


def _start_tls(connection: poplib.POP3, server: Server) -> None:
    """RFC 2595 section 4; without it nothing is sent, least of all a password."""
    context = tls.context(server.ca_file)
    try:
        connection._shortcmd("STLS")  # type: ignore[attr-defined]
    except poplib.error_proto as refused:
        raise CertificateRejected(
            f"{server.host} offers no encryption on port {server.port}; nothing was sent to it.",
            "Choose TLS on port 995, or ask the provider.",
            reply_text(refused.args[0] if refused.args else ""),
        ) from refused
    connection.sock = wrap(connection.sock, connection.file, context, server.host)
    connection.file = connection.sock.makefile("rb")


def _log_in(connection: poplib.POP3, server: Server, password: str, cancel: CancelToken) -> None:
    if server.authentication is Authentication.NONE:
        return
    if any(sign in password for sign in "\r\n\0"):
        raise BadInput("The password holds a line break.", "Type it again.")
    try:
        connection.user(server.username)
        connection.pass_(password)
    except FAULTS as error:
        if cancel.cancelled:
            raise Cancelled("Stopped.") from error
        raise explain(error, server, "logging in") from error


def _shut(connection: poplib.POP3) -> None:
    """Wake a thread that waits for the network, by the plain socket: TLS objects are not shared."""
    try:
        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already


def check(server: Server, password: str, cancel: CancelToken) -> str:
    """Log in and look; returns a sentence. Raises as `connect` does."""
    with connect(server, password, cancel) as session:
        listing = session.listing()
    uids = "" if all(one.uid for one in listing) else " It gives messages no lasting names (UIDL)."
    size = sum(one.size for one in listing)
    noun = "message" if len(listing) == 1 else "messages"
    return f"Logged in: {len(listing)} {noun}, {_size(size)}.{uids}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.0f} kB"
