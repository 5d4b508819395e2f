"""A key that only two can know, from the key of one and a key made for one message (RFC 5753)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailclient.crypto.smime.ber import CONSTRUCTED, SEQUENCE, Node, value
from mailclient.crypto.smime.envelope import Recipient
from mailclient.crypto.smime.parts import (
    CONTEXT_0,
    CONTEXT_1,
    CONTEXT_2,
    algorithm,
    issuer_and_serial,
    method,
    number,
    octets,
)

EC_KEY = "1.2.840.10045.2.1"
_SCHEME, _WRAP = "1.3.132.1.11.1", "2.16.840.1.101.3.4.1.45"
_WRAP_BYTES = 32
# Plain and cofactor Diffie-Hellman are one and the same on these curves, whose cofactor is 1.
_SCHEMES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "1.3.133.16.840.63.0.2": hashes.SHA1, "1.3.133.16.840.63.0.3": hashes.SHA1,
    "1.3.132.1.11.0": hashes.SHA224, "1.3.132.1.14.0": hashes.SHA224,
    "1.3.132.1.11.1": hashes.SHA256, "1.3.132.1.14.1": hashes.SHA256,
    "1.3.132.1.11.2": hashes.SHA384, "1.3.132.1.14.2": hashes.SHA384,
    "1.3.132.1.11.3": hashes.SHA512, "1.3.132.1.14.3": hashes.SHA512,
}  # fmt: skip
_WRAPS = {
    "2.16.840.1.101.3.4.1.5": 16, "2.16.840.1.101.3.4.1.25": 24, "2.16.840.1.101.3.4.1.45": 32,
}  # fmt: skip
_BITS = 0x03


@dataclass(frozen=True, slots=True)
class _Derived:
    """What goes into the key that wraps: the wrapping method as it is written, its bytes, and what
    the sender mixed in."""

    wrap: bytes
    size: int
    mixed_in: bytes | None = None

    def key(self, shared: bytes, by: hashes.HashAlgorithm) -> bytes:
        """Section 7.2: X9.63 over ECC-CMS-SharedInfo."""
        mixed = (
            b"" if self.mixed_in is None else value(CONTEXT_0 | CONSTRUCTED, octets(self.mixed_in))
        )
        bits = value(CONTEXT_2 | CONSTRUCTED, octets(struct.pack(">I", self.size * 8)))
        info = value(SEQUENCE, self.wrap, mixed, bits)
        return X963KDF(by, self.size, info).derive(shared)


def is_known(recipient: Recipient) -> bool:
    """Whether the content key can be had from this with the right key of one's own."""
    if recipient.agreed is None or recipient.agreed.kind != EC_KEY:
        return False
    wrap = recipient.method.parameters
    if wrap is None or wrap.tag != SEQUENCE or not wrap.is_der:
        return False
    return recipient.method.oid in _SCHEMES and _wrapping(wrap) in _WRAPS


def unwrapped(recipient: Recipient, key: PrivateKeyTypes) -> bytes:
    """The content key; raises ValueError for whatever is wrong."""
    agreed, wrap = recipient.agreed, recipient.method.parameters
    if agreed is None or wrap is None or not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("no key that could agree with it")
    # Only a point on one's own curve is one: anything else would give away the key bit by bit.
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, agreed.public)
    derived = _Derived(bytes(wrap.raw), _WRAPS[_wrapping(wrap)], agreed.mixed_in)
    by = _SCHEMES[recipient.method.oid]()
    wrapping = derived.key(key.exchange(ec.ECDH(), theirs), by)
    try:
        return aes_key_unwrap(wrapping, recipient.sealed_key)
    except InvalidUnwrap:
        raise ValueError("it does not fit") from None


def wrapped(content_key: bytes, certificate: x509.Certificate) -> bytes:
    """The content key for the holder of a certificate, by a key made for this alone."""
    theirs = certificate.public_key()
    if not isinstance(theirs, ec.EllipticCurvePublicKey):
        raise TypeError("another kind of key")
    once = ec.generate_private_key(theirs.curve)
    wrap = method(_WRAP)
    derived = _Derived(wrap, _WRAP_BYTES)
    wrapping = derived.key(once.exchange(ec.ECDH(), theirs), hashes.SHA256())
    public = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    ours = value(CONTEXT_1 | CONSTRUCTED, method(EC_KEY), value(_BITS, b"\x00", public))
    sealed = octets(aes_key_wrap(wrapping, content_key))
    return value(
        CONTEXT_1 | CONSTRUCTED,
        number(3),
        value(CONTEXT_0 | CONSTRUCTED, ours),
        method(_SCHEME, wrap),
        value(SEQUENCE, value(SEQUENCE, issuer_and_serial(certificate), sealed)),
    )


def _wrapping(wrap: Node) -> str:
    return algorithm(wrap).oid
