"""The values of an account: who the user is, and which servers carry the mail.

Values refuse nonsense when they are built (a line break in a host name would become a second
command on the wire). No password is ever part of one: secrets live in the vault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from mailclient.errors import BadInput


class Security(Enum):
    """How the connection to a server is protected (RFC 8314)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Authentication(Enum):
    """How the user logs in."""

    PASSWORD = "password"
    OAUTH2 = "oauth2"
    NONE = "none"


class EncryptionPolicy(Enum):
    """Where the Encrypt switch of a new message starts."""

    ALWAYS = "always"
    WHEN_POSSIBLE = "when-possible"
    WHEN_I_SAY = "when-i-say"


POP3_PORTS = {Security.TLS: 995, Security.STARTTLS: 110, Security.NONE: 110}
SUBMISSION_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 587}


def one_line(value: str, what: str) -> str:
    """Return `value` without surrounding space; raise BadInput if it holds a control character."""
    value = value.strip()
    if any(ord(c) < 32 or ord(c) in (0x7F, 0x85, 0x2028, 0x2029) for c in value):
        raise BadInput(f"The {what} holds a line break or a control character.", "Type it again.")
    return value


@dataclass(frozen=True, slots=True)
class Server:
    """One server and how to log in to it; `ca_file` names extra certificates to trust for it."""

    host: str
    port: int
    security: Security = Security.TLS
    authentication: Authentication = Authentication.PASSWORD
    username: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        host = one_line(self.host, "server name")
        if not host or " " in host:
            raise BadInput("The server name is empty or holds a space.", "Type it again.")
        if not 0 < self.port < 65536:
            raise BadInput(f"{self.port} is not a port.", "A port is a number from 1 to 65535.")
        object.__setattr__(self, "host", host)
        object.__setattr__(self, "username", one_line(self.username, "user name"))


@dataclass(frozen=True, slots=True)
class Retention:
    """What happens to collected mail on the server: `days` to keep it; None keeps it for ever."""

    days: int | None = 14

    @classmethod
    def parse(cls, word: str) -> Retention:
        """Read `yes` (for ever), `no` (delete at once) or a number of days."""
        word = word.strip().lower()
        if word == "yes":
            return cls(None)
        if word == "no":
            return cls(0)
        if word.isdigit():
            return cls(int(word))
        raise BadInput(
            f"'{word}' does not say how long to leave mail on the server.",
            "Say 'yes', 'no' or a number of days.",
        )

    def word(self) -> str:
        """The form that `parse` reads."""
        return "yes" if self.days is None else "no" if self.days == 0 else str(self.days)


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and address that mail is written under, with its signature text."""

    address: str
    name: str = ""
    signature: str = ""

    def __post_init__(self) -> None:
        address = one_line(self.address, "address")
        local, _, domain = address.rpartition("@")
        if not local or not domain or " " in address:
            raise BadInput(
                f"'{address}' is not an e-mail address.", "It looks like ann@example.org."
            )
        object.__setattr__(self, "address", address)
        object.__setattr__(self, "name", one_line(self.name, "name"))


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox: its identities (the first is the main one) and its two servers.

    `id` is 0 until the store has given one. An account without servers is a local one, made when
    mail is imported into an empty profile.
    """

    identities: tuple[Identity, ...]
    incoming: Server | None = None
    outgoing: Server | None = None
    retention: Retention = field(default_factory=Retention)
    encryption: EncryptionPolicy = EncryptionPolicy.WHEN_POSSIBLE
    paused: bool = False
    id: int = 0

    def __post_init__(self) -> None:
        if not self.identities:
            raise BadInput("An account needs an address.")

    @property
    def address(self) -> str:
        """The main address."""
        return self.identities[0].address

    @property
    def name(self) -> str:
        """The main display name."""
        return self.identities[0].name
