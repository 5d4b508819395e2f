"""Ways to log in (SASL, RFC 4422): what is answered to which challenge. No network here.

A mechanism is made for one log-in. `first` is what it says unasked (None: it waits for the server),
`answer` what it says to a challenge; both are bytes before base64. A mechanism that proves the
server, too, ends in `finish`, which raises if the proof fails.
"""

from __future__ import annotations

import base64
import hmac
import os
import stringprep
import unicodedata
from binascii import Error as NotBase64
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256

from mailclient.account import Authentication, Server
from mailclient.errors import BadInput, LoginRefused, ProtocolFault

USER_PASS, APOP = "USER", "APOP"  # RFC 1939 section 7; not SASL, but chosen among the others
MOST_ROUNDS = 1_000_000  # of a SCRAM server; more would be an attack on our time
FEWEST_ROUNDS = 4096  # RFC 7677 section 4
CLEAR = frozenset({"PLAIN", "LOGIN", USER_PASS})  # they show the password to whoever listens
BY_TOKEN = ("XOAUTH2", "OAUTHBEARER")
ENCRYPTED_ORDER = ("SCRAM-SHA-256", "PLAIN", "LOGIN", USER_PASS, "CRAM-MD5", APOP)
OPEN_ORDER = ("SCRAM-SHA-256", "CRAM-MD5", APOP, "PLAIN", "LOGIN", USER_PASS)


@dataclass(slots=True)
class Mechanism:
    """One log-in by one mechanism."""

    name: str
    first: bytes | None
    answer: Callable[[bytes], bytes]
    finish: Callable[[], None] = lambda: None
    waits: bool = False  # say `first` only when asked: some servers take nothing on the first line


def choose(server: Server, offered: Collection[str], *, encrypted: bool) -> str:
    """The best mechanism among those offered; raises LoginRefused where none will do.

    On an open connection nothing that shows the password is taken where this server has proved
    before that it can do without.
    """
    if server.mechanism:
        return server.mechanism
    if server.authentication is Authentication.OAUTH2:
        order: tuple[str, ...] = BY_TOKEN
    else:
        order = ENCRYPTED_ORDER if encrypted else OPEN_ORDER
    found = next((name for name in order if name in offered), "")
    if not found:
        raise LoginRefused(
            f"{server.host} offers no way to log in that this program and this account share.",
            "Ask the provider how mail programs are to log in.",
            " ".join(sorted(offered)),
        )
    if found in CLEAR and not encrypted and server.proven and server.proven not in CLEAR:
        raise LoginRefused(
            f"{server.host} asks for the password in clear, which it did not before; "
            "somebody may be listening. Nothing was sent.",
            "Use an encrypted connection, or ask the provider.",
            f"{server.proven} before, {found} now",
        )
    return found


def mechanism(name: str, server: Server, secret: str) -> Mechanism:
    """Begin a log-in with a password, or with an access token for those that take one."""
    user = server.username
    match name:
        case "PLAIN":  # RFC 4616
            return Mechanism(name, f"\0{user}\0{secret}".encode(), _nothing_more)
        case "LOGIN":
            replies = [user.encode(), secret.encode()]
            return Mechanism(name, None, lambda challenge: _next(replies))
        case "CRAM-MD5":  # RFC 2195
            return Mechanism(name, None, lambda challenge: _cram(user, secret, challenge))
        case "SCRAM-SHA-256":
            scram = Scram(user, secret)
            return Mechanism(name, scram.first(), scram.answer, scram.finish)
        case "XOAUTH2":
            said = f"user={user}\x01auth=Bearer {secret}\x01\x01"
            return Mechanism(name, said.encode(), lambda error: b"", waits=True)
        case "OAUTHBEARER":  # RFC 7628
            said = (
                f"n,a={_escaped(user)},\x01host={server.host}\x01port={server.port}"
                f"\x01auth=Bearer {secret}\x01\x01"
            )
            return Mechanism(name, said.encode(), lambda error: b"\x01", waits=True)
    raise BadInput(
        f"There is no way to log in that is called {name}.",
        f"Known are {', '.join((*OPEN_ORDER, *BY_TOKEN))}.",
    )


