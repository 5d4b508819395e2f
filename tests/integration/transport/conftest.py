"""Certificates for scripted servers, and short ways to say what a test does to a message."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import trustme

from mailclient.errors import NotFound
from mailclient.transport.pop3 import Listed, Pop3Session


@dataclass(frozen=True, slots=True)
class Papers:
    """What a server proves itself by, and the file that a client checks it with."""

    context: ssl.SSLContext
    elsewhere: ssl.SSLContext
    ca_file: str


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Papers for localhost, and some for elsewhere."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("papers") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return Papers(_context(authority, "localhost"), _context(authority, "else.where"), str(path))


def _context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@dataclass(slots=True)
class Pieces:
    """Takes a message in, and keeps how it came."""

    pieces: list[bytes]

    def write(self, data: bytes, /) -> None:
        self.pieces.append(data)


def number(one: int) -> list[Listed]:
    """The message with this number."""
    return [Listed(one, b"", 0)]


def fetched(session: Pop3Session, one: int = 1, keep: Callable[[], Pieces] | None = None) -> bytes:
    """A message; raises NotFound where the server refuses it."""
    [(_, got)] = session.retr(number(one), lambda listed: keep() if keep else Pieces([]))
    if isinstance(got, NotFound):
        raise got
    return b"".join(got.pieces)


def deleted(session: Pop3Session, one: int) -> None:
    """Ask to delete a message; raises NotFound where the server refuses that."""
    [(_, refused)] = session.dele(number(one))
    if refused is not None:
        raise refused
