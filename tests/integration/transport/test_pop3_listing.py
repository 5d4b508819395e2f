"""POP3 log-ins and listings of servers that refuse, lie, stall and inject."""

from __future__ import annotations

import threading

import pytest

from mailclient.account import Authentication, Security
from mailclient.cancel import CancelToken
from mailclient.errors import (
    BadInput,
    Cancelled,
    CertificateRejected,
    LoginRefused,
    MailboxBusy,
    MailError,
    ProtocolFault,
    Unreachable,
)
from mailclient.transport import pop3, wire
from mailclient.transport.pop3 import Listed
from tests.integration.transport.conftest import Papers
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


def listing(lines: bytes, uids: bytes) -> tuple[Listed, ...]:
    script = after_log_in((b"LIST", lines), (b"UIDL", uids))
    with (
        scripted(script) as running,
        pop3.connect(running.server(), SECRET, CancelToken()) as session,
    ):
        return session.listing()


def fails(script: Script, security: Security = Security.NONE, *, ca_file: str = "") -> MailError:
    """The fault that a check ends with."""
    with scripted(script) as running, pytest.raises(MailError) as caught:
        pop3.check(running.server(security, ca_file=ca_file), SECRET, CancelToken())
    assert SECRET not in f"{caught.value} {caught.value.detail}"
    return caught.value


# Listings


@pytest.mark.parametrize("answer", [b"+OK\r\n1 5\r\n", b"+OK\r\n1 5", b"+OK\r\n1 5\r\n."])
def test_a_listing_that_is_cut_is_discarded_whole(answer: bytes) -> None:
    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"LIST", answer)

    assert isinstance(fails(script), Unreachable)


def test_uids_are_bytes_of_any_length_with_gaps_between_numbers() -> None:
    long = b"u" * 300
    uids = b"+OK\r\n1 \xff\xfe\r\n3   two words\r\n7 " + long + b"\r\n8\r\n.\r\n"
    assert listing(b"+OK\r\n1 10\r\n3 20 more\r\n7 30\r\n8 40\r\n.\r\n", uids) == (
        Listed(1, b"\xff\xfe", 10),
        Listed(3, b"two words", 20),
        Listed(7, long, 30),
        Listed(8, b"", 40),
    )


def test_a_status_before_each_line_is_taken_off() -> None:
    assert listing(b"+OK\r\n1 10\r\n.\r\n", b"+OK\r\n+OK 1 abc\r\n.\r\n") == (
        Listed(1, b"abc", 10),
    )


def test_a_message_that_only_one_list_names_is_left_for_the_next_time() -> None:
    assert listing(b"+OK\r\n1 10\r\n2 20\r\n.\r\n", b"+OK\r\n2 b\r\n3 c\r\n.\r\n") == (
        Listed(2, b"b", 20),
    )


def test_two_messages_with_one_uid_are_both_listed() -> None:
    both = listing(b"+OK\r\n1 10\r\n2 20\r\n.\r\n", b"+OK\r\n1 a\r\n2 a\r\n.\r\n")
    assert both == (Listed(1, b"a", 10), Listed(2, b"a", 20))


def test_a_server_without_uids_gives_a_listing_without() -> None:
    assert listing(b"+OK\r\n1 10\r\n.\r\n", b"-ERR unknown command\r\n") == (Listed(1, b"", 10),)


def test_uids_that_are_late_for_now_are_not_taken_for_none() -> None:
    script = after_log_in(
        (b"LIST", b"+OK\r\n1 10\r\n.\r\n"), (b"UIDL", b"-ERR [SYS/TEMP] come back later\r\n")
    )
    assert isinstance(fails(script), MailboxBusy)


@pytest.mark.parametrize("size", [b"-1", b"9223372036854775808", b"9" * 5000, b"", b"big"])
def test_a_size_that_is_none_counts_as_nothing(size: bytes) -> None:
    lines = b"+OK\r\n1 " + size + b"\r\n.\r\n"
    assert listing(lines, b"+OK\r\n1 a\r\n.\r\n") == (Listed(1, b"a", 0),)


@pytest.mark.parametrize("line", [b"x 10", b"", b"9999999999 1", b"-1 5", b"1" * 9000])
def test_a_line_that_is_no_listing_ends_the_session(line: bytes) -> None:
    script = after_log_in((b"LIST", b"+OK\r\n" + line + b"\r\n.\r\n"))
    assert isinstance(fails(script), ProtocolFault)


def test_a_refused_listing_is_a_fault_of_the_server() -> None:
    assert isinstance(fails(after_log_in((b"LIST", b"-ERR no\r\n"))), ProtocolFault)


# Log-in


REFUSALS = [
    (b"-ERR [AUTH] Authentication failed.", LoginRefused),
    (b"-ERR [AUTH] account locked, try again after a call", LoginRefused),
    (b"-ERR wrong", LoginRefused),
    (b"-ERR [IN-USE] Do you have another session?", MailboxBusy),
    (b"-ERR [LOGIN-DELAY] minimum time between mail checks", MailboxBusy),
    (b"-ERR [SYS/TEMP] Internal error", MailboxBusy),
    (b"-ERR Unable to lock maildrop", MailboxBusy),
    (b"hello?", ProtocolFault),
]


