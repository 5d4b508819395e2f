"""The mail that waits for the user in the demo, and what its people write; pure.

Mail that is encrypted or signed is not written here: the correspondent sends it with the program
itself. What is here is what the program would never write: plain and formatted mail from outside, a
bounce, and a forgery made from a message that was really signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

CRLF = "\r\n"


@dataclass(frozen=True, slots=True)
class Letter:
    """What the correspondent writes by himself, sealed by the program."""

    subject: str
    text: str
    encrypt: bool


WELCOME = Letter(
    "Only the two of us can read this",
    """Hello Alice,

this message was encrypted to your key and signed with mine.
The servers between us saw that I wrote to you and when,
and nothing else: even its subject was hidden from them.

Answer me with Encrypt switched on. I will write back at once,
encrypted too.

The word to search for is heliotrope. Your mailbox file on the disk
does not hold it readably, and still the search field finds it.

Bob
""",
    encrypt=True,
)

RENT = Letter(
    "The rent for the boathouse",
    """Dear Alice,

as agreed, please transfer 240 to the usual account of the boathouse by Friday.

This message is signed, not encrypted: everybody can read it,
nobody can change it unnoticed.

Bob
""",
    encrypt=False,
)

FORGED_FROM, FORGED_TO = b"transfer 240 to the usual account", b"transfer 940 to the other account"

ANSWER = """Dear Alice,

your message arrived here {how},
and I could read it. This answer was written by a second copy of the
same program, with a profile and a key of its own, and it is
encrypted to you.

The word of the day is {word}.

Bob
"""


LONG_TIME = "<5d1c0e4fa2b94c7d8e6f70123456789a@demo.example>"


def answer_text(*, encrypted: bool, word: str) -> str:
    """What the correspondent answers."""
    how = "encrypted" if encrypted else "in clear, as a postcard does"
    return ANSWER.format(how=how, word=word)


def outside_mail(owner: str, now: datetime) -> tuple[bytes, ...]:
    """Mail from people and machines outside the demo to `owner`, oldest first."""
    return (
        _plain(owner, now - timedelta(days=6, hours=3)),
        _formatted(owner, now - timedelta(days=2, hours=5)),
        _bounce(owner, now - timedelta(hours=20)),
    )


def written_before(owner: str, now: datetime) -> bytes:
    """What `owner` has sent before the demo begins, and the bounce is about."""
    return _wire(
        [
            f"From: Alice <{owner}>",
            "To: dora@outside.example",
            "Subject: Long time no see",
            f"Date: {format_datetime(now - timedelta(hours=20, minutes=1))}",
            f"Message-ID: {LONG_TIME}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "Hello Dora,",
            "",
            "it has been years. Is this still your address?",
            "",
            "Alice",
        ]
    )


def forge(signed: bytes) -> bytes:
    """Change the text of a signed message on its way, and give it a new name."""
    changed = signed.replace(FORGED_FROM, FORGED_TO)
    if changed == signed:
        raise ValueError("the message does not hold the text that the forger changes")
    head, blank, body = changed.partition(b"\r\n\r\n")
    lines = [
        b"Message-ID: <boathouse-again@demo.example>"
        if line.lower().startswith(b"message-id:")
        else line
        for line in head.split(b"\r\n")
    ]
    return b"\r\n".join(lines) + blank + body


def _wire(lines: Sequence[str]) -> bytes:
    return (CRLF.join(lines) + CRLF).encode("utf-8")


def _head(sender: str, owner: str, subject: str, date: datetime, name: str) -> list[str]:
    return [
        f"From: {sender}",
        f"To: Alice <{owner}>",
        f"Subject: {subject}",
        f"Date: {format_datetime(date)}",
        f"Message-ID: <{name}@outside.example>",
        "MIME-Version: 1.0",
    ]


def _plain(owner: str, date: datetime) -> bytes:
    head = _head("Carol Winter <carol@outside.example>", owner, "Saturday?", date, "saturday")
    text = [
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        "Hi Alice,",
        "",
        "are we still on for Saturday? I would bring the soup, you the bread.",
        "Meet at the café by the harbour at ten.",
        "",
        "Carol",
        "",
        "-- ",
        "Carol Winter, Harbour Street 4",
    ]
    return _wire(head + text)


def _formatted(owner: str, date: datetime) -> bytes:
    sender = "Tidewater Weekly <news@tidewater.example>"
    head = _head(sender, owner, "Ten quiet places by the sea", date, "weekly-31")
    image = "http://pictures.tidewater.example/open.png?reader=alice"
    body = [
        "List-Unsubscribe: <mailto:leave@tidewater.example>",
        'Content-Type: multipart/alternative; boundary="tide"',
        "",
        "--tide",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Ten quiet places by the sea. This week: the lighthouse at Nordholm.",
        "--tide",
        "Content-Type: text/html; charset=utf-8",
        "",
        '<html><body style="font-family: serif">',
        "<h1>Ten quiet places by the sea</h1>",
        f'<p><img src="{image}" alt="A lighthouse" width="480"></p>',
        "<p>This week: <b>the lighthouse at Nordholm</b>. The picture above would tell the sender "
        "that you opened this mail, so it is not loaded.</p>",
        '<p><a href="https://tidewater.example/nordholm">Read on</a></p>',
        "<script>document.title = 'never run'</script>",
        "</body></html>",
        "--tide--",
    ]
    return _wire(head + body)


def _bounce(owner: str, date: datetime) -> bytes:
    """A delivery report (RFC 3464) on a message to somebody who is not there."""
    sender = "Mail Delivery System <MAILER-DAEMON@mx.demo.example>"
    head = _head(sender, owner, "Undelivered Mail Returned to Sender", date, "bounce-7")
    body = [
        "Auto-Submitted: auto-replied",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="report"',
        "",
        "--report",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "This is the mail system at host mx.demo.example.",
        "",
        "Your message could not be delivered to dora@outside.example:",
        "the mailbox is not there (550 5.1.1 User unknown).",
        "--report",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.demo.example",
        "",
        "Final-Recipient: rfc822; dora@outside.example",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
        "--report",
        "Content-Type: text/rfc822-headers",
        "",
        f"From: Alice <{owner}>",
        "To: dora@outside.example",
        "Subject: Long time no see",
        f"Message-ID: {LONG_TIME}",
        "--report--",
    ]
    return _wire(head + body)
