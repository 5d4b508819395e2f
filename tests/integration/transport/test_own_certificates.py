"""A server that lets in only who shows a certificate, and the user who has one: a real Dovecot."""

from __future__ import annotations

import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from mailclient.account import Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, CertificateRejected, MailError
from mailclient.transport import pop3, tls
from mailclient.transport.certificate import examine
from tests.servers import dovecot
from tests.servers.surroundings import free_ports, wait_for

ENCRYPTED = [Security.TLS, Security.STARTTLS]


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm's server, and the files that it has given to its people."""

    folder: Path
    ports: dovecot.Ports

    def server(self, security: Security, client_file: str = "alice.pem") -> Server:
        port = self.ports.pop3s if security is Security.TLS else self.ports.pop3
        return Server(
            "localhost", port, security, username="alice", ca_file=str(self.folder / "ca.pem"),
            client_file=str(self.folder / client_file) if client_file else "",
        )  # fmt: skip


@pytest.fixture(scope="module")
def firm() -> Iterator[Firm]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="mailclient-firm-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        authority, other = trustme.CA(), trustme.CA()
        papers = authority.issue_cert("localhost")
        papers.private_key_pem.write_to_path(str(folder / "key.pem"))
        papers.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
        for name in ("ca.pem", "clients.pem"):
            authority.cert_pem.write_to_path(str(folder / name))
        for name, by in (("alice.pem", authority), ("stranger.pem", other)):
            own = by.issue_cert("alice@example.org")
            own.private_key_and_cert_chain_pem.write_to_path(str(folder / name))
        (folder / "users").write_text("alice:{PLAIN}secret\n", encoding="utf-8")
        made = Firm(folder, dovecot.Ports(*free_ports(3)))
        (folder / "mail" / "alice" / "Maildir").mkdir(parents=True)
        for path in (folder / "mail").rglob("*"):
            shutil.chown(path, "mail", "mail")
        process = dovecot.start(folder, folder / "mail", made.ports, asking=True)
        stack.callback(dovecot.stop, process)
        for port in (made.ports.pop3, made.ports.pop3s):
            wait_for(port, folder)
        yield made


@pytest.mark.parametrize("security", ENCRYPTED)
def test_who_shows_a_certificate_is_let_in(firm: Firm, security: Security) -> None:
    assert pop3.check(firm.server(security), "secret", CancelToken()).startswith("Logged in")


@pytest.mark.parametrize("security", ENCRYPTED)
@pytest.mark.parametrize("file", ["", "stranger.pem"])
def test_who_shows_none_or_a_stranger_s_is_not(firm: Firm, security: Security, file: str) -> None:
    with pytest.raises(MailError):
        pop3.check(firm.server(security, file), "secret", CancelToken())


def test_it_is_shown_to_a_server_whose_certificate_was_accepted_too(firm: Firm) -> None:
    server = firm.server(Security.TLS)
    shown = examine(server, CancelToken(), incoming=True)
    pinned = Server(
        server.host, server.port, username="alice", pin=shown.fingerprint,
        client_file=server.client_file,
    )  # fmt: skip
    assert pop3.check(pinned, "secret", CancelToken()).startswith("Logged in")


def test_a_server_that_breaks_off_for_want_of_one_is_told_in_words(firm: Firm) -> None:
    """As others than Dovecot do: they end the handshake with an alert."""
    demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    demanding.load_cert_chain(firm.folder / "cert.pem", firm.folder / "key.pem")
    demanding.load_verify_locations(firm.folder / "clients.pem")
    demanding.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            taken, _ = listening.accept()
            with taken, pytest.raises(ssl.SSLError):
                demanding.wrap_socket(taken, server_side=True)

        refusing = threading.Thread(target=refuse)
        refusing.start()
        server = Server(
            "localhost", listening.getsockname()[1], ca_file=str(firm.folder / "ca.pem")
        )
        with pytest.raises(CertificateRejected, match="without a certificate of their own"):
            pop3.check(server, "secret", CancelToken())
        refusing.join()


def test_a_file_that_does_not_hold_what_it_should_is_named(firm: Firm, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key((firm.folder / "key.pem").read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"a passphrase"),
    )
    for name, data, told in (
        ("text.pem", b"no certificate", "no certificate with its key"),
        ("cert.pem", (firm.folder / "cert.pem").read_bytes(), "no certificate with its key"),
        ("locked.pem", (firm.folder / "cert.pem").read_bytes() + locked, "has a passphrase"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(BadInput, match=told):
            tls.context("", str(path))
    with pytest.raises(BadInput, match="no certificate with its key"):
        tls.context("", str(tmp_path / "missing.pem"))
