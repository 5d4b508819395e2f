"""The values of an account: who the user is, and which servers carry the mail.

Values refuse nonsense when they are built (a line break in a host name would become a second
command on the wire). No password is ever part of one: secrets live in the vault.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from mailclient.errors import BadInput
from mailclient.sizes import parse_size


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
    """One server and how to log in to it.

    `ca_file` names extra certificates to trust for it, `client_file` the user's own certificate
    with its key, for servers that ask for one, `pin` is the SHA-256 (hex) of the one
    certificate that the user accepts although it cannot be verified. `mechanism` is the way to log
    in that the user wants ("": the best that is offered), `proven` the one that has worked last,
    `encrypted` the encryption that it worked over ("TLS 1.3"): there is no way back to less.
    """

    host: str
    port: int
    security: Security = Security.TLS
    authentication: Authentication = Authentication.PASSWORD
    username: str = ""
    ca_file: str = ""
    pin: str = ""
    mechanism: str = ""
    proven: str = ""
    encrypted: str = ""
    client_file: str = ""

    @property
    def is_encrypted(self) -> bool:
        """Whether it is to be encrypted, or has been."""
        return self.security is not Security.NONE or bool(self.encrypted)

    def at(self, host: str, port: int) -> Server:
        """The same log-in at another place; what was accepted or proved at this one is its own."""
        if host == self.host:
            return replace(self, port=port)
        return replace(self, host=host, port=port, pin="", proven="", encrypted="")

    def __post_init__(self) -> None:
        host = one_line(self.host, "server name")
        if not host or " " in host:
            raise BadInput("The server name is empty or holds a space.", "Type it again.")
        if not 0 < self.port < 65536:
            raise BadInput(f"{self.port} is not a port.", "A port is a number from 1 to 65535.")
        object.__setattr__(self, "host", host)
        object.__setattr__(self, "username", one_line(self.username, "user name"))
        object.__setattr__(self, "mechanism", one_line(self.mechanism, "way to log in").upper())
        pin = self.pin.replace(":", "").strip().lower()
        if pin and (len(pin) != 64 or any(sign not in "0123456789abcdef" for sign in pin)):
            raise BadInput(
                "This is not the fingerprint of a certificate.",
                "It has 64 signs from 0 to 9 and a to f (SHA-256).",
            )
        object.__setattr__(self, "pin", pin)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long collected mail stays on the server; each limit that is given cuts.

    `days` since it was collected, the newest `count` messages, the newest that take `size` bytes
    together; `follow` deletes there what was deleted here for good. Without any: for ever.
    """

    days: int | None = 14
    count: int | None = None
    size: int | None = None
    follow: bool = False

    @property
    def ends(self) -> bool:
        """Whether anything is ever deleted there by rule."""
        return self != Retention(None)

    @classmethod
    def parse(cls, words: str) -> Retention:
        """Read `yes` (for ever), `no` (delete at once), or any of a number of days, `count:500`,
        `size:200MB` and `deleted` (as soon as it is deleted here), with commas between."""
        found = cls(None)
        for word in words.lower().replace(" ", "").split(","):
            name, colon, value = word.partition(":")
            if word == "no":
                found = replace(found, days=0)
            elif word.isdigit():
                found = replace(found, days=int(word))
            elif word == "deleted":
                found = replace(found, follow=True)
            elif colon and name == "count" and value.isdigit():
                found = replace(found, count=int(value))
            elif colon and name == "size":
                found = replace(found, size=parse_size(value))
            elif word != "yes":
                raise BadInput(
                    f"'{word}' does not say how long to leave mail on the server.",
                    "Say 'yes', 'no', a number of days, 'count:500', 'size:200MB' or 'deleted'.",
                )
        return found

    def word(self) -> str:
        """The form that `parse` reads."""
        words = []
        if self.days is not None:
            words.append("no" if self.days == 0 else str(self.days))
        if self.count is not None:
            words.append(f"count:{self.count}")
        if self.size is not None:
            words.append(f"size:{self.size}")
        if self.follow:
            words.append("deleted")
        return ",".join(words) or "yes"


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and address that mail is written under, and what goes with it.

    `signature_html` is the signature of rich text ("": the plain one). `key` is the fingerprint of
    the own key to use ("": the newest for the address), `reply_to` where answers go, `bcc_self`
    whether a copy goes to oneself, `sent` the folder for what was sent ("": Sent).
    """

    address: str
    name: str = ""
    signature: str = ""
    signature_html: str = ""
    key: str = ""
    reply_to: str = ""
    bcc_self: bool = False
    sent: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", _address(self.address))
        object.__setattr__(self, "name", one_line(self.name, "name"))
        object.__setattr__(self, "sent", one_line(self.sent, "name of a folder"))
        if self.reply_to:
            object.__setattr__(self, "reply_to", _address(self.reply_to))
        key = self.key.replace(" ", "").upper()
        if key and (len(key) not in (40, 64) or any(one not in "0123456789ABCDEF" for one in key)):
            raise BadInput(
                f"'{self.key[:70]}' is not the fingerprint of a key.",
                "It has 40 signs from 0 to 9 and A to F; 'mailclient key list' shows it.",
            )
        object.__setattr__(self, "key", key)


def _address(value: str) -> str:
    """An addr-spec without anything around it; raises BadInput."""
    address = one_line(value, "address")
    if not address:
        raise BadInput("The address is missing.", "It looks like ann@example.org.")
    local, _, domain = address.rpartition("@")
    if not local or not domain or " " in address:
        raise BadInput(f"'{address}' is not an e-mail address.", "It looks like ann@example.org.")
    return address


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox: its identities (the first is the main one) and its two servers.

    `id` is 0 until the store has given one. An account without servers is a local one, made when
    mail is imported into an empty profile. `minutes` between collections (None: as the settings
    have it, 0: only when asked). Of a message over `largest` bytes only the head is collected.
    `keep_decrypted` says whether opened copies of encrypted mail are kept (None: as the settings
    have it). `provider` names the domains of its mail servers where their own names do not tell.
    """

    identities: tuple[Identity, ...]
    incoming: Server | None = None
    outgoing: Server | None = None
    retention: Retention = field(default_factory=Retention)
    encryption: EncryptionPolicy = EncryptionPolicy.WHEN_POSSIBLE
    paused: bool = False
    minutes: int | None = None
    largest: int | None = None
    provider: tuple[str, ...] = ()
    keep_decrypted: bool | None = None
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
