"""The one maker of TLS contexts: certificates verified, host names checked, TLS 1.2 or newer."""

from __future__ import annotations

import ssl
from hashlib import sha256

from mailclient.errors import BadInput


def context(ca_file: str = "", client_file: str = "") -> ssl.SSLContext:
    """A context that trusts the system's certificates, and those in `ca_file` besides; it shows the
    user's own in `client_file` to a server that asks for one.

    Raises BadInput if a file cannot be used.
    """
    import truststore  # late: only a connection needs it

    made = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        try:
            made.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as problem:
            raise BadInput(
                f"The certificates in {ca_file} cannot be read.",
                "Name a PEM file.",
                str(problem),
            ) from problem
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = True
    made.verify_mode = ssl.CERT_REQUIRED
    _show_own(made, client_file)
    return made


def unverified(client_file: str = "") -> ssl.SSLContext:
    """A context that takes any certificate: only to look at one, or to compare it with the one that
    the user has accepted before anything is sent. Raises BadInput as `context` does."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    _show_own(made, client_file)
    return made


def _show_own(made: ssl.SSLContext, client_file: str) -> None:
    """Have a context show the user's own certificate (RFC 8446 section 4.4.2)."""
    if not client_file:
        return

    def asked() -> str:
        raise BadInput(
            f"The key in {client_file} has a passphrase, which cannot be asked for here.",
            "Save certificate and key without one, in a file that you alone may read.",
        )

    try:
        made.load_cert_chain(client_file, password=asked)
    except (OSError, ssl.SSLError) as problem:
        raise BadInput(
            f"There is no certificate with its key in {client_file}.",
            "Name a PEM file that holds your certificate and its private key.",
            str(problem),
        ) from problem


def fingerprint(certificate: bytes | None) -> str:
    """The SHA-256 of a certificate (DER), in hex; "" for none."""
    return sha256(certificate).hexdigest() if certificate else ""


def check() -> str:
    """What is wrong with the system's certificates; "" if nothing is."""
    if ssl.create_default_context().cert_store_stats()["x509_ca"]:
        return ""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return ""
    return "This system has no certificates to check servers by. Install 'ca-certificates'."
