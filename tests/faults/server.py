"""A POP3 server that does what Dovecot will not do: lie, refuse, forget, drip, and break.

`Letter` is one message as the wire has it; `Manners` says how the server behaves; `Pop3` is the
mailbox with its memory, and the script that `tests.servers.scripted` plays on each connection.
"""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailclient.account import Security
from tests.faults.oracle import digest
from tests.servers.scripted import Conversation, Gone, Scripted, scripted

END = b".\r\n"


def stuffed(raw: bytes) -> bytes:
    """A message with a dot before each dot at a line's beginning, and its end (RFC 1939, 3)."""
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + END


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on the server; `claim` stands in place of its size in LIST."""

    uid: bytes
    raw: bytes
    claim: bytes = b""
    number: int = 0  # 0: by its place

    @property
    def size(self) -> bytes:
        return self.claim or str(len(self.raw)).encode()


class Large(Sequence[Letter]):
    """A mailbox with so many messages that they are made only when they are asked for."""

    def __init__(self, count: int, make: Callable[[int], Letter]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: int) -> Letter:  # type: ignore[override]
        if not 0 <= at < self._count:
            raise IndexError(at)
        return self._make(at + 1)


@dataclass(slots=True)
class Manners:
    """How a server behaves. `answers` are by the whole command or by its verb, and come instead of
    what the server would say; `after` is done after a command has been answered."""

    greeting: bytes = b"+OK ready\r\n"
    offers: tuple[bytes, ...] | None = (b"TOP", b"UIDL", b"USER", b"PIPELINING", b"RESP-CODES")
    uidl: bool = True
    top: bool = True
    at_most_ahead: int | None = None  # breaks when more commands are waiting
    forgets_what_is_ahead: bool = False  # ... by forgetting them
    answers: dict[bytes, bytes] = field(default_factory=dict)
    after: dict[bytes, Callable[[Conversation], None]] = field(default_factory=dict)
    only_in_uidl: frozenset[int] = frozenset()
    only_in_list: frozenset[int] = frozenset()
    uidl_line: Callable[[int, bytes], bytes] = lambda number, uid: b"%d %s" % (number, uid)
    papers: ssl.SSLContext | None = None
    security: Security = Security.NONE
    slipped_in: bytes = b""  # said in clear right after the agreement on TLS


class Pop3:
    """A mailbox, and who answers for it."""

    def __init__(self, letters: Sequence[Letter] = (), manners: Manners | None = None) -> None:
        self.letters: Sequence[Letter] = letters
        self.manners = manners or Manners()
        self.sessions: list[list[bytes]] = []  # the commands of each
        self.most_ahead = 0

    def here(self) -> Counter[str]:
        """How often each message is on the server."""
        return Counter(digest(one.raw) for one in self.letters)

    def verbs(self, session: int = -1) -> list[bytes]:
        """The verbs that the program has said in a session."""
        return [line.split(b" ")[0].upper() for line in self.sessions[session]]

    def play(self, client: Conversation) -> None:
        """One connection; the script of a scripted server."""
        manners = self.manners
        self.sessions.append([])
        if manners.papers is not None and manners.security is Security.TLS:
            client.encrypt(manners.papers)
        client.say(manners.greeting)
        session = _Session(self, client)
        while not session.over:
            line = client.hear()
            self.sessions[-1].append(line)
            if self._too_far_ahead(client):
                return
            session.answer(line)
            verb = line.split(b" ")[0].upper()
            for name in {line, verb} & manners.after.keys():
                manners.after[name](client)

    def _too_far_ahead(self, client: Conversation) -> bool:
        """Whether the client has written more ahead than this server can take."""
        if not client.has_line():
            return False
        ahead = client.waiting()
        self.most_ahead = max(self.most_ahead, ahead)
        if self.manners.at_most_ahead is None or ahead <= self.manners.at_most_ahead:
            return False
        if self.manners.forgets_what_is_ahead:
            client.forget()
            return False
        return True


class _Session:
    """The state of one log-in."""

    def __init__(self, server: Pop3, client: Conversation) -> None:
        self._server = server
        self._client = client
        self._manners = server.manners
        self._deleted: set[int] = set()
        self.over = False

    def answer(self, line: bytes) -> None:
        """Answer a command as the manners are."""
        words = line.split(b" ")
        verb = words[0].upper()
        given = self._manners.answers.get(line, self._manners.answers.get(verb))
        if given is not None:
            self._client.say(given)
            return
        method = getattr(self, f"_{verb.decode('ascii', 'replace').lower()}", None)
        if method is None:
            self._client.say(b"-ERR unknown command\r\n")
        else:
            method(*words[1:])

    def _numbered(self) -> Iterable[tuple[int, Letter]]:
        for place, one in enumerate(self._server.letters, 1):
            if place not in self._deleted:
                yield one.number or place, one

    def _find(self, number: bytes) -> tuple[int, Letter] | None:
        letters = self._server.letters
        wanted = int(number)
        if isinstance(letters, Large):
            return wanted, letters[wanted - 1]
        for place, one in enumerate(letters, 1):
            if (one.number or place) == wanted and place not in self._deleted:
                return place, one
        return None

    # Commands

    def _capa(self, *_: bytes) -> None:
        offers = self._manners.offers
        if offers is None:
            self._client.say(b"-ERR unknown command\r\n")
            return
        self._client.say(b"+OK\r\n" + b"".join(one + b"\r\n" for one in offers) + END)

    def _stls(self, *_: bytes) -> None:
        if self._manners.papers is None:
            self._client.say(b"-ERR unknown command\r\n")
            return
        self._client.say(b"+OK begin\r\n" + self._manners.slipped_in)
        self._client.encrypt(self._manners.papers)

    def _user(self, *_: bytes) -> None:
        self._client.say(b"+OK\r\n")

    def _pass(self, *_: bytes) -> None:
        self._client.say(b"+OK\r\n")

    def _noop(self, *_: bytes) -> None:
        self._client.say(b"+OK\r\n")

    def _list(self, *_: bytes) -> None:
        self._table(
            b"%d %s" % (number, one.size)
            for number, one in self._numbered()
            if number not in self._manners.only_in_uidl
        )

    def _uidl(self, *_: bytes) -> None:
        if not self._manners.uidl:
            self._client.say(b"-ERR unknown command\r\n")
            return
        self._table(
            self._manners.uidl_line(number, one.uid)
            for number, one in self._numbered()
            if number not in self._manners.only_in_list
        )

    def _table(self, lines: Iterable[bytes]) -> None:
        self._client.say(b"+OK\r\n" + b"".join(line + b"\r\n" for line in lines) + END)

    def _retr(self, number: bytes = b"0") -> None:
        found = self._find(number)
        if found is None:
            self._client.say(b"-ERR no such message\r\n")
            return
        self._client.say(b"+OK\r\n" + stuffed(found[1].raw))

    def _top(self, number: bytes = b"0", lines: bytes = b"0") -> None:
        found = self._find(number)
        if found is None or not self._manners.top:
            self._client.say(b"-ERR unknown command\r\n")
            return
        head, _, body = found[1].raw.partition(b"\r\n\r\n")
        first = b"".join(line + b"\r\n" for line in body.split(b"\r\n")[: int(lines)])
        self._client.say(b"+OK\r\n" + stuffed(head + b"\r\n\r\n" + first))

    def _dele(self, number: bytes = b"0") -> None:
        found = self._find(number)
        if found is None:
            self._client.say(b"-ERR no such message\r\n")
            return
        self._deleted.add(found[0])
        self._client.say(b"+OK\r\n")

    def _quit(self, *_: bytes) -> None:
        server = self._server
        if self._deleted:
            server.letters = [
                one for place, one in enumerate(server.letters, 1) if place not in self._deleted
            ]
        self._client.say(b"+OK bye\r\n")
        self.over = True


@contextmanager
def serving(server: Pop3) -> Iterator[Scripted]:
    """The server on a port of the loopback for as long as this lasts."""
    with scripted(server.play) as running:
        yield running


# What else a server may do to a client


def cut(client: Conversation) -> None:
    """Drop the connection."""
    client.cut()


def say_nothing(client: Conversation) -> None:
    """Be silent for ever."""
    client.wait_until_gone()


def drip(piece: bytes, pause: float = 0.01) -> Callable[[Conversation], None]:
    """Say a little, again and again, and never come to an end; nothing would not notice one."""
    assert piece
    wait = threading.Event()

    def without_end(client: Conversation) -> None:
        while True:
            try:
                client.say(piece)
            except OSError as gone:
                raise Gone from gone
            wait.wait(pause)

    return without_end
