"""Sign and encrypt a MIME entity (RFC 8551): signed within, encrypted around, or one of the two.

What is encrypted is AES-256 in CBC, which every program reads and which guards nothing: so it is
signed inside, and a reader without that signature must not believe it.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from mailclient.cancel import CancelToken
from mailclient.crypto.smime.certificate import info_of
from mailclient.crypto.smime.ring import Certificates, Own
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
        return _encrypted(whole, recipients) if recipients else whole

    def _signed(self, entity: bytes, own: Own) -> bytes:
        if not isinstance(own.key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise SealFailed("A key of this kind cannot sign here; nothing was sent.")
        builder = pkcs7.PKCS7SignatureBuilder().set_data(entity)
        builder = builder.add_signer(own.certificate, own.key, hashes.SHA256())
        for one in self._ring.between():
            builder = builder.add_certificate(one)
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        boundary = f"=_{secrets.token_hex(16)}"
        line = f"--{boundary}".encode("ascii")
        head = (
            'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
            f' micalg=sha-256;\r\n boundary="{boundary}"\r\n\r\n'
        )
        signature = _part(
            'application/pkcs7-signature; name="smime.p7s"', "smime.p7s",
            builder.sign(Encoding.DER, options),
        )  # fmt: skip
        return b"".join(
            (head.encode("ascii"), line, b"\r\n", entity, b"\r\n", line, b"\r\n", signature,
             b"\r\n", line, b"--\r\n")
        )  # fmt: skip

    def _recipient(self, fingerprint: str) -> x509.Certificate:
        certificate = self._ring.certificate(fingerprint)
        if certificate is None:
            raise KeyMissing(
                f"The certificate {fingerprint} is not here any more. Nothing was sent."
            )
        info = info_of(certificate, has_secret=False)
        if not info.usable:
            who = info.addresses[0] if info.addresses else fingerprint
            raise KeyMissing(
                f"The certificate of {who} cannot be used to encrypt now. Nothing was sent.",
                "Ask for a new one.",
            )
        return certificate

    def _signing(self, fingerprint: str) -> Own:
        for own in self._ring.own():
            info = info_of(own.certificate, has_secret=True)
            if info.fingerprint == fingerprint.upper() and info.can_sign and not info.expired:
                return own
        raise KeyMissing(
            "There is no certificate of yours that could sign. Nothing was sent.",
            "Import the file with your certificate in Keys and people.",
        )


def _encrypted(entity: bytes, recipients: Sequence[x509.Certificate]) -> bytes:
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(entity)
    builder = builder.set_content_encryption_algorithm(AES256)
    for one in recipients:
        builder = builder.add_recipient(one)
    sealed = builder.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    kind = 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'
    return _part(kind, "smime.p7m", sealed)


def _part(kind: str, name: str, data: bytes) -> bytes:
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    lines = [b64encode(data[at : at + _LINE]) for at in range(0, len(data), _LINE)]
    return head.encode("ascii") + b"\r\n".join(lines) + b"\r\n"
