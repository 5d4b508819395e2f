"""What a submission server says: replies (RFC 5321 section 4.2), and what it announces (EHLO).

A reply is bounded, and what is none raises NotAReply; nothing is written here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from mailclient.account import Server
from mailclient.errors import MailboxBusy, MailError, MessageRefused, Unreachable
from mailclient.message import status
from mailclient.transport.explain import (
    CONNECTING,
    LOGGING_IN,
    login_refused,
    protocol_fault,
    reply_text,
)

LONGEST_LINE = 4096  # octets; RFC 5321 has 512
MOST_LINES = 200
CLOSING = 421  # the server ends the connection
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?\Z", re.DOTALL)
_SIGNS = re.compile(r"[!-~]+\Z")


class NotAReply(ValueError):
    """The server has said something that the protocol does not know."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code, and the text of each line."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def done(self) -> bool:
        """Whether the command was carried out."""
        return 200 <= self.code < 300

    @property
    def text(self) -> str:
        """The server's words, fit to be shown; the enhanced code stands once before them."""
        lines = [line.decode("utf-8", "replace").strip() for line in self.lines]
        found = status.Status.parse(lines[0])
        mark = f"{found} " if found else ""
        return reply_text(mark + " ".join(line.removeprefix(mark) for line in lines))


def read_reply(file: BinaryIO) -> Reply:
    """The next reply; raises NotAReply where there is none, EOFError at the end."""
    lines: list[bytes] = []
    code = b""
    while len(lines) < MOST_LINES:
        line = file.readline(LONGEST_LINE)
        if not line:
            raise EOFError
        found = _LINE.match(line.rstrip(b"\r\n")) if line.endswith(b"\n") else None
        if found is None or (code and found[1] != code):
            raise NotAReply(reply_text(line))
        code = found[1]
        lines.append(found[3] or b"")
        if found[2] != b"-":
            return Reply(int(code), tuple(lines))
    raise NotAReply("a reply without an end")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server has announced; `size` is the largest message in octets, 0 for no limit said."""

    size: int = 0
    takes_size: bool = False  # RFC 1870
    eight_bit: bool = False  # RFC 6152
    utf8: bool = False  # RFC 6531
    pipelining: bool = False  # RFC 2920
    chunking: bool = False  # RFC 3030
    dsn: bool = False  # RFC 3461
    starttls: bool = False  # RFC 3207
    login_by: tuple[str, ...] = ()  # RFC 4954

    @classmethod
    def read(cls, reply: Reply) -> Capabilities:
        """Take them from a reply to EHLO; what nobody knows is passed over."""
        said: dict[str, list[str]] = {}
        for line in reply.lines[1:]:
            words = line.decode("ascii", "replace").upper().replace("AUTH=", "AUTH ").split()
            if words:
                said.setdefault(words[0], []).extend(words[1:])
        limit = next(iter(said.get("SIZE", ())), "")
        return cls(
            size=int(limit) if limit.isdecimal() and len(limit) <= 20 else 0,
            takes_size="SIZE" in said,
            eight_bit="8BITMIME" in said,
            utf8="SMTPUTF8" in said,
            pipelining="PIPELINING" in said,
            chunking="CHUNKING" in said,
            dsn="DSN" in said,
            starttls="STARTTLS" in said,
            login_by=tuple(dict.fromkeys(one for one in said.get("AUTH", ()) if _SIGNS.match(one))),
        )


def refusal(reply: Reply, server: Server, doing: str) -> MailError:
    """A refusal in the user's words (RFC 5321 section 4.2, RFC 4954 section 6)."""
    detail = f"{reply.code} {reply.text}"
    found = status.cause(reply.code, reply.text)
    if 400 <= reply.code < 500:
        return MailboxBusy(status.sentence(found, server=server.host), "It is tried again.", detail)
    if not 500 <= reply.code < 600:
        return protocol_fault(server, doing, detail)
    if doing == LOGGING_IN:
        return login_refused(server, detail)
    if doing == CONNECTING:
        return Unreachable(
            f"{server.host} does not talk to this computer.", "Ask the provider.", detail
        )
    return MessageRefused(status.sentence(found, server=server.host), status.advice(found), detail)
