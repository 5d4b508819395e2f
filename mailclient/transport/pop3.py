"""POP3 (RFC 1939): `poplib` greets and logs in; messages are read by ourselves.

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
    CertificateRejected,
    LoginRefused,
    MailboxBusy,
    MailError,
    NotFound,
    ProtocolFault,
)
from mailclient.transport.explain import (
    CONNECTING,
    ENCRYPTING,
    FAULTS,
    LOGGING_IN,
    pop3_reply,
    protocol_fault,
    reply_text,
)
from mailclient.transport.wire import SET_UP, Wire, connected

LEAST_RATE = 500  # bytes a second, over a whole answer
PATIENCE = 120.0  # seconds that any answer may take besides
PIECE = 1 << 16
LONGEST_REPLY = 8192
MOST_MESSAGES = 5_000_000
LARGEST_CLAIM = 1 << 48  # a larger size is none
_END = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Listed:
    """A message on the server; `uid` is b"" where the server gives none, `size` is its claim."""

    number: int
    uid: bytes
    size: int


class Pop3Session:
    """A connection that is logged in."""

    def __init__(self, wire: Wire, cancel: CancelToken) -> None:
        self._wire = wire
        self._server = wire.server
        self._cancel = cancel
        self._buffer = bytearray()
        self._deadline = 0.0
        self.ended = False

    # Commands

    def listing(self) -> tuple[Listed, ...]:
        """What is on the server: what both LIST and UIDL name, if it knows UIDL at all.

        Raises ProtocolFault, Unreachable, MailboxBusy, Cancelled.
        """
        sizes = self._table("LIST")
        try:
            uids = self._table("UIDL")
        except NotFound:  # an optional command
            return tuple(Listed(number, b"", _size(sizes[number])) for number in sorted(sizes))
        both = sorted(sizes.keys() & uids.keys())
        return tuple(Listed(number, uids[number], _size(sizes[number])) for number in both)

    def _table(self, command: str) -> dict[int, bytes]:
        """The lines of an answer by their numbers; some servers put +OK before each line."""
        doing = f"reading the answer to {command}"
        try:
            self._command(command)
        except NotFound as refused:
            fault = pop3_reply(refused.detail.encode(), self._server, doing)
            if command == "UIDL" and not isinstance(fault, MailboxBusy):
                raise
            self._drop()
            raise fault from refused
        found: dict[int, bytes] = {}
        while (line := self._line()) != b".":
            number, _, rest = line.removeprefix(b"+OK ").strip().partition(b" ")
            if not number.isdigit() or len(number) > 9 or len(found) >= MOST_MESSAGES:
                raise self._fault(doing)
            found[int(number)] = rest.strip()
        return found

    def retr(self, number: int, sink: Callable[[bytes], None]) -> int:
        """Fetch a message into `sink`, exactly as it is; returns its size in bytes.

        Raises NotFound if the server refuses it (the session goes on), ProtocolFault, Unreachable,
        Cancelled.
        """
        self._command(f"RETR {int(number)}")
        return self._message(sink)

    def top(self, number: int, lines: int) -> bytes:
        """The head of a message and its first lines; raises as `retr` does."""
        self._command(f"TOP {int(number)} {int(lines)}")
        pieces: list[bytes] = []
        self._message(pieces.append)
        return b"".join(pieces)

    def dele(self, number: int) -> None:
        """Have a message deleted when the session ends; raises NotFound if that is refused."""
        self._command(f"DELE {int(number)}")

    def quit(self) -> bool:
        """End the session; True only if the server has confirmed it, and so its deletions."""
        if self.ended:
            return False
        try:
            self._command("QUIT")
        except MailError:
            return False
        finally:
            self.ended = True
        return True

    # Reading

    def _command(self, text: str) -> None:
        """Send a command and read its status line; raises NotFound for -ERR."""
        verb = text.split()[0]
        self._cancel.check()
        if self.ended or self._buffer:
            raise self._fault(f"waiting before {verb}")
        self._deadline = time.monotonic() + PATIENCE
        try:
            self._wire.sock.sendall(text.encode("ascii") + b"\r\n")
        except FAULTS as error:
            raise self._lost(error, f"sending {verb}") from error
        line = self._line()
        if line.startswith(b"+OK"):
            return
        if line.startswith(b"-ERR"):
            reply = reply_text(line)
            raise NotFound(f"The server refused {verb}: {reply}", detail=reply)
        raise self._fault(f"reading the answer to {verb}")

    def _message(self, sink: Callable[[bytes], None]) -> int:
        """Read up to CRLF.CRLF, taking off the dots that were put before dots (section 3)."""
        held = b"\r\n"  # as if a line had just ended: the first line may begin with a dot
        skip = 2
        size = 0
        while True:
            data = held + self._some()
            end = data.find(_END)
            if end >= 0:
                piece = data[: end + 2]
                self._buffer += data[end + len(_END) :]
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
        """What has come in; each byte buys a little more time."""
        self._cancel.check()
        if time.monotonic() > self._deadline:
            self._drop()
            raise self._wire.too_slow()
        try:
            data = self._wire.sock.recv(PIECE)
        except FAULTS as error:
            raise self._lost(error, "receiving") from error
        if not data:
            raise self._lost(EOFError(), "receiving")
        self._deadline += len(data) / LEAST_RATE
        return data

    # Faults

    def _drop(self) -> None:
        """Nothing more is said on this connection, least of all QUIT, which would delete."""
        self.ended = True
        self._wire.shut()

    def _lost(self, error: BaseException, doing: str) -> MailError:
        self._drop()
        return self._wire.fault(error, doing)

    def _fault(self, doing: str) -> ProtocolFault:
        self._drop()
        return protocol_fault(self._server, doing)


def _size(text: bytes) -> int:
    """The size that LIST claims; 0 where it is no size."""
    first = text.split(b" ")[0]
    size = int(first) if first.isdigit() and len(first) < 20 else 0
    return size if size < LARGEST_CLAIM else 0


class _Poplib(poplib.POP3):
    """`poplib` on a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        try:
            super().__init__(wire.server.host, wire.server.port)
        except FAULTS:
            self.close()
            raise

    def _create_socket(self, timeout: float) -> socket.socket:
        return self._wire.sock

    def start_tls(self) -> None:
        """RFC 2595 section 4; without it nothing is sent, least of all a password."""
        host, port = self._wire.server.host, self._wire.server.port
        try:
            self._shortcmd("STLS")  # type: ignore[attr-defined]
        except poplib.error_proto as refused:
            if not isinstance(refused.args[0], bytes):
                raise
            raise CertificateRejected(
                f"{host} offers no encryption on port {port}; nothing was sent to it.",
                "Choose TLS on port 995, or ask the provider.",
                reply_text(refused.args[0]),
            ) from refused
        self._wire.encrypt(self.file)
        self.file.close()
        self.sock = self._wire.sock
        self.file = self.sock.makefile("rb")


