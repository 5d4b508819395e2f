"""A look at the certificate of a server: the facts for somebody who has to decide about it.

Nothing but the agreement to use TLS is said to the server; no name, no password.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mailclient.account import Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, CertificateRejected
from mailclient.message.words import clean
from mailclient.transport import pop3_login, smtp, tls
from mailclient.transport.discover.providers import known_hosts
from mailclient.transport.wire import SET_UP, connected


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows of itself; `problem` is why it is not believed, "" where it is.

    `fingerprint` is the SHA-256 in hex; `may_except` is false where no exception is offered: at a
    large provider a certificate that cannot be verified is never the provider's. `accepted_before`
    is the fingerprint that the user has accepted for this server, "" where there is none.
    """

    host: str
    fingerprint: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    since: datetime
    until: datetime
    key: str
    problem: str
    may_except: bool
    accepted_before: str = ""

    @property
    def accepted(self) -> bool:
        """Whether it is the very one that the user has accepted."""
        return self.accepted_before == self.fingerprint


def examine(server: Server, cancel: CancelToken, *, incoming: bool) -> Certificate:
    """Look at the certificate of a server; raises Unreachable, CertificateRejected, BadInput."""
    if server.security is Security.NONE:
        raise BadInput(
            f"The connection to {server.host} is not encrypted; it shows no certificate.",
            "Choose TLS or STARTTLS first.",
        )
    problem = ""
    try:
        shown = _shown(replace(server, pin=""), cancel, incoming=incoming, looking=False)
    except CertificateRejected as rejected:
        problem = rejected.text
        shown = _shown(server, cancel, incoming=incoming, looking=True)
    return _facts(server, shown, problem)


def _shown(server: Server, cancel: CancelToken, *, incoming: bool, looking: bool) -> bytes:
    with connected(server, cancel, looking=looking) as wire, wire.within(SET_UP):
        if server.security is Security.STARTTLS:
            (pop3_login if incoming else smtp).agree_on_tls(wire)
        return wire.certificate


def _facts(server: Server, shown: bytes, problem: str) -> Certificate:
    from cryptography import x509  # late: only a doubtful certificate is looked at
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return _read(server, shown, problem)
    except (
        ValueError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as fault:
        raise CertificateRejected(
            f"The certificate of {server.host} cannot be read.", "Ask whoever runs the server."
        ) from fault


def _read(server: Server, shown: bytes, problem: str) -> Certificate:
    from cryptography import x509

    found = x509.load_der_x509_certificate(shown)
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = tuple(clean(str(one.value)) for one in extension.value)
    except x509.ExtensionNotFound:
        names = ()
    key = found.public_key()
    size = getattr(key, "key_size", None)
    kind = type(key).__name__.removesuffix("PublicKey").strip("_")
    return Certificate(
        server.host,
        tls.fingerprint(shown),
        clean(found.subject.rfc4514_string()),
        clean(found.issuer.rfc4514_string()),
        names,
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        f"{kind} {size}" if size else kind,
        problem,
        server.host.lower() not in known_hosts(),
        server.pin,
    )
