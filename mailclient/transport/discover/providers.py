"""The table of large providers that ships with the program. It asks nobody."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from mailclient.account import Authentication, Security, Server
from mailclient.errors import BadInput
from mailclient.resources import resource
from mailclient.transport.discover.places import domain_of
from mailclient.transport.discover.values import Found, Provider, Source, Step


@dataclass(frozen=True, slots=True)
class Table:
    """The providers, by the domains of their addresses and of their mail exchangers."""

    providers: tuple[Provider, ...]
    by_domain: Mapping[str, Provider]
    by_exchanger: Mapping[str, Provider]

    @classmethod
    def read(cls, text: str) -> Table:
        """From TOML; raises BadInput."""
        try:
            rows = tuple(_provider(row) for row in tomllib.loads(text)["provider"])
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as problem:
            raise BadInput(
                "The table of providers cannot be read.", "Mend it.", str(problem)
            ) from problem
        return cls(
            rows,
            {domain: row for row in rows for domain in row.domains},
            {domain: row for row in rows for domain in (*row.domains, *row.mx)},
        )

    def lookup(self, address: str) -> Found | None:
        """The servers of a known provider; None for any other."""
        provider = self.by_domain.get(domain_of(address))
        return offer(provider, address, Source.TABLE) if provider else None

    def behind(self, exchanger: str) -> Provider | None:
        """The provider that a mail exchanger belongs to."""
        labels = exchanger.lower().split(".")
        parents = (".".join(labels[at:]) for at in range(len(labels) - 1))
        return next((self.by_exchanger[one] for one in parents if one in self.by_exchanger), None)


def offer(provider: Provider, address: str, source: Source) -> Found:
    """What a provider has for one address."""
    whole = address.strip()
    username = whole.rpartition("@")[0] if provider.local_user else whole
    incoming, outgoing = (
        replace(server, username=username) for server in (provider.incoming, provider.outgoing)
    )
    return Found(incoming, outgoing, source, provider=provider)


@cache
def shipped() -> Table:
    """The table that comes with the program."""
    return Table.read(resource("providers.toml").read_text(encoding="utf-8"))


def table_of(path: Path | None) -> Table:
    """The shipped table, or the one in a file; raises BadInput."""
    if path is None:
        return shipped()
    try:
        return Table.read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path} cannot be read.", "Look at its name and its rights.") from problem


@cache
def known_hosts() -> frozenset[str]:
    """The host names of the providers in the shipped table."""
    return frozenset(host for provider in shipped().providers for host in provider.hosts())


def _provider(row: dict[str, Any]) -> Provider:
    step = Step(row.get("step", "none"))
    way = Authentication.OAUTH2 if step is Step.OAUTH2 else Authentication.PASSWORD
    checked = row["checked"]
    if not isinstance(checked, date) or (step is not Step.NONE) != bool(row.get("say", "")):
        raise ValueError(f"{row['name']}: the date or the words for the step are missing")
    return Provider(
        row["name"],
        tuple(row["domains"]),
        tuple(row.get("mx", ())),
        _server(row["pop3"], way),
        _server(row["smtp"], way),
        row.get("username", "address") == "local",
        step,
        row.get("say", ""),
        row.get("page", ""),
        checked,
    )


def _server(text: str, way: Authentication) -> Server:
    """Read "host:port", or "host:port starttls"."""
    place, _, security = text.partition(" ")
    host, _, port = place.rpartition(":")
    return Server(host, int(port), Security(security or "tls"), way)
