"""What discovery speaks of: sources, what came of each, and the servers that were found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from mailclient.account import Authentication, Security, Server


class Source(Enum):
    """Where the servers of an address can be known from; the order is the rank."""

    TABLE = "provider-table"
    AUTOCONFIG = "autoconfig"
    WELL_KNOWN = "well-known"
    DATABASE = "database"
    SRV = "srv"
    MX = "mx"
    PROBE = "probe"

    @property
    def rank(self) -> int:
        """Less is believed first."""
        return list(Source).index(self)

    @property
    def authenticated(self) -> bool:
        """Whether what comes from there was proved on the way: DNS is not signed."""
        return self not in (Source.SRV, Source.MX)


class Outcome(Enum):
    """What became of a question."""

    ASKING = "asking"
    FOUND = "found"
    NOT_FOUND = "not found"
    REFUSED = "refused"
    SILENT = "no answer"
    NOT_ASKED = "not asked"
    NOT_AWAITED = "not awaited"  # a better answer was there before


@dataclass(frozen=True, slots=True)
class Tried:
    """One source, who was asked there ("" for nobody outside), and what came of it."""

    source: Source
    outcome: Outcome
    place: str = ""
    reason: str = ""


class Step(Enum):
    """What a provider needs before a mail program may come in."""

    NONE = "none"
    APP_PASSWORD = "app-password"
    MAIL_PASSWORD = "mail-password"
    ENABLE_POP = "enable-pop"
    OAUTH2 = "oauth2"


@dataclass(frozen=True, slots=True)
class Provider:
    """A row of the table; `mx` are the domains of the servers that take in its customers' mail.

    `say` tells the step in words, `page` is where the provider has it ("" if it is not known),
    `checked` when the facts were looked at.
    """

    name: str
    domains: tuple[str, ...]
    mx: tuple[str, ...]
    incoming: Server
    outgoing: Server
    local_user: bool
    step: Step
    say: str
    page: str
    checked: date

    def hosts(self) -> tuple[str, str]:
        """The names of both servers."""
        return self.incoming.host.lower(), self.outgoing.host.lower()


@dataclass(frozen=True, slots=True)
class Found:
    """Both servers for an address, and how far they can be believed.

    `foreign` names the servers outside of the address's own domain that DNS alone, unsigned, has
    named: the user is asked about them.
    """

    incoming: Server
    outgoing: Server
    source: Source
    place: str = ""
    provider: Provider | None = None
    foreign: tuple[str, ...] = ()

    @property
    def encrypted(self) -> bool:
        """Whether neither server would get the password in clear."""
        return Security.NONE not in (self.incoming.security, self.outgoing.security)

    @property
    def needs_oauth2(self) -> bool:
        """Whether there is no way in with a password."""
        ways = (self.incoming.authentication, self.outgoing.authentication)
        return Authentication.OAUTH2 in ways

    @property
    def note(self) -> str:
        """What the provider needs first, in words."""
        return self.provider.say if self.provider else ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found for an address, and what each source said."""

    address: str
    found: Found | None
    tried: tuple[Tried, ...]
