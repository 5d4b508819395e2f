"""POP3 (RFC 1939): `poplib` greets and logs in; messages are read by ourselves.

A message ends at CRLF.CRLF and nowhere else; its bytes are kept exactly; a line may have any
length. Where the server offers PIPELINING (RFC 2449 section 6.6) commands are written some ahead,
so that no answer waits for the next question. After anything unexpected the connection is dropped,
never used again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mailclient.account import Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailboxBusy, MailError, NotFound, ProtocolFault
from mailclient.sizes import size_words
from mailclient.transport.explain import FAULTS, pop3_reply, protocol_fault, reply_text
from mailclient.transport.pop3_login import Capabilities, set_up
from mailclient.transport.wire import SET_UP, Wire, connected

LEAST_RATE = 500  # bytes a second, over a whole answer
PATIENCE = 120.0  # seconds that any answer may take besides
PIECE = 1 << 16
LONGEST_REPLY = 8192
LONGEST_HEAD = 1 << 20
MOST_MESSAGES = 5_000_000
LARGEST_CLAIM = 1 << 48  # a larger size is none
AHEAD = 512  # commands that may wait for their answers: few bytes, so that neither side can block
_AT = {  # what a command is for, in words
    "RETR": "a message was fetched",
    "TOP": "the head of a message was fetched",
    "DELE": "mail was deleted there",
    "QUIT": "the session was ended",
    "NOOP": "the session was kept open",
}
_DOT = b"\r\n."
_END = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Listed:
    """A message on the server; `uid` is b"" where the server gives none, `size` is its claim."""

    number: int
    uid: bytes
    size: int


class Sink(Protocol):
    """Takes a message in."""

    def write(self, data: bytes, /) -> object:
        """Take in the next bytes."""


S = TypeVar("S", bound=Sink)


class Pop3Session:
    """A connection that is logged in; `ahead` commands are sent before their answers are read."""

    def __init__(
        self,
        wire: Wire,
        cancel: CancelToken,
        *,
        ahead: int = 1,
        logged_in_by: str = "",
        capabilities: Capabilities | None = None,
    ) -> None:
        self._wire = wire
        self._server = wire.server
        self._cancel = cancel
        self._ahead = ahead
        self._buffer = bytearray()
        self._owed = 0  # answers that have not been read
        self._deadline = 0.0
        self.logged_in_by = logged_in_by
        self.capabilities = capabilities or Capabilities()
        self.ended = False

    @property
    def encryption(self) -> str:
        """By what the connection is encrypted; "" for one that is open."""
        return self._wire.encryption

    @property
    def pipelining(self) -> bool:
        """Whether commands are written ahead."""
        return self._ahead > 1

    # Commands

    def listing(self) -> tuple[Listed, ...]:
        """What is on the server: what both LIST and UIDL name, if it knows UIDL at all.

        Raises ProtocolFault, Unreachable, MailboxBusy, Cancelled.
        """
        if self.pipelining:
            self._send("LIST", ["LIST", "UIDL"])
        sizes = self._table("LIST")
        try:
            uids = self._table("UIDL")
        except NotFound:  # an optional command
            return tuple(Listed(number, b"", _size(sizes[number])) for number in sorted(sizes))
        both = sorted(sizes.keys() & uids.keys())
        return tuple(Listed(number, uids[number], _size(sizes[number])) for number in both)

    def _table(self, command: str) -> dict[int, bytes]:
        """The lines of an answer by their numbers; some servers put +OK before each line."""
        doing = _at(command)
        if not self._owed:
            self._send(command, [command])
        refused = self._status(command)
        if refused is not None:
            fault = pop3_reply(refused.detail.encode(), self._server, doing)
            if command == "UIDL" and not isinstance(fault, MailboxBusy):
                raise refused
            self._drop()
            raise fault
        found: dict[int, bytes] = {}
        while (line := self._line()) != b".":
            number, _, rest = line.removeprefix(b"+OK ").strip().partition(b" ")
            if not number.isdigit() or len(number) > 9 or len(found) >= MOST_MESSAGES:
                raise self._fault(doing)
            found[int(number)] = rest.strip()
        return found

    def retr(
        self, wanted: Sequence[Listed], sink: Callable[[Listed], S]
    ) -> Iterator[tuple[Listed, S | NotFound]]:
        """Fetch messages, each exactly as it is, into a sink of its own; yields them one by one.

        A message that the server refuses comes with its refusal, and the session goes on. Raises
        ProtocolFault, Unreachable, Cancelled.
        """
        for one, refused in self._all(wanted, "RETR", ""):
            if refused is not None:
                yield one, refused
                continue
            into = sink(one)
            self._message(into.write)
            yield one, into

    def top(
        self, wanted: Sequence[Listed], lines: int = 0
    ) -> Iterator[tuple[Listed, bytes | NotFound]]:
        """The heads of messages with their first lines; as `retr`, for an optional command."""
        for one, refused in self._all(wanted, "TOP", f" {int(lines)}"):
            if refused is not None:
                yield one, refused
                continue
            pieces: list[bytes] = []
            self._message(pieces.append, most=LONGEST_HEAD)
            yield one, b"".join(pieces)

    def dele(self, wanted: Sequence[Listed]) -> Iterator[tuple[Listed, NotFound | None]]:
        """Have messages deleted when the session ends; each is yielded, with its refusal if any."""
        yield from self._all(wanted, "DELE", "")

    def quit(self) -> bool:
        """End the session; True only if the server has confirmed it, and so its deletions."""
        if self.ended or self._owed:  # in the middle of an answer nothing can be said
            return False
        try:
            self._command("QUIT")
        except MailError:
            return False
        finally:
            self.ended = True
        return True

    # Asking

    def _all(
        self, wanted: Sequence[Listed], verb: str, more: str
    ) -> Iterator[tuple[Listed, NotFound | None]]:
        """Give a command for each message, some ahead; yields when an answer's first line is read.

        Whoever stops in the middle leaves answers unread; the connection is of no use after that.
        """
        sent = 0
        for at, one in enumerate(wanted):
            if sent - at <= self._ahead // 2:
                until = min(len(wanted), at + self._ahead)
                commands = [f"{verb} {int(one.number)}{more}" for one in wanted[sent:until]]
                self._send(verb, commands, owed=sent - at)
                sent = until
            yield one, self._status(verb)

    def _command(self, text: str) -> None:
        """Give one command and read its status line; raises NotFound for -ERR."""
        verb = text.split()[0]
        self._send(verb, [text])
        refused = self._status(verb)
        if refused is not None:
            raise refused

    def _send(self, verb: str, commands: Sequence[str], *, owed: int = 0) -> None:
        """Write commands; `owed` answers are known to be on their way, and nothing else."""
        self._cancel.check()
        if self.ended or self._owed != owed or (self._buffer and not owed):
            raise self._fault(_at(verb))
        self._deadline = time.monotonic() + PATIENCE
        self._owed += len(commands)
        try:
            self._wire.sock.sendall("".join(f"{one}\r\n" for one in commands).encode("ascii"))
        except FAULTS as error:
            raise self._lost(error, _at(verb)) from error

    def _status(self, verb: str) -> NotFound | None:
        """Read a status line; what the server refuses is returned."""
        self._cancel.check()
        self._deadline = max(self._deadline, time.monotonic() + PATIENCE)
        line = self._line()
        self._owed -= 1
        if line.startswith(b"+OK"):
            return None
        if line.startswith(b"-ERR"):
            reply = reply_text(line)
            return NotFound(f"The server refused {verb}: {reply}", detail=reply)
        raise self._fault(_at(verb))

    # Reading

    def _message(self, sink: Callable[[bytes], object], most: int = 1 << 60) -> None:
        """Read up to CRLF.CRLF, taking off the dots that were put before dots (section 3).

        What comes in is gathered before it is looked at as a whole: TLS gives it in small pieces.
        In most messages the first dot that begins a line is the one that ends them, so that they
        are searched once; the other search is for those with more.
        """
        buffer = self._buffer
        buffer[:0] = b"\r\n"  # as if a line had just ended: the first line may begin with a dot
        mark, skip, size, searched = _DOT, 2, 0, 0
        while True:
            end = buffer.find(mark, searched)
            if 0 <= end <= len(buffer) - len(_END) and not buffer.startswith(_END, end):
                mark, searched = _END, end
                continue
            if end > len(buffer) - len(_END):  # what comes after this dot is not here yet
                end = -1
            if end >= 0:
                cut, taken = end + 2, end + len(_END)
            elif len(buffer) >= PIECE:
                # The end, or a dot, may be cut in two: what begins with a late CR waits.
                late = buffer.find(b"\r", len(buffer) - 4)
                cut = taken = late if late >= 0 else len(buffer)
            else:
                searched = max(0, len(buffer) - len(_END))
                buffer += self._receive()
                continue
            piece = bytes(memoryview(buffer)[:cut])
            if mark is _END:
                piece = piece.replace(_DOT, b"\r\n")
            del buffer[:taken]
            sink(piece[skip:])
            size += len(piece) - skip
            mark, skip, searched = _DOT, 0, 0
            if end >= 0:
                return
            if size > most:
                raise self._fault("a head without an end was fetched")

    def _line(self) -> bytes:
        """One line of an answer, without its CRLF."""
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > LONGEST_REPLY:
                raise self._fault("a line without an end was read")
            self._buffer += self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

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


@contextmanager
def connect(
    server: Server, secret: str, cancel: CancelToken, *, pipelining: bool = True
) -> Iterator[Pop3Session]:
    """Connect and log in; QUIT at a clean end, the connection dropped at any other.

    `secret` is the password or, for OAuth 2, an access token. Raises Unreachable,
    CertificateRejected, LoginRefused, MailboxBusy, ProtocolFault, Cancelled.
    """
    if any(sign in secret for sign in "\r\n\0"):
        raise BadInput("The password holds a line break.", "Type it again.")
    with connected(server, cancel) as wire:
        with wire.within(SET_UP):
            found, logged_in_by = set_up(wire, secret)
        ahead = AHEAD if found.pipelining and pipelining else 1
        session = Pop3Session(
            wire, cancel, ahead=ahead, logged_in_by=logged_in_by, capabilities=found
        )
        yield session
        session.quit()


def check(server: Server, password: str, cancel: CancelToken) -> str:
    """Log in and look; returns sentences. Raises as `connect` does."""
    with connect(server, password, cancel) as session:
        listing = session.listing()
        how = f"{session.encryption or 'not encrypted'}, {session.logged_in_by or 'no log-in'}"
        heads = not listing or not any(
            isinstance(head, NotFound) for _, head in session.top(listing[-1:])
        )
        costs = _costs(session.capabilities, heads=heads, uids=all(one.uid for one in listing))
    size = sum(one.size for one in listing)
    noun = "message" if len(listing) == 1 else "messages"
    told = f"Logged in: {len(listing):,} {noun}, {size_words(size)} ({how})."
    return " ".join((told, *costs))


def _costs(found: Capabilities, *, heads: bool, uids: bool) -> Iterator[str]:
    """What is missing at a server, and what the user pays for it."""
    if not found.named:
        yield (
            "It does not say what it can do (CAPA): each command waits for the answer to the one "
            "before, which takes longer over a slow line."
        )
    if not heads:
        yield (
            "It gives out no heads alone (TOP): over the size limit nothing of a message can be "
            "shown, and before a deletion the message is read again as a whole."
        )
    if not uids:
        yield (
            "It gives messages no lasting names (UIDL): all of them are fetched each time to see "
            "which are new."
        )


def _at(verb: str) -> str:
    """What went on meanwhile, for people; completes '... while'."""
    return _AT.get(verb, "it was asked what lies there")
