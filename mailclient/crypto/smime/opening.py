"""Open one layer of S/MIME: what is signed is checked, what is encrypted decrypted.

Every failure inside the encryption ends in the same words and gives no byte: whoever sent it learns
nothing from the difference (RFC 3218).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm

from mailclient.cancel import CancelToken
from mailclient.crypto.smime.ber import Malformed
from mailclient.crypto.smime.cms import parse
from mailclient.crypto.smime.content import Method, method_of, opened
from mailclient.crypto.smime.envelope import Envelope, Recipient
from mailclient.crypto.smime.files import Own
from mailclient.crypto.smime.passing import content_key, is_readable
from mailclient.crypto.smime.ring import Certificates
from mailclient.crypto.smime.signatures import facts_of
from mailclient.crypto.smime.signed import SignedData
from mailclient.message.facts import Form, Layer, Opened, Outcome, SignatureFact, SignatureStatus

LARGEST_SIGNATURE = 256 * 1024
MOST_TRIES = 4  # of one certificate
NOT_ASKED = "Whether the certificate was withdrawn since has not been asked."
NOT_NAMED = "The list of withdrawn certificates of {day} does not name the one that signed it."
_BARE_LF = re.compile(rb"(?<!\r)\n")
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
        return Opened(Outcome.CLEAR, signatures=facts, reason=_said_of(facts, self._ring))

    def _around(self, found: SignedData) -> Opened:
        """A signature that holds what it signs."""
        if found.content is None:
            return _DAMAGED
        facts = facts_of(found, found.content, self._ring)
        return Opened(
            Outcome.CLEAR, found.content, signatures=facts, reason=_said_of(facts, self._ring)
        )

    # Encryption

    def _decrypted(self, envelope: Envelope) -> Opened:
        recipients = tuple(_named(one) for one in envelope.recipients)
        used = method_of(envelope)
        if isinstance(used, str):
            return Opened(Outcome.LOCKED, recipients=recipients, reason=used)
        mine = list(self._mine(envelope))
        if not mine:
            reason = "There is no certificate of yours here that opens it."
            return Opened(Outcome.LOCKED, recipients=recipients, reason=reason)
        if not any(is_readable(one) for _, one in mine):
            reason = "Its key was closed for you by a method that is not opened here."
            return Opened(Outcome.LOCKED, recipients=recipients, reason=reason)
        for own, recipient in mine:
            content = _content(envelope, used, recipient, own)
            if content is not None:
                return Opened(
                    Outcome.DECRYPTED,
                    content,
                    recipients=recipients,
                    container=used.name,
                    guarded=envelope.guarded,
                    outdated=used.outdated,
                )
        return Opened(Outcome.BROKEN, recipients=recipients, reason="It could not be decrypted.")

    def _mine(self, envelope: Envelope) -> Iterator[tuple[Own, Recipient]]:
        """What could open it. Somebody may name one certificate a thousand times."""
        for own in self._ring.own():
            named = (one for one in envelope.recipients if one.whose.names(own.certificate))
            yield from ((own, one) for one in islice(named, MOST_TRIES))


def _unreadable(layer: Layer) -> Opened:
    if layer.form is Form.OPAQUE:
        fact = SignatureFact(SignatureStatus.ERROR, reason="The signed message is damaged.")
        return Opened(Outcome.BROKEN, signatures=(fact,), reason="The signed message is damaged.")
    return _DAMAGED


def _said_of(facts: tuple[SignatureFact, ...], ring: Certificates) -> str:
    """What is known of the first certificate whose signature could be good, and what is left open:
    nobody is asked for mail that is read."""
    good = [one for one in facts if one.status is SignatureStatus.GOOD]
    if not good:
        return ""
    known = ring.withdrawals.of(good[0].fingerprint)
    return NOT_ASKED if known is None else NOT_NAMED.format(day=f"{known.listed:%d %B %Y}")


def _named(one: Recipient) -> str:
    return f"{one.whose.serial:X}" if one.whose.issuer else one.whose.key_id.hex().upper()


def _content(envelope: Envelope, used: Method, recipient: Recipient, own: Own) -> bytes | None:
    """The content, or None for whatever fails: never why."""
    try:
        return opened(envelope, used, content_key(recipient, own.key))
    except (ValueError, TypeError, InvalidTag, UnsupportedAlgorithm, OverflowError):
        return None
