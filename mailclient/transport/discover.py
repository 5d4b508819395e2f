"""What is known of the servers behind an address: a table that ships with the program.

It asks nobody: no name leaves this machine.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from mailclient.account import Authentication, Security, Server
from mailclient.message.address import ascii_domain
from mailclient.resources import resource


@dataclass(frozen=True, slots=True)
class Found:
    """Servers for an address, where they are known from, and what the user should know."""

    incoming: Server
    outgoing: Server
    source: str
    note: str = ""


def lookup(address: str) -> Found | None:
    """The servers of a known provider; None for any other."""
    local, _, domain = address.strip().rpartition("@")
    provider = _by_domain().get(ascii_domain(domain))
    if not local or provider is None:
        return None
    username = local if provider.get("username") == "local" else address.strip()
    oauth2 = provider.get("authentication") == "oauth2"
    authentication = Authentication.OAUTH2 if oauth2 else Authentication.PASSWORD
    return Found(
        _server(provider["pop3"], username, authentication),
        _server(provider["smtp"], username, authentication),
        "provider-table",
        provider.get("note", ""),
    )


@cache
def known_hosts() -> frozenset[str]:
    """The host names of the providers in the table."""
    places = (provider[kind] for provider in _by_domain().values() for kind in ("pop3", "smtp"))
    return frozenset(place.partition(" ")[0].rpartition(":")[0].lower() for place in places)


def _server(text: str, username: str, authentication: Authentication) -> Server:
    """Read "host:port", or "host:port starttls"."""
    place, _, security = text.partition(" ")
    host, _, port = place.rpartition(":")
    return Server(host, int(port), Security(security or "tls"), authentication, username)


@cache
def _by_domain() -> dict[str, dict[str, Any]]:
    table = tomllib.loads(resource("providers.toml").read_text(encoding="utf-8"))
    return {domain: provider for provider in table["provider"] for domain in provider["domains"]}
