"""The providers that are known, from the table that ships and from a file of the user's."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mailclient.errors import BadInput
from mailclient.resources import resource
from mailclient.transport.oauth.values import Client, Issuer

TABLE = "oauth.toml"
_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Known:
    """A provider, and what this program is called there, if the file says so."""

    issuer: Issuer
    client: Client | None = None


@cache
def shipped() -> Mapping[str, Known]:
    """The providers of the table that ships, by name."""
    return _read(resource(TABLE), {})


def issuers(file: Path) -> Mapping[str, Known]:
    """All providers that are known; what stands in `file`, if it is there, counts before the table.

    Raises BadInput if it cannot be read.
    """
    return _read(file, _entries(resource(TABLE))) if file.exists() else shipped()


def issuer_of(host: str, known: Mapping[str, Known]) -> Known | None:
    """The provider whose tokens a mail server takes."""
    name = host.lower().rstrip(".")
    return next((one for one in known.values() if name in one.issuer.hosts), None)


def _read(path: Path, before: Mapping[str, Mapping[str, Any]]) -> dict[str, Known]:
    entries = dict(before)
    for name, entry in _entries(path).items():
        entries[name] = {**entries.get(name, {}), **entry}
    try:
        return {name: _known(name, entry) for name, entry in entries.items()}
    except (KeyError, TypeError, ValueError) as problem:
        raise BadInput(
            f"{path} does not describe its providers as it should: {problem}.",
            "docs/sign-in.md has an example.",
        ) from problem


def _entries(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise BadInput(f"{path} cannot be read: {problem}.") from problem
    return {name: entry for name, entry in found.items() if isinstance(entry, dict)}


def _known(name: str, entry: Mapping[str, Any]) -> Known:
    redirect = urlsplit(entry.get("redirect", "http://127.0.0.1"))
    if redirect.scheme != "http" or redirect.hostname not in _LOOPBACK:
        raise ValueError(f"the redirect of {name} does not lead to this computer")
    issuer = Issuer(
        name=name,
        title=str(entry.get("title", name)),
        hosts=tuple(str(one).lower() for one in entry["hosts"]),
        page=_https(entry["page"]),
        token=_https(entry["token"]),
        scopes=tuple(str(one) for one in entry["scopes"]),
        device=_https(entry["device"]) if "device" in entry else "",
        identifier=str(entry.get("issuer", "")),
        names_itself=entry.get("names-itself", False) is True,
        redirect_host=redirect.hostname,
        redirect_path=redirect.path,
        extra=tuple((str(key), str(value)) for key, value in entry.get("extra", {}).items()),
        ca_file=str(entry.get("ca-file", "")),
    )
    id = str(entry.get("client-id", ""))
    return Known(issuer, Client(id, str(entry.get("client-secret", ""))) if id else None)


def _https(url: object) -> str:
    if not isinstance(url, str) or urlsplit(url).scheme != "https":
        raise ValueError(f"'{url}' is no https address")
    return url
