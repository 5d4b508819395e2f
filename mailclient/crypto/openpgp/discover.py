"""Keys looked up by address: at the domain itself (WKD) and at a key server (VKS).

Web Key Directory: draft-koch-openpgp-webkey-service, section 3.1. Whoever answers may send any key
with any name in it, so that what leaves this module names the one address that was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import sha1
from urllib.parse import quote, urlsplit

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Fetch, KeySource, Published, Sighting
from mailclient.crypto.openpgp.armor import PUBLIC_KEY, armored
from mailclient.crypto.openpgp.keys import KeyRing, can_be_filtered
from mailclient.crypto.openpgp.packets import Certificate, certificates
from mailclient.errors import BadInput, KeyMissing, NoSuchHost, NotFound
from mailclient.message.address import normalise

PREFIX = "MAILCLIENT_KEYS_"
MOST_KEYS = 8  # of one answer
_ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"  # z-base-32


@dataclass(frozen=True, slots=True)
class Places:
    """Who is asked; an empty one is not asked.

    `{domain}`, `{hash}` and `{local}` stand for what the address makes of them.
    """

    wkd: str = "https://openpgpkey.{domain}/.well-known/openpgpkey/{domain}/hu/{hash}?l={local}"
    wkd_direct: str = "https://{domain}/.well-known/openpgpkey/hu/{hash}?l={local}"
    vks: str = "https://keys.openpgp.org"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Places:
        """As the environment says; raises BadInput for what cannot be used."""
        given: dict[str, str] = {}
        for one in fields(cls):
            name = PREFIX + one.name.upper()
            if (value := environment.get(name)) is not None:
                given[one.name] = value.strip().rstrip("/")
                if given[one.name] and not given[one.name].startswith("https://"):
                    raise BadInput(
                        f"{name} does not begin with https://.",
                        "Nothing is asked over anything less.",
                    )
        return cls(**given)


def wkd_hash(local: str) -> str:
    """The name under which a domain keeps the key of a local part (section 3.1)."""
    lower = "".join(one.lower() if one.isascii() else one for one in local)
    bits = int.from_bytes(sha1(lower.encode("utf-8"), usedforsecurity=False).digest(), "big")
    return "".join(_ALPHABET[bits >> shift & 31] for shift in range(155, -1, -5))


def wkd_url(template: str, address: str) -> str:
    """Where the key of an address lies, by one of the two methods."""
    local, _, domain = address.rpartition("@")
    return (
        template.replace("{domain}", normalise(f"x@{domain}")[2:])
        .replace("{hash}", wkd_hash(local))
        .replace("{local}", quote(local, safe=""))
    )


class Discovery:
    """Asks the sources; imports nothing."""

    def __init__(self, keys: KeyRing, fetch: Fetch, environment: Mapping[str, str]) -> None:
        self._keys = keys
        self._fetch = fetch
        self._environment = environment

    @property
    def sources(self) -> frozenset[KeySource]:
        """The sources that have a place; what is set up wrongly is told when it is asked."""
        try:
            places = Places.of(self._environment)
        except BadInput:
            return frozenset(KeySource)
        named = {
            KeySource.DOMAIN: places.wkd or places.wkd_direct,
            KeySource.KEY_SERVER: places.vks,
        }
        return frozenset(source for source, place in named.items() if place)

    def ask(self, address: str, source: KeySource, cancel: CancelToken) -> tuple[Sighting, ...]:
        """The keys that one source has for an address; see the contract of a plug-in."""
        places = Places.of(self._environment)
        wanted = normalise(address)
        if not can_be_filtered(wanted):
            raise BadInput("Keys for an address of this form cannot be looked up.")
        match source:
            case KeySource.DOMAIN:
                found = self._by_domain(address.strip(), places, cancel)
                place = f"{wanted.rpartition('@')[2]} (WKD)"
            case KeySource.KEY_SERVER:
                found = self._by_server(wanted, places, cancel)
                place = urlsplit(places.vks).hostname or ""
        return tuple(self._sightings(found, wanted, place, cancel))

    def _by_domain(
        self, address: str, places: Places, cancel: CancelToken
    ) -> tuple[Certificate, ...]:
        """What the domain has; its second place counts only where the first does not exist."""
        for template in (places.wkd, places.wkd_direct):
            if not template:
                continue
            try:
                return certificates(self._fetch(wkd_url(template, address), cancel))
            except NoSuchHost:
                continue
            except NotFound:
                return ()
        return ()

    def _by_server(
        self, address: str, places: Places, cancel: CancelToken
    ) -> tuple[Certificate, ...]:
        """What the server has, and what it knows of keys that are here already."""
        by_address = f"{places.vks}/vks/v1/by-email/{quote(address, safe='')}"
        found = list(self._answer(by_address, cancel))
        known = [key.fingerprint for key in self._keys.list() if address in key.addresses]
        for fingerprint in known[:MOST_KEYS]:
            here = certificates(self._keys.minimal(fingerprint))
            answers = self._answer(f"{places.vks}/vks/v1/by-fingerprint/{fingerprint}", cancel)
            found += [
                newer
                for answer in answers
                for one in here
                if (newer := one.renewed_by(answer)) is not None
            ]
        return tuple(found)

    def publish(self, fingerprint: str, address: str, cancel: CancelToken) -> Published:
        """Upload a key with one address, and have the server write to that address if it wants to.

        VKS, as keys.openpgp.org describes it. Raises KeyMissing, BadInput, Unreachable, Cancelled.
        """
        vks, wanted = Places.of(self._environment).vks, normalise(address)
        if not vks:
            raise BadInput("No key server is set up.", f"Set {PREFIX}VKS to its address.")
        bound = self._keys.only(self._keys.minimal(fingerprint), wanted)
        if bound is None:
            raise KeyMissing(f"The key {fingerprint} does not carry the address {address}.")
        text = armored(bound[1], PUBLIC_KEY).decode("ascii")
        answer = self._told(f"{vks}/vks/v1/upload", {"keytext": text}, cancel)
        if _state(answer, wanted) == "unpublished":
            ask = {"token": answer.get("token"), "addresses": [wanted]}
            answer = self._told(f"{vks}/vks/v1/request-verify", ask, cancel)
        state = _state(answer, wanted)
        if state not in ("published", "pending"):
            raise BadInput(
                f"The key server did not take the key for {address}.",
                "A revoked key is never published.",
                state,
            )
        return Published(urlsplit(vks).hostname or "", state)

    def _told(
        self, url: str, what: Mapping[str, object], cancel: CancelToken
    ) -> Mapping[str, object]:
        """What the server answers to a message; raises BadInput for what is no answer."""
        answer = self._fetch(url, cancel, json=json.dumps(what).encode("ascii"))
        try:
            read = json.loads(answer)
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise BadInput("The key server answers in a way that it should not.")
        return read

    def _answer(self, url: str, cancel: CancelToken) -> tuple[Certificate, ...]:
        try:
            return certificates(self._fetch(url, cancel))
        except NotFound:
            return ()

    def _sightings(
        self, found: tuple[Certificate, ...], address: str, place: str, cancel: CancelToken
    ) -> Iterator[Sighting]:
        for certificate in found[:MOST_KEYS]:
            cancel.check()
            bound = self._keys.only(certificate.data, address)
            if bound is not None:
                key, data = bound
                yield Sighting(address, key.fingerprint, place, datetime.now(UTC), data)


def _state(answer: Mapping[str, object], address: str) -> str:
    """What the server says about an address."""
    states = answer.get("status")
    return str(states.get(address, "")) if isinstance(states, dict) else ""
