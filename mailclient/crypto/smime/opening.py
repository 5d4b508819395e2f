"""Open one layer of S/MIME: what is signed is checked, what is encrypted decrypted.

Every failure inside the encryption ends in the same words and gives no byte: whoever sent it learns
nothing from the difference (RFC 3218).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

from mailclient.cancel import CancelToken
from mailclient.crypto.smime.ber import Malformed
from mailclient.crypto.smime.cms import (
    Algorithm,
    Envelope,
    Recipient,
    SignedData,
    hash_in,
    nonce_of,
    parse,
)
from mailclient.crypto.smime.ring import Certificates, Own
from mailclient.crypto.smime.signatures import facts_of
from mailclient.message.facts import Form, Layer, Opened, Outcome, SignatureFact, SignatureStatus

LARGEST_SIGNATURE = 256 * 1024
NOT_ASKED = "Whether the certificate was withdrawn since has not been asked."
_BARE_LF = re.compile(rb"(?<!\r)\n")
_RSA, _OAEP = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.7"
_CBC = {
    "2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32,
}  # fmt: skip
_GCM = {
    "2.16.840.1.101.3.4.1.6": 16, "2.16.840.1.101.3.4.1.26": 24, "2.16.840.1.101.3.4.1.46": 32,
}  # fmt: skip
_OLD = {"1.2.840.113549.3.7": "3DES", "1.2.840.113549.3.2": "RC2", "1.3.14.3.2.7": "DES"}
_OAEP_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "": hashes.SHA1, "1.3.14.3.2.26": hashes.SHA1, "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384, "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}  # fmt: skip
_SHORTEST_TAG = 12
_DAMAGED = Opened(Outcome.BROKEN, reason="It is no S/MIME message, or it is damaged.")


class Opening:
    """Opens layers."""

    def __init__(self, ring: Certificates) -> None:
        self._ring = ring

    def open(self, layer: Layer, cancel: CancelToken) -> Opened:
        """Open one layer; raises Cancelled only."""
        cancel.check()
        if layer.form is Form.SIGNED:
            return self._detached(layer)
        try:
            found = parse(layer.data)
        except (Malformed, ValueError):
            return _unreadable(layer)
        if isinstance(found, SignedData):
            return self._around(found)
        return self._decrypted(found)

    # Signatures

    def _detached(self, layer: Layer) -> Opened:
        """A signature over the bytes as received, with the line ends of RFC 8551 section 3.1.1."""
        try:
            if len(layer.data) > LARGEST_SIGNATURE:
                raise Malformed("it is too large")
            found = parse(layer.data)
            if not isinstance(found, SignedData) or found.content is not None:
                raise Malformed("it is no signature by itself")
        except (Malformed, ValueError):
            fact = SignatureFact(SignatureStatus.ERROR, reason="The signature part holds none.")
            return Opened(Outcome.CLEAR, signatures=(fact,))
        facts = facts_of(found, _BARE_LF.sub(b"\r\n", layer.signed), self._ring)
        return Opened(Outcome.CLEAR, signatures=facts, reason=_said_of(facts))

    def _around(self, found: SignedData) -> Opened:
        """A signature that holds what it signs."""
        if found.content is None:
            return _DAMAGED
        facts = facts_of(found, found.content, self._ring)
        return Opened(Outcome.CLEAR, found.content, signatures=facts, reason=_said_of(facts))

    # Encryption

    def _decrypted(self, envelope: Envelope) -> Opened:
        recipients = tuple(_named(one) for one in envelope.recipients)
        if envelope.method.oid in _OLD:
            reason = f"It was encrypted by {_OLD[envelope.method.oid]}, which is not opened here."
            return Opened(Outcome.LOCKED, recipients=recipients, reason=reason)
        if envelope.method.oid not in (_GCM if envelope.guarded else _CBC):
            reason = "It was encrypted by a method that is not opened here."
            return Opened(Outcome.LOCKED, recipients=recipients, reason=reason)
        mine = list(self._mine(envelope))
        if not mine:
            reason = "There is no certificate of yours here that opens it."
            return Opened(Outcome.LOCKED, recipients=recipients, reason=reason)
        for own, recipient in mine:
            content = _content(envelope, recipient, own)
            if content is not None:
                return Opened(
                    Outcome.DECRYPTED,
                    content,
                    recipients=recipients,
                    container="AES-GCM" if envelope.guarded else "AES-CBC",
                    guarded=envelope.guarded,
                )
        return Opened(Outcome.BROKEN, recipients=recipients, reason="It could not be decrypted.")

    def _mine(self, envelope: Envelope) -> Iterator[tuple[Own, Recipient]]:
        for own in self._ring.own():
            for one in envelope.recipients:
                if one.whose.names(own.certificate):
                    yield own, one


def _unreadable(layer: Layer) -> Opened:
    if layer.form is Form.OPAQUE:
        fact = SignatureFact(SignatureStatus.ERROR, reason="The signed message is damaged.")
        return Opened(Outcome.BROKEN, signatures=(fact,), reason="The signed message is damaged.")
    return _DAMAGED


def _said_of(facts: tuple[SignatureFact, ...]) -> str:
    """What is always left open, wherever a signature could be good."""
    return NOT_ASKED if any(one.status is SignatureStatus.GOOD for one in facts) else ""


def _named(one: Recipient) -> str:
    return f"{one.whose.serial:X}" if one.whose.issuer else one.whose.key_id.hex().upper()


def _content(envelope: Envelope, recipient: Recipient, own: Own) -> bytes | None:
    """The content, or None for whatever fails: never why."""
    try:
        key = _content_key(recipient.method, recipient.sealed_key, own)
        if len(key) != (_GCM if envelope.guarded else _CBC)[envelope.method.oid]:
            return None
        return _by_gcm(envelope, key) if envelope.guarded else _by_cbc(envelope, key)
    except (ValueError, InvalidTag, UnsupportedAlgorithm, OverflowError):
        return None


def _content_key(method: Algorithm, sealed: bytes, own: Own) -> bytes:
    if not isinstance(own.key, rsa.RSAPrivateKey):
        raise ValueError("no RSA key")
    if method.oid == _RSA:
        return own.key.decrypt(sealed, padding.PKCS1v15())
    by = _OAEP_HASHES.get(hash_in(method.parameters))
    if method.oid != _OAEP or by is None:
        raise ValueError("not a method that is used")
    oaep = padding.OAEP(padding.MGF1(by()), by(), None)
    return own.key.decrypt(sealed, oaep)


def _by_cbc(envelope: Envelope, key: bytes) -> bytes:
    opener = Cipher(AES(key), CBC(nonce_of(envelope.method.parameters))).decryptor()
    padded = opener.update(envelope.data) + opener.finalize()
    unpad = block_padding.PKCS7(128).unpadder()
    return unpad.update(padded) + unpad.finalize()


def _by_gcm(envelope: Envelope, key: bytes) -> bytes:
    """RFC 5084 section 3.2; a short tag is no guard."""
    if len(envelope.tag) < _SHORTEST_TAG:
        raise ValueError("a short tag")
    mode = GCM(nonce_of(envelope.method.parameters), envelope.tag, _SHORTEST_TAG)
    opener = Cipher(AES(key), mode).decryptor()
    opener.authenticate_additional_data(envelope.bound)
    return opener.update(envelope.data) + opener.finalize()
