"""Nothing that anybody writes, attaches or forwards becomes a message or a command of its own.

The judge is a Postfix that rejects bare line feeds; that it does is shown first.
"""

from __future__ import annotations

import ssl
import threading
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from smtplib import SMTP_SSL

import pytest

from mailclient.cancel import CancelToken
from mailclient.errors import BadInput
from mailclient.message import build
from mailclient.message.address import Address
from mailclient.message.body import body
from mailclient.message.build import AttachmentSource, Draft
from mailclient.message.tree import parse
from mailclient.transport import smtp
from tests.servers.surroundings import MailServers

ALICE, BOB = "alice@example.org", "bob@example.org"
END = ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n.\r\n", "\n\r.\n\r"]
SECOND = (
    "MAIL FROM:<x@example.org>\r\nRCPT TO:<carol@example.org>\r\nDATA\r\nSubject: false\r\n\r\n"
)


@pytest.fixture(autouse=True)
def _empty(mail_servers: MailServers) -> None:
    mail_servers.clear()


def hand_over(servers: MailServers, raw: bytes) -> None:
    trusted = servers.account("alice").outgoing
    assert trusted is not None
    server = replace(trusted, port=servers.smtp.variants["strict"])
    with smtp.submission(server, servers.password("alice"), CancelToken()) as session:
        [result] = session.submit(ALICE, [BOB], raw, on_phase=lambda phase: None)
        assert result.accepted
        [other] = session.submit(ALICE, [BOB], b"Subject: the last\r\n", on_phase=lambda one: None)
        assert other.accepted


def arrived(servers: MailServers) -> list[bytes]:
    """What bob has, once the last message is there; carol must have nothing."""
    pause = threading.Event()
    while len(servers.mailbox("bob")) < 2:
        pause.wait(0.02)
    assert servers.mailbox("carol") == []
    return [one for one in servers.mailbox("bob") if b"Subject: the last" not in one]


def built(draft: Draft) -> bytes:
    message_id = build.new_message_id("example.org")
    now = datetime(2026, 11, 23, tzinfo=UTC)
    fields = build.fields(draft, message_id=message_id, date=now)
    return build.assemble(fields, build.entity(draft))


def draft(text: str, *attachments: AttachmentSource, subject: str = "one") -> Draft:
    to = (Address("", BOB),)
    return Draft(Address("", ALICE), to, subject=subject, text=text, attachments=attachments)


def test_the_judge_rejects_what_a_careless_program_would_send(mail_servers: MailServers) -> None:
    context = ssl.create_default_context(cafile=str(mail_servers.ca_file))
    port = mail_servers.smtp.variants["strict"]
    with SMTP_SSL("localhost", port, context=context) as careless:
        login = b64encode(b"\0alice\0" + mail_servers.password("alice").encode()).decode()
        for command in (
            "EHLO x",
            f"AUTH PLAIN {login}",
            f"MAIL FROM:<{ALICE}>",
            f"RCPT TO:<{BOB}>",
        ):
            assert 200 <= careless.docmd(command)[0] < 300
        assert careless.docmd("DATA")[0] == 354
        careless.send(b"Subject: one\r\n\r\nfirst\n.\r\nsecond\r\n.\r\n")
        code, reply = careless.getreply()
    assert code in (521, 550)
    assert b"bare <LF>" in reply


@pytest.mark.parametrize("end", END, ids=repr)
def test_what_is_pasted_into_a_text_stays_text(end: str, mail_servers: MailServers) -> None:
    hand_over(mail_servers, built(draft(f"first{end}{SECOND}second")))
    [one] = arrived(mail_servers)
    assert "second" in body(parse(one)).text
    assert b"Subject: false" in one


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "message/rfc822"])
@pytest.mark.parametrize("end", END, ids=repr)
def test_what_is_attached_arrives_as_it_was(end: str, kind: str, mail_servers: MailServers) -> None:
    data = f"Subject: attached\r\n\r\nfirst{end}{SECOND}second\r\n".encode()
    hand_over(mail_servers, built(draft("see", AttachmentSource("a.eml", kind, data))))
    [one] = arrived(mail_servers)
    [attached] = body(parse(one)).attachments
    assert attached.data().rstrip(b"\r\n") == data.rstrip(b"\r\n")


@pytest.mark.parametrize("end", END, ids=repr)
def test_what_stands_in_a_subject_or_a_name_stays_there(
    end: str, mail_servers: MailServers
) -> None:
    text = f"a{end}\r\nBcc: carol@example.org\r\n{SECOND}"
    one = replace(draft("see", subject=text), to=(Address(text, BOB),))
    hand_over(mail_servers, built(one))
    [found] = arrived(mail_servers)
    header = found.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nbcc:" not in header
    assert header.count(b"\r\nsubject:") == 1


@pytest.mark.parametrize("end", [one for one in END if one != "\r\n.\r\n"], ids=repr)
def test_a_message_of_others_that_holds_a_false_end_is_not_passed_on(
    end: str, mail_servers: MailServers
) -> None:
    raw = f"Subject: one\r\n\r\nfirst{end}{SECOND}second\r\n".encode()
    with pytest.raises(BadInput, match="no mail server takes"):
        hand_over(mail_servers, raw)
    assert mail_servers.mailbox("bob") == mail_servers.mailbox("carol") == []


def test_a_lone_dot_between_true_line_ends_is_doubled(mail_servers: MailServers) -> None:
    hand_over(mail_servers, f"Subject: one\r\n\r\nfirst\r\n.\r\n{SECOND}second\r\n".encode())
    [one] = arrived(mail_servers)
    assert one.endswith(f"first\r\n.\r\n{SECOND}second\r\n".encode())
