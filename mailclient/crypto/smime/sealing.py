"""Sign and encrypt a MIME entity (RFC 8551): signed within, encrypted around, or one of the two.

What is encrypted is AES-256. Where the programs of all recipients can read it, it is in GCM, which
notices changes; else in CBC, which every program reads and which guards nothing: so it is signed
inside, and a reader without that signature must not believe it.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence

from cryptography import x509

from mailclient.cancel import CancelToken
from mailclient.crypto.smime.certificate import fingerprint_of
from mailclient.crypto.smime.content import encrypted
from mailclient.crypto.smime.passing import passed
from mailclient.crypto.smime.ring import Certificates
from mailclient.crypto.smime.signing import Pen
from mailclient.errors import KeyMissing, SealFailed

_LINE = 76 // 4 * 3


class Sealing:
    """Seals entities."""

    def __init__(self, ring: Certificates) -> None:
        self._ring = ring

    def seal(
        self, entity: bytes, sign_with: str | None, encrypt_to: Sequence[str], cancel: CancelToken
    ) -> bytes:
        """Raises KeyMissing, SealFailed, Cancelled."""
        cancel.check()
        if sign_with is None and not encrypt_to:
            raise SealFailed("The message was to be neither encrypted nor signed.")
        recipients = [self._recipient(one) for one in encrypt_to]
        whole = entity if sign_with is None else self._signed(entity, self._signing(sign_with))
        cancel.check()
        return self._encrypted(whole, recipients) if recipients else whole

    def _signed(self, entity: bytes, pen: Pen) -> bytes:
        if not pen.can_write:
            raise SealFailed("A key of this kind cannot sign here; nothing was sent.")
        boundary = f"=_{secrets.token_hex(16)}"
        line = f"--{boundary}".encode("ascii")
        head = (
            'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
            f' micalg={pen.micalg};\r\n boundary="{boundary}"\r\n\r\n'
        )
        signature = _part(
            'application/pkcs7-signature; name="smime.p7s"', "smime.p7s",
            pen.signature(entity, self._ring.way_up(pen.certificate)),
        )  # fmt: skip
        return b"".join(
            (head.encode("ascii"), line, b"\r\n", entity, b"\r\n", line, b"\r\n", signature,
             b"\r\n", line, b"--\r\n")
        )  # fmt: skip

    def _encrypted(self, entity: bytes, recipients: Sequence[x509.Certificate]) -> bytes:
        guarded = all(self._reads_guarded(one) for one in recipients)
        key = secrets.token_bytes(32)
        sealed = encrypted(entity, key, [passed(key, one) for one in recipients], guarded=guarded)
        kind = "authEnveloped-data" if guarded else "enveloped-data"
        return _part(
            f'application/pkcs7-mime; smime-type={kind}; name="smime.p7m"', "smime.p7m", sealed
        )

    def _reads_guarded(self, certificate: x509.Certificate) -> bool:
        """Whoever has the key here reads it here."""
        mine = fingerprint_of(certificate) in {
            fingerprint_of(one.certificate) for one in self._ring.own()
        }
        return mine or self._ring.abilities.reads_guarded(certificate)

    def _recipient(self, fingerprint: str) -> x509.Certificate:
        certificate = self._ring.certificate(fingerprint)
        if certificate is None:
            raise KeyMissing(
                f"The certificate {fingerprint} is not here any more. Nothing was sent."
            )
        info = self._ring.info_of(certificate, has_secret=False)
        if not info.usable:
            who = info.addresses[0] if info.addresses else fingerprint
            raise KeyMissing(
                f"The certificate of {who} cannot be used to encrypt now. Nothing was sent.",
                "Ask for a new one.",
            )
        return certificate

    def _signing(self, fingerprint: str) -> Pen:
        for own in self._ring.own():
            info = self._ring.info_of(own.certificate, has_secret=True)
            ended = info.expired or info.revoked
            if info.fingerprint == fingerprint.upper() and info.can_sign and not ended:
                return Pen(own.certificate, own.key)
        raise KeyMissing(
            "There is no certificate of yours that could sign. Nothing was sent.",
            "Import the file with your certificate in Keys and people.",
        )


def _part(kind: str, name: str, data: bytes) -> bytes:
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    lines = [b64encode(data[at : at + _LINE]) for at in range(0, len(data), _LINE)]
    return head.encode("ascii") + b"\r\n".join(lines) + b"\r\n"
