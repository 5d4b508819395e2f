"""What the programs of other people can read, as their mail and their certificates say.

Only one question is asked: whether mail may go to a certificate in the way that notices changes.
Its holder has said so under the signature itself, so nobody else can say it for them.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime

from cryptography import x509

from mailclient.crypto.smime.ber import Malformed, read
from mailclient.crypto.smime.certificate import UNREADABLE, fingerprint_of
from mailclient.crypto.smime.content import AES_256_GCM
from mailclient.crypto.smime.signed import CAPABILITIES, capabilities
from mailclient.errors import StoreLocked

_CAN = "can/"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Abilities:
    """What was heard, kept in the store; safe for any thread."""

    def __init__(self, vault: MutableMapping[str, bytes]) -> None:
        self._vault = vault

    def heard(self, certificate: x509.Certificate, can: frozenset[str], made: datetime) -> None:
        """Note what a signature of this certificate's says, unless a later one is known.

        It is written only where something changes: not for each message.
        """
        name, guarded = _CAN + fingerprint_of(certificate), AES_256_GCM in can
        before, when = self._known(name)
        if guarded != before and made > when:
            with suppress(StoreLocked):  # it is learnt by the way, and again
                self._vault[name] = f"{int(made.timestamp())} {int(guarded)}".encode("ascii")

    def reads_guarded(self, certificate: x509.Certificate) -> bool:
        """Whether its holder can read AES-256 in GCM."""
        name = _CAN + fingerprint_of(certificate)
        return self._known(name)[0] if name in self._vault else AES_256_GCM in _said_by(certificate)

    def _known(self, name: str) -> tuple[bool, datetime]:
        when, _, guarded = self._vault.get(name, b"").decode("ascii").partition(" ")
        return guarded == "1", datetime.fromtimestamp(int(when), UTC) if when else _LONG_AGO


def _said_by(certificate: x509.Certificate) -> frozenset[str]:
    """What a certificate itself says (RFC 4262)."""
    try:
        name = x509.ObjectIdentifier(CAPABILITIES)
        said = certificate.extensions.get_extension_for_oid(name).value
        if isinstance(said, x509.UnrecognizedExtension):
            return capabilities(read(said.value))
    except (x509.ExtensionNotFound, Malformed, *UNREADABLE):
        pass
    return frozenset()