@pytest.mark.parametrize(("reply", "fault"), REFUSALS)
def test_a_refused_log_in_is_told_by_its_reason(reply: bytes, fault: type[MailError]) -> None:
    def script(server: Conversation) -> None:
        server.say(b"+OK\r\n")
        server.answer(b"CAPA", b"-ERR\r\n")
        server.answer(b"USER", b"+OK\r\n")
        server.answer(b"PASS", reply + b"\r\n")

    assert type(fails(script)) is fault


def test_a_log_in_that_is_cut_is_no_refusal() -> None:
    def script(server: Conversation) -> None:
        server.say(b"+OK\r\n")
        server.answer(b"CAPA", b"-ERR\r\n")
        server.answer(b"USER", b"+OK\r\n")
        server.hear(b"PASS")

    assert isinstance(fails(script), Unreachable)


def test_a_server_that_closes_at_once_is_unreachable() -> None:
    assert isinstance(fails(Conversation.close), Unreachable)


@pytest.mark.parametrize("password", ["a\r\nDELE 1", "a\nb", "a\0b"])
def test_a_password_never_becomes_a_command(password: str) -> None:
    with scripted(Conversation.pop3_log_in) as running, pytest.raises(BadInput):
        pop3.check(running.server(), password, CancelToken())
    assert running.heard == b""


def test_a_password_is_sent_in_utf_8() -> None:
    script = after_log_in((b"LIST", b"+OK\r\n.\r\n"), (b"UIDL", b"+OK\r\n.\r\n"))
    with scripted(script) as running:
        assert pop3.check(running.server(), "Schlüssel", CancelToken()).startswith("Logged in: 0")
    assert "PASS Schlüssel\r\n".encode() in running.heard


def test_a_log_in_that_this_version_does_not_have_sends_nothing() -> None:
    with scripted(Conversation.pop3_log_in) as running:
        server = running.server(authentication=Authentication.OAUTH2)
        with pytest.raises(LoginRefused, match="no way to log in"):
            pop3.check(server, SECRET, CancelToken())
    assert running.heard == b"CAPA\r\n"


# Encryption


def test_without_the_encryption_asked_for_nothing_is_sent() -> None:
    def script(server: Conversation) -> None:
        server.say(b"+OK\r\n")
        server.answer(b"STLS", b"-ERR unknown\r\n")
        server.wait_until_gone()

    with scripted(script) as running, pytest.raises(CertificateRejected, match="no encryption"):
        pop3.check(running.server(Security.STARTTLS), SECRET, CancelToken())
    assert running.heard == b"STLS\r\n"


def test_an_answer_slipped_in_before_encryption_is_an_attack(papers: Papers) -> None:
    def script(server: Conversation) -> None:
        server.say(b"+OK\r\n")
        server.answer(b"STLS", b"+OK go\r\n+OK slipped in\r\n")
        server.encrypt(papers.context)

    fault = fails(script, Security.STARTTLS, ca_file=papers.ca_file)
    assert isinstance(fault, CertificateRejected)
    assert "interfered" in fault.text


def test_a_certificate_for_another_name_is_refused(papers: Papers) -> None:
    def script(server: Conversation) -> None:
        server.encrypt(papers.elsewhere)
        server.pop3_log_in()

    fault = fails(script, Security.TLS, ca_file=papers.ca_file)
    assert isinstance(fault, CertificateRejected)
    assert "could not prove" in fault.text


def test_a_plain_server_on_an_encrypted_port_is_told_as_one() -> None:
    fault = fails(Conversation.pop3_log_in, Security.TLS)
    assert isinstance(fault, CertificateRejected)


# Time


def test_a_greeting_that_drips_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pop3, "SET_UP", 0.2)
    pause = threading.Event()

    def script(server: Conversation) -> None:
        while True:
            server.say(b"+")
            pause.wait(0.01)

    fault = fails(script)
    assert isinstance(fault, Unreachable)
    assert "too slow" in fault.text


def test_a_message_that_drips_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pop3, "PATIENCE", 0.1)
    pause = threading.Event()

    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"LIST", b"+OK\r\n")
        while True:
            server.say(b"1")
            pause.wait(0.01)

    fault = fails(script)
    assert isinstance(fault, Unreachable)
    assert "too slow" in fault.text


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENCE", 0.1)
    assert isinstance(fails(Conversation.wait_until_gone), Unreachable)


def test_a_job_that_waits_for_a_server_stops_when_it_is_asked_to() -> None:
    cancel = CancelToken()

    def script(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"LIST", b"+OK\r\n1 ")
        cancel.cancel()
        server.wait_until_gone()

    with scripted(script) as running, pytest.raises(Cancelled):
        pop3.check(running.server(), SECRET, cancel)
    assert b"QUIT" not in running.heard


def test_a_job_that_waits_for_a_greeting_stops_when_it_is_asked_to() -> None:
    cancel = CancelToken()

    def script(server: Conversation) -> None:
        cancel.cancel()
        server.wait_until_gone()

    with scripted(script) as running, pytest.raises(Cancelled):
        pop3.check(running.server(), SECRET, cancel)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with scripted(Conversation.pop3_log_in) as running:
        server = running.server()
    with pytest.raises(Unreachable, match="takes no connections"):
        pop3.check(server, SECRET, CancelToken())
