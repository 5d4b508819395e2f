"""The autoconfig format (draft-ietf-mailmaint-autoconfig): a provider's own XML, or the database's.

The document is untrusted: no DTD, no entities, at most 64 KiB, and of its values only host names,
ports and words that are known. What of the address stands in it is filled in here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, MailError, NotFound
from mailclient.transport.discover.places import Places, domain_of
from mailclient.transport.discover.values import Found, Source
from mailclient.transport.https import document
from mailclient.transport.reach import host_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 64 * 1024
MOST_SERVERS = 20
_TYPES = ("xml", "text/plain", "octet-stream")
_SECURITY = {"SSL": Security.TLS, "STARTTLS": Security.STARTTLS, "plain": Security.NONE}
_RANK = (Security.TLS, Security.STARTTLS, Security.NONE)
_PASSWORD = ("password-cleartext", "password-encrypted", "plain", "secure")
_NO_LOG_IN = ("none", "client-IP-address")


def ask(url: str, address: str, source: Source, places: Places, cancel: CancelToken) -> Found:
    """Fetch and read what a source has for the domain of an address.

    Raises NotFound, Unreachable, CertificateRejected, BadInput, Cancelled.
    """
    got = document(
        url, cancel, limit=LARGEST, private=places.private, timeout=places.seconds,
        ca_file=places.ca_file,
    )  # fmt: skip
    if not any(one in got.content_type for one in _TYPES):
        raise BadInput(f"{got.host} sent something else ({got.content_type}).")
    incoming, outgoing = read(got.data, address, private=places.private)
    return Found(incoming, outgoing, source, got.host)


def read(data: bytes, address: str, *, private: bool = False) -> tuple[Server, Server]:
    """The best POP3 and the best SMTP server of a document; raises BadInput, NotFound."""
    provider = _parse(data).find("emailProvider")
    if provider is None:
        raise BadInput("The answer names no provider.")
    return (
        _best(provider, "incomingServer", "pop3", lambda one: _server(one, address, private)),
        _best(provider, "outgoingServer", "smtp", lambda one: _server(one, address, private)),
    )


def _parse(data: bytes) -> Element:
    from defusedxml.ElementTree import ParseError, fromstring  # late: only discovery reads XML

    if len(data) > LARGEST:
        raise BadInput("The answer is too large.")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as problem:
        raise BadInput("The answer is not what it should be.", detail=str(problem)) from problem
    if root.tag != "clientConfig":
        raise BadInput("The answer is not what it should be.")
    return root


def _best(provider: Element, tag: str, kind: str, made: Callable[[Element], Server]) -> Server:
    """The safest that can be used; one that is malformed spoils the others not."""
    servers: list[Server] = []
    problem: MailError = NotFound(f"It offers no {kind.upper()}.")
    for one in provider.findall(tag)[:MOST_SERVERS]:
        if one.get("type") != kind:
            continue
        try:
            servers.append(made(one))
        except BadInput as refused:
            problem = refused
    if not servers:
        raise problem
    return min(servers, key=lambda one: (_RANK.index(one.security), _asks_token(one)))


def _asks_token(server: Server) -> bool:
    return server.authentication is Authentication.OAUTH2


def _server(element: Element, address: str, private: bool) -> Server:
    security = _SECURITY.get(_text(element, "socketType"))
    port = _text(element, "port")
    host = _text(element, "hostname").replace("%EMAILDOMAIN%", domain_of(address))
    if security is None or not (port.isascii() and port.isdigit() and len(port) <= 5):
        raise BadInput("A port or its security is not one.")
    return Server(
        host_name(host, private=private),
        int(port),
        security,
        _authentication(element),
        _filled(_text(element, "username") or "%EMAILADDRESS%", address),
    )


def _authentication(element: Element) -> Authentication:
    """A password where one is taken; raises BadInput where nothing fits that the program can do."""
    ways = [(one.text or "").strip() for one in element.findall("authentication")]
    if not ways or any(one in _PASSWORD for one in ways):
        return Authentication.PASSWORD
    if "OAuth2" in ways:
        return Authentication.OAUTH2
    if element.tag == "outgoingServer" and any(one in _NO_LOG_IN for one in ways):
        return Authentication.NONE
    raise BadInput("It is logged in to in a way that this program does not know.")


def _filled(text: str, address: str) -> str:
    whole = address.strip()
    local, _, domain = whole.rpartition("@")
    for name, value in (
        ("%EMAILADDRESS%", whole), ("%EMAILLOCALPART%", local), ("%EMAILDOMAIN%", domain)
    ):  # fmt: skip
        text = text.replace(name, value)
    return text


def _text(element: Element, name: str) -> str:
    child = element.find(name)
    return (child.text or "").strip() if child is not None else ""
