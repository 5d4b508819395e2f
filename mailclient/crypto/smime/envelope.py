"""Encrypted data (RFC 5652 section 6, RFC 5083): for whom, by what, and the bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailclient.crypto.smime.ber import (
    CONSTRUCTED,
    INTEGER,
    SEQUENCE,
    SET,
    Malformed,
    Node,
    value,
)
from mailclient.crypto.smime.parts import (
    CONTEXT_0,
    CONTEXT_1,
    DATA,
    Algorithm,
    Whose,
    algorithm,
    at,
    explicit,
    inside,
    whose,
)

MOST_RECIPIENTS = 1_000
_BITS = 0x03


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the sender gave to agree on a key: a key made for this message, and what is mixed in."""

    kind: str
    public: bytes
    mixed_in: bytes | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """The content key, closed for one recipient: encrypted to an RSA key or, where something was
    `agreed` on, wrapped in what came of that."""

    whose: Whose
    method: Algorithm
    sealed_key: bytes
    agreed: Agreed | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Encrypted data. `guarded` says that a change is noticed: then there are `tag` and `bound`."""

    recipients: tuple[Recipient, ...]
    method: Algorithm
    data: bytes
    guarded: bool = False
    bound: bytes = b""
    tag: bytes = b""


def enveloped(parts: Sequence[Node]) -> Envelope:
    """The values of enveloped data; raises Malformed."""
    place = 2 if at(parts, 1).tag == CONTEXT_0 | CONSTRUCTED else 1
    recipients = _recipients(at(parts, place))
    method, data = _encrypted(at(parts, place + 1))
    return Envelope(recipients, method, data)


def authenticated(parts: Sequence[Node]) -> Envelope:
    """The values of authenticated enveloped data (RFC 5083 section 2.1): the attributes are bound
    to the content as their DER set. Raises Malformed."""
    place = 2 if at(parts, 1).tag == CONTEXT_0 | CONSTRUCTED else 1
    recipients = _recipients(at(parts, place))
    method, data = _encrypted(at(parts, place + 1))
    bound, place = b"", place + 2
    if at(parts, place).tag == CONTEXT_1 | CONSTRUCTED:
        if not parts[place].is_der:
            raise Malformed("authenticated attributes are not in DER")
        bound, place = value(SET, bytes(parts[place].body)), place + 1
    tag = at(parts, place).octets()
    return Envelope(recipients, method, data, guarded=True, bound=bound, tag=tag)


def _recipients(node: Node) -> tuple[Recipient, ...]:
    """Those of the two kinds that certificates are for; a passphrase or a shared key is none."""
    found: list[Recipient] = []
    for one in inside(node, SET):
        if one.tag == SEQUENCE and at(one.children(), 0).tag == INTEGER:
            _, name, method, sealed, *_ = _four(one.children())
            found.append(Recipient(whose(name), algorithm(method), sealed.octets()))
        elif one.tag == CONTEXT_1 | CONSTRUCTED:
            found += _by_agreement(one.children())
        if len(found) > MOST_RECIPIENTS:
            raise Malformed("it has too many recipients")
    return tuple(found)


def _four(nodes: Sequence[Node]) -> Sequence[Node]:
    if len(nodes) < 4:
        raise Malformed("something is missing")
    return nodes


def _by_agreement(parts: Sequence[Node]) -> Iterator[Recipient]:
    """Section 6.2.2: one key of the sender's, and the content key wrapped for each recipient."""
    mixed = at(parts, 2).tag == CONTEXT_1 | CONSTRUCTED
    agreed = _agreed(at(parts, 1), explicit(parts[2], CONTEXT_1).octets() if mixed else None)
    place = 3 if mixed else 2
    if agreed is None:
        return
    method = algorithm(at(parts, place))
    for one in inside(at(parts, place + 1), SEQUENCE):
        name, sealed, *_ = (*inside(one, SEQUENCE), None, None)
        if name is None or sealed is None:
            raise Malformed("a recipient is missing")
        yield Recipient(_recipient(name), method, sealed.octets(), agreed)


def _agreed(node: Node, mixed_in: bytes | None) -> Agreed | None:
    """None where the sender used a key of a certificate, as no mail program does."""
    origin = explicit(node)
    if origin.tag != CONTEXT_1 | CONSTRUCTED:
        return None
    parts = origin.children()
    bits = at(parts, 1)
    if bits.tag != _BITS or bytes(bits.body[:1]) != b"\x00":
        raise Malformed("a key was expected")
    return Agreed(algorithm(parts[0]).oid, bytes(bits.body[1:]), mixed_in)


def _recipient(node: Node) -> Whose:
    """The name of a certificate, where the identifier of its key stands with a date perhaps."""
    if node.tag == CONTEXT_0 | CONSTRUCTED:
        return Whose(key_id=at(node.children(), 0).octets())
    return whose(node)


def _encrypted(node: Node) -> tuple[Algorithm, bytes]:
    parts = inside(node, SEQUENCE)
    if len(parts) != 3 or parts[0].oid() != DATA:
        raise Malformed("encrypted data were expected")
    return algorithm(parts[1]), parts[2].octets(CONTEXT_0)
