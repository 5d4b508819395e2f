"""What all CMS messages are made of (RFC 5652): methods, names of certificates, values in their
places. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from mailclient.crypto.smime.ber import (
    CONSTRUCTED,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    Malformed,
    Node,
    oid,
    value,
)
from mailclient.crypto.smime.certificate import UNREADABLE

DATA = "1.2.840.113549.1.7.1"
SIGNED = "1.2.840.113549.1.7.2"
ENVELOPED = "1.2.840.113549.1.7.3"
AUTHENTICATED = "1.2.840.113549.1.9.16.1.23"
CONTEXT_0, CONTEXT_1, CONTEXT_2 = 0x80, 0x81, 0x82


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


def key_id_of(certificate: x509.Certificate) -> bytes:
    """The identifier of a certificate's key; b"" where it has none."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return b""
    return found.value.digest


# Reading; each raises Malformed


def inside(node: Node, tag: int) -> tuple[Node, ...]:
    """The values in one of this kind."""
    if node.tag != tag:
        raise Malformed("another kind of value was expected")
    return node.children()


def explicit(node: Node, tag: int = CONTEXT_0) -> Node:
    """The one value behind a number in brackets."""
    found = inside(node, tag | CONSTRUCTED)
    if len(found) != 1:
        raise Malformed("one value was expected")
    return found[0]


def at(nodes: Sequence[Node], index: int) -> Node:
    """The value in a place."""
    if index >= len(nodes):
        raise Malformed("something is missing")
    return nodes[index]


def algorithm(node: Node) -> Algorithm:
    """A method."""
    found = inside(node, SEQUENCE)
    if not 1 <= len(found) <= 2:
        raise Malformed("a method was expected")
    return Algorithm(found[0].oid(), found[1] if len(found) == 2 else None)


def whose(node: Node) -> Whose:
    """The name of a certificate, in a signature or for a recipient."""
    if node.tag in (CONTEXT_0, CONTEXT_0 | CONSTRUCTED):
        return Whose(key_id=node.octets(CONTEXT_0))
    found = inside(node, SEQUENCE)
    if len(found) != 2:
        raise Malformed("an issuer and a number were expected")
    return Whose(bytes(found[0].raw), found[1].integer())


def hash_in(parameters: Node | None) -> str:
    """The hash that the parameters of PSS name; "" is the default of old, SHA-1."""
    if parameters is None:
        return ""
    for one in inside(parameters, SEQUENCE):
        if one.tag == CONTEXT_0 | CONSTRUCTED:
            return algorithm(explicit(one)).oid
    return ""


# Writing


def number(of: int) -> bytes:
    """A number that is not negative."""
    return value(INTEGER, of.to_bytes(of.bit_length() // 8 + 1, "big"))


def octets(of: bytes) -> bytes:
    """A string of bytes."""
    return value(OCTETS, of)


def method(name: str, parameters: bytes = b"") -> bytes:
    """A method and its parameters."""
    return value(SEQUENCE, value(OID, oid(name)), parameters)


def issuer_and_serial(certificate: x509.Certificate) -> bytes:
    """The name of a certificate."""
    issuer = certificate.issuer.public_bytes()
    return value(SEQUENCE, issuer, number(certificate.serial_number))


def whole(kind: str, body: bytes) -> bytes:
    """A message of some kind."""
    return value(SEQUENCE, value(OID, oid(kind)), value(CONTEXT_0 | CONSTRUCTED, body))
