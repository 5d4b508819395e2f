"""Handing mail to a real Postfix, over each kind of encryption."""

from __future__ import annotations

import threading

import pytest

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    CertificateRejected,
    LoginRefused,
    MessageRefused,
)
from mailclient.transport import smtp
from mailclient.transport.smtp import Phase, RecipientResult
from tests.servers.surroundings import MailServers

ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"
HEAD = b"From: alice@example.org\r\nTo: bob@example.org\r\nMessage-ID: <1@example.org>\r\n\r\n"


@pytest.fixture(autouse=True)
def _empty(mail_servers: MailServers) -> None:
    mail_servers.clear()


def outgoing(servers: MailServers, security: Security = Security.TLS) -> Server:
    server = servers.account("alice", security).outgoing
    assert server is not None
    return server


def submit(
    servers: MailServers,
    message: bytes,
    *recipients: str,
    sender: str = ALICE,
    security: Security = Security.TLS,
    phases: list[Phase] | None = None,
) -> tuple[RecipientResult, ...]:
    told = [] if phases is None else phases
    with smtp.submission(
        outgoing(servers, security), servers.password("alice"), CancelToken()
    ) as session:
        return session.submit(sender, recipients or (BOB,), message, on_phase=told.append)


def arrived(servers: MailServers, name: str, count: int = 1) -> list[bytes]:
    """The bodies in a mailbox once there are `count`."""
    pause = threading.Event()
    while len(found := servers.mailbox(name)) < count:
        pause.wait(0.02)
    return [raw.partition(b"\r\n\r\n")[2] for raw in found]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_message_arrives_over_each_kind_of_encryption(
    security: Security, mail_servers: MailServers
) -> None:
    phases: list[Phase] = []
    [result] = submit(mail_servers, HEAD + b"Hello.\r\n", security=security, phases=phases)
    assert (result.address, result.accepted, result.code) == (BOB, True, 250)
    assert phases == [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT_PENDING, Phase.DONE]
    assert arrived(mail_servers, "bob") == [b"Hello.\r\n"]


def test_dots_and_a_missing_last_line_end_do_not_change_the_text(
    mail_servers: MailServers,
) -> None:
    submit(mail_servers, HEAD + b".\r\n..\r\n.x\r\n\r\n.")
    assert arrived(mail_servers, "bob") == [b".\r\n..\r\n.x\r\n\r\n.\r\n"]


def test_five_megabytes_go_out_in_pieces(mail_servers: MailServers) -> None:
    body = (b"." + b"x" * 70 + b"\r\n") * 70_000
    submit(mail_servers, HEAD + body)
    assert arrived(mail_servers, "bob") == [body]


def test_each_recipient_gets_an_answer_of_its_own(mail_servers: MailServers) -> None:
    good, bad, other = submit(mail_servers, HEAD + b"Hi.\r\n", BOB, "nobody@example.org", CAROL)
    assert good.accepted
    assert other.accepted
    assert (bad.address, bad.accepted, bad.code) == ("nobody@example.org", False, 550)
    assert "nobody@example.org" in bad.reason
    assert arrived(mail_servers, "bob") == arrived(mail_servers, "carol") == [b"Hi.\r\n"]


def test_a_message_that_nobody_may_get_is_not_sent(mail_servers: MailServers) -> None:
    phases: list[Phase] = []
    results = submit(mail_servers, HEAD, "nobody@example.org", "noone@example.org", phases=phases)
    assert [one.accepted for one in results] == [False, False]
    assert Phase.DOT_PENDING not in phases
    assert mail_servers.mailbox("bob") == []


def test_a_wrong_password_is_told_as_one(mail_servers: MailServers) -> None:
    with pytest.raises(LoginRefused) as refused:
        smtp.check(outgoing(mail_servers), "not this one", CancelToken())
    assert "not this one" not in f"{refused.value} {refused.value.detail}"


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_of_an_unknown_authority_is_refused(
    security: Security, mail_servers: MailServers
) -> None:
    trusted = outgoing(mail_servers, security)
    server = Server(trusted.host, trusted.port, security, username=trusted.username)
    with pytest.raises(CertificateRejected, match="could not prove"):
        smtp.check(server, mail_servers.password("alice"), CancelToken())


def test_without_encryption_this_server_offers_no_log_in(mail_servers: MailServers) -> None:
    trusted = outgoing(mail_servers, Security.STARTTLS)
    server = Server(trusted.host, trusted.port, Security.NONE, username=trusted.username)
    with pytest.raises(LoginRefused, match="no way to log in"):
        smtp.check(server, mail_servers.password("alice"), CancelToken())


def test_who_has_not_logged_in_may_not_send(mail_servers: MailServers) -> None:
    trusted = outgoing(mail_servers)
    server = Server(
        trusted.host, trusted.port, authentication=Authentication.NONE, ca_file=trusted.ca_file
    )
    with smtp.submission(server, "", CancelToken()) as session:
        [result] = session.submit(ALICE, [BOB], HEAD, on_phase=lambda phase: None)
    assert not result.accepted
    assert mail_servers.mailbox("bob") == []


def test_a_message_that_is_too_large_is_refused_before_it_is_sent(
    mail_servers: MailServers,
) -> None:
    phases: list[Phase] = []
    with pytest.raises(MessageRefused, match="larger"):
        submit(mail_servers, HEAD + (b"x" * 98 + b"\r\n") * 600_000, phases=phases)
    assert phases == []


def test_a_check_says_what_the_server_takes(mail_servers: MailServers) -> None:
    text = smtp.check(outgoing(mail_servers), mail_servers.password("alice"), CancelToken())
    assert text == "Logged in; takes messages of up to 52 MB."


SMUGGLED = [
    b"one\n.\nMAIL FROM:<x@example.org>\r\n",
    b"one\r.\rtwo\r\n",
    b"one\r\n.\n",
    b"one\n.\r\n",
    b"one\r",
    b"x" * 999 + b"\r\n",
]


@pytest.mark.parametrize("body", SMUGGLED)
def test_what_a_server_could_take_for_the_end_is_never_sent(
    body: bytes, mail_servers: MailServers
) -> None:
    phases: list[Phase] = []
    with pytest.raises(BadInput):
        submit(mail_servers, HEAD + body, phases=phases)
    assert phases == []


@pytest.mark.parametrize(
    "address",
    [
        "bob@example.org>\r\nRCPT TO:<eve@example.org",
        "bob@example.org\n",
        "bob> SIZE=1 <x@example.org",
        "bob\0@example.org",
        "bob",
        "",
    ],
)
def test_an_address_never_becomes_a_command(address: str, mail_servers: MailServers) -> None:
    with pytest.raises(BadInput):
        submit(mail_servers, HEAD, address)
    with pytest.raises(BadInput):
        submit(mail_servers, HEAD, sender=address)
