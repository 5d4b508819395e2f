"""The S/MIME plug-in: certificates behind the contract. It reports what it finds and judges
nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as package_version
from typing import TYPE_CHECKING

from mailclient.built import Built
from mailclient.cancel import CancelToken
from mailclient.crypto.api import Finding, Host, KeySource, Published, Sighting
from mailclient.crypto.smime.keys import CertificateKeys
from mailclient.errors import BadInput
from mailclient.message.facts import Layer, Opened

if TYPE_CHECKING:
    from mailclient.crypto.smime.asking import Asking
    from mailclient.crypto.smime.opening import Opening
    from mailclient.crypto.smime.sealing import Sealing

_SOON = timedelta(days=30)


class SMime:
    """S/MIME: signed and encrypted mail both ways."""

    name = "smime"
    protocols = frozenset(
        f"application/{old}pkcs7-{kind}" for old in ("", "x-") for kind in ("mime", "signature")
    )
    sources: frozenset[KeySource] = frozenset()

    def __init__(self, host: Host) -> None:
        self.version = package_version("mailclient")
        self._fetch = host.fetch
        self.keys = CertificateKeys(host)
        self.building = threading.RLock()

    @Built
    def _opening(self) -> Opening:
        from mailclient.crypto.smime.opening import Opening

        return Opening(self.keys.certificates)

    @Built
    def _sealing(self) -> Sealing:
        from mailclient.crypto.smime.sealing import Sealing

        return Sealing(self.keys.certificates)

    @Built
    def _asking(self) -> Asking:
        from mailclient.crypto.smime.asking import Asking

        return Asking(self.keys.certificates, self._fetch)

    def open(self, layer: Layer, cancel: CancelToken, *, may_ask: bool = False) -> Opened:
        """Decrypt or verify one layer; raises Cancelled only."""
        return self._opening.open(layer, cancel)

    def seal(
        self,
        entity: bytes,
        *,
        sign_with: str | None,
        encrypt_to: Sequence[str],
        cancel: CancelToken,
    ) -> bytes:
        """Protect a MIME entity; raises SealFailed, KeyMissing."""
        return self._sealing.seal(entity, sign_with, encrypt_to, cancel)

    def announce(
        self, fingerprint: str, address: str, *, prefer_encrypt: bool
    ) -> tuple[tuple[str, str], ...]:
        """Nothing: the certificate goes with each signature."""
        return ()

    def observe(
        self, headers: Sequence[tuple[str, str]], sender: str, date: datetime
    ) -> tuple[Sighting, ...]:
        """Nothing: no header holds a certificate."""
        return ()

    def discover(
        self, address: str, source: KeySource, cancel: CancelToken
    ) -> tuple[Sighting, ...]:
        """Nothing: there is no place where certificates are found."""
        return ()

    def renewable(self, address: str) -> bool:
        """Whether an authority vouches for a certificate of this address and says where it
        tells of those that it has withdrawn."""
        return bool(self.keys.list()) and self._asking.renewable(address)

    def renew(self, address: str, cancel: CancelToken) -> bool:
        """Ask the authorities of its certificates; raises Unreachable and its kin, BadInput."""
        return bool(self.keys.list()) and self._asking.renew(address, cancel)

    def publish(self, fingerprint: str, address: str, cancel: CancelToken) -> Published:
        """Not for certificates."""
        raise BadInput("A certificate is not published: it goes with each mail that you sign.")

    def check(self) -> tuple[Finding, ...]:
        """One's own certificates, and those that end soon."""
        own = [one for one in self.keys.list() if one.has_secret]
        trusted = len(self.keys.certificates.authorities())
        text = f"Certificates of your own: {len(own)}; trusted authorities: {trusted}."
        found = [Finding("S/MIME", "ok", text)]
        for one in own:
            if one.expires is not None and one.expires < datetime.now(UTC) + _SOON:
                words = f"Your certificate {one.user_ids[0]} ends on {one.expires:%d %B %Y}."
                found.append(
                    Finding("S/MIME", "warning", f"{words} Ask its authority for another.")
                )
        return tuple(found)

    def close(self) -> None:
        """Nothing was started."""
