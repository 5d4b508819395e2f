"""Certificates of every kind that a server should not have, made when they are needed."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

HOST = "localhost"
DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Authority:
    """Somebody who signs certificates; who trusts it is told by its file."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._signs = trustme.CA()
        self._folder = folder
        self.file = folder / f"{name}.pem"
        self._signs.cert_pem.write_to_path(str(self.file))

    def papers(self, host: str = HOST, *, days: tuple[int, int] = (-1, 30)) -> ssl.SSLContext:
        """What a server shows whose certificate is valid from one day to another, from today on."""
        begin, end = (_now() + one * DAY for one in days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._signs.issue_cert(host, not_before=begin, not_after=end).configure_cert(context)
        return context

    def weak(self) -> ssl.SSLContext:
        """A certificate with a key of 1,024 bits."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        issuer = x509.load_pem_x509_certificate(self._signs.cert_pem.bytes())
        signer = serialization.load_pem_private_key(
            self._signs.private_key_pem.bytes(), password=None
        )
        assert isinstance(signer, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        return _loaded(self._folder, key, _certificate(key, issuer.subject, signer))


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server that has made its certificate itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _loaded(folder, key, _certificate(key, _name(), key))


def old_protocol(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same papers, over TLS 1.1 at most."""
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():  # Python would rather not be asked for this
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def doubtful(folder: Path) -> dict[str, tuple[Callable[[], ssl.SSLContext], str]]:
    """What may be wrong with a server's certificate, and a word by which a user is told; the file
    of `Authority(folder)` is what the user trusts."""
    known, stranger = Authority(folder), Authority(folder, "stranger")
    return {
        "expired": (lambda: known.papers(days=(-60, -1)), "has run out"),
        "not valid yet": (lambda: known.papers(days=(2, 30)), "not valid yet"),
        "self-signed": (lambda: self_signed(folder), "made its certificate itself"),
        "unknown authority": (stranger.papers, "does not know"),
        "another host": (lambda: known.papers("else.example.org"), "for another server"),
        "weak key": (known.weak, "too weak"),
        "old protocol": (lambda: old_protocol(known.papers()), "outdated encryption"),
    }


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _name() -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])


def _certificate(key: Key, issuer: x509.Name, signer: Key) -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    return (
        x509.CertificateBuilder()
        .subject_name(_name())
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - DAY)
        .not_valid_after(datetime.now(UTC) + 30 * DAY)
        .add_extension(names, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _loaded(folder: Path, key: Key, certificate: x509.Certificate) -> ssl.SSLContext:
    path = folder / "papers.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(path)
    return context