@contextmanager
def connect(server: Server, password: str, cancel: CancelToken) -> Iterator[Pop3Session]:
    """Connect and log in; QUIT at a clean end, the connection dropped at any other.

    Raises Unreachable, CertificateRejected, LoginRefused, MailboxBusy, ProtocolFault, Cancelled.
    """
    _require_usable(server, password)
    with connected(server, cancel) as wire:
        with wire.within(SET_UP):
            _set_up(wire, password)
        session = Pop3Session(wire, cancel)
        yield session
        session.quit()


def _require_usable(server: Server, password: str) -> None:
    """What would become another command, or cannot work, is refused before anything is sent."""
    if any(sign in password for sign in "\r\n\0"):
        raise BadInput("The password holds a line break.", "Type it again.")
    if server.authentication is Authentication.OAUTH2:
        raise LoginRefused(
            f"{server.host} wants a log-in by OAuth 2, which this version does not have.",
            "Ask the provider for a password made for mail programs.",
        )


def _set_up(wire: Wire, password: str) -> None:
    """Greet, encrypt, log in; from then on the library is not needed."""
    doing = CONNECTING
    try:
        connection = _Poplib(wire)
        try:
            if wire.server.security is Security.STARTTLS:
                doing = ENCRYPTING
                connection.start_tls()
            doing = LOGGING_IN
            if wire.server.authentication is not Authentication.NONE:
                connection.user(wire.server.username)
                connection.pass_(password)
            if wire.leftover(connection.file):
                raise protocol_fault(wire.server, doing)
        finally:
            connection.file.close()
    except FAULTS as error:
        raise wire.fault(error, doing) from error


def check(server: Server, password: str, cancel: CancelToken) -> str:
    """Log in and look; returns a sentence. Raises as `connect` does."""
    with connect(server, password, cancel) as session:
        listing = session.listing()
    uids = "" if all(one.uid for one in listing) else " It gives messages no lasting names (UIDL)."
    size = sum(one.size for one in listing)
    noun = "message" if len(listing) == 1 else "messages"
    return f"Logged in: {len(listing)} {noun}, {_amount(size)}.{uids}"


def _amount(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.0f} kB"
