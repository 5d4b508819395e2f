"""The methods by which the content of a letter is encrypted: which are read, and which written."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import RC2, TripleDES
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

from mailclient.crypto.smime.ber import (
    CONSTRUCTED,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    Malformed,
    Node,
    oid,
    value,
)
from mailclient.crypto.smime.envelope import Envelope
from mailclient.crypto.smime.parts import (
    AUTHENTICATED,
    CONTEXT_0,
    CONTEXT_1,
    DATA,
    ENVELOPED,
    Algorithm,
    at,
    inside,
    method,
    number,
    octets,
    whole,
)

AES_256_CBC, AES_256_GCM = "2.16.840.1.101.3.4.1.42", "2.16.840.1.101.3.4.1.46"
_RC2 = "1.2.840.113549.3.2"
_RC2_OF_128_BITS = 58  # how RFC 2268 section 6 writes that number
_SHORTEST_TAG = 12
_NONCE, _TAG = 12, 16


@dataclass(frozen=True, slots=True)
class Method:
    """One of them: how it is called, the bytes of its key, and whether it is one of old."""

    name: str
    key_size: int
    cipher: Callable[[bytes], BlockCipherAlgorithm] = AES
    outdated: bool = False


_CBC = {
    "2.16.840.1.101.3.4.1.2": Method("AES-CBC", 16),
    "2.16.840.1.101.3.4.1.22": Method("AES-CBC", 24),
    AES_256_CBC: Method("AES-CBC", 32),
    "1.2.840.113549.3.7": Method("3DES-CBC", 24, TripleDES, outdated=True),
    _RC2: Method("RC2-CBC", 16, RC2, outdated=True),
}
_GCM = {
    "2.16.840.1.101.3.4.1.6": Method("AES-GCM", 16),
    "2.16.840.1.101.3.4.1.26": Method("AES-GCM", 24),
    AES_256_GCM: Method("AES-GCM", 32),
}
_CLOSED = {"1.3.14.3.2.7": "DES", "1.2.840.113549.3.4": "RC4"}
# What our mail says that it can be answered by, the best first (RFC 8551 section 2.5.2).
READ = (AES_256_GCM, "2.16.840.1.101.3.4.1.6", AES_256_CBC, "2.16.840.1.101.3.4.1.2")


def method_of(envelope: Envelope) -> Method | str:
    """How it was encrypted, or a sentence on why that is not opened; raises Malformed."""
    name = envelope.method.oid
    if name in _CLOSED:
        return f"It was encrypted by {_CLOSED[name]}, which anybody can break; it is not opened."
    if name == _RC2 and _version(envelope.method) != _RC2_OF_128_BITS:
        return "It was encrypted by RC2 with a key that anybody can find; it is not opened."
    known = (_GCM if envelope.guarded else _CBC).get(name)
    return known or "It was encrypted by a method that is not opened here."


def opened(envelope: Envelope, used: Method, key: bytes) -> bytes:
    """The content; raises ValueError, InvalidTag, UnsupportedAlgorithm."""
    if len(key) != used.key_size:
        raise ValueError("a key of another length")
    cipher = used.cipher(key)
    return _by_gcm(envelope, cipher) if envelope.guarded else _by_cbc(envelope, cipher)


def _by_cbc(envelope: Envelope, cipher: BlockCipherAlgorithm) -> bytes:
    opener = Cipher(cipher, CBC(_start(envelope.method.parameters))).decryptor()
    padded = opener.update(envelope.data) + opener.finalize()
    unpad = padding.PKCS7(cipher.block_size).unpadder()
    return unpad.update(padded) + unpad.finalize()


def _by_gcm(envelope: Envelope, cipher: BlockCipherAlgorithm) -> bytes:
    """RFC 5084 section 3.2; a short tag is no guard."""
    if len(envelope.tag) < _SHORTEST_TAG:
        raise ValueError("a short tag")
    mode = GCM(_start(envelope.method.parameters), envelope.tag, _SHORTEST_TAG)
    opener = Cipher(cipher, mode).decryptor()
    opener.authenticate_additional_data(envelope.bound)
    return opener.update(envelope.data) + opener.finalize()


def _start(parameters: Node | None) -> bytes:
    """The start of a CBC, or the nonce of a GCM; raises Malformed."""
    if parameters is None:
        raise Malformed("a method has no parameters")
    if parameters.tag == OCTETS:
        return parameters.octets()
    found = inside(parameters, SEQUENCE)
    return next((one for one in found if one.tag == OCTETS), at(found, 0)).octets()


def _version(of: Algorithm) -> int:
    """How many bits a key of RC2 has, in the way that it is said (RFC 3370 section 5.2)."""
    if of.parameters is None or of.parameters.tag != SEQUENCE:
        return 0
    return at(of.parameters.children(), 0).integer()


# Writing


def encrypted(content: bytes, key: bytes, recipients: Sequence[bytes], *, guarded: bool) -> bytes:
    """The whole message around some content, by AES-256; `recipients` are given the key there."""
    everybody = value(SET, *sorted(recipients))
    if guarded:
        nonce = secrets.token_bytes(_NONCE)
        sealer = Cipher(AES(key), GCM(nonce)).encryptor()
        data = sealer.update(content) + sealer.finalize()
        inner = _info(AES_256_GCM, value(SEQUENCE, octets(nonce), number(_TAG)), data)
        return whole(
            AUTHENTICATED, value(SEQUENCE, number(0), everybody, inner, octets(sealer.tag))
        )
    start, pad = secrets.token_bytes(16), padding.PKCS7(128).padder()
    closer = Cipher(AES(key), CBC(start)).encryptor()
    data = closer.update(pad.update(content) + pad.finalize()) + closer.finalize()
    agreed = any(one[0] == CONTEXT_1 | CONSTRUCTED for one in recipients)
    version = number(2 if agreed else 0)  # RFC 5652 section 6.1
    return whole(
        ENVELOPED, value(SEQUENCE, version, everybody, _info(AES_256_CBC, octets(start), data))
    )


def _info(name: str, parameters: bytes, data: bytes) -> bytes:
    return value(SEQUENCE, value(OID, oid(DATA)), method(name, parameters), value(CONTEXT_0, data))
