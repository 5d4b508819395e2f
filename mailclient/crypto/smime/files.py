"""Files that hold certificates: PEM, DER, PKCS#7, and PKCS#12 with a secret key (RFC 7292)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from mailclient.crypto.smime.certificate import UNREADABLE, is_authority, whole
from mailclient.errors import BadInput, KeyLocked

LARGEST = 1024 * 1024
_PEM = b"-----BEGIN CERTIFICATE-----"
SecretKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Own:
    """A certificate of one's own and its secret key."""

    certificate: x509.Certificate
    key: PrivateKeyTypes


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds."""

    certificates: tuple[x509.Certificate, ...]
    own: Own | None = None


def in_the_open(data: bytes) -> Found:
    """What a file holds that nobody has to be asked for; nothing where it is closed, or no file of
    certificates."""
    if certificates := _readable(data):
        return Found(certificates)
    try:
        return _pkcs12(data, None)
    except UNREADABLE:
        return Found(())


def opened(data: bytes, ask: Callable[[str], str | None]) -> Found:
    """What a file holds, with a question for its passphrase where it has one.

    Raises BadInput, KeyLocked.
    """
    if len(data) > LARGEST:
        raise BadInput("This is too large for a file of certificates.")
    found = in_the_open(data)
    if found.own or found.certificates:
        return found
    if not data.startswith(b"\x30"):
        raise BadInput("There is no certificate in it.")
    passphrase = ask("the file with your certificate")
    if passphrase is None:
        raise KeyLocked(
            "The file with your certificate was not opened.", "Its passphrase is needed."
        )
    return _by(data, passphrase)


def copy_of(own: Own, others: Sequence[x509.Certificate], code: str) -> bytes:
    """A PKCS#12 file that `code` opens; raises BadInput."""
    return _written(own, others, serialization.BestAvailableEncryption(code.encode("utf-8")))


def reopened(data: bytes, code: str) -> bytes:
    """Such a file without a passphrase; raises BadInput."""
    if not data.startswith(b"\x30"):
        raise BadInput("This file is no copy of a certificate.")
    found = in_the_open(data)
    if found.own is None:
        found = _by(data, code)
    if found.own is None:
        raise BadInput("There is no secret key in this file.")
    return _written(found.own, found.certificates, serialization.NoEncryption())


def of_system(path: Path) -> Iterator[x509.Certificate]:
    """The authorities in a file; one that cannot be read is passed over."""
    try:
        text = path.read_bytes()
    except OSError:
        return
    for block in text.split(_PEM)[1:]:
        try:
            one = whole(x509.load_pem_x509_certificate(_PEM + block))
            if is_authority(one):
                yield one
        except UNREADABLE:
            continue


def _readable(data: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates in PEM, DER or a PKCS#7 file; () where there are none to be read."""
    readers: Iterable[Callable[[bytes], Iterable[x509.Certificate]]] = (
        (x509.load_pem_x509_certificates, pkcs7.load_pem_pkcs7_certificates)
        if b"-----BEGIN" in data
        else (lambda der: (x509.load_der_x509_certificate(der),), pkcs7.load_der_pkcs7_certificates)
    )
    for reader in readers:
        try:
            found = tuple(whole(one) for one in reader(data))
        except UNREADABLE:
            continue
        if found:
            return found
    return ()


def _by(data: bytes, passphrase: str) -> Found:
    try:
        return _pkcs12(data, passphrase.encode("utf-8"))
    except UNREADABLE:
        raise BadInput(
            "The file with your certificate could not be opened.",
            "Try its passphrase again, if it is a PKCS#12 file (.p12 or .pfx).",
        ) from None


def _pkcs12(data: bytes, passphrase: bytes | None) -> Found:
    loaded = pkcs12.load_pkcs12(data, passphrase)
    rest = tuple(whole(one.certificate) for one in loaded.additional_certs)
    if loaded.cert is None:
        raise ValueError("no certificate in it")
    certificate = whole(loaded.cert.certificate)
    if loaded.key is None:
        return Found((certificate, *rest))
    return Found(rest, Own(certificate, loaded.key))


def _written(
    own: Own,
    others: Sequence[x509.Certificate],
    encryption: serialization.KeySerializationEncryption,
) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"mail", _storable(own.key), own.certificate, others, encryption
    )


def _storable(key: PrivateKeyTypes) -> SecretKey:
    """The key, if it is of a kind that fits into such a file; raises BadInput."""
    if isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        return key
    raise BadInput("No copy can be made of a key of this kind.")
