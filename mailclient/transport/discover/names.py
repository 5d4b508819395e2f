"""What DNS says of a domain's mail: SRV (RFC 6186, RFC 8314) and MX (RFC 5321 section 5.1).

The answers are not signed. A server inside the own domain has to prove its name by its certificate;
one outside of it could be anybody's, so it is marked and the user is asked.
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mailclient.account import Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, Cancelled, MailError, NotFound, Unreachable
from mailclient.transport.discover import autoconfig
from mailclient.transport.discover.places import Places, domain_of
from mailclient.transport.discover.providers import Table, offer
from mailclient.transport.discover.race import race
from mailclient.transport.discover.values import Found, Source
from mailclient.transport.reach import host_name

if TYPE_CHECKING:
    from dns.resolver import Answer, Resolver

_SERVICES = (
    ("_pop3s._tcp", Security.TLS),
    ("_pop3._tcp", Security.STARTTLS),
    ("_submissions._tcp", Security.TLS),
    ("_submission._tcp", Security.STARTTLS),
)
_PORT = 53


def srv(address: str, places: Places, cancel: CancelToken) -> Found:
    """What the domain's SRV records name; raises NotFound, Unreachable, BadInput, Cancelled."""
    domain = domain_of(address)
    answers: dict[int, Server | MailError] = dict(
        race(
            [
                partial(_service, f"{name}.{domain}.", security, address, places)
                for name, security in _SERVICES
            ],
            places.seconds,
            cancel,
        )
    )
    servers = []
    for pair in ((0, 1), (2, 3)):  # encrypted from the first byte before STARTTLS (RFC 8314)
        said = [answers.get(at, Unreachable("The name server does not answer.")) for at in pair]
        server = next((one for one in said if isinstance(one, Server)), None)
        if server is None:
            raise _weightiest([one for one in said if isinstance(one, MailError)])
        servers.append(server)
    return marked(Found(servers[0], servers[1], Source.SRV), domain)


def mx(address: str, table: Table, places: Places, cancel: CancelToken) -> Found:
    """What is known of the provider that takes in the domain's mail; raises as `srv` does."""
    domain = domain_of(address)
    records = asked(f"{domain}.", "MX", places)
    hosts = [
        str(one.exchange.to_text(omit_final_dot=True))
        for one in sorted(records, key=lambda one: int(one.preference))
    ]
    hosts = [host for host in hosts if host not in ("", ".")]  # "." is: no mail at all (RFC 7505)
    if not hosts:
        raise NotFound("The domain takes no mail.")
    exchanger = host_name(hosts[0], private=places.private)
    provider = table.behind(exchanger)
    if provider is not None:
        found = replace(offer(provider, address, Source.MX), place=exchanger)
        return marked(found, domain)
    last: MailError = NotFound(f"Nothing is known of {exchanger}.")
    for about in provider_domains(exchanger):
        cancel.check()
        if not places.database:
            break
        try:
            url = places.database.replace("{domain}", about)
            found = autoconfig.ask(url, address, Source.MX, places, cancel)
        except Cancelled:
            raise
        except MailError as problem:
            last = problem
        else:
            return marked(replace(found, place=exchanger), domain)
    raise last


def provider_domains(exchanger: str) -> tuple[str, ...]:
    """The domains that may be the provider's, of the name of its exchanger: what follows the first
    label, and the last two labels (three where the second last is as short as 'co' or 'com').

    A list of public suffixes would say it exactly. Here a wrong guess costs one question about a
    domain that nobody has, so the list does not earn its place.
    """
    labels = exchanger.split(".")
    if len(labels) < 2:
        return ()
    keep = 3 if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) <= 3 else 2
    parent, short = labels[1:] if len(labels) > keep else labels, labels[-keep:]
    return tuple(dict.fromkeys((".".join(parent), ".".join(short))))


def marked(found: Found, domain: str) -> Found:
    """With the servers noted that lie outside of the address's own domain."""
    hosts = dict.fromkeys((found.incoming.host, found.outgoing.host))
    outside = tuple(host for host in hosts if host != domain and not host.endswith(f".{domain}"))
    return replace(found, foreign=outside)


def _service(
    name: str, security: Security, address: str, places: Places, cancel: CancelToken
) -> Server:
    """The server of one service; "." says that there is none (RFC 2782)."""
    cancel.check()
    records = asked(name, "SRV", places)
    best = min(records, key=lambda one: (int(one.priority), -int(one.weight)))
    target = str(best.target.to_text(omit_final_dot=True))
    if target in ("", "."):
        raise NotFound("The domain says that it does not offer this.")
    host = host_name(target, private=places.private)
    return Server(host, int(best.port), security, username=address.strip())


def asked(name: str, kind: str, places: Places) -> Answer:
    """The records of a name; raises NotFound, Unreachable, BadInput."""
    import dns.exception  # late: name servers are asked seldom
    import dns.resolver

    try:
        return _resolver(places).resolve(name, kind, search=False, lifetime=places.seconds)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer) as nothing:
        raise NotFound(f"There is no {kind} record.") from nothing
    except (dns.resolver.NoNameservers, dns.exception.Timeout, OSError) as silent:
        raise Unreachable("The name server does not answer.") from silent
    except dns.resolver.NoResolverConfiguration as missing:
        raise Unreachable("This computer has no name server.") from missing
    except (dns.exception.DNSException, ValueError) as problem:
        raise BadInput("The answer of the name server is not one.") from problem


def _resolver(places: Places) -> Resolver:
    import dns.resolver  # late, as above

    if places.dns == "system":
        return dns.resolver.Resolver()
    made = dns.resolver.Resolver(configure=False)
    try:
        place = urlsplit(f"//{places.dns}")
        made.nameservers = [str(ipaddress.ip_address(place.hostname or ""))]
        made.port = place.port or _PORT
    except ValueError as problem:
        raise BadInput(
            f"'{places.dns}' is no name server.", "Write it as 192.0.2.1 or 192.0.2.1:53."
        ) from problem
    return made


def _weightiest(problems: list[MailError]) -> MailError:
    """What is told when no answer can be used: a refusal, else silence, else nothing."""
    for kind in (BadInput, Unreachable):
        for one in problems:
            if isinstance(one, kind):
                return one
    return problems[0]
