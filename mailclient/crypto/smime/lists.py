"""Lists of certificates that their authority has withdrawn (RFC 5280 sections 5 and 6.3).

A list proves itself: the key that signed the certificate signs it, too. So it may come over an open
line, from a place that the certificate names. Whatever is not understood makes it no list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mailclient.crypto.smime.certificate import UNREADABLE, is_authority, usage_of
from mailclient.errors import BadInput

MOST_PLACES = 4
SKEW = timedelta(hours=1)  # the clocks of two computers
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_UNDERSTOOD = frozenset({x509.IssuingDistributionPoint.oid})
_UNDONE = x509.ReasonFlags.certificate_hold
_ADVICE = "Tell the authority of this certificate."


@dataclass(frozen=True, slots=True)
class Standing:
    """What a list says of one certificate: made at `listed`, it names it as withdrawn at `since`
    or does not name it. What is not `for_good` may be taken back by a later list."""

    listed: datetime
    since: datetime | None = None
    for_good: bool = False


def places_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the list of its authority is to be had: the addresses of the web that it names, and
    that are for every reason and by the authority itself (section 4.2.1.13)."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ()
    found = [
        name.value
        for point in points
        if not point.reasons and not point.crl_issuer
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]
    of_web = [one for one in found if one.lower().startswith(("http://", "https://"))]
    return tuple(dict.fromkeys(of_web))[:MOST_PLACES]


def standing(
    data: bytes,
    certificate: x509.Certificate,
    authority: x509.Certificate,
    place: str,
    now: datetime,
) -> Standing:
    """What a list that came from `place` says of a certificate that `authority` signed.

    Raises BadInput for anything but a whole, sound and current list of that authority.
    """
    try:
        found = _list_in(data)
        if (wrong := _wrong(found, certificate, authority, place, now)) is not None:
            raise BadInput(f"The list of withdrawn certificates {wrong}.", _ADVICE)
        entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None:
            return Standing(found.last_update_utc)
        return _named(found, entry)
    except UNREADABLE:
        raise BadInput("The list of withdrawn certificates cannot be read.", _ADVICE) from None


def _list_in(data: bytes) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(data) if b"-----BEGIN" in data else x509.load_der_x509_crl(data)


def _wrong(
    found: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    authority: x509.Certificate,
    place: str,
    now: datetime,
) -> str | None:
    """Why a list does not count for a certificate."""
    if not found.issuer == certificate.issuer == authority.subject:
        return "is of another authority"
    if not _signed_by(found, authority):
        return "is not signed by the authority"
    if found.last_update_utc > now + SKEW:
        return "is of a time to come"
    if found.next_update_utc is None or found.next_update_utc < now - SKEW:
        return "is an old one"
    if any(one.critical and one.oid not in _UNDERSTOOD for one in found.extensions):
        return "is of a kind that is not understood"
    return None if _is_for(found, certificate, place) else "is not for this certificate"


def _signed_by(found: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    usage, key = usage_of(authority), authority.public_key()
    if usage is not None and not usage.crl_sign:
        return False
    if isinstance(key, ed25519.Ed25519PublicKey):
        return found.is_signature_valid(key)
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
        return False
    by = found.signature_hash_algorithm
    return isinstance(by, _HASHES) and found.is_signature_valid(key)


def _is_for(
    found: x509.CertificateRevocationList, certificate: x509.Certificate, place: str
) -> bool:
    """Whether its range takes the certificate in (section 5.2.5): a list of a part of them all says
    which part, and must not be taken for another one's."""
    try:
        of = found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    if of.indirect_crl or of.only_some_reasons or of.only_contains_attribute_certs:
        return False
    if of.relative_name is not None:
        return False
    names = [getattr(one, "value", None) for one in of.full_name or ()]
    if names and place not in names:
        return False
    wrong = of.only_contains_user_certs if is_authority(certificate) else of.only_contains_ca_certs
    return not wrong


def _named(found: x509.CertificateRevocationList, entry: x509.RevokedCertificate) -> Standing:
    """A reason that cannot be read is one for good: the authority has put it on its list."""
    since = entry.revocation_date_utc
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *UNREADABLE):
        return Standing(found.last_update_utc, since, for_good=True)
    return Standing(found.last_update_utc, since, for_good=reason is not _UNDONE)
