"""A certificate that cannot be verified: the facts are shown, an exception is for it alone."""

from __future__ import annotations

import gc
import socket
import struct
from dataclasses import replace

import pytest

from mailclient.account import Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, CertificateRejected
from mailclient.transport import certificate, pop3, smtp
from mailclient.transport.certificate import examine
from mailclient.transport.wire import Wire
from tests.attacks.certificates import Wish, made
from tests.integration.transport.conftest import Papers
from tests.servers.scripted import Conversation, scripted
from tests.servers.surroundings import MailServers

ENCRYPTED = [Security.TLS, Security.STARTTLS]


def unknown(servers: MailServers, security: Security, *, incoming: bool) -> Server:
    """A server whose authority this computer does not know."""
    account = servers.account("alice", security)
    server = account.incoming if incoming else account.outgoing
    assert server is not None
    return replace(server, ca_file="")


@pytest.mark.parametrize("security", ENCRYPTED)
@pytest.mark.parametrize("incoming", [True, False])
def test_the_facts_are_shown_and_the_accepted_certificate_is_taken(
    security: Security, incoming: bool, mail_servers: MailServers
) -> None:
    server = unknown(mail_servers, security, incoming=incoming)
    log_in = pop3.check if incoming else smtp.check
    password = mail_servers.password("alice")
    with pytest.raises(CertificateRejected):
        log_in(server, password, CancelToken())
    shown = examine(server, CancelToken(), incoming=incoming)
    assert "does not know" in shown.problem
    assert "localhost" in shown.names
    assert shown.since < shown.until
    assert shown.may_except
    accepted = replace(server, pin=shown.fingerprint)
    assert log_in(accepted, password, CancelToken()).startswith("Logged in")


def test_a_certificate_that_verifies_has_no_problem(mail_servers: MailServers) -> None:
    server = mail_servers.account("alice").incoming
    assert server is not None
    assert examine(server, CancelToken(), incoming=True).problem == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"),  # a version that there is not
        (b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x13"),  # an extension twice
        (b"\x81\x0fsue@", b"\xa3\x0fsue@"),  # a name of a kind that is not read
        (b"\x30", b"\x31"),
    ],
)
def test_a_certificate_that_cannot_be_read_is_refused_in_words(
    old: bytes, new: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = made(Wish("mail.example.org", ("sue@example.org",))).der.replace(old, new)
    monkeypatch.setattr(certificate, "_shown", lambda *given, **how: strange)
    server = Server("mail.example.org", 995, Security.TLS, "sue")
    with pytest.raises(CertificateRejected, match="cannot be read"):
        examine(server, CancelToken(), incoming=True)


@pytest.mark.parametrize("security", ENCRYPTED)
def test_another_certificate_than_the_accepted_one_is_refused(
    security: Security, mail_servers: MailServers
) -> None:
    server = replace(unknown(mail_servers, security, incoming=True), pin="0" * 64)
    with pytest.raises(CertificateRejected, match="not the one that you have accepted"):
        pop3.check(server, mail_servers.password("alice"), CancelToken())


def test_looking_at_a_certificate_says_nothing_else(papers: Papers) -> None:
    def script(server: Conversation) -> None:
        server.encrypt(papers.elsewhere)
        server.wait_until_gone()

    with scripted(script) as running:
        server = running.server(security=Security.TLS)
        shown = examine(server, CancelToken(), incoming=True)
    assert "another server" in shown.problem or "does not know" in shown.problem
    assert running.heard == b""


def test_a_connection_that_is_not_encrypted_has_no_certificate() -> None:
    server = Server("pop.example.org", 110, Security.NONE)
    with pytest.raises(BadInput, match="not encrypted"):
        examine(server, CancelToken(), incoming=True)


@pytest.mark.parametrize("pin", ["abc", "z" * 64])
def test_what_is_no_fingerprint_is_refused(pin: str) -> None:
    with pytest.raises(BadInput, match="fingerprint"):
        Server("pop.example.org", 995, pin=pin)


def test_a_socket_that_is_cut_off_before_the_handshake_is_not_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        wire = Wire.__new__(Wire)  # only what shaking hands needs
        wire.sock, wire.server, wire._looking = ours, Server("localhost", 995), False
        with pytest.raises(OSError, match=r"reset|not connected|closed|EOF"):
            wire._shake_hands()
        ours.close()
    gc.collect()  # a socket that was lost would warn here, and fail the test
