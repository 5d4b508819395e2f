"""How a message came here, and what the own provider found when it checked it.

The own provider is told by the names of the account's servers and by the address's domain; a few
large ones have servers of other names, and the user can name more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mailclient.account import Account
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, Unreachable
from mailclient.message.address import ascii_domain
from mailclient.message.authentication import Authentication, trusted_authentication
from mailclient.message.fields import Headers
from mailclient.message.route import Route, belongs, route
from mailclient.message.signatures import ServerSignature
from mailclient.message.tree import parse
from mailclient.store import Store
from mailclient.transport.discover.places import Places
from mailclient.transport.dkim import check_signatures

# First labels of hosts that a provider has beside others: behind them stands its own domain.
_SERVICES = frozenset(
    (
        *("imap", "in", "inbound", "incoming", "mail", "mx", "out", "outbound", "outgoing"),
        *("outlook", "pop", "pop3", "pop3s", "pops", "post", "secureimap", "securepop"),
        *("smtp", "smtps"),
    )
)


@dataclass(frozen=True, slots=True)
class Known:
    """A provider: a domain of its mailbox servers, the domains that its other servers write, and
    the names under which it checks mail, forged fields with which it takes out."""

    mailboxes: str
    servers: tuple[str, ...]
    authorities: tuple[str, ...]


KNOWN = (
    Known("gmail.com", ("google.com",), ("mx.google.com",)),
    Known("googlemail.com", ("google.com",), ("mx.google.com",)),
    Known("fastmail.com", ("messagingengine.com",), ("messagingengine.com",)),
    Known("yahoo.com", ("yahoo.com",), ("yahoo.com",)),
    Known("aol.com", ("yahoo.com", "aol.com"), ("yahoo.com", "aol.com")),
)


@dataclass(frozen=True, slots=True)
class Journey:
    """The steps of a message, and what is known of who sent it."""

    route: Route
    authentication: Authentication


NOWHERE = Journey(Route(), Authentication())


class Journeys:
    """Reads the journeys of messages."""

    def __init__(
        self,
        store: Store,
        accounts: Callable[[], tuple[Account, ...]],
        environment: Mapping[str, str],
        *,
        offline: bool,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._environment = environment
        self._offline = offline

    def of(self, id: int) -> Journey:
        """The journey of a stored message; raises NotFound."""
        row = self._store.messages.get(id)
        headers = parse(self._store.bodies.open(id)).headers
        return self.of_message(headers, row.account_id)

    def of_message(self, headers: Headers, account_id: int) -> Journey:
        """The journey of a message that lies with an account; raises NotFound."""
        return journey(headers, (self._store.accounts.by_id(account_id),))

    def of_headers(self, headers: Headers) -> Journey:
        """The journey of a message from a file; each account's provider counts as the own."""
        return journey(headers, self._accounts())

    def signatures(self, id: int, cancel: CancelToken) -> tuple[ServerSignature, ...]:
        """Check the signatures of the servers that sent a stored message: only when the user asks,
        as it asks the name servers of their domains.

        Raises NotFound, BadInput, Unreachable, Cancelled.
        """
        return self.signatures_of(self._store.bodies.raw(id), cancel)

    def signatures_of(self, raw: bytes, cancel: CancelToken) -> tuple[ServerSignature, ...]:
        """The same for a message from a file."""
        if self._offline:
            raise Unreachable(
                "The program was started without network, so no name server can be asked.",
                "Start it without --offline.",
            )
        return check_signatures(raw, Places.of(self._environment), cancel)


def journey(headers: Headers, accounts: tuple[Account, ...]) -> Journey:
    """The journey of a message that was collected for one of these accounts."""
    own = frozenset(one for account in accounts for one in own_domains(account))
    sure = frozenset(one for account in accounts for one in authorities(account))
    return Journey(route(headers, own), trusted_authentication(headers, own, sure))


def provider_domains(value: str) -> tuple[str, ...]:
    """Read the domains of a provider's servers, with commas between; raises BadInput."""
    found = tuple(ascii_domain(one.strip(" .")) for one in value.split(",") if one.strip(" ."))
    if any(re.fullmatch(r"[a-z0-9.-]+", one) is None for one in found):
        raise BadInput(f"'{value}' names no domains.", "Write them as example.net, example.org.")
    return found


def own_domains(account: Account) -> frozenset[str]:
    """The domains that the own provider's servers are in."""
    found = {ascii_domain(one.address.rpartition("@")[2]) for one in account.identities}
    for server in (account.incoming, account.outgoing):
        if server is not None:
            found.add(_domain(ascii_domain(server.host)))
    found.update(account.provider)
    for one in KNOWN:
        if any(belongs(domain, (one.mailboxes,)) for domain in tuple(found)):
            found.update(one.servers)
    return frozenset(found)


def authorities(account: Account) -> frozenset[str]:
    """The names that the own provider checks mail under, where it removes forged ones."""
    domains = own_domains(account)
    found = set(account.provider)
    for one in KNOWN:
        if any(belongs(domain, (one.mailboxes,)) for domain in domains):
            found.update(one.authorities)
    return frozenset(found)


def _domain(host: str) -> str:
    """The domain that a server's name stands in; a name without a usual first label is left whole,
    as it may itself be the domain of all of a country's firms."""
    first, dot, rest = host.partition(".")
    return rest if dot and "." in rest and first in _SERVICES else host
