"""Whether a signature is one: the hash, the signature over it, and the certificate behind it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from mailclient.crypto.smime.ber import Malformed
from mailclient.crypto.smime.certificate import (
    STRONG,
    addresses_of,
    fingerprint_of,
    is_valid_at,
    is_weak,
    may_sign,
    name_of,
)
from mailclient.crypto.smime.chain import Vouching
from mailclient.crypto.smime.parts import hash_in
from mailclient.crypto.smime.ring import Certificates
from mailclient.crypto.smime.signed import SignedData, Signer
from mailclient.message.facts import SignatureFact, SignatureStatus

_RSA = "1.2.840.113549.1.1.1"
_RSA_WITH = {
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
}
_PSS = "1.2.840.113549.1.1.10"
_ECDSA_WITH = {
    "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",
    "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
    "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
}
_EC_KEY = "1.2.840.10045.2.1"
_ED25519 = "1.3.101.112"
_NAMES = {
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
}
_NOBODY = "No authority that is trusted here vouches for the certificate."
_ITSELF = "The sender made the certificate without any authority."


@dataclass(frozen=True, slots=True)
class _Given:
    """What a signature is checked against."""

    signed: SignedData
    content: bytes
    ring: Certificates
    vouching: Vouching


def facts_of(signed: SignedData, content: bytes, ring: Certificates) -> tuple[SignatureFact, ...]:
    """Each signature by itself."""
    given = _Given(signed, content, ring, ring.vouching(signed.certificates))
    return tuple(_fact(one, given) for one in signed.signers)


def _fact(signer: Signer, given: _Given) -> SignatureFact:
    certificates = (*given.signed.certificates, *given.ring.people())
    certificate = next((one for one in certificates if signer.whose.names(one)), None)
    name = _NAMES.get(signer.hash.oid, signer.hash.oid)
    if certificate is None:
        reason = "The certificate that signed it is not here, so it cannot be checked."
        return SignatureFact(SignatureStatus.UNKNOWN_KEY, hash_algorithm=name, reason=reason)
    fact = SignatureFact(
        SignatureStatus.GOOD,
        fingerprint=fingerprint_of(certificate),
        key_id=f"{certificate.serial_number:X}",
        user_id=name_of(certificate),
        addresses=addresses_of(certificate),
        made=signer.made,
        hash_algorithm=name,
    )
    for check in (_method, _mathematics, _usage, _withdrawal, _validity):
        status, reason = check(signer, certificate, given)
        if status is not SignatureStatus.GOOD:
            return replace(fact, status=status, reason=reason)
    if signer.can and signer.made is not None:
        given.ring.abilities.heard(certificate, signer.can, signer.made)
    return _vouched(fact, certificate, given)


_Check = tuple[SignatureStatus, str]
_FINE: _Check = (SignatureStatus.GOOD, "")


def _method(signer: Signer, certificate: x509.Certificate, given: _Given) -> _Check:
    if signer.hash.oid not in STRONG or is_weak(certificate):
        return SignatureStatus.WEAK, "The signature was made by a method that can be forged."
    return _FINE


def _mathematics(signer: Signer, certificate: x509.Certificate, given: _Given) -> _Check:
    """RFC 5652 section 5.6: the hash of the content is among what is signed."""
    digest = hashes.Hash(STRONG[signer.hash.oid]())
    digest.update(given.content)
    changed = SignatureStatus.BAD, "The text was changed after it was signed."
    if signer.attributes:
        if signer.content_type != given.signed.content_type:
            return SignatureStatus.ERROR, "The signature is of another kind of content."
        if not hmac.compare_digest(digest.finalize(), signer.digest):
            return changed
    try:
        if not _verified(signer, certificate, signer.attributes or given.content):
            return SignatureStatus.WEAK, "The signature was made by a method that is not accepted."
    except InvalidSignature:
        return changed
    except (Malformed, ValueError, TypeError, UnsupportedAlgorithm):
        return SignatureStatus.ERROR, "The signature could not be checked."
    return _FINE


def _verified(signer: Signer, certificate: x509.Certificate, data: bytes) -> bool:
    """False for a method that is not accepted; raises InvalidSignature."""
    key, oid, by = certificate.public_key(), signer.method.oid, STRONG[signer.hash.oid]()
    if isinstance(key, rsa.RSAPublicKey):
        if oid == _RSA or _RSA_WITH.get(oid) == signer.hash.oid:
            key.verify(signer.signature, data, padding.PKCS1v15(), by)
            return True
        if oid == _PSS and hash_in(signer.method.parameters) == signer.hash.oid:
            pss = padding.PSS(padding.MGF1(by), padding.PSS.AUTO)
            key.verify(signer.signature, data, pss, by)
            return True
    by_curve = oid == _EC_KEY or _ECDSA_WITH.get(oid) == signer.hash.oid
    if isinstance(key, ec.EllipticCurvePublicKey) and by_curve:
        key.verify(signer.signature, data, ec.ECDSA(by))
        return True
    if isinstance(key, ed25519.Ed25519PublicKey) and oid == _ED25519:
        key.verify(signer.signature, data)
        return True
    return False


def _usage(signer: Signer, certificate: x509.Certificate, given: _Given) -> _Check:
    if not may_sign(certificate):
        return SignatureStatus.ERROR, "The certificate is not for signing mail."
    return _FINE


def _withdrawal(signer: Signer, certificate: x509.Certificate, given: _Given) -> _Check:
    """Whenever it says to have signed: whoever has a stolen key writes any date."""
    known = given.ring.withdrawals.of(fingerprint_of(certificate))
    if known is None or known.since is None:
        return _FINE
    return SignatureStatus.REVOKED_KEY, (
        f"The certificate that signed it was withdrawn by its authority on {known.since:%d %B %Y}."
    )


def _validity(signer: Signer, certificate: x509.Certificate, given: _Given) -> _Check:
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc < now:
        return SignatureStatus.EXPIRED_KEY, "The certificate that signed it has expired."
    if certificate.not_valid_before_utc > now:
        return SignatureStatus.ERROR, "The certificate that signed it is not valid yet."
    if signer.made is not None and not is_valid_at(certificate, signer.made):
        return SignatureStatus.ERROR, "The certificate was not valid when it was signed."
    return _FINE


def _vouched(fact: SignatureFact, certificate: x509.Certificate, given: _Given) -> SignatureFact:
    way = given.vouching.way_of(certificate)
    given.ring.met(way)
    by = name_of(way[-1]) if way else ""
    reason = "" if by else _ITSELF if certificate.issuer == certificate.subject else _NOBODY
    return replace(fact, vouched_by=by, reason=reason, key=given.ring.in_mail(certificate))
