"""The way of a message: its Received fields as hops in time (RFC 5321 section 4.4), tolerant. Pure.

Each server on the way writes one field on top of what it got. Only the topmost ones were written by
the own provider; whatever stands below could have been made up by whoever sent the message. Nothing
in here says that a way was safe: a field tells what one server claims of one step.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailclient.message.envelope import read_date
from mailclient.message.fields import Headers
from mailclient.message.words import clean

MOST_HOPS = 100
LONGEST_FIELD = 4000
LONGEST_NAME = 255  # RFC 5321 section 4.5.3.1.2
MOST_LABELS = 2  # of a server in front of its provider's domain
SKEW = timedelta(seconds=-2)  # clocks that are right may differ by so much
_CLAUSES = frozenset({"from", "by", "via", "with", "id", "for", "tls"})
_PIECE = re.compile(r"[^\s();]+|[();]")
_BRACKETED = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.%]+)\]", re.IGNORECASE)
_LOOKED_UP = re.compile(r"(?:^|\s|@)([A-Za-z0-9_.-]+?)\.?\s+\[")
_HELLO = re.compile(r"\b(?:helo|ehlo)[= ]+(\S+)", re.IGNORECASE)
_VERSION = re.compile(r"\b(TLS|SSL)[ _]?v?(\d)(?:[._](\d))?", re.IGNORECASE)
_CIPHER = re.compile(r"\bcipher[= ]([A-Za-z0-9_-]+)|:([A-Z0-9_-]{8,}):\d", re.IGNORECASE)
# RFC 3848, RFC 6531 section 4.3, RFC 8314 section 7.4: an S behind the protocol says TLS.
_SAYS_TLS = re.compile(r"(?:UTF8)?(?:E?SMTP|LMTP)SA?|HTTPS|MMS-TLS", re.IGNORECASE)
_LOCAL = re.compile(r"LMTPA?|local|pipe|mapi|userid.*|stdin", re.IGNORECASE)


class Carriage(Enum):
    """What a field states about how a step was carried."""

    TLS = "tls"
    LOCAL = "local"
    NOT_STATED = "not-stated"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step, as the server `by` wrote it down; what it does not say is "" or None.

    `from_name` is what the other side called itself, `from_host` the name that `by` looked up for
    it. `delay` is since the step before, negative where a clock is wrong. `vouched` says that the
    own provider wrote it.
    """

    by: str = ""
    from_name: str = ""
    from_host: str = ""
    from_address: str = ""
    protocol: str = ""
    carriage: Carriage = Carriage.NOT_STATED
    tls: str = ""
    cipher: str = ""
    id: str = ""
    recipient: str = ""
    at: datetime | None = None
    delay: timedelta | None = None
    vouched: bool = False
    handed_over: bool = False  # inside one machine: the field names nobody it came from

    @property
    def clock_is_wrong(self) -> bool:
        """Whether it came, by its own clock, before it was sent on."""
        return self.delay is not None and self.delay < SKEW

    @property
    def source(self) -> str:
        """Who handed it over: the name that was looked up, else the one that was claimed."""
        return self.from_host or self.from_name or self.from_address


@dataclass(frozen=True, slots=True)
class Route:
    """The steps in the order in which they were made. `written` is the message's own date."""

    hops: tuple[Hop, ...] = ()
    written: datetime | None = None

    @property
    def total(self) -> timedelta | None:
        """From the first time that is known to the last; None where that makes no sense."""
        times = [one.at for one in self.hops if one.at is not None]
        first = self.written if self.written is not None else times[0] if times else None
        if first is None or not times or times[-1] < first:
            return None
        return times[-1] - first

    @property
    def boundary(self) -> int:
        """How many of the first steps nobody vouches for."""
        return sum(not one.vouched for one in self.hops)


def route(headers: Headers, own: Collection[str]) -> Route:
    """The way of a message; `own` are the domains of the own provider's servers. Never raises."""
    newest_first = [_hop(clean(value)) for value in _received(headers)]
    count = _vouched(newest_first, own)
    marked = [replace(one, vouched=at < count) for at, one in enumerate(newest_first)]
    written = read_date(headers.text("date"))
    return Route(_timed(marked[::-1], written), written)


def first_unvouched(headers: Headers, own: Collection[str]) -> tuple[int, int]:
    """Where, among all fields, the last vouched Received stands, and the first that is not.

    The positions count from 0; -1 for the first where none is vouched, the number of fields for
    the second where all are.
    """
    count = _vouched([_hop(clean(value)) for value in _received(headers)], own)
    places = [at for at, name in enumerate(headers.names()) if name.lower() == "received"]
    last = places[count - 1] if count else -1
    return last, places[count] if count < len(places) else len(headers)


def belongs(host: str, own: Collection[str]) -> bool:
    """Whether a host is one of these domains, or lies below one."""
    name = host.lower().rstrip(".")
    return bool(name) and any(name == one or name.endswith(f".{one}") for one in own)


def _received(headers: Headers) -> list[str]:
    found = headers.raw("received")[:MOST_HOPS]
    return [one[:LONGEST_FIELD].decode("utf-8", "replace") for one in found]


# Who vouches


def _vouched(newest_first: Sequence[Hop], own: Collection[str]) -> int:
    """How many of the newest steps the own provider wrote down.

    A step counts while each one above it came from inside: from the same machine, or from another
    server of the provider. The count ends with the last that bears the provider's name.
    """
    count = 0
    for at, hop in enumerate(newest_first):
        if belongs(hop.by, own):
            count = at + 1
        below = newest_first[at + 1].by if at + 1 < len(newest_first) else ""
        same_machine = hop.handed_over or _is_loopback(hop.from_address)
        if not same_machine and not _is_own_server(hop, below, own):
            break
    return count


