"""Delivery reports and read receipts: what servers write, and the sentence that a person reads."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailclient.message.bounce import read_bounce
from mailclient.message.report import (
    Action,
    DeliveryReport,
    Disposition,
    ReadReceipt,
    RecipientReport,
    read_report,
)
from mailclient.message.report_words import (
    address_is_wrong,
    receipt_sentence,
    report_advice,
    report_sentence,
)
from mailclient.message.tree import parse
from tests.unit.message import reports
from tests.unit.message.reports import SENT, report
from tests.unit.message.strange import HEAVY

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)


def read(raw: bytes) -> DeliveryReport:
    found = read_report(parse(raw))
    assert isinstance(found, DeliveryReport)
    return found


def told(raw: bytes) -> list[str]:
    return [report_sentence(one, NOW, UTC) for one in read(raw).recipients]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (reports.POSTFIX_UNKNOWN, "bob@example.net does not exist at example.net."),
        (
            reports.POSTFIX_DELAYED,
            "The mailbox of carol@example.net is full; the server will go on trying until "
            "Thursday 14:00.",
        ),
        (reports.EXCHANGE, "example.net takes no mail at all."),
        (
            reports.SENDMAIL,
            "mx.example.net takes the message, or the server it comes from, for spam.",
        ),
        (reports.EXIM, "bob@example.net does not exist at example.net."),
        (reports.DELIVERED, "It was delivered to the mailbox of bob@example.net."),
        (
            reports.RELAYED,
            "It was passed on towards bob@example.net, to a server that does not report what "
            "becomes of it.",
        ),
        (reports.EXPANDED, "It was passed on to the members of bob@example.net."),
        (reports.NO_ACTION, "The mailbox of bob@example.net is full."),
    ],
)
def test_what_a_server_writes_becomes_one_sentence(status: str, sentence: str) -> None:
    assert told(report(status)) == [sentence]


def test_each_recipient_is_told_of_apart() -> None:
    assert told(report(reports.TWO)) == [
        "bob@example.net does not exist at example.net.",
        "It was delivered to the mailbox of carol@example.net.",
    ]


def test_a_failure_of_the_address_is_told_apart_from_one_of_the_mailbox() -> None:
    (unknown,) = read(report(reports.POSTFIX_UNKNOWN)).recipients
    (full,) = read(report(reports.NO_ACTION)).recipients
    (late,) = read(report(reports.POSTFIX_DELAYED)).recipients
    assert [address_is_wrong(one) for one in (unknown, full, late)] == [True, False, False]
    assert report_advice(unknown) == "Look at the address."
    assert report_advice(late) == ""


def test_the_facts_are_kept_as_the_server_gave_them() -> None:
    (one,) = read(report(reports.POSTFIX_UNKNOWN)).recipients
    assert one == RecipientReport(
        address="bob@example.net",
        action=Action.FAILED,
        original="bob@example.net",
        status="5.1.1",
        diagnostic=(
            "550 5.1.1 <bob@example.net>: Recipient address rejected:    User unknown in virtual "
            "mailbox table"
        ),
        server="mx.example.net",
    )


@pytest.mark.parametrize(
    "raw",
    [
        report(reports.POSTFIX_UNKNOWN),
        report(reports.POSTFIX_UNKNOWN, returned_type="text/rfc822-headers"),
        report(reports.POSTFIX_UNKNOWN, returned_type="message/global-headers"),
        report(reports.POSTFIX_UNKNOWN, whole="multipart/mixed"),
        report(reports.POSTFIX_UNKNOWN).replace(b"\n", b"\r\n"),
        report(
            base64.b64encode(reports.POSTFIX_UNKNOWN.encode()).decode() + "\n", encoding="base64"
        ),
        report(reports.POSTFIX_UNKNOWN, returned="", returned_type="text/plain").replace(
            b"Auto-Submitted", f"References: <x@y> {SENT}\nAuto-Submitted".encode()
        ),
    ],
)
def test_the_message_that_it_is_about_is_found_in_every_form(raw: bytes) -> None:
    found = read(raw)
    assert found.returned.message_id == SENT
    assert [one.action for one in found.recipients] == [Action.FAILED]


def test_an_address_beyond_plain_letters_is_read_in_both_of_its_forms() -> None:
    raw = report(reports.INTERNATIONAL, status_type="message/global-delivery-status")
    (one,) = read(raw).recipients
    assert one.address == "böb@example.net"
    assert "letters of other scripts" in report_sentence(one, NOW, UTC)


def test_a_group_for_the_whole_message_may_be_missing() -> None:
    assert told(report(reports.NO_WHOLE)) == ["bob@example.net does not exist at example.net."]


@pytest.mark.parametrize("raw", [reports.QMAIL, reports.EXIM_OLD])
def test_a_server_that_writes_in_its_own_words_is_understood_too(raw: bytes) -> None:
    found = read_bounce(parse(raw))
    assert found is not None
    assert found.returned.message_id == SENT
    (one,) = found.recipients
    assert (one.address, one.action, one.status) == ("bob@example.net", Action.FAILED, "5.1.1")
    assert report_sentence(one, NOW, UTC) == "bob@example.net does not exist at example.net."


def test_a_person_who_is_away_is_no_mail_system() -> None:
    assert read_report(parse(reports.HOLIDAY)) is None
    assert read_bounce(parse(reports.HOLIDAY)) is None


def test_mail_of_a_list_is_never_looked_through_for_failures() -> None:
    assert read_bounce(parse(b"List-Id: <x.example.net>\n" + reports.QMAIL)) is None


def test_a_read_receipt_is_told_as_what_a_program_says() -> None:
    found = read_report(parse(reports.receipt()))
    assert isinstance(found, ReadReceipt)
    assert (found.recipient, found.disposition) == ("bob@example.net", Disposition.DISPLAYED)
    assert (found.returned.message_id, found.automatic) == (SENT, False)
    when = datetime(2026, 5, 3, tzinfo=UTC)
    assert receipt_sentence(found.recipient, found.disposition, when, UTC) == (
        "The mail program of bob@example.net says that it was shown on 3 May 2026."
    )


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ("automatic-action/MDN-sent-automatically; deleted", Disposition.DELETED),
        ("automatic-action/MDN-sent-automatically;dispatched/error", Disposition.DISPATCHED),
        ("manual-action/MDN-sent-manually; PROCESSED (by me)", Disposition.PROCESSED),
    ],
)
def test_other_dispositions_are_known(disposition: str, expected: Disposition) -> None:
    found = read_report(parse(reports.receipt(disposition)))
    assert isinstance(found, ReadReceipt)
    assert found.disposition is expected
    assert found.automatic is disposition.startswith("automatic")
    assert receipt_sentence("bob@example.net", expected, None, None).endswith(".")


@pytest.mark.parametrize("disposition", ["", "displayed", "x; y", ";;;"])
def test_a_receipt_that_says_nothing_is_ordinary_mail(disposition: str) -> None:
    assert read_report(parse(reports.receipt(disposition))) is None


SAMPLES = (
    *(report(one) for one in (reports.POSTFIX_UNKNOWN, reports.EXCHANGE, reports.TWO)),
    *(reports.QMAIL, reports.EXIM_OLD, reports.receipt()),
)


def test_mutated_reports_are_read_without_a_fault() -> None:
    chance = random.Random(20261123)
    for _ in range(400):
        raw = bytearray(chance.choice(SAMPLES))
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(raw))
            match chance.randrange(3):
                case 0:
                    raw[at] = chance.choice(b"\n:;<>@=\x00\xff ")
                case 1:
                    del raw[at : at + chance.randrange(1, 40)]
                case _:
                    raw[at:at] = chance.choice(
                        (b"\n\n", b"--B\n", b"Action: failed\n", b"\\x{110000}")
                    )
        root = parse(bytes(raw))
        for found in (read_report(root), read_bounce(root)):
            if isinstance(found, DeliveryReport):
                assert all(report_sentence(one, NOW, UTC) for one in found.recipients)


LINES = [
    *("Final-Recipient: rfc822; a@b", "Action: failed", "Action: eaten", "Status: 5.1.1", ""),
    *("Status: 9.9.9", "Original-Recipient: utf-8; \\x{D800}@b", "Diagnostic-Code: smtp; 5", ":"),
    *("Will-Retry-Until: never", "Will-Retry-Until: Thu, 26 Nov 2026 14:00:00 +0000", "é\x00"),
]


@given(some.lists(some.sampled_from(LINES), max_size=20))
def test_whatever_fields_a_report_has_it_is_read(lines: list[str]) -> None:
    found = read_report(parse(report("\n".join(lines))))
    if isinstance(found, DeliveryReport):
        assert all("@" in one.address for one in found.recipients)
        assert all(report_sentence(one, NOW, UTC) for one in found.recipients)


def test_a_report_about_thousands_is_cut() -> None:
    blocks = "\n\n".join(
        f"Final-Recipient: rfc822; u{at}@example.net\nAction: failed" for at in range(3000)
    )
    assert len(read(report(f"Reporting-MTA: dns; x\n\n{blocks}")).recipients) == 500


def test_the_library_for_servers_own_words_gets_little_to_read_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes the square of a length for some texts: 256 KiB took it up to 43 s."""
    read: list[bytes] = []

    def noted(message: Message) -> tuple[frozenset[bytes], frozenset[bytes]]:
        read.append(message.get_payload(decode=True))
        return frozenset(), frozenset({b"bob@example.net"})

    monkeypatch.setattr("flufl.bounce.all_failures", noted)
    head, _, _ = reports.QMAIL.partition(b"\n\n")
    for body in (b"\n" * 300_000, b"rcpt to:<" * 30_000):
        assert read_bounce(parse(head + b"\n\n" + body)) is not None
    assert [len(one) <= 32 * 1024 for one in read] == [True, True]
    assert max(len(line) for one in read for line in one.split(b"\n")) <= 1000


@pytest.mark.parametrize("kind", HEAVY)
def test_mail_that_is_meant_to_take_long_is_no_report_and_is_soon_seen_to_be_none(
    kind: str,
) -> None:
    assert read_report(parse(HEAVY[kind](300_000))) is None
