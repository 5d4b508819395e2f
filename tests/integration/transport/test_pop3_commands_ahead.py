"""Commands that are written before the answers to earlier ones have come (RFC 2449 section 6.6)."""

from __future__ import annotations

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import NotFound, ProtocolFault, Unreachable
from mailclient.transport import pop3
from mailclient.transport.pop3 import AHEAD, Listed, Pop3Session
from tests.integration.transport.conftest import Pieces
from tests.servers.scripted import Conversation, Script, scripted
from tests.servers.surroundings import MailServers

SECRET = "the secret"


def offering(capabilities: bytes, then: Script) -> Script:
    """A server that offers these, takes any password, and goes on so."""

    def script(server: Conversation) -> None:
        server.say(b"+OK ready\r\n")
        server.answer(b"CAPA", b"+OK\r\nUSER\r\n" + capabilities + b".\r\n")
        if b"UTF8" in capabilities:
            server.answer(b"UTF8", b"+OK\r\n")
        server.answer(b"USER", b"+OK\r\n")
        server.answer(b"PASS", b"+OK\r\n")
        then(server)

    return script


def wanted(count: int) -> list[Listed]:
    return [Listed(number, b"", 0) for number in range(1, count + 1)]


def bodies(session: Pop3Session, count: int) -> list[bytes | None]:
    """What comes; None for what is refused."""
    return [
        None if isinstance(got, NotFound) else b"".join(got.pieces)
        for _, got in session.retr(wanted(count), lambda one: Pieces([]))
    ]


def test_commands_are_ahead_but_never_too_many() -> None:
    most = 0

    def serve(server: Conversation) -> None:
        nonlocal most
        waiting: list[int] = []
        for _ in range(3 * AHEAD):
            while not waiting or server.has_line():
                waiting.append(int(server.hear(b"RETR").split()[1]))
            most = max(most, len(waiting))
            number = waiting.pop(0)
            server.say(b"+OK\r\nmessage %d\r\n.\r\n" % number)
        server.answer(b"QUIT", b"+OK\r\n")

    with (
        scripted(offering(b"PIPELINING\r\n", serve)) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        assert bodies(session, 3 * AHEAD) == [
            b"message %d\r\n" % number for number in range(1, 3 * AHEAD + 1)
        ]
    assert 1 < most <= AHEAD


@pytest.mark.parametrize("offered", [b"", b"PIPELINING\r\n"])
def test_without_the_offer_or_without_the_wish_each_command_waits(offered: bytes) -> None:
    def serve(server: Conversation) -> None:
        for number in (1, 2, 3):
            server.hear(b"RETR %d" % number)
            assert not server.has_line()
            server.say(b"+OK\r\nx\r\n.\r\n")
        server.answer(b"QUIT", b"+OK\r\n")

    with (
        scripted(offering(offered, serve)) as running,
        pop3.connect(running.server(), SECRET, CancelToken(), pipelining=not offered) as session,
    ):
        assert bodies(session, 3) == [b"x\r\n"] * 3


def test_a_refusal_in_the_middle_concerns_one_message() -> None:
    def serve(server: Conversation) -> None:
        for number in (1, 2, 3):
            server.hear(b"RETR %d" % number)
        server.say(b"+OK\r\na\r\n.\r\n-ERR not that one\r\n+OK\r\nc\r\n.\r\n")
        server.answer(b"QUIT", b"+OK\r\n")

    with (
        scripted(offering(b"PIPELINING\r\n", serve)) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        assert bodies(session, 3) == [b"a\r\n", None, b"c\r\n"]


def test_a_cut_keeps_what_came_and_says_nothing_more() -> None:
    def serve(server: Conversation) -> None:
        server.hear(b"RETR 1")
        server.say(b"+OK\r\na\r\n.\r\n+OK\r\nhalf of")
        server.cut()

    with (
        scripted(offering(b"PIPELINING\r\n", serve)) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        coming = session.retr(wanted(3), lambda listed: Pieces([]))
        _, first = next(coming)
        with pytest.raises(Unreachable):
            next(coming)
        assert not session.quit()
    assert isinstance(first, Pieces)
    assert first.pieces == [b"a\r\n"]
    assert b"QUIT" not in running.heard


def test_whoever_stops_in_the_middle_ends_the_session_without_deleting() -> None:
    def serve(server: Conversation) -> None:
        for number in (1, 2, 3):
            server.hear(b"DELE %d" % number)
        server.say(b"+OK\r\n" * 3)
        server.wait_until_gone()

    with (
        scripted(offering(b"PIPELINING\r\n", serve)) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        next(session.dele(wanted(3)))
        with pytest.raises(ProtocolFault):
            list(session.dele(wanted(1)))
        assert not session.quit()
    assert b"QUIT" not in running.heard


def test_the_server_is_asked_for_mail_in_utf_8_where_it_can() -> None:
    def serve(server: Conversation) -> None:
        server.hear(b"RETR 1")
        server.say("+OK\r\nSubject: Grüße\r\n\r\n.\r\n".encode())
        server.answer(b"QUIT", b"+OK\r\n")

    with (
        scripted(offering(b"UTF8 USER\r\n", serve)) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        assert bodies(session, 1) == ["Subject: Grüße\r\n\r\n".encode()]
    assert running.heard.index(b"UTF8") < running.heard.index(b"USER")


def test_dovecot_takes_commands_ahead(mail_servers: MailServers) -> None:
    mail_servers.clear()
    sent = [
        b"From: a@b\r\nSubject: %d\r\n\r\n" % number + b".\r\n..\r\nx" * number + b"\r\n"
        for number in range(300)
    ]
    for raw in sent:
        mail_servers.deliver("alice", raw)
    server = mail_servers.account("alice").incoming
    assert server is not None
    with pop3.connect(server, mail_servers.password("alice"), CancelToken()) as session:
        assert session.pipelining
        listing = session.listing()
        assert bodies(session, len(listing)) == sent
        heads = [head for _, head in session.top(listing)]
        assert heads[7] == b"From: a@b\r\nSubject: 7\r\n\r\n"
