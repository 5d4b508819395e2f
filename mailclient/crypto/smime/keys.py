"""The keys of the contract. Most people have no certificate: what reads certificates is loaded when
there is one, or when there may be one in what is looked at."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mailclient.built import Built
from mailclient.crypto.api import Host, Imported, KeyInfo
from mailclient.crypto.smime.elsewhere import MadeElsewhere

if TYPE_CHECKING:
    from mailclient.crypto.smime.ring import Certificates


class CertificateKeys(MadeElsewhere):
    """Certificates as keys."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.building = threading.RLock()

    @Built
    def certificates(self) -> Certificates:
        """All that is known of them."""
        from mailclient.crypto.smime.ring import Certificates

        host = self._host
        return Certificates(host.vault, host.ask_passphrase, host.environment)

    @Built
    def _had_some(self) -> bool:
        """Whether there was one at the beginning; more come by way of `certificates` alone."""
        return bool(self._host.vault)

    def list(self) -> tuple[KeyInfo, ...]:
        """All certificates but those in between; the same tuple until something changes."""
        loaded = "certificates" in vars(self)
        return self.certificates.list() if loaded or self._had_some else ()

    def inspect(self, data: bytes) -> tuple[KeyInfo, ...]:
        """The certificates in `data`, without taking them in."""
        return self.certificates.inspect(data)

    def import_keys(self, data: bytes) -> tuple[Imported, ...]:
        """Take in the certificates in `data`; raises BadInput."""
        return self.certificates.import_keys(data)

    def export(self, fingerprint: str, *, secret: bool = False) -> bytes:
        """A certificate as text; raises KeyMissing, BadInput."""
        return self.certificates.export(fingerprint, secret=secret)

    def backup(self, fingerprint: str, code: str) -> bytes:
        """A file that `code` opens; raises KeyMissing."""
        return self.certificates.backup(fingerprint, code)

    def restore(self, data: bytes, code: str) -> bytes:
        """What is in such a file; raises BadInput."""
        return self.certificates.restore(data, code)

    def delete(self, fingerprint: str, *, secret: bool = False) -> None:
        """Remove a certificate; raises KeyMissing, BadInput."""
        self.certificates.delete(fingerprint, secret=secret)
