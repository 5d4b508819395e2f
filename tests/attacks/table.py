"""What a row of the attack table is, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailclient.message.security import SignatureWord, State
from tests.attacks.conftest import Desk

EVIL = b"Content-Type: text/plain\r\n\r\nPay 900 to Mallory.\r\n"
HEAD = b"Content-Type: text/plain\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Row:
    """A mail and its verdict. `hides` says that the planted word may come out nowhere, `shows` what
    must be read, `warns` what must be said, `subject` and `sender` whom the reader sees."""

    name: str
    build: Callable[[Desk], bytes]
    state: State = State.UNPROTECTED
    signature: SignatureWord = SignatureWord.NONE
    hides: bool = False
    shows: str = ""
    warns: tuple[str, ...] = ()
    subject: str = ""
    sender: str = ""


def multipart(kind: str, *parts: bytes, boundary: str = "outer-of-all") -> bytes:
    """An entity of several parts."""
    line = b"--" + boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(line + b"\r\n" + one + b"\r\n" for one in parts) + line + b"--\r\n"


def html(text: str) -> bytes:
    """A part of HTML."""
    return b"Content-Type: text/html; charset=utf-8\r\n\r\n" + text.encode()


def attached(message: bytes, kind: str = "message/rfc822") -> bytes:
    """A message as a part."""
    return f"Content-Type: {kind}\r\n\r\n".encode() + message


def signed_by(signature: bytes, entity: bytes, *, more: str = "micalg=pgp-sha512") -> bytes:
    """An entity of RFC 3156 around an entity and whatever calls itself its signature."""
    head = f'Content-Type: multipart/signed; protocol="application/pgp-signature"; {more}; '
    return (
        head.encode() + b"boundary=s\r\n\r\n--s\r\n" + entity
        + b"\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\n"
        + signature.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n--s--\r\n"
    )  # fmt: skip
