"""Signed data (RFC 5652 section 5), taken apart and not believed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from mailclient.crypto.smime.ber import CONSTRUCTED, SEQUENCE, SET, Malformed, Node, value
from mailclient.crypto.smime.certificate import UNREADABLE, whole
from mailclient.crypto.smime.parts import (
    CONTEXT_0,
    Algorithm,
    Whose,
    algorithm,
    at,
    explicit,
    inside,
    whose,
)

CONTENT_TYPE = "1.2.840.113549.1.9.3"
DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
CAPABILITIES = "1.2.840.113549.1.9.15"
MOST_SIGNERS = 16
MOST_CERTIFICATES = 64
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature. `attributes` are the bytes that it speaks for where there are any; `made`,
    `digest` and what the signer's program `can` do are among them."""

    whose: Whose
    hash: Algorithm
    method: Algorithm
    signature: bytes
    attributes: bytes = b""
    content_type: str = ""
    digest: bytes = b""
    made: datetime | None = None
    can: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignedData:
    """Signed data; `content` is None where it stands elsewhere."""

    content_type: str
    content: bytes | None
    certificates: tuple[x509.Certificate, ...]
    signers: tuple[Signer, ...]


def signed_data(parts: Sequence[Node]) -> SignedData:
    """The values of signed data; raises Malformed."""
    content = inside(at(parts, 2), SEQUENCE)
    optional = [node for node in parts[3:-1] if node.tag == CONTEXT_0 | CONSTRUCTED]
    signers = inside(parts[-1], SET)
    if len(signers) > MOST_SIGNERS:
        raise Malformed("it has too many signatures")
    return SignedData(
        content_type=at(content, 0).oid(),
        content=explicit(content[1]).octets() if len(content) > 1 else None,
        certificates=tuple(_certificates(optional)),
        signers=tuple(_signer(inside(node, SEQUENCE)) for node in signers),
    )


def _certificates(sets: Sequence[Node]) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for node in sets:
        for one in node.children()[:MOST_CERTIFICATES]:
            if one.tag != SEQUENCE:
                continue
            try:
                found.append(whole(x509.load_der_x509_certificate(bytes(one.raw))))
            except UNREADABLE:
                continue  # others may do
    return found


def _signer(parts: Sequence[Node]) -> Signer:
    with_attributes = at(parts, 3).tag == CONTEXT_0 | CONSTRUCTED
    after = 4 if with_attributes else 3
    signer = Signer(
        whose=whose(at(parts, 1)),
        hash=algorithm(parts[2]),
        method=algorithm(at(parts, after)),
        signature=at(parts, after + 1).octets(),
    )
    return _with_attributes(signer, parts[3]) if with_attributes else signer


def _with_attributes(signer: Signer, node: Node) -> Signer:
    """RFC 5652 section 5.4: what is signed is their DER encoding as a set; each stands once."""
    if not node.is_der:
        raise Malformed("signed attributes are not in DER")
    found: dict[str, Node] = {}
    for one in node.children():
        name, values = (*inside(one, SEQUENCE), None, None)[:2]
        if name is None or values is None or name.oid() in found:
            raise Malformed("signed attributes are not as they must be")
        alone = inside(values, SET)
        if len(alone) != 1:
            if name.oid() in (CONTENT_TYPE, DIGEST, SIGNING_TIME):
                raise Malformed("a signed attribute has several values")
            continue
        found[name.oid()] = alone[0]
    if CONTENT_TYPE not in found or DIGEST not in found:
        raise Malformed("a signed attribute is missing")
    return Signer(
        signer.whose,
        signer.hash,
        signer.method,
        signer.signature,
        attributes=value(SET, bytes(node.body)),
        content_type=found[CONTENT_TYPE].oid(),
        digest=found[DIGEST].octets(),
        made=_time(found[SIGNING_TIME]) if SIGNING_TIME in found else None,
        can=capabilities(found[CAPABILITIES]) if CAPABILITIES in found else frozenset(),
    )


def capabilities(node: Node) -> frozenset[str]:
    """The methods that somebody's program can read (RFC 8551 section 2.5.2); raises Malformed."""
    return frozenset(at(inside(one, SEQUENCE), 0).oid() for one in inside(node, SEQUENCE))


def _time(node: Node) -> datetime:
    text = bytes(node.body).decode("ascii", "replace")
    form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(node.tag)
    try:
        if form is None:
            raise Malformed("a time was expected")
        found = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError as wrong:
        raise Malformed("a time was expected") from wrong
    # Two digits mean 1950 to 2049 here (RFC 5652 section 11.3), and 1969 to 2068 in Python.
    return found.replace(year=found.year - 100) if found.year >= 2050 and len(text) == 13 else found
