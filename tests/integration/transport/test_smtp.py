"""Handing mail to a real Postfix, over each kind of encryption and with all that it may offer."""

from __future__ import annotations

import threading
from dataclasses import replace

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
from mailclient.transport.smtp import Notify, Phase, RecipientResult, ReportRequest
from tests.servers import postfix
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
    variant: str = "",
    phases: list[Phase] | None = None,
    reports: ReportRequest | None = None,
) -> tuple[RecipientResult, ...]:
    told = [] if phases is None else phases
    server = outgoing(servers, security)
    if variant:
        server = replace(server, port=servers.smtp.variants[variant])
    with smtp.submission(server, servers.password("alice"), CancelToken()) as session:
        return session.submit(
            sender, recipients or (BOB,), message, on_phase=told.append, reports=reports
        )


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


VARIANTS = ("", *postfix.VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_dots_and_a_missing_last_line_end_do_not_change_the_text(
    variant: str, mail_servers: MailServers
) -> None:
    submit(mail_servers, HEAD + b".\r\n..\r\n.x\r\n\r\n.", variant=variant)
    assert arrived(mail_servers, "bob") == [b".\r\n..\r\n.x\r\n\r\n.\r\n"]


@pytest.mark.parametrize("variant", ["", "without chunking", "one by one"])
def test_five_megabytes_go_out_in_pieces(variant: str, mail_servers: MailServers) -> None:
    body = (b"." + b"x" * 70 + b"\r\n") * 70_000
    submit(mail_servers, HEAD + body, variant=variant)
    assert arrived(mail_servers, "bob") == [body]


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_recipient_gets_an_answer_of_its_own(variant: str, mail_servers: MailServers) -> None:
    people = (BOB, "nobody@example.org", CAROL)
    good, bad, other = submit(mail_servers, HEAD + b"Hi.\r\n", *people, variant=variant)
    assert good.accepted
    assert other.accepted
    assert (bad.address, bad.accepted, bad.code) == ("nobody@example.org", False, 550)
    assert bad.reason == "nobody@example.org does not exist at example.org."
    assert "User unknown" in bad.detail
    assert arrived(mail_servers, "bob") == arrived(mail_servers, "carol") == [b"Hi.\r\n"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_message_that_nobody_may_get_is_not_sent(variant: str, mail_servers: MailServers) -> None:
    phases: list[Phase] = []
    nobody = ("nobody@example.org", "noone@example.org")
    results = submit(mail_servers, HEAD, *nobody, phases=phases, variant=variant)
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


# What a server does not take


def test_a_message_over_the_size_of_a_small_server_is_refused_before_it_is_sent(
    mail_servers: MailServers,
) -> None:
    body = b"x" * 70 + b"\r\n"
    fits = (20_000 - len(HEAD)) // len(body)
    phases: list[Phase] = []
    with pytest.raises(MessageRefused, match="larger than localhost takes"):
        submit(mail_servers, HEAD + body * (fits + 1), variant="small", phases=phases)
    assert phases == []
    submit(mail_servers, HEAD + body * (fits - 10), variant="small")
    assert arrived(mail_servers, "bob") == [body * (fits - 10)]


def test_a_server_that_says_no_size_refuses_when_it_has_seen_it(mail_servers: MailServers) -> None:
    body = (b"x" * 998 + b"\r\n") * 52_500
    with pytest.raises(MessageRefused, match="larger") as refused:
        submit(mail_servers, HEAD + body, variant="one by one")
    assert "5.3.4" in refused.value.detail
    assert mail_servers.mailbox("bob") == []


EIGHT_BIT = "Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n".encode()


def test_letters_in_eight_bit_arrive_as_they_are_where_the_server_takes_them(
    mail_servers: MailServers,
) -> None:
    submit(mail_servers, HEAD[:-2] + EIGHT_BIT)
    assert arrived(mail_servers, "bob") == ["Grüße\r\n".encode()]


def test_letters_in_eight_bit_are_written_in_seven_where_the_server_takes_no_others(
    mail_servers: MailServers,
) -> None:
    submit(mail_servers, HEAD[:-2] + EIGHT_BIT, variant="seven bit")
    assert arrived(mail_servers, "bob") == [b"Gr=C3=BC=C3=9Fe\r\n"]


def test_letters_in_eight_bit_under_a_signature_are_not_sent_where_the_server_takes_none(
    mail_servers: MailServers,
) -> None:
    phases: list[Phase] = []
    signed = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" + EIGHT_BIT
    signed += b"--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n"
    with pytest.raises(MessageRefused, match="without breaking a signature"):
        submit(mail_servers, HEAD[:-2] + signed, variant="seven bit", phases=phases)
    assert phases == []


ABROAD = f"{postfix.INTERNATIONAL}@example.org"


@pytest.mark.parametrize("variant", ["", "without chunking", "one by one"])
def test_an_address_in_other_letters_is_reached_where_the_server_knows_them(
    variant: str, mail_servers: MailServers
) -> None:
    head = HEAD.replace(b"bob@example.org", ABROAD.encode())
    results = submit(mail_servers, head + b"Hi.\r\n", ABROAD, BOB, variant=variant)
    assert [one.accepted for one in results] == [True, True]
    assert arrived(mail_servers, "alice") == arrived(mail_servers, "bob") == [b"Hi.\r\n"]


def test_an_address_in_other_letters_is_named_where_it_cannot_be_reached_and_the_others_are(
    mail_servers: MailServers,
) -> None:
    abroad, bob = submit(mail_servers, HEAD + b"Hi.\r\n", ABROAD, BOB, variant="seven bit")
    assert (abroad.accepted, bob.accepted) == (False, True)
    assert ABROAD in abroad.reason
    assert arrived(mail_servers, "bob") == [b"Hi.\r\n"]
    phases: list[Phase] = []
    [only] = submit(mail_servers, HEAD, ABROAD, variant="seven bit", phases=phases)
    assert not only.accepted
    assert phases == []


@pytest.mark.parametrize("sender", [ALICE, ABROAD])
def test_a_header_or_a_sender_in_other_letters_needs_a_server_that_knows_them(
    sender: str, mail_servers: MailServers
) -> None:
    head = HEAD if sender == ABROAD else HEAD.replace(b"bob@example.org", ABROAD.encode())
    with pytest.raises(MessageRefused, match="letters"):
        submit(mail_servers, head, sender=sender, variant="seven bit")
    submit(mail_servers, head + b"Hi.\r\n", sender=sender)
    assert arrived(mail_servers, "bob") == [b"Hi.\r\n"]


def test_a_domain_in_other_letters_goes_out_as_every_server_knows_it(
    mail_servers: MailServers,
) -> None:
    [result] = submit(mail_servers, HEAD, "bob@grüße.example", variant="seven bit")
    assert "xn--gre-6ka8l.example" in result.detail


# Reports (RFC 3461)


@pytest.mark.parametrize("variant", ["", "without chunking"])
def test_a_report_comes_back_with_the_name_that_it_was_asked_for_by(
    variant: str, mail_servers: MailServers
) -> None:
    reports = ReportRequest(frozenset({Notify.SUCCESS, Notify.FAILURE}), envelope_id="a+b=c d")
    submit(mail_servers, HEAD + b"Hi.\r\n", reports=reports, variant=variant)
    assert arrived(mail_servers, "bob") == [b"Hi.\r\n"]
    [report] = arrived(mail_servers, "alice")
    assert b"Original-Envelope-Id: a+b=c d\r\n" in report
    assert b"Original-Recipient: rfc822;bob@example.org\r\n" in report
    assert b"Action: delivered\r\n" in report
    assert b"Hi." not in report.rpartition(b"text/rfc822-headers")[2]


def test_no_report_comes_from_a_server_that_offers_none(mail_servers: MailServers) -> None:
    reports = ReportRequest(frozenset({Notify.SUCCESS}))
    submit(mail_servers, HEAD + b"Hi.\r\n", reports=reports, variant="one by one")
    assert arrived(mail_servers, "bob") == [b"Hi.\r\n"]


# What could become something else


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
        "bob@example.org\u2028",
        "b\u0085ob@example.org",
        "b\ud800ob@example.org",
        "bob@exam ple.org",
        "bob@example.org> NOTIFY=NEVER",
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
    if address:
        with pytest.raises(BadInput):
            submit(mail_servers, HEAD, sender=address)


@pytest.mark.parametrize("variant", ["", "without chunking"])
def test_a_report_goes_out_with_an_empty_return_path(
    variant: str, mail_servers: MailServers
) -> None:
    submit(mail_servers, HEAD + b"Read.\r\n", sender="", variant=variant)
    assert arrived(mail_servers, "bob") == [b"Read.\r\n"]
    assert mail_servers.mailbox("bob")[0].startswith(b"Return-Path: <>\r\n")
