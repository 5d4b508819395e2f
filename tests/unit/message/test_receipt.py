"""Read receipts: who may ask for one, and what goes out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailclient.errors import BadInput
from mailclient.message.address import Address
from mailclient.message.receipt import Shown, receipt_bytes, receipt_request
from mailclient.message.report import Disposition, ReadReceipt, read_report
from mailclient.message.tree import parse
from tests.unit.message.fields import headers

ASKS = "Disposition-Notification-To: Ann <ann@example.org>"
FROM = "From: Ann <ann@example.org>"


def test_who_asks_for_a_receipt_for_oneself_is_known() -> None:
    found = receipt_request(headers(f"{FROM}\n{ASKS}"))
    assert found is not None
    assert (found.to.address, found.differs) == ("ann@example.org", False)
    path = receipt_request(headers(f"From: a@b.example\nReturn-Path: <ANN@example.org>\n{ASKS}"))
    assert path is not None
    assert not path.differs


def test_a_receipt_that_would_go_elsewhere_is_told_apart() -> None:
    found = receipt_request(
        headers(
            f"{FROM}\nReturn-Path: <ann@example.org>\nDisposition-Notification-To: x@spy.example"
        )
    )
    assert found is not None
    assert found.differs


@pytest.mark.parametrize(
    "more",
    [
        "List-Id: <all.example.org>",
        "List-Unsubscribe: <mailto:x@example.org>",
        "Precedence: bulk",
        "Auto-Submitted: auto-replied",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=disposition-notification",
        ASKS,  # twice
    ],
)
def test_lists_programs_and_reports_are_never_asked_about(more: str) -> None:
    assert receipt_request(headers(f"{FROM}\n{ASKS}\n{more}")) is None


@pytest.mark.parametrize("to", ["", "nobody", "a@example.org, b@example.org", "<>"])
def test_a_wish_that_names_nobody_or_many_is_none(to: str) -> None:
    assert receipt_request(headers(f"{FROM}\nDisposition-Notification-To: {to}")) is None


SHOWN = Shown(
    "<a.1@example.org>",
    Address("Bob", "bob@example.net"),
    "Grüße\r\nBcc: x@y",
    datetime(2026, 5, 3, 10, tzinfo=UTC),
)


def test_what_goes_out_is_read_back_as_a_receipt_and_asks_for_none_itself() -> None:
    raw = receipt_bytes(SHOWN, Address("", "ann@example.org"), "<r.1@example.net>")
    root = parse(raw)
    found = read_report(root)
    assert isinstance(found, ReadReceipt)
    assert (found.recipient, found.disposition, found.automatic) == (
        "bob@example.net",
        Disposition.DISPLAYED,
        False,
    )
    assert found.returned.message_id == "<a.1@example.org>"
    assert root.params["report-type"] == "disposition-notification"
    assert root.headers.text("auto-submitted") == "auto-replied"
    assert "bcc" not in root.headers
    assert raw.isascii()
    assert receipt_request(root.headers) is None


def test_of_an_encrypted_message_no_word_goes_back_in_clear() -> None:
    secret = Shown(SHOWN.message_id, SHOWN.recipient, "", SHOWN.when)
    raw = receipt_bytes(secret, Address("", "ann@example.org"), "<r.1@example.net>")
    assert parse(raw).headers.get("subject") == "Shown"


def test_an_address_beyond_plain_letters_sends_none() -> None:
    there = Shown(SHOWN.message_id, Address("", "b\u00f6b@example.net"), "", SHOWN.when)
    with pytest.raises(BadInput):
        receipt_bytes(there, Address("", "ann@example.org"), "<r.1@example.net>")
