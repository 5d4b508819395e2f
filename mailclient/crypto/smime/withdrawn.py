"""What the authorities have said of certificates, kept in the store.

The latest list counts, and a list that was kept back cannot undo a later one. What was withdrawn
for good stays withdrawn, whatever comes after it.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime

from cryptography import x509

from mailclient.crypto.smime.certificate import fingerprint_of
from mailclient.crypto.smime.lists import Standing

_LISTED = "listed/"


class Withdrawals:
    """The standing of each certificate that was asked after; safe for any thread."""

    def __init__(self, vault: MutableMapping[str, bytes]) -> None:
        self._vault = vault

    def of(self, fingerprint: str) -> Standing | None:
        """What is known of a certificate; None if it was never asked after."""
        data = self._vault.get(_LISTED + fingerprint.upper())
        return None if data is None else _read(data)

    def has_withdrawn(self, certificate: x509.Certificate) -> bool:
        """Whether its authority has withdrawn it."""
        known = self.of(fingerprint_of(certificate))
        return known is not None and known.since is not None

    def is_settled(self, certificate: x509.Certificate) -> bool:
        """Whether nobody needs to be asked about it any more."""
        known = self.of(fingerprint_of(certificate))
        return known is not None and known.for_good

    def note(self, certificate: x509.Certificate, said: Standing) -> bool:
        """Keep what a list says; whether the certificate is withdrawn or given back by it."""
        name = fingerprint_of(certificate)
        known = self.of(name)
        if known is not None and (known.for_good or _is_older(said, known)):
            return False
        self._vault[_LISTED + name] = _written(said)
        return (known.since if known else None) != said.since


def _is_older(said: Standing, known: Standing) -> bool:
    """Of two lists of one second the one that withdraws counts."""
    before = said.listed.replace(microsecond=0), said.since is not None
    return before <= (known.listed, known.since is not None)


def _written(said: Standing) -> bytes:
    since = "" if said.since is None else str(int(said.since.timestamp()))
    return f"{int(said.listed.timestamp())} {since} {int(said.for_good)}".encode("ascii")


def _read(data: bytes) -> Standing:
    listed, since, for_good = data.decode("ascii").split(" ")
    return Standing(_time(listed), _time(since) if since else None, for_good == "1")


def _time(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
