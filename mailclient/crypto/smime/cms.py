"""What a CMS message says (RFC 5652, RFC 5083), taken apart and not believed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from mailclient.crypto.smime.ber import (
    CONSTRUCTED,
    INTEGER,
    OCTETS,
    SEQUENCE,
    SET,
    Malformed,
    Node,
    read,
    value,
)
from mailclient.crypto.smime.certificate import UNREADABLE

DATA = "1.2.840.113549.1.7.1"
SIGNED = "1.2.840.113549.1.7.2"
ENVELOPED = "1.2.840.113549.1.7.3"
AUTHENTICATED = "1.2.840.113549.1.9.16.1.23"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
MOST_SIGNERS = 16
MOST_CERTIFICATES = 64
MOST_RECIPIENTS = 1_000
_CONTEXT_0, _CONTEXT_1 = 0x80, 0x81
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A method and its parameters."""

    oid: str
    parameters: Node | None = None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose certificate is meant: by issuer and serial number, or by the identifier of the key."""

    issuer: bytes = b""
    serial: int = 0
    key_id: bytes = b""

    def names(self, certificate: x509.Certificate) -> bool:
        """Whether it is this one."""
        if self.issuer:
            same = certificate.serial_number == self.serial
            return same and certificate.issuer.public_bytes() == self.issuer
        return bool(self.key_id) and self.key_id == key_id_of(certificate)


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature. `attributes` are the bytes that it speaks for where there are any; `made` and
    `digest` are among them."""

    whose: Whose
    hash: Algorithm
    method: Algorithm
    signature: bytes
    attributes: bytes = b""
    content_type: str = ""
    digest: bytes = b""
    made: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedData:
    """Signed data; `content` is None where it stands elsewhere."""

    content_type: str
    content: bytes | None
    certificates: tuple[x509.Certificate, ...]
    signers: tuple[Signer, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """The content key, encrypted to somebody's RSA key."""

    whose: Whose
    method: Algorithm
    sealed_key: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """Encrypted data. `guarded` says that a change is noticed: then there are `tag` and `bound`."""

    recipients: tuple[Recipient, ...]
    others: int  # recipients of a kind that is not opened here
    method: Algorithm
    data: bytes
    guarded: bool = False
    bound: bytes = b""
    tag: bytes = b""


def parse(data: bytes) -> SignedData | Envelope:
    """The message in `data`; raises Malformed, also for other kinds."""
    outer = _of(read(data), SEQUENCE)
    if len(outer) != 2:
        raise Malformed("it is no CMS message")
    kind = outer[0].oid()
    inside = _of(_explicit(outer[1]), SEQUENCE)
    match kind:
        case str() if kind == SIGNED:
            return _signed(inside)
        case str() if kind == ENVELOPED:
            return _enveloped(inside)
        case str() if kind == AUTHENTICATED:
            return _authenticated(inside)
        case _:
            raise Malformed("it is a kind of message that is not read here")


def key_id_of(certificate: x509.Certificate) -> bytes:
    """The identifier of a certificate's key; b"" where it has none."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return b""
    return found.value.digest


def _of(node: Node, tag: int) -> tuple[Node, ...]:
    if node.tag != tag:
        raise Malformed("another kind of value was expected")
    return node.children()


def _explicit(node: Node) -> Node:
    """The one value in [0]."""
    inside = _of(node, _CONTEXT_0 | CONSTRUCTED)
    if len(inside) != 1:
        raise Malformed("one value was expected")
    return inside[0]


def _at(nodes: Sequence[Node], index: int) -> Node:
    if index >= len(nodes):
        raise Malformed("something is missing")
    return nodes[index]


def _algorithm(node: Node) -> Algorithm:
    parts = _of(node, SEQUENCE)
    if not 1 <= len(parts) <= 2:
        raise Malformed("a method was expected")
    return Algorithm(parts[0].oid(), parts[1] if len(parts) == 2 else None)


def _whose(node: Node) -> Whose:
    if node.tag in (_CONTEXT_0, _CONTEXT_0 | CONSTRUCTED):
        return Whose(key_id=node.octets(_CONTEXT_0))
    parts = _of(node, SEQUENCE)
    if len(parts) != 2:
        raise Malformed("an issuer and a number were expected")
    return Whose(bytes(parts[0].raw), parts[1].integer())


# Signed data


def _signed(parts: Sequence[Node]) -> SignedData:
    content = _of(_at(parts, 2), SEQUENCE)
    optional = [node for node in parts[3:-1] if node.tag == _CONTEXT_0 | CONSTRUCTED]
    signers = _of(parts[-1], SET)
    if len(signers) > MOST_SIGNERS:
        raise Malformed("it has too many signatures")
    return SignedData(
        content_type=_at(content, 0).oid(),
        content=_explicit(content[1]).octets() if len(content) > 1 else None,
        certificates=tuple(_certificates(optional)),
        signers=tuple(_signer(_of(node, SEQUENCE)) for node in signers),
    )


def _certificates(sets: Sequence[Node]) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for node in sets:
        for one in node.children()[:MOST_CERTIFICATES]:
            if one.tag != SEQUENCE:
                continue
            try:
                found.append(x509.load_der_x509_certificate(bytes(one.raw)))
            except UNREADABLE:
                continue  # others may do
    return found


def _signer(parts: Sequence[Node]) -> Signer:
    with_attributes = _at(parts, 3).tag == _CONTEXT_0 | CONSTRUCTED
    after = 4 if with_attributes else 3
    signer = Signer(
        whose=_whose(_at(parts, 1)),
        hash=_algorithm(parts[2]),
        method=_algorithm(_at(parts, after)),
        signature=_at(parts, after + 1).octets(),
    )
    return _with_attributes(signer, parts[3]) if with_attributes else signer


def _with_attributes(signer: Signer, node: Node) -> Signer:
    """RFC 5652 section 5.4: what is signed is their DER encoding as a set; each stands once."""
    if not node.is_der:
        raise Malformed("signed attributes are not in DER")
    found: dict[str, Node] = {}
    for one in node.children():
        name, values = (*_of(one, SEQUENCE), None, None)[:2]
        if name is None or values is None or name.oid() in found:
            raise Malformed("signed attributes are not as they must be")
        inside = _of(values, SET)
        if len(inside) != 1:
            if name.oid() in (CONTENT_TYPE, DIGEST, SIGNING_TIME):
                raise Malformed("a signed attribute has several values")
            continue
        found[name.oid()] = inside[0]
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
    )


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


# Encrypted data


def _enveloped(parts: Sequence[Node]) -> Envelope:
    at = 2 if _at(parts, 1).tag == _CONTEXT_0 | CONSTRUCTED else 1
    recipients, others = _recipients(_at(parts, at))
    method, data = _encrypted(_at(parts, at + 1))
    return Envelope(recipients, others, method, data)


def _authenticated(parts: Sequence[Node]) -> Envelope:
    """RFC 5083 section 2.1: the attributes are bound to the content as their DER set."""
    at = 2 if _at(parts, 1).tag == _CONTEXT_0 | CONSTRUCTED else 1
    recipients, others = _recipients(_at(parts, at))
    method, data = _encrypted(_at(parts, at + 1))
    bound, at = b"", at + 2
    if _at(parts, at).tag == _CONTEXT_1 | CONSTRUCTED:
        if not parts[at].is_der:
            raise Malformed("authenticated attributes are not in DER")
        bound, at = value(SET, bytes(parts[at].body)), at + 1
    tag = _at(parts, at).octets()
    return Envelope(recipients, others, method, data, guarded=True, bound=bound, tag=tag)


def _recipients(node: Node) -> tuple[tuple[Recipient, ...], int]:
    """Those whose key is encrypted by RSA (section 6.2.1), and how many others there are."""
    infos = _of(node, SET)
    if len(infos) > MOST_RECIPIENTS:
        raise Malformed("it has too many recipients")
    found = [_of(one, SEQUENCE) for one in infos if one.tag == SEQUENCE]
    recipients = tuple(
        Recipient(_whose(_at(one, 1)), _algorithm(_at(one, 2)), _at(one, 3).octets())
        for one in found
        if _at(one, 0).tag == INTEGER
    )
    return recipients, len(infos) - len(recipients)


def _encrypted(node: Node) -> tuple[Algorithm, bytes]:
    parts = _of(node, SEQUENCE)
    if len(parts) != 3 or parts[0].oid() != DATA:
        raise Malformed("encrypted data were expected")
    return _algorithm(parts[1]), parts[2].octets(_CONTEXT_0)


def nonce_of(parameters: Node | None) -> bytes:
    """The start of a CBC, or the nonce of a GCM; raises Malformed."""
    if parameters is None:
        raise Malformed("a method has no parameters")
    if parameters.tag == OCTETS:
        return parameters.octets()
    return _at(_of(parameters, SEQUENCE), 0).octets()


def hash_in(parameters: Node | None) -> str:
    """The hash that the parameters of OAEP or PSS name; "" is the default of old, SHA-1."""
    if parameters is None:
        return ""
    for one in _of(parameters, SEQUENCE):
        if one.tag == _CONTEXT_0 | CONSTRUCTED:
            return _algorithm(_explicit(one)).oid
    return ""
