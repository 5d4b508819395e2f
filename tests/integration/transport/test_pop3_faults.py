"""POP3 servers that lie, stall, cut and inject."""

from __future__ import annotations

import pytest

from mailclient.account import Security
from mailclient.cancel import CancelToken
from mailclient.errors import (
    NotFound,
    ProtocolFault,
    Unreachable,
)
from mailclient.transport import pop3
from tests.integration.transport.conftest import Papers, deleted, fetched
from tests.servers.scripted import Conversation, Script, scripted

SECRET = "the secret"


def after_log_in(*answers: tuple[bytes, bytes]) -> Script:
    """A server that gives these answers to these commands, and to QUIT."""

    def script(server: Conversation) -> None:
        server.pop3_log_in()
        for wanted, reply in answers:
            server.answer(wanted, reply)
        server.answer(b"QUIT", b"+OK\r\n")

    return script


def retr(wire_bytes: bytes) -> bytes:
    """What a message is that comes over the wire as these bytes."""
    script = after_log_in((b"RETR 1", b"+OK\r\n" + wire_bytes))
    with (
        scripted(script) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        return fetched(session)


EXACT = {
    "a bare LF around a dot": b"one\n.\ntwo\r\n",
    "a bare CR around a dot": b"one\r.\rtwo\r\n",
    "a dot between LF and CRLF": b"one\n.\r\ntwo\r\n",
    "CRCRLF": b"one\r\r\ntwo\r\r\n",
    "NUL": b"a\0b\0\r\n",
    "a line of a megabyte": b"x" * 1_000_000 + b"\r\n",
    "dots": b".\r\n..\r\n.a\r\n",
}


@pytest.mark.parametrize("message", EXACT.values(), ids=EXACT.keys())
def test_only_a_dot_between_two_crlf_ends_a_message(message: bytes) -> None:
    stuffed = (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:]
    assert retr(stuffed + b".\r\n") == message


def test_the_end_is_found_wherever_the_network_cuts_it() -> None:
    body = b"one\r\n..two\r\n\r\n...\r\nthree\r\n.\r\n"
    with (
        scripted(_in_drips(body)) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        assert fetched(session) == b"one\r\n.two\r\n\r\n..\r\nthree\r\n"


def _in_drips(body: bytes) -> Script:
    """Each byte in a packet of its own."""

    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"RETR", b"+OK\r\n")
        for place in range(len(body)):
            server.say(body[place : place + 1])
        server.answer(b"QUIT", b"+OK\r\n")

    return script


@pytest.mark.parametrize("cut", [0, 1, 9, 10, 11, 12])
def test_a_message_that_is_cut_is_no_message(cut: int) -> None:
    whole = b"+OK\r\nSome\r\n.\r\n"

    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"RETR", whole[:cut])

    with (
        scripted(script) as running,
        pytest.raises(Unreachable, match="lost"),
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        fetched(session)


def test_a_connection_that_is_cut_without_a_farewell_of_tls_is_no_end(papers: Papers) -> None:
    def script(server: Conversation) -> None:
        server.encrypt(papers.context)
        server.pop3_log_in()
        server.answer(b"RETR", b"+OK\r\nSome text\r\n")
        server.cut()

    with scripted(script) as running:
        server = running.server(Security.TLS, ca_file=papers.ca_file)
        with (
            pytest.raises(Unreachable, match="lost"),
            pop3.connect(server, SECRET, CancelToken()) as session,
        ):
            fetched(session)


def test_a_refused_message_is_not_found_and_the_session_goes_on() -> None:
    script = after_log_in((b"RETR 1", b"-ERR damaged\r\n"), (b"RETR 2", b"+OK\r\nB\r\n.\r\n"))
    with (
        scripted(script) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        with pytest.raises(NotFound) as refused:
            fetched(session, 1)
        assert "damaged" in refused.value.detail
        assert fetched(session, 2) == b"B\r\n"


def test_after_an_answer_that_is_none_nothing_more_is_said() -> None:
    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"DELE", b"+OK\r\n")
        server.answer(b"RETR", b"what?\r\n")
        server.wait_until_gone()

    with (
        scripted(script) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        deleted(session, 1)
        with pytest.raises(ProtocolFault):
            fetched(session)
        with pytest.raises(ProtocolFault):
            deleted(session, 2)
        assert not session.quit()
    assert running.heard.endswith(b"RETR 1\r\n")


def test_an_answer_that_nobody_asked_for_ends_the_session() -> None:
    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"RETR", b"+OK\r\ntext\r\n.\r\n+OK again\r\n")
        server.wait_until_gone()

    with (
        scripted(script) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        assert fetched(session) == b"text\r\n"
        with pytest.raises(ProtocolFault):
            deleted(session, 1)


def test_quit_counts_only_when_it_is_confirmed() -> None:
    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"DELE", b"+OK\r\n")
        server.hear(b"QUIT")

    with (
        scripted(script) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        deleted(session, 1)
        assert not session.quit()
