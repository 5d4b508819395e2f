"""Every way to log in to a submission server, against a real Postfix that asks a real Dovecot."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    CertificateRejected,
    LoginRefused,
    MailboxBusy,
    ProtocolFault,
    Unreachable,
)
from mailclient.transport import smtp
from tests.integration.transport.conftest import Papers
from tests.servers.dovecot import token
from tests.servers.scripted import Conversation, scripted
from tests.servers.surroundings import MailServers

BY_PASSWORD = ["SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"]
BY_TOKEN = ["XOAUTH2", "OAUTHBEARER"]
SECRET = "not to be seen"


def outgoing(servers: MailServers, security: Security = Security.TLS) -> Server:
    server = servers.account("alice", security).outgoing
    assert server is not None
    return server


def log_in(server: Server, secret: str) -> str:
    return smtp.check(server, secret, CancelToken())


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("name", BY_PASSWORD)
def test_postfix_takes_the_password_by(
    name: str, security: Security, mail_servers: MailServers
) -> None:
    server = replace(outgoing(mail_servers, security), mechanism=name)
    assert log_in(server, mail_servers.password("alice")).startswith("Logged in")
    with pytest.raises(LoginRefused) as refused:
        log_in(server, SECRET)
    assert SECRET not in f"{refused.value} {refused.value.detail}"


@pytest.mark.parametrize("filler", ["", "x" * 3000], ids=["short", "long"])
@pytest.mark.parametrize("name", BY_TOKEN)
def test_postfix_takes_a_token_by(name: str, filler: str, mail_servers: MailServers) -> None:
    server = replace(outgoing(mail_servers), authentication=Authentication.OAUTH2, mechanism=name)
    assert log_in(server, token("alice", filler=filler)).startswith("Logged in")
    with pytest.raises(LoginRefused, match="sign in again"):
        log_in(server, token("alice", lasts=-60, filler=filler))


def by_token(running_server: Server, name: str) -> Server:
    return replace(running_server, authentication=Authentication.OAUTH2, mechanism=name)


ANSWERS = {"XOAUTH2": b"", "OAUTHBEARER": b"AQ=="}


@pytest.mark.parametrize("name", BY_TOKEN)
def test_a_token_that_is_refused_is_answered_as_the_way_wants_it(name: str) -> None:
    error = b64encode(json.dumps({"status": "401", "schemes": "bearer"}).encode())

    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250 AUTH " + name.encode() + b"\r\n")
        client.answer(b"AUTH " + name.encode() + b" ", b"334 " + error + b"\r\n")
        assert client.hear() == ANSWERS[name]
        client.say(b"535 5.7.8 no\r\n")
        client.wait_until_gone()

    with scripted(script) as running, pytest.raises(LoginRefused, match="sign in again"):
        log_in(by_token(running.server(), name), SECRET)


@pytest.mark.parametrize("refusal", [b"501 5.5.4 no initial response", b"504 5.5.4 unknown"])
def test_a_token_is_given_when_asked_for_where_the_first_line_is_not_taken(refusal: bytes) -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250 AUTH XOAUTH2\r\n")
        client.answer(b"AUTH XOAUTH2 ", refusal + b"\r\n")
        assert client.hear() == b"AUTH XOAUTH2"
        client.say(b"334 \r\n")
        assert b"Bearer " + SECRET.encode() in b64decode(client.hear())
        client.say(b"235 welcome\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running:
        assert log_in(by_token(running.server(), "XOAUTH2"), SECRET) == "Logged in."


def test_a_long_token_is_given_on_the_first_line_only_where_it_is_not_asked_for() -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250 AUTH XOAUTH2\r\n")
        assert client.hear() == b"AUTH XOAUTH2"
        client.say(b"501 5.5.4 the token comes with the command\r\n")
        client.answer(b"AUTH XOAUTH2 ", b"235 welcome\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running:
        assert log_in(by_token(running.server(), "XOAUTH2"), SECRET * 100) == "Logged in."


def test_a_server_that_cannot_log_in_now_is_asked_later_and_not_called_a_wrong_password() -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250 AUTH PLAIN\r\n")
        client.answer(b"AUTH PLAIN", b"454 4.7.0 Temporary authentication failure\r\n")
        client.wait_until_gone()

    with scripted(script) as running, pytest.raises(MailboxBusy):
        log_in(running.server(), SECRET)


def test_a_server_that_asks_without_end_is_left() -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250 AUTH LOGIN\r\n")
        for _ in range(12):
            client.answer(b"", b"334 VXNlcm5hbWU6\r\n")
        client.wait_until_gone()

    with scripted(script) as running, pytest.raises(ProtocolFault):
        log_in(running.server(), SECRET)


@pytest.mark.parametrize(
    ("greeting", "fault"),
    [
        (b"554 5.7.1 go away\r\n", Unreachable),
        (b"421 4.3.2 too many connections\r\n", MailboxBusy),
        (b"+OK POP3 ready\r\n", ProtocolFault),
        (b"250 ready\r\n", ProtocolFault),
        (b"220-" + b"x" * 100_000 + b"\r\n", ProtocolFault),
        (b"220-more\r\n" * 100_000, ProtocolFault),
        (b"", Unreachable),
    ],
)
def test_a_greeting_that_is_none_ends_the_connection(greeting: bytes, fault: type) -> None:
    def script(client: Conversation) -> None:
        client.say(greeting)
        if greeting:
            client.wait_until_gone()

    with scripted(script) as running, pytest.raises(fault):
        log_in(running.server(), SECRET)
    assert running.heard == b""


def test_nothing_of_this_machine_is_told() -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"502 5.5.2 what?\r\n")
        client.answer(b"HELO", b"250 welcome\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running:
        server = replace(running.server(), authentication=Authentication.NONE)
        assert log_in(server, "") == "Logged in."
    assert bytes(running.heard).split(b"\r\n")[:2] == [b"EHLO [127.0.0.1]", b"HELO [127.0.0.1]"]


# STARTTLS


@pytest.mark.parametrize("offers", [b"250 AUTH PLAIN", b"250-STARTTLS\r\n250 AUTH PLAIN"])
def test_without_encryption_nothing_is_said_of_who_we_are(offers: bytes, papers: Papers) -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n" + offers + b"\r\n")
        client.answer(b"STARTTLS", b"454 4.7.0 not now\r\n")
        client.wait_until_gone()

    with scripted(script) as running, pytest.raises(CertificateRejected, match="no encryption"):
        log_in(running.server(Security.STARTTLS, ca_file=papers.ca_file), SECRET)
    assert b"AUTH" not in running.heard


def test_what_was_slipped_in_before_encryption_ends_the_connection(papers: Papers) -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250 STARTTLS\r\n")
        client.answer(b"STARTTLS", b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n")
        client.wait_until_gone()

    with scripted(script) as running, pytest.raises(CertificateRejected, match="interfered"):
        log_in(running.server(Security.STARTTLS, ca_file=papers.ca_file), SECRET)


def test_what_was_offered_in_clear_counts_for_nothing(papers: Papers) -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250-STARTTLS\r\n250-SIZE 7\r\n250 AUTH PLAIN\r\n")
        client.answer(b"STARTTLS", b"220 go\r\n")
        client.encrypt(papers.context)
        client.answer(b"EHLO", b"250-scripted\r\n250 AUTH CRAM-MD5\r\n")
        client.answer(b"AUTH CRAM-MD5", b"334 PDFAbT4=\r\n")
        client.hear()
        client.say(b"235 welcome\r\n")
        client.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running:
        server = running.server(Security.STARTTLS, ca_file=papers.ca_file)
        assert log_in(server, SECRET) == "Logged in."


def test_a_password_with_a_nul_is_not_sent(mail_servers: MailServers) -> None:
    with pytest.raises(BadInput):
        log_in(outgoing(mail_servers), "a\0b")
