"""The demo's mail server, spoken to by the standard library's clients."""

from __future__ import annotations

import poplib
import smtplib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from mailclient.demo.mailboxes import Mailboxes
from mailclient.demo.pop3_server import Pop3Server
from mailclient.demo.samples import FORGED_FROM, FORGED_TO, forge, outside_mail
from mailclient.demo.smtp_server import SmtpServer

ANN, BEN = "ann@demo.example", "ben@demo.example"
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DOTTED = b"Subject: dots\r\n\r\n.\r\n..two\r\nlast without line end"


@pytest.fixture
def boxes() -> Mailboxes:
    return Mailboxes({ANN: "a secret", BEN: "b"})


@pytest.fixture
def pop3(boxes: Mailboxes) -> Iterator[poplib.POP3]:
    with closing(Pop3Server(boxes)) as server:
        session = poplib.POP3("127.0.0.1", server.port, timeout=20)
        yield session
        session.close()


@pytest.fixture
def smtp(boxes: Mailboxes) -> Iterator[smtplib.SMTP]:
    with (
        closing(SmtpServer(boxes, "mx.demo.example", lambda: NOON)) as server,
        smtplib.SMTP("127.0.0.1", server.port, timeout=20) as session,
    ):
        yield session


def log_in(session: poplib.POP3) -> None:
    session.user(ANN)
    session.pass_("a secret")


def test_a_message_comes_out_as_it_went_in_dots_and_all(
    boxes: Mailboxes, pop3: poplib.POP3
) -> None:
    boxes.deliver(ANN, DOTTED)
    log_in(pop3)
    _, lines, _ = pop3.retr(1)
    assert b"\r\n".join(lines) == DOTTED


def test_list_uidl_and_stat_tell_the_same_messages(boxes: Mailboxes, pop3: poplib.POP3) -> None:
    for text in (b"one", b"two!"):
        boxes.deliver(ANN, b"\r\n" + text)
    log_in(pop3)
    assert pop3.stat() == (2, 11)
    assert pop3.list()[1] == [b"1 5", b"2 6"]
    assert pop3.uidl()[1] == [f"{n} {m.uid}".encode() for n, m in enumerate(boxes.contents(ANN), 1)]


def test_top_gives_the_head_and_the_lines_asked_for(boxes: Mailboxes, pop3: poplib.POP3) -> None:
    boxes.deliver(ANN, b"Subject: x\r\n\r\n1\r\n2\r\n3\r\n")
    log_in(pop3)
    assert pop3.top(1, 2)[1] == [b"Subject: x", b"", b"1", b"2"]


def test_deleted_mail_goes_at_quit_and_not_before(boxes: Mailboxes, pop3: poplib.POP3) -> None:
    boxes.deliver(ANN, b"\r\nfirst")
    boxes.deliver(ANN, b"\r\nsecond")
    log_in(pop3)
    pop3.dele(1)
    assert len(boxes.contents(ANN)) == 2
    with pytest.raises(poplib.error_proto, match="no such message"):
        pop3.retr(1)
    pop3.quit()
    assert [mail.raw for mail in boxes.contents(ANN)] == [b"\r\nsecond"]


def test_rset_takes_deletions_back(boxes: Mailboxes, pop3: poplib.POP3) -> None:
    boxes.deliver(ANN, b"\r\nkept")
    log_in(pop3)
    pop3.dele(1)
    pop3.rset()
    pop3.quit()
    assert len(boxes.contents(ANN)) == 1


def test_nothing_is_told_before_log_in(boxes: Mailboxes, pop3: poplib.POP3) -> None:
    boxes.deliver(ANN, b"\r\nprivate")
    for ask in (pop3.stat, pop3.list, pop3.uidl, lambda: pop3.retr(1)):
        with pytest.raises(poplib.error_proto, match="log in first"):
            ask()


def test_a_wrong_password_is_refused(pop3: poplib.POP3) -> None:
    pop3.user(ANN)
    with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
        pop3.pass_("b")


def test_an_unknown_command_is_refused_and_the_session_goes_on(pop3: poplib.POP3) -> None:
    with pytest.raises(poplib.error_proto, match="unknown command"):
        pop3._shortcmd("FOO")  # type: ignore[attr-defined]  # the client has no such command
    assert "UIDL" in pop3.capa()


def test_submitted_mail_lands_with_every_recipient_and_its_trace(
    boxes: Mailboxes, smtp: smtplib.SMTP
) -> None:
    told: list[str] = []
    boxes.listen(told.append)
    smtp.login(ANN, "a secret")
    smtp.sendmail(ANN, [ANN, BEN], b"Subject: hi\r\n\r\n.dot\r\n")
    assert told == [ANN, BEN]
    raw = boxes.contents(BEN)[0].raw
    assert raw.startswith(b"Return-Path: <ann@demo.example>\r\nReceived: ")
    assert raw.endswith(b"Subject: hi\r\n\r\n.dot\r\n")


def test_nobody_submits_without_log_in(boxes: Mailboxes, smtp: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused, match="Log in first"):
        smtp.sendmail(ANN, [BEN], b"\r\n")
    assert boxes.contents(BEN) == ()


def test_a_wrong_password_submits_nothing(smtp: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        smtp.login(ANN, "b")


def test_mail_to_anybody_else_is_refused_so_that_none_leaves_the_machine(
    boxes: Mailboxes, smtp: smtplib.SMTP
) -> None:
    smtp.login(ANN, "a secret")
    refused = smtp.sendmail(ANN, [BEN, "carol@elsewhere.example"], b"\r\n")
    assert list(refused) == ["carol@elsewhere.example"]
    assert len(boxes.contents(BEN)) == 1


def test_the_forger_changes_the_signed_text_and_nothing_else_but_the_name() -> None:
    signed = b"Message-ID: <1@x>\r\nSubject: s\r\n\r\n" + FORGED_FROM + b"\r\nsignature\r\n"
    forged = forge(signed)
    assert FORGED_TO in forged
    assert FORGED_FROM not in forged
    assert forged.endswith(b"signature\r\n")
    assert b"<1@x>" not in forged


def test_mail_from_outside_is_older_than_now_and_ends_its_lines_as_mail_does() -> None:
    for raw in outside_mail(ANN, NOON):
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert b"To: Alice <ann@demo.example>" in raw
