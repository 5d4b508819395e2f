"""What a CMS message says (RFC 5652, RFC 5083), taken apart and not believed. Pure."""

from __future__ import annotations

from mailclient.crypto.smime.ber import SEQUENCE, Malformed, read
from mailclient.crypto.smime.envelope import Envelope, authenticated, enveloped
from mailclient.crypto.smime.parts import AUTHENTICATED, ENVELOPED, SIGNED, explicit, inside
from mailclient.crypto.smime.signed import SignedData, signed_data


def parse(data: bytes) -> SignedData | Envelope:
    """The message in `data`; raises Malformed, also for other kinds."""
    outer = inside(read(data), SEQUENCE)
    if len(outer) != 2:
        raise Malformed("it is no CMS message")
    kind = outer[0].oid()
    values = inside(explicit(outer[1]), SEQUENCE)
    match kind:
        case str() if kind == SIGNED:
            return signed_data(values)
        case str() if kind == ENVELOPED:
            return enveloped(values)
        case str() if kind == AUTHENTICATED:
            return authenticated(values)
        case _:
            raise Malformed("it is a kind of message that is not read here")