def encoded(data: bytes) -> str:
    """What goes on the wire."""
    return base64.b64encode(data).decode("ascii")


def decoded(challenge: bytes) -> bytes:
    """A challenge from the wire; raises ProtocolFault if it is no base64."""
    try:
        return base64.b64decode(challenge.strip(), validate=True)
    except NotBase64 as problem:
        raise ProtocolFault(
            "The server asked in a way that cannot be understood, while logging in.",
            "Try another way to log in, or tell the provider.",
        ) from problem


def _nothing_more(challenge: bytes) -> bytes:
    return b""


def _next(replies: list[bytes]) -> bytes:
    return replies.pop(0) if replies else b""


def _cram(user: str, secret: str, challenge: bytes) -> bytes:
    digest = hmac.new(secret.encode(), challenge, "md5").hexdigest()
    return f"{user} {digest}".encode()


def _escaped(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")


class Scram:
    """SCRAM-SHA-256 (RFC 5802, RFC 7677): the password is never sent, and the server proves that it
    knows it, too."""

    def __init__(self, user: str, password: str, nonce: str = "") -> None:
        self._password = saslprep(password).encode()
        self._nonce = nonce or encoded(os.urandom(18))
        self._bare = f"n={_escaped(saslprep(user))},r={self._nonce}"
        self._expected = b""
        self._proved = False

    def first(self) -> bytes:
        """The client's first message."""
        return f"n,,{self._bare}".encode()

    def answer(self, challenge: bytes) -> bytes:
        """The proof, or, to the server's own proof, nothing."""
        return self._check(challenge) if self._expected else self._prove(challenge)

    def _prove(self, challenge: bytes) -> bytes:
        said = _attributes(challenge)
        nonce, rounds = said.get("r", ""), said.get("i", "")
        if not nonce.startswith(self._nonce) or not rounds.isdigit() or "m" in said:
            raise _cheat()
        if not FEWEST_ROUNDS <= int(rounds) <= MOST_ROUNDS:
            raise _cheat()
        salted = pbkdf2_hmac("sha256", self._password, decoded(said["s"].encode()), int(rounds))
        unproved = f"c=biws,r={nonce}"
        text = f"{self._bare},{challenge.decode('utf-8', 'replace')},{unproved}".encode()
        key = _hmac(salted, b"Client Key")
        signature = _hmac(sha256(key).digest(), text)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        self._expected = _hmac(_hmac(salted, b"Server Key"), text)
        return f"{unproved},p={encoded(proof)}".encode()

    def _check(self, challenge: bytes) -> bytes:
        said = _attributes(challenge)
        if "e" in said or not hmac.compare_digest(
            decoded(said.get("v", "").encode()), self._expected
        ):
            raise _cheat()
        self._proved = True
        return b""

    def finish(self) -> None:
        """Raise ProtocolFault if the server has not proved that it knows the password."""
        if not self._proved:
            raise _cheat()


def _attributes(message: bytes) -> dict[str, str]:
    pairs = (one.partition("=") for one in message.decode("utf-8", "replace").split(","))
    found = {name: value for name, _, value in pairs}
    return {"s": "", **found}


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, "sha256").digest()


def _cheat() -> ProtocolFault:
    return ProtocolFault(
        "The server could not prove that it knows the password; the log-in was broken off.",
        "Look at the server's name, or ask the provider.",
    )


def saslprep(text: str) -> str:
    """A name or a password in the form that both sides compare (RFC 4013); where that forbids a
    character the text is left as it is, as servers do."""
    mapped = "".join(
        " " if stringprep.in_table_c12(one) else one
        for one in text
        if not stringprep.in_table_b1(one)
    )
    normal = unicodedata.normalize("NFKC", mapped)
    forbidden = any(
        stringprep.in_table_c21_c22(one)
        or stringprep.in_table_c3(one)
        or stringprep.in_table_c9(one)
        for one in normal
    )
    return text if forbidden else normal
