"""Asking the authorities whether they still vouch for the certificates of a person.

Only an authority that is trusted here, and those in between that it vouches for, name a place that
is asked: any other certificate could name one just to learn who writes to its owner, and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from cryptography import x509

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Fetch
from mailclient.crypto.smime.certificate import addresses_of, fingerprint_of
from mailclient.crypto.smime.lists import Standing, places_of, standing
from mailclient.crypto.smime.ring import Certificates
from mailclient.errors import MailError


class Asking:
    """Fetches the lists of withdrawn certificates, each once, and keeps what they say."""

    def __init__(self, ring: Certificates, fetch: Fetch) -> None:
        self._ring = ring
        self._fetch = fetch

    def renewable(self, address: str) -> bool:
        """Whether somebody could be asked about a certificate of this address."""
        return any(places_of(one) for one, _ in self._steps(address))

    def renew(self, address: str, cancel: CancelToken) -> bool:
        """Ask about each certificate of an address and those above it; whether anything changed.

        What one authority says is kept, whatever becomes of the others. Raises Unreachable and its
        kin, CertificateRejected, BadInput, Cancelled.
        """
        fetched: dict[str, bytes] = {}
        changed = False
        refused: MailError | None = None
        for certificate, authority in self._steps(address):
            if self._ring.withdrawals.is_settled(certificate):
                continue
            try:
                said = self._said(certificate, authority, fetched, cancel)
            except MailError as problem:
                cancel.check()
                refused = refused or problem
                continue
            if said is not None:
                cancel.check()  # whoever asked may be gone, and the store closed
                changed |= self._ring.withdraws(certificate, said)
        if refused is not None and not changed:
            raise refused
        return changed

    def _steps(self, address: str) -> Iterator[tuple[x509.Certificate, x509.Certificate]]:
        """The certificates of an address and those above, each with whoever signed it, once."""
        vouching, seen = self._ring.vouching(on_hold=True), set()
        for one in self._ring.people():
            if address not in addresses_of(one):
                continue
            for certificate, authority in reversed(list(pairwise(vouching.way_of(one)))):
                if (name := fingerprint_of(certificate)) not in seen:
                    seen.add(name)
                    yield certificate, authority

    def _said(
        self,
        certificate: x509.Certificate,
        authority: x509.Certificate,
        fetched: dict[str, bytes],
        cancel: CancelToken,
    ) -> Standing | None:
        """What the first of its lists says that can be had; None where it names no place."""
        refused: MailError | None = None
        for place in places_of(certificate):
            try:
                if place not in fetched:
                    fetched[place] = self._fetch(place, cancel, proves_itself=True)
                return standing(fetched[place], certificate, authority, place, datetime.now(UTC))
            except MailError as problem:
                cancel.check()
                refused = problem
        if refused is not None:
            raise refused
        return None
