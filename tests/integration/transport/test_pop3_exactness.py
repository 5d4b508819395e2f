"""What a real Dovecot holds arrives as it is, over each kind of connection."""

from __future__ import annotations

import random

import pytest

from mailclient.account import Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import CertificateRejected, LoginRefused, NotFound
from mailclient.transport import pop3
from tests.integration.transport.conftest import Pieces, deleted, fetched, number
from tests.servers.surroundings import MailServers

HEAD = b"From: ann@example.org\r\nSubject: exact\r\n\r\n"


@pytest.fixture(autouse=True)
def _empty(mail_servers: MailServers) -> None:
    mail_servers.clear()


def incoming(servers: MailServers, security: Security = Security.TLS) -> Server:
    server = servers.account("alice", security).incoming
    assert server is not None
    return server


def collected(servers: MailServers, security: Security = Security.TLS) -> list[bytes]:
    password = servers.password("alice")
    with pop3.connect(incoming(servers, security), password, CancelToken()) as session:
        return [fetched(session, one.number) for one in session.listing()]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS, Security.NONE])
def test_a_message_is_fetched_over_each_kind_of_connection(
    security: Security, mail_servers: MailServers
) -> None:
    raw = HEAD + b"Hello.\r\n"
    mail_servers.deliver("alice", raw)
    server = mail_servers.account("alice", Security.STARTTLS).incoming
    assert server is not None
    if security is Security.NONE:
        plain = Server(server.host, server.port, security, username=server.username)
        with pop3.connect(plain, mail_servers.password("alice"), CancelToken()) as session:
            assert fetched(session, 1) == raw
    else:
        assert collected(mail_servers, security) == [raw]


BODIES = {
    "a dot before each line": b".\r\n..\r\n...\r\n.x\r\n",
    "a lonely dot at the end": b"text\r\n.\r\n",
    "a line of 2046 signs": b"a" * 2046 + b"\r\n",
    "a line of 2047 signs": b"a" * 2047 + b"\r\n",
    "a line of one megabyte": b"b" * 1_000_000 + b"\r\n",
    "empty lines": b"\r\n\r\n\r\n",
    "bytes beyond ASCII": bytes(range(128, 256)) + b"\r\n",
    "UTF-8": "Grüße, 世界\r\n".encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_bytes_of_a_message_are_kept(body: bytes, mail_servers: MailServers) -> None:
    mail_servers.deliver("alice", HEAD + body)
    assert collected(mail_servers) == [HEAD + body]


def test_line_ends_that_the_server_mends_do_not_end_the_message(mail_servers: MailServers) -> None:
    mail_servers.deliver("alice", HEAD + b"one\n.\ntwo\r\n")
    assert collected(mail_servers) == [HEAD + b"one\r\n.\r\ntwo\r\n"]


def test_a_message_without_a_last_line_end_gets_one_from_the_server(
    mail_servers: MailServers,
) -> None:
    mail_servers.deliver("alice", HEAD + b"no end")
    assert collected(mail_servers) == [HEAD + b"no end\r\n"]


def test_five_megabytes_of_dots_arrive_in_pieces(mail_servers: MailServers) -> None:
    chance = random.Random(7)
    lines = [b"." * chance.randrange(4) + chance.randbytes(60).hex().encode() for _ in range(42000)]
    raw = HEAD + b"\r\n".join(lines) + b"\r\n"
    mail_servers.deliver("alice", raw)
    pieces: list[bytes] = []
    password = mail_servers.password("alice")
    with pop3.connect(incoming(mail_servers), password, CancelToken()) as session:
        fetched(session, 1, lambda: Pieces(pieces))
    assert b"".join(pieces) == raw
    assert len(raw) > 5_000_000
    assert max(len(piece) for piece in pieces) < 100_000


def test_a_listing_names_each_message_with_a_uid_and_a_size(mail_servers: MailServers) -> None:
    for text in (b"one", b"three"):
        mail_servers.deliver("alice", HEAD + text + b"\r\n")
    password = mail_servers.password("alice")
    with pop3.connect(incoming(mail_servers), password, CancelToken()) as session:
        first, second = session.listing()
    assert (first.number, second.number) == (1, 2)
    assert first.uid
    assert first.uid != second.uid
    assert (first.size, second.size) == (len(HEAD) + 5, len(HEAD) + 7)


def test_top_gives_the_head_and_the_lines_asked_for(mail_servers: MailServers) -> None:
    mail_servers.deliver("alice", HEAD + b"one\r\ntwo\r\n")
    password = mail_servers.password("alice")
    with pop3.connect(incoming(mail_servers), password, CancelToken()) as session:
        [(_, head)] = session.top(number(1), 1)
    assert head == HEAD + b"one\r\n"


def test_a_refused_message_leaves_the_session_usable(mail_servers: MailServers) -> None:
    mail_servers.deliver("alice", HEAD)
    password = mail_servers.password("alice")
    with pop3.connect(incoming(mail_servers), password, CancelToken()) as session:
        with pytest.raises(NotFound):
            fetched(session, 99)
        assert fetched(session, 1) == HEAD


def test_deletions_count_once_the_session_has_ended_well(mail_servers: MailServers) -> None:
    mail_servers.deliver("alice", HEAD)
    password = mail_servers.password("alice")
    with pop3.connect(incoming(mail_servers), password, CancelToken()) as session:
        deleted(session, 1)
        assert mail_servers.mailbox("alice") == [HEAD]
        assert session.quit()
    assert mail_servers.mailbox("alice") == []


def test_an_error_in_the_session_deletes_nothing(mail_servers: MailServers) -> None:
    mail_servers.deliver("alice", HEAD)
    with pytest.raises(KeyError):
        _delete_and_fail(mail_servers)
    assert collected(mail_servers) == [HEAD]


def _delete_and_fail(servers: MailServers) -> None:
    password = servers.password("alice")
    with pop3.connect(incoming(servers), password, CancelToken()) as session:
        deleted(session, 1)
        raise KeyError


def test_a_wrong_password_is_told_as_one(mail_servers: MailServers) -> None:
    with pytest.raises(LoginRefused) as refused:
        pop3.check(incoming(mail_servers), "not this one", CancelToken())
    assert "not this one" not in f"{refused.value} {refused.value.detail}"


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_of_an_unknown_authority_is_refused(
    security: Security, mail_servers: MailServers
) -> None:
    trusted = incoming(mail_servers, security)
    server = Server(trusted.host, trusted.port, security, username=trusted.username)
    with pytest.raises(CertificateRejected, match="could not prove"):
        pop3.check(server, mail_servers.password("alice"), CancelToken())


def test_a_check_says_what_is_there(mail_servers: MailServers) -> None:
    mail_servers.deliver("alice", HEAD + b"x" * 2000 + b"\r\n")
    text = pop3.check(incoming(mail_servers), mail_servers.password("alice"), CancelToken())
    assert text == "Logged in: 1 message, 2.0 kB (TLS 1.3, SCRAM-SHA-256)."
