"""Certificates and CMS messages made by hand (RFC 5280, RFC 5652), for what no honest authority
and no honest program would write."""

from __future__ import annotations

import hashlib
import secrets
from base64 import encodebytes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import ciphers, hashes
from cryptography.hazmat.primitives import padding as blocks
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailclient.crypto.smime import ber
from mailclient.crypto.smime.ber import INTEGER, NULL, OCTETS, OID, SEQUENCE, SET, value
from mailclient.crypto.smime.passing import passed

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
DATA, SIGNED, ENVELOPED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3"
AUTHENTICATED = "1.2.840.113549.1.9.16.1.23"
CONTENT_TYPE, DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SHA1, SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
_HASHES = {SHA1: ("sha1", hashes.SHA1()), SHA256: ("sha256", hashes.SHA256())}
_AES_GCM = "2.16.840.1.101.3.4.1.46"
_RSA, _ECDSA = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
MAIL, SERVER = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate and its key; an authority if it was made as one."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex().upper()

    def p12(self, passphrase: str | None, *others: Holder) -> bytes:
        """A PKCS#12 file."""
        return pkcs12.serialize_key_and_certificates(
            b"mail", self.key, self.certificate, [one.certificate for one in others],
            BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What a certificate is to be like."""

    name: str
    addresses: tuple[str, ...] = ()
    authority: bool = False
    path_length: int | None = None
    days: tuple[int, int] = (-30, 300)  # from now, from and until
    purpose: x509.ObjectIdentifier | None = MAIL
    usage: bool = True  # for what it is made
    key_usage: x509.KeyUsage | None = None  # in place of what fits
    agreement: bool = False
    subject_address: str = ""
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()


def ec_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> Key:
    return rsa.generate_private_key(65537, bits)


def made(wish: Wish, by: Holder | None = None, key: Key | None = None) -> Holder:
    """A certificate, by an authority or by itself."""
    key = key or ec_key()
    names = [x509.NameAttribute(NameOID.COMMON_NAME, wish.name)]
    if wish.subject_address:
        names.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, wish.subject_address))
    subject = x509.Name(names)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=wish.days[0]))
        .not_valid_after(now + timedelta(days=wish.days[1]))
        .add_extension(x509.BasicConstraints(wish.authority, wish.path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if wish.addresses:
        alternative = x509.SubjectAlternativeName([x509.RFC822Name(one) for one in wish.addresses])
        builder = builder.add_extension(alternative, critical=False)
    if wish.purpose is not None and not wish.authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([wish.purpose]), critical=False)
    builder = builder.add_extension(wish.key_usage or _usage(wish), critical=True)
    for extension, critical in wish.more:
        builder = builder.add_extension(extension, critical=critical)
    return Holder(builder.sign(by.key if by else key, hashes.SHA256()), key)


def double(of: Holder, key: Key) -> Holder:
    """A certificate that goes by the name of another one, with another key."""
    copied = (
        x509.CertificateBuilder()
        .subject_name(of.certificate.subject)
        .issuer_name(of.certificate.issuer)
        .serial_number(of.certificate.serial_number)
        .public_key(key.public_key())
        .not_valid_before(of.certificate.not_valid_before_utc)
        .not_valid_after(of.certificate.not_valid_after_utc)
    )
    return Holder(copied.sign(key, hashes.SHA256()), key)


def _usage(wish: Wish) -> x509.KeyUsage:
    person = wish.usage and not wish.authority
    return x509.KeyUsage(
        digital_signature=person, content_commitment=False, key_encipherment=person,
        data_encipherment=False, key_agreement=wish.agreement, key_cert_sign=wish.authority,
        crl_sign=wish.authority or not wish.usage, encipher_only=False, decipher_only=False,
    )  # fmt: skip


# CMS


def oid(text: str) -> bytes:
    """An object identifier."""
    return value(OID, ber.oid(text))


def _integer(number: int) -> bytes:
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _method(name: str, parameters: bytes = b"") -> bytes:
    return value(SEQUENCE, oid(name), parameters)


def _whose(holder: Holder) -> bytes:
    certificate = holder.certificate
    issuer = certificate.issuer.public_bytes()
    return value(SEQUENCE, issuer, _integer(certificate.serial_number))


def _attribute(name: str, *values: bytes) -> bytes:
    return value(SEQUENCE, oid(name), value(SET, *values))


@dataclass(frozen=True, slots=True)
class Pen:
    """How one signature is made; what is left out is honest."""

    by: Holder
    hash: str = SHA256
    at: datetime | None = None
    attributes: bool = True
    dated: bool = True
    content_type: str = DATA
    digest: bytes | None = None
    twice: bool = False
    more: Sequence[bytes] = field(default_factory=tuple)

    def info(self, content: bytes) -> bytes:
        """A SignerInfo over some content."""
        name, by = _HASHES[self.hash]
        digest = self.digest or hashlib.new(name, content).digest()
        stamp = f"{self.at or datetime.now(UTC):%y%m%d%H%M%SZ}".encode()
        said = [
            _attribute(CONTENT_TYPE, oid(self.content_type)),
            _attribute(DIGEST, value(OCTETS, digest)),
            *([_attribute(SIGNING_TIME, value(0x17, stamp))] if self.dated else []),
            *([_attribute(DIGEST, value(OCTETS, bytes(32)))] if self.twice else []),
            *self.more,
        ]
        spoken_for = value(SET, *said) if self.attributes else content
        if isinstance(self.by.key, rsa.RSAPrivateKey):
            made_by, signature = _RSA, self.by.key.sign(spoken_for, padding.PKCS1v15(), by)
        else:
            made_by, signature = _ECDSA, self.by.key.sign(spoken_for, ec.ECDSA(by))
        return value(
            SEQUENCE,
            _integer(1),
            _whose(self.by),
            _method(self.hash, value(NULL)),
            value(0xA0, *said) if self.attributes else b"",
            _method(made_by),
            value(OCTETS, signature),
        )


def signed_data(
    content: bytes, *pens: Pen, more: Sequence[Holder] = (), detached: bool, kind: str = DATA
) -> bytes:
    """Signed data, with the certificates of the signers and some more."""
    inside = b"" if detached else value(0xA0, value(OCTETS, content))
    certificates = [one.der for one in (*(pen.by for pen in pens), *more)]
    body = value(
        SEQUENCE,
        _integer(1),
        value(SET, *(_method(pen.hash, value(NULL)) for pen in pens)),
        value(SEQUENCE, oid(kind), inside),
        value(0xA0, *certificates),
        value(SET, *(pen.info(content) for pen in pens)),
    )
    return value(SEQUENCE, oid(SIGNED), value(0xA0, body))


def in_pieces(content: bytes, pen: Pen, more: Sequence[Holder] = ()) -> bytes:
    """Signed data as programs write that do not know the length: BER, the content in pieces."""

    def without_length(tag: int, *parts: bytes) -> bytes:
        return bytes([tag, 0x80]) + b"".join(parts) + b"\x00\x00"

    pieces = [value(OCTETS, content[at : at + 40]) for at in range(0, len(content), 40)]
    body = without_length(
        SEQUENCE,
        _integer(1),
        value(SET, _method(pen.hash, value(NULL))),
        without_length(SEQUENCE, oid(DATA), without_length(0xA0, without_length(0x24, *pieces))),
        value(0xA0, *(one.der for one in (pen.by, *more))),
        value(SET, pen.info(content)),
    )
    return without_length(SEQUENCE, oid(SIGNED), without_length(0xA0, body))


def _recipients(to: Sequence[Holder], key: bytes) -> bytes:
    return value(SET, *(passed(key, one.certificate) for one in to))


@dataclass(frozen=True, slots=True)
class Cipher:
    """A way to encrypt: its name, its key, and what it makes blocks of."""

    oid: str = "2.16.840.1.101.3.4.1.42"
    key_size: int = 32
    of: Callable[[bytes], BlockCipherAlgorithm] = AES


AES_CBC, TRIPLE_DES = Cipher(), Cipher("1.2.840.113549.3.7", 24, TripleDES)


def cbc(
    content: bytes,
    *to: Holder,
    start: bytes = b"",
    by: Cipher = AES_CBC,
    flip: int | None = None,
    recipients: Callable[[bytes], Sequence[bytes]] | None = None,
) -> bytes:
    """Enveloped data, which guard nothing; `start` is laid over the beginning (EFAIL), one bit is
    flipped in the byte at `flip`, and `recipients` may make those who are named itself."""
    key = secrets.token_bytes(by.key_size)
    algorithm = by.of(key)
    size = algorithm.block_size // 8
    nonce = secrets.token_bytes(size)
    pad = blocks.PKCS7(algorithm.block_size).padder()
    padded = pad.update(content) + pad.finalize()
    sealer = ciphers.Cipher(algorithm, modes.CBC(nonce)).encryptor()
    data = bytearray(sealer.update(padded) + sealer.finalize())
    if start:  # whoever knows the first block makes another one of it, without the key
        laid = zip(nonce, content[:size], start[:size], strict=True)
        nonce = bytes(a ^ b ^ c for a, b, c in laid)
    if flip is not None:
        data[flip] ^= 1
    whom = value(SET, *recipients(key)) if recipients is not None else _recipients(to, key)
    method = _method(by.oid, value(OCTETS, nonce))
    body = value(
        SEQUENCE, _integer(0), whom, value(SEQUENCE, oid(DATA), method, value(0x80, bytes(data)))
    )
    return value(SEQUENCE, oid(ENVELOPED), value(0xA0, body))


def gcm(content: bytes, *to: Holder, tag: int = 16, tamper: bool = False) -> bytes:
    """Authenticated enveloped data; `tag` is how much of the tag is left."""
    key, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
    whole = AESGCM(key).encrypt(nonce, content, None)
    data, guard = whole[:-16], whole[-16:][:tag]
    if tamper:
        data = bytes([data[0] ^ 1]) + data[1:]
    parameters = value(SEQUENCE, value(OCTETS, nonce), _integer(16))
    body = value(
        SEQUENCE, _integer(0), _recipients(to, key),
        value(SEQUENCE, oid(DATA), _method(_AES_GCM, parameters), value(0x80, data)),
        value(OCTETS, guard),
    )  # fmt: skip
    return value(SEQUENCE, oid(AUTHENTICATED), value(0xA0, body))


# MIME


def p7m(cms: bytes, kind: str = "", name: str = "smime.p7m") -> bytes:
    """An entity of RFC 8551 around a CMS message."""
    said = f"; smime-type={kind}" if kind else ""
    head = f"Content-Type: application/pkcs7-mime{said}; name={name}\r\n"
    return (
        head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(cms).replace(b"\n", b"\r\n")
    )  # fmt: skip


def p7s(entity: bytes, cms: bytes, prefix: str = "") -> bytes:
    """An entity and its detached signature."""
    kind = f"application/{prefix}pkcs7-signature"
    head = f'Content-Type: multipart/signed; protocol="{kind}"; micalg=sha-256; boundary=p7\r\n\r\n'
    return (
        head.encode() + b"--p7\r\n" + entity + b"\r\n--p7\r\n"
        + f"Content-Type: {kind}; name=smime.p7s\r\n".encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(cms).replace(b"\n", b"\r\n") + b"--p7--\r\n"
    )  # fmt: skip
