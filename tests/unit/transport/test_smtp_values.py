"""What goes to a submission server: one command a line, only CRLF, and no false end."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.errors import BadInput, MailError, MessageRefused
from mailclient.message.source import PIECE
from mailclient.transport.smtp_envelope import (
    Notify,
    Outgoing,
    ReportRequest,
    envelope,
    xtext,
)
from mailclient.transport.smtp_login import line
from mailclient.transport.smtp_message import Message
from mailclient.transport.smtp_replies import Capabilities, NotAReply, Reply, read_reply

ALL = Capabilities(takes_size=True, eight_bit=True, utf8=True, dsn=True)
NONE = Capabilities()

# Commands

TRICKY = st.text(
    st.sampled_from('ab@.<>,;: \t\r\n\0\x0b\x0c\x1c\x7f\x85\u2028\u2029\ud800\u202eü"\\[]()=+'),
    max_size=12,
)
NEARLY = st.builds(lambda one, two: f"{one}@{two}", TRICKY, TRICKY)
ADDRESS = st.one_of(TRICKY, NEARLY, st.text(max_size=30), st.just("bob@example.org"))
MAIL = re.compile(
    rb"MAIL FROM:<([^\s<>]+@[^\s<>@]+)?>( SIZE=\d+)?( BODY=8BITMIME)?( SMTPUTF8)?"
    rb"( RET=HDRS)?( ENVID=[!-~]+)?\r\n"
)
RCPT = re.compile(rb"RCPT TO:<[^\s<>]+@[^\s<>@]+>( NOTIFY=[A-Z,]+ ORCPT=[a-z0-9-]+;[!-~]+)?\r\n")


@given(ADDRESS, st.lists(ADDRESS, min_size=1, max_size=3), st.text(max_size=120))
def test_no_address_and_no_name_becomes_another_command(
    sender: str, recipients: list[str], name: str
) -> None:
    for known in (ALL, NONE):
        try:
            reports = ReportRequest(frozenset(Notify), envelope_id=name)
            one = Outgoing(sender, tuple(recipients), b"a: b\r\n", lambda phase: None, reports)
            made = envelope(one, known, "mx.example.org")
        except MailError:
            continue
        mail = MAIL.fullmatch(made.mail)
        assert mail
        assert (mail[1] is None) == (sender == "")  # that of a report
        assert all(RCPT.fullmatch(command) for _, command in made.recipients)
        assert {one for one, _ in made.recipients} | {one.address for one in made.refused} == set(
            recipients
        )
        if known is NONE:
            assert b"".join((made.mail, *(command for _, command in made.recipients))).isascii()


@pytest.mark.parametrize("text", ["NOOP\r\nRSET", "NOOP\n", "a\0b", "\r"])
def test_two_commands_are_never_put_on_the_wire_as_one(text: str) -> None:
    with pytest.raises(BadInput):
        line(text)


@pytest.mark.parametrize(
    ("text", "wanted"), [("a+b=c d", "a+2Bb+3Dc+20d"), ("\r\n", "+0D+0A"), ("", ""), ("~!", "~!")]
)
def test_values_of_reports_are_written_as_rfc_3461_has_it(text: str, wanted: str) -> None:
    assert xtext(text) == wanted


def test_an_address_in_other_letters_is_written_for_reports_as_rfc_6533_has_it() -> None:
    reports = ReportRequest(frozenset())
    one = Outgoing("a@b.c", ("grün+x@example.org",), b"", lambda phase: None, reports)
    [(_, command)] = envelope(one, ALL, "mx").recipients
    assert command.decode() == (
        "RCPT TO:<grün+x@example.org> NOTIFY=NEVER ORCPT=utf-8;gr\\x{FC}n\\x{2B}x@example.org\r\n"
    )


def test_what_the_message_needs_is_said_with_mail() -> None:
    def mail(text: bytes, sender: str = "a@b.c") -> bytes:
        one = Outgoing(sender, ("d@e.f",), text, lambda phase: None)
        return envelope(one, ALL, "mx").mail

    assert mail(b"a: b\r\n\r\nx") == b"MAIL FROM:<a@b.c> SIZE=11\r\n"
    assert mail("a: b\r\n\r\nü\r\n".encode()) == b"MAIL FROM:<a@b.c> SIZE=12 BODY=8BITMIME\r\n"
    assert mail("a: ü\r\n".encode()).endswith(b" BODY=8BITMIME SMTPUTF8\r\n")
    assert mail(b"a: b\r\n", "grün@b.c").endswith(b" BODY=8BITMIME SMTPUTF8\r\n")


@pytest.mark.parametrize(("limit", "taken"), [(0, True), (11, False), (12, True), (2**63, True)])
def test_the_size_is_checked_before_anything_is_sent(limit: int, taken: bool) -> None:
    one = Outgoing("a@b.c", ("d@e.f",), b"a: b\r\n\r\nxx", lambda phase: None)  # and a line end
    known = Capabilities(size=limit, takes_size=True)
    if taken:
        assert envelope(one, known, "mx").mail.endswith(b" SIZE=12\r\n")
    else:
        with pytest.raises(MessageRefused, match="larger than mx takes"):
            envelope(one, known, "mx")


# Content


@dataclass(frozen=True, slots=True)
class Counted:
    """A source that knows how much of it was asked for at once."""

    raw: bytes
    cuts: list[int]

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, cut: slice, /) -> bytes:
        found = self.raw[cut]
        self.cuts.append(len(found))
        return found

    def find(self, what: bytes, start: int, end: int, /) -> int:
        return self.raw.find(what, start, end)


def naively_stuffed(raw: bytes) -> bytes:
    whole = raw if raw.endswith(b"\r\n") or not raw else raw + b"\r\n"
    lines = whole.split(b"\r\n")
    return b"\r\n".join(b"." + one if one.startswith(b".") else one for one in lines)


LINES = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x", b"x.", b"\xc3\xbc"]), max_size=8)


@given(LINES, st.integers(0, 40), st.booleans())
def test_dots_are_doubled_wherever_a_piece_ends(
    lines: list[bytes], before: int, ends: bool
) -> None:
    filler = (b"y" * 62 + b"\r\n") * (PIECE // 64)
    cut = filler[: max(PIECE - before, 0)]
    head = cut if cut.endswith((b"\r\n", b"y")) else cut + b"\n"
    raw = head + b"\r\n" + b"\r\n".join(lines) + (b"\r\n" if ends else b"")
    message = Message.of(raw)
    sent = b"".join(message.stuffed())
    assert sent == naively_stuffed(raw)
    assert b"\r\n.\r\n" not in sent
    assert message.size == len(b"".join(message.pieces(0, message.size)))
    assert message.eight_bit == (not raw.isascii())


def test_a_large_message_is_never_asked_for_as_a_whole() -> None:
    source = Counted((b"." + b"x" * 70 + b"\r\n") * 100_000, [])
    message = Message.of(source)
    assert sum(len(one) for one in message.stuffed()) == len(source) + 100_000
    assert max(source.cuts) <= PIECE


BARE = [b"a\nb", b"a\rb", b"\n", b"\r", b"a\r\r\nb", b"a\n\r\nb", b"a\r", b"a\n.\r\n", b"a\r\n.\rb"]


@pytest.mark.parametrize("end", [b"", b"\r\n"])
@pytest.mark.parametrize("bare", BARE)
def test_a_bare_line_end_is_found_wherever_a_piece_ends(bare: bytes, end: bytes) -> None:
    for before in range(6):
        for filler in (b"", b"x" * 62 + b"\r\n"):
            head = (filler * (PIECE // 64))[: PIECE - before]
            if head[-1:] == b"\r":
                head = head[:-1]
            with pytest.raises(BadInput):
                Message.of(head + bare + end)


@pytest.mark.parametrize(
    ("raw", "taken"),
    [
        (b"x" * 998, True),
        (b"x" * 998 + b"\r\n", True),
        (b"x" * 999, False),
        (b"x" * 999 + b"\r\n", False),
        (b"a\r\n" + b"x" * 200_000, False),
        (b"y" * 10 + b"\r\n" + b"x" * 998 + b"\r\n", True),
    ],
)
def test_a_line_is_as_long_as_a_server_must_take(raw: bytes, taken: bool) -> None:
    for before in (b"", (b"y" * 62 + b"\r\n") * (PIECE // 64)):
        if taken:
            Message.of(before + raw)
        else:
            with pytest.raises(BadInput):
                Message.of(before + raw)


@pytest.mark.parametrize(
    ("raw", "in_header"),
    [
        ("Subject: ü\r\n\r\nx", True),
        ("Subject: u\r\n\r\nü", False),
        ("Subject: u\r\nTo: ü", True),
        ("\r\nü", False),
        ("a: " + "x" * 900 + "\r\n" + "b: " + "y" * 900 + "\r\n\r\nü", False),
    ],
)
def test_letters_in_the_header_are_told_from_letters_in_the_text(raw: str, in_header: bool) -> None:
    assert Message.of(raw.encode()).utf8_header == in_header
    long = (b"x: " + b"y" * 59 + b"\r\n") * (PIECE // 64) + raw.encode()
    assert Message.of(long).utf8_header == in_header


# Replies


def reply(text: bytes) -> Reply:
    return read_reply(io.BytesIO(text))


def test_a_reply_is_all_its_lines() -> None:
    assert reply(b"250-one\r\n250-two\r\n250 three\r\n") == Reply(250, (b"one", b"two", b"three"))
    assert reply(b"354\r\n").lines == (b"",)
    assert reply(b"550-5.1.1 a\r\n550 5.1.1 b\r\n").text == "5.1.1 a b"


@pytest.mark.parametrize(
    "text",
    [
        b"+OK\r\n",
        b"250-one\r\n550 two\r\n",
        b"2500 a\r\n",
        b"25\r\n",
        b"\r\n",
        b"250 " + b"x" * 5000 + b"\r\n",
        b"250-x\r\n" * 300,
        b"150 x\r\n",
        b"650 x\r\n",
    ],
)
def test_what_is_no_reply_is_told(text: bytes) -> None:
    with pytest.raises(NotAReply):
        reply(text)


@given(st.binary(max_size=60))
def test_whatever_a_server_says_ends_in_a_reply_or_in_a_fault(text: bytes) -> None:
    try:
        found = reply(text)
    except (NotAReply, EOFError):
        return
    assert 200 <= found.code < 600
    assert found.text.isprintable() or found.text == ""
    Capabilities.read(found)


def test_what_is_announced_is_read_however_it_is_written() -> None:
    said = Reply(250, (b"mx", b"size 1000", b"AUTH=LOGIN", b"Auth plain", b"PIPELINING", b"", b"X"))
    found = Capabilities.read(said)
    assert found == Capabilities(1000, True, pipelining=True, login_by=("LOGIN", "PLAIN"))
    assert Capabilities.read(Reply(250, (b"mx", b"SIZE"))) == Capabilities(takes_size=True)
    assert Capabilities.read(Reply(250, (b"mx", b"SIZE -1"))).size == 0
