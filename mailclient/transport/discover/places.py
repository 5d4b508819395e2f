"""Who is asked: the address of every source, each of which can be set for a firm or a test.

The variables of the environment are in `docs/accounts.md`. An empty one means: do not ask there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from mailclient.account import POP3_PORTS, SUBMISSION_PORTS, Security
from mailclient.errors import BadInput
from mailclient.message.address import ascii_domain

PREFIX = "MAILCLIENT_DISCOVERY_"
_GUESS = re.compile(r"(pop3s?|submissions?)://([^\s:/]+)(?::(\d{1,5}))?\Z")
_KINDS = {
    "pop3s": (True, Security.TLS),
    "pop3": (True, Security.STARTTLS),
    "submissions": (False, Security.TLS),
    "submission": (False, Security.STARTTLS),
}
GUESSES = (
    "pop3s://pop.{domain} pop3s://pop3.{domain} pop3s://mail.{domain} "
    "pop3://pop.{domain} pop3://pop3.{domain} pop3://mail.{domain} "
    "submissions://smtp.{domain} submissions://mail.{domain} "
    "submission://smtp.{domain} submission://mail.{domain}"
)


def domain_of(address: str) -> str:
    """The domain of an address, as A-labels."""
    return ascii_domain(address.strip().rpartition("@")[2])


@dataclass(frozen=True, slots=True)
class Guess:
    """A server that may be there; never one without encryption."""

    incoming: bool
    security: Security
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Places:
    """The sources; `{domain}` stands for the domain of the address, and nothing else of it is told.

    `dns` is HOST:PORT, or HOST; "system" is what the computer is set to. `private` takes answers
    and servers inside private networks, `seconds` is the time of each source.
    """

    table: str = ""
    autoconfig: str = "https://autoconfig.{domain}/mail/config-v1.1.xml"
    well_known: str = "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"
    database: str = "https://live.thunderbird.net/autoconfig/v1.1/{domain}"
    dns: str = "system"
    guess: str = GUESSES
    private: bool = False
    seconds: float = 3.0
    ca_file: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Places:
        """As the environment says; raises BadInput for what cannot be used."""
        given: dict[str, object] = {}
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            value = environment.get(name)
            if value is not None:
                given[field.name] = _read(name, value.strip(), field.default)
        return cls(**given)  # type: ignore[arg-type]

    def guesses(self, domain: str) -> tuple[Guess, ...]:
        """The servers that are guessed, the most welcome first; raises BadInput."""
        return tuple(_guess(word, domain) for word in self.guess.split())

    @property
    def table_file(self) -> Path | None:
        """Another table than the one that ships."""
        return Path(self.table) if self.table else None


def _read(name: str, value: str, default: object) -> object:
    if isinstance(default, bool):
        return value.lower() in ("1", "yes", "true", "on")
    if isinstance(default, float):
        try:
            seconds = float(value)
        except ValueError:
            seconds = 0
        if not 0 < seconds <= 600:
            raise BadInput(f"{name} is no number of seconds.", "Set it to 3, for example.")
        return seconds
    addressed = name.removeprefix(PREFIX) in ("AUTOCONFIG", "WELL_KNOWN", "DATABASE")
    if addressed and value and not value.startswith("https://"):
        raise BadInput(
            f"{name} does not begin with https://.", "Nothing is asked over anything less."
        )
    return value


def _guess(word: str, domain: str) -> Guess:
    read = _GUESS.match(word.replace("{domain}", domain))
    if read is None:
        raise BadInput(f"'{word}' does not name a server.", "Write it as pop3s://pop.{domain}:995.")
    incoming, security = _KINDS[read[1]]
    usual = (POP3_PORTS if incoming else SUBMISSION_PORTS)[security]
    return Guess(incoming, security, read[2], int(read[3] or usual))
