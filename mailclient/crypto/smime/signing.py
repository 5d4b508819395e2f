"""Make a signature that stands by itself (RFC 5652 section 5, RFC 8551, RFC 8419)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from mailclient.crypto.smime.ber import CONSTRUCTED, NULL, OID, SEQUENCE, SET, oid, value
from mailclient.crypto.smime.content import READ
from mailclient.crypto.smime.parts import (
    CONTEXT_0,
    DATA,
    SIGNED,
    issuer_and_serial,
    method,
    number,
    octets,
    whole,
)
from mailclient.crypto.smime.signed import CAPABILITIES, CONTENT_TYPE, DIGEST, SIGNING_TIME

_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_SHA256, _SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"
_RSA, _ECDSA, _ED25519 = "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.2", "1.3.101.112"


@dataclass(frozen=True, slots=True)
class Pen:
    """What signs: a certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKeyTypes

    @property
    def can_write(self) -> bool:
        """Whether a key of this kind signs mail here."""
        kinds = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
        return isinstance(self.key, kinds)

    @property
    def micalg(self) -> str:
        """The name of the hash in the header (RFC 8551 section 3.5.3.2)."""
        return "sha-512" if isinstance(self.key, ed25519.Ed25519PrivateKey) else "sha-256"

    def signature(self, content: bytes, others: Sequence[x509.Certificate]) -> bytes:
        """A signature over some content, with one's own certificate and others beside it."""
        digest = hashes.Hash(hashes.SHA512() if self.micalg == "sha-512" else hashes.SHA256())
        digest.update(content)
        said = _attributes(digest.finalize())
        made_by, signature = self._over(value(SET, *said))
        hashed = method(_SHA512 if self.micalg == "sha-512" else _SHA256)
        info = value(
            SEQUENCE, number(1), issuer_and_serial(self.certificate), hashed,
            value(CONTEXT_0 | CONSTRUCTED, *said), made_by, octets(signature),
        )  # fmt: skip
        certificates = [one.public_bytes(Encoding.DER) for one in (self.certificate, *others)]
        body = value(
            SEQUENCE, number(1), value(SET, hashed), value(SEQUENCE, value(OID, oid(DATA))),
            value(CONTEXT_0 | CONSTRUCTED, *certificates), value(SET, info),
        )  # fmt: skip
        return whole(SIGNED, body)

    def _over(self, data: bytes) -> tuple[bytes, bytes]:
        """The method, and the signature; raises TypeError for a key that signs no mail."""
        key = self.key
        if isinstance(key, rsa.RSAPrivateKey):
            signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
            return method(_RSA, value(NULL)), signature
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return method(_ECDSA), key.sign(data, ec.ECDSA(hashes.SHA256()))
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return method(_ED25519), key.sign(data)
        raise TypeError("a key of this kind signs no mail")


def _attributes(digest: bytes) -> list[bytes]:
    """What is signed, in the order of DER (X.690 section 11.6)."""
    now = datetime.now(UTC)
    early = now.year < 2050  # RFC 5652 section 11.3
    stamp = f"{now:%y%m%d%H%M%SZ}" if early else f"{now:%Y%m%d%H%M%SZ}"
    time = value(_UTC_TIME if early else _GENERALIZED_TIME, stamp.encode("ascii"))
    can = value(SEQUENCE, *(method(one) for one in READ))
    return sorted(
        (
            _attribute(CONTENT_TYPE, value(OID, oid(DATA))),
            _attribute(DIGEST, octets(digest)),
            _attribute(SIGNING_TIME, time),
            _attribute(CAPABILITIES, can),
        )
    )


def _attribute(name: str, of: bytes) -> bytes:
    return value(SEQUENCE, value(OID, oid(name)), value(SET, of))