def _is_own_server(hop: Hop, below: str, own: Collection[str]) -> bool:
    """Whether another server of the provider handed it over, and wrote the field `below`.

    A name that was merely claimed (HELO) counts for nothing, nor does one who had to log in, nor a
    customer's line, which has a long name or one that spells its address.
    """
    host = hop.from_host.lower()
    if host != below.lower() or hop.protocol.upper().endswith("A"):
        return False
    numbers = set(re.findall(r"\d+", hop.from_address))
    spelled = len(numbers & set(re.findall(r"\d+", host))) > 1
    short = any(
        belongs(host, (one,)) and host.count(".") - one.count(".") <= MOST_LABELS for one in own
    )
    return short and not spelled


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(text: str) -> bool:
    found = _address(text)
    return found is not None and found.is_loopback


# Time


def _timed(oldest_first: Sequence[Hop], written: datetime | None) -> tuple[Hop, ...]:
    """The steps with the time that each took."""
    before, timed = written, []
    for hop in oldest_first:
        known = hop.at is not None and before is not None
        timed.append(replace(hop, delay=hop.at - before if known else None))  # type: ignore[operator]
        before = hop.at or before
    return tuple(timed)


# One field


@dataclass(slots=True)
class _Clause:
    """The words behind one keyword, and the comments behind those."""

    words: list[str]
    comments: list[str]

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def first(self) -> str:
        return self.words[0] if self.words else ""


def _hop(value: str) -> Hop:
    clauses, date = _read(value)
    nothing = _Clause([], [])
    by, with_ = clauses.get("by", nothing), clauses.get("with", nothing)
    comments = [one for clause in clauses.values() for one in clause.comments]
    protocol = _protocol(with_.words) or clauses.get("via", nothing).text
    version, cipher = _tls(comments, clauses.get("tls", nothing))
    name, host, address = _source(clauses.get("from", nothing))
    handed_over = "from" not in clauses
    return Hop(
        by=_host(by.first),
        from_name=name,
        from_host=host,
        from_address=address,
        protocol=protocol[:60],
        carriage=_carriage(protocol, version, address, handed_over),
        tls=version,
        cipher=cipher,
        id=clauses.get("id", nothing).first[:LONGEST_NAME],
        recipient=clauses.get("for", nothing).first.strip("<>")[:320],
        at=read_date(date),
        handed_over=handed_over,
    )


def _read(value: str) -> tuple[dict[str, _Clause], str]:
    """The clauses by their keywords, and the date behind the last semicolon outside comments."""
    clauses: dict[str, _Clause] = {"": _Clause([], [])}
    current, depth = clauses[""], 0
    comment: list[str] = []
    end = len(value)
    for match in _PIECE.finditer(value):
        piece = match[0]
        if piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
            if not depth:
                current.comments.append(" ".join(comment))
                comment = []
        elif depth:
            comment.append(piece)
        elif piece == ";":
            end = match.start()
        elif piece.lower() in _CLAUSES and piece.lower() not in clauses:
            current = clauses.setdefault(piece.lower(), _Clause([], []))
        elif end == len(value):
            current.words.append(piece)
    return clauses, value[end + 1 :].strip()


def _host(word: str) -> str:
    return word.strip("[]<>,").rstrip(".")[:LONGEST_NAME]


def _protocol(words: Sequence[str]) -> str:
    """The protocol; of longer names (Microsoft SMTP Server) all words."""
    return " ".join(words[:4]).rstrip(",").strip()


def _source(clause: _Clause) -> tuple[str, str, str]:
    """What the other side called itself, its name as it was looked up, its address.

    Postfix and sendmail write `hello (name [address])`, Exim `name ([address] helo=hello)`, qmail
    `name (HELO hello) (address)`, Exchange `hello (address)`.
    """
    said = " ".join(clause.comments)
    written = f"{clause.text} {said}"
    found = [one for one in _BRACKETED.findall(written) if _address(one)]
    found += [one for one in map(str.strip, clause.comments) if _address(one)]
    hello = _HELLO.search(said)
    looked_up = _LOOKED_UP.search(said)
    first = "" if _address(clause.first.strip("[]")) else _host(clause.first)
    host = looked_up[1] if looked_up else ""
    if hello is not None:
        host, first = first or host, _host(hello[1])
    if host.lower() == "unknown" or "may be forged" in said.lower():
        host = ""
    return first if first.lower() != "unknown" else "", _host(host), found[0] if found else ""


def _tls(comments: Sequence[str], exim: _Clause) -> tuple[str, str]:
    """The version of TLS and the cipher, where the field states them."""
    for said in comments:
        version = _VERSION.search(said)
        if version is not None:
            cipher = _CIPHER.search(said)
            named = (cipher[1] or cipher[2]) if cipher else exim.first
            return f"{version[1].upper()} {version[2]}.{version[3] or '0'}", named[:80]
    return "", ""


def _carriage(protocol: str, version: str, address: str, handed_over: bool) -> Carriage:
    if version or _SAYS_TLS.fullmatch(protocol):
        return Carriage.TLS
    if handed_over or _is_loopback(address) or _LOCAL.fullmatch(protocol):
        return Carriage.LOCAL
    return Carriage.NOT_STATED
