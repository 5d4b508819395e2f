"""What of the work with keys is done by an authority and not here, each said in a sentence."""

from __future__ import annotations

from mailclient.crypto.api import KeyInfo
from mailclient.errors import BadInput

_NO_MAKING = "Certificates are made by an authority, not here."
ASK = "Ask an authority (often your firm) for a file with your certificate and import that."


class MadeElsewhere:
    """Certificates are made, renewed and withdrawn by their authority."""

    def generate(self, address: str, name: str, passphrase: str | None) -> KeyInfo:
        """Not here."""
        raise BadInput(_NO_MAKING, ASK)

    def extend(self, fingerprint: str) -> KeyInfo:
        """Not here."""
        raise BadInput("A certificate is renewed by its authority, not here.", ASK)

    def add_subkey(self, fingerprint: str, passphrase: str = "") -> KeyInfo:
        """Not here."""
        raise BadInput("A certificate has no parts that could be renewed by themselves.", ASK)

    def change_passphrase(self, fingerprint: str, old: str, new: str) -> None:
        """Not here."""
        raise BadInput("A certificate has no passphrase of its own: the store guards its key.")

    def setup_file(self, fingerprint: str, code: str, *, prefer_encrypt: bool) -> bytes:
        """Not for certificates: that is a thing of OpenPGP."""
        raise BadInput(
            "A certificate is not moved by a setup message.", "Make a backup and import that."
        )

    def revoke(self, fingerprint: str) -> None:
        """Not here."""
        raise BadInput(
            "A certificate is withdrawn by its authority, not here.",
            "Tell the authority that your key is in other hands.",
        )
