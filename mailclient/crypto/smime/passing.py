"""How the key of the content is passed to a recipient: by RSA, or by a key agreed on."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from mailclient.crypto.smime import agreement
from mailclient.crypto.smime.ber import CONSTRUCTED, NULL, SEQUENCE, Malformed, value
from mailclient.crypto.smime.envelope import Recipient
from mailclient.crypto.smime.parts import (
    CONTEXT_0,
    CONTEXT_1,
    CONTEXT_2,
    Algorithm,
    algorithm,
    explicit,
    inside,
    issuer_and_serial,
    method,
    number,
    octets,
)

RSA = "1.2.840.113549.1.1.1"
_OAEP, _MGF1 = "1.2.840.113549.1.1.7", "1.2.840.113549.1.1.8"
_SHA1 = "1.3.14.3.2.26"
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    _SHA1: hashes.SHA1, "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384, "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}  # fmt: skip


def is_readable(recipient: Recipient) -> bool:
    """Whether it was passed by a method that is known here."""
    if recipient.agreed is not None:
        return agreement.is_known(recipient)
    return recipient.method.oid in (RSA, _OAEP)


def content_key(recipient: Recipient, key: PrivateKeyTypes) -> bytes:
    """The key of the content; raises ValueError, UnsupportedAlgorithm."""
    if not is_readable(recipient):
        raise ValueError("not a method that is known")
    if recipient.agreed is not None:
        return agreement.unwrapped(recipient, key)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("no RSA key")
    if recipient.method.oid == RSA:
        return key.decrypt(recipient.sealed_key, padding.PKCS1v15())
    return key.decrypt(recipient.sealed_key, _oaep(recipient.method))


@dataclass(frozen=True, slots=True)
class _Hashes:
    """Both hashes of OAEP, as object identifiers."""

    of_label: str = _SHA1
    of_mask: str = _SHA1


def _oaep(of: Algorithm) -> padding.OAEP:
    """RFC 4055 section 4.1: what is not said is SHA-1, and a label is used by nobody."""
    found = _Hashes()
    for one in inside(of.parameters, SEQUENCE) if of.parameters is not None else ():
        said = algorithm(explicit(one, one.tag & ~CONSTRUCTED))
        if one.tag == CONTEXT_0 | CONSTRUCTED:
            found = _Hashes(said.oid, found.of_mask)
        elif one.tag == CONTEXT_1 | CONSTRUCTED and said.oid == _MGF1 and said.parameters:
            found = _Hashes(found.of_label, algorithm(said.parameters).oid)
        elif one.tag != CONTEXT_2 | CONSTRUCTED:
            raise Malformed("not a method that is used")
    if not {found.of_label, found.of_mask} <= _HASHES.keys():
        raise Malformed("not a hash that is used")
    mask = padding.MGF1(_HASHES[found.of_mask]())
    return padding.OAEP(mask, _HASHES[found.of_label](), None)


def passed(key: bytes, certificate: x509.Certificate) -> bytes:
    """The key of the content for the holder of a certificate."""
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        return agreement.wrapped(key, certificate)
    sealed = octets(public.encrypt(key, padding.PKCS1v15()))
    name = issuer_and_serial(certificate)
    return value(SEQUENCE, number(0), name, method(RSA, value(NULL)), sealed)
