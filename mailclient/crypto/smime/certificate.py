"""What a certificate says of itself: whose it is, what it is for, how long (RFC 5280, RFC 8550).

Nothing here says that it is true; who vouches for it is the business of `chain`.
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailclient.crypto.api import KeyInfo
from mailclient.message.address import normalise
from mailclient.message.words import clean

FEWEST_BITS, MOST_BITS, LONGEST_EXPONENT = 2048, 8192, 33  # more only keeps a machine busy
# What reading somebody's certificate may raise. Of some mistakes of authorities the library warns,
# and says that it will refuse them one day; where warnings are faults it refuses them now.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)
warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=__package__)
STRONG: dict[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
_FOR_MAIL = frozenset(
    {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
)
_PARTS = ("serial_number", "not_valid_before_utc", "not_valid_after_utc", "extensions")
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def whole(certificate: x509.Certificate) -> x509.Certificate:
    """The same, if all of it can be read: the library reads a field only when it is asked for.

    Raises one of UNREADABLE.
    """
    for part in _PARTS:
        getattr(certificate, part)
    for name in (certificate.subject, certificate.issuer):
        name.public_bytes()
    return certificate


def fingerprint_of(certificate: x509.Certificate) -> str:
    """The SHA-256 of all of it, upper-case hex."""
    return certificate.fingerprint(hashes.SHA256()).hex().upper()


def addresses_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The mail addresses that it names: its alternative names, and only without any the old place
    in the subject (RFC 8550 section 3)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = list(names.get_values_for_type(x509.RFC822Name))
    except (x509.ExtensionNotFound, *UNREADABLE):
        found = []
    if not found:
        attributes = certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
        found = [str(one.value) for one in attributes]
    plain = [one for one in found if one.count("@") == 1 and one.isprintable() and " " not in one]
    return tuple(dict.fromkeys(normalise(one) for one in plain))


def name_of(certificate: x509.Certificate) -> str:
    """Who it says it belongs to, for people."""
    attributes = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(attributes[0].value) if attributes else certificate.subject.rfc4514_string()
    addresses = addresses_of(certificate)
    return clean(f"{name} <{addresses[0]}>" if addresses and "@" not in name else name)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may vouch for others."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    return found.value.ca


def usage_of(certificate: x509.Certificate) -> x509.KeyUsage | None:
    """What its key may be used for; None where it does not say."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def is_for_mail(certificate: x509.Certificate) -> bool:
    """Whether it may be used for mail, or does not say (RFC 8550 section 4.4.4)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return True
    return bool(_FOR_MAIL & set(found.value))


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether it is for signing mail, by a person (an authority signs certificates)."""
    try:
        usage = usage_of(certificate)
        wanted = usage is None or usage.digital_signature or usage.content_commitment
        return wanted and is_for_mail(certificate) and not is_authority(certificate)
    except UNREADABLE:  # an extension that cannot be read
        return False


def may_receive(certificate: x509.Certificate) -> bool:
    """Whether mail can be encrypted to it: to an RSA key, or by a key agreed on with another one
    (RFC 5753 section 7.1 says what that must be allowed for)."""
    try:
        usage = usage_of(certificate)
        key = certificate.public_key()
        if is_weak(certificate):
            return False
        if isinstance(key, rsa.RSAPublicKey):
            wanted = usage is None or usage.key_encipherment
        else:
            agrees = usage is None or usage.key_agreement
            wanted = isinstance(key, ec.EllipticCurvePublicKey) and agrees
        return wanted and is_for_mail(certificate) and not is_authority(certificate)
    except UNREADABLE:
        return False


def is_weak(certificate: x509.Certificate) -> bool:
    """Whether its key, or what vouches for it, is of a kind that can be broken or is not used."""
    try:
        key = certificate.public_key()
        by = certificate.signature_hash_algorithm
    except UNREADABLE:
        return True
    if isinstance(by, (hashes.MD5, hashes.SHA1)):
        return True
    if isinstance(key, rsa.RSAPublicKey):
        long = key.public_numbers().e.bit_length() > LONGEST_EXPONENT
        return long or not FEWEST_BITS <= key.key_size <= MOST_BITS
    if isinstance(key, ec.EllipticCurvePublicKey):
        return not isinstance(key.curve, _CURVES)
    return not isinstance(key, ed25519.Ed25519PublicKey)


def is_valid_at(certificate: x509.Certificate, when: datetime) -> bool:
    """Whether it had begun and not ended."""
    return certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc


def info_of(certificate: x509.Certificate, *, has_secret: bool, revoked: bool = False) -> KeyInfo:
    """The certificate as a key."""
    now = datetime.now(UTC)
    fingerprint = fingerprint_of(certificate)
    weak = is_weak(certificate)
    return KeyInfo(
        fingerprint=fingerprint,
        user_ids=(name_of(certificate),),
        addresses=() if is_authority(certificate) else addresses_of(certificate),
        created=certificate.not_valid_before_utc,
        expires=certificate.not_valid_after_utc,
        algorithm=_algorithm(certificate),
        can_encrypt=may_receive(certificate),
        can_sign=may_sign(certificate) and not weak,
        has_secret=has_secret,
        revoked=revoked,
        expired=certificate.not_valid_after_utc < now,
        disabled=certificate.not_valid_before_utc > now,
        weak=(fingerprint,) if weak else (),
        kind="S/MIME",
        in_vault=True,
        vouches=is_authority(certificate),
    )


def _algorithm(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return "unknown"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__.removesuffix("PublicKey")


def in_pem(certificate: x509.Certificate) -> bytes:
    """The certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM)
