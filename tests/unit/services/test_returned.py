"""Reports about sent mail: which count, which are only shown, and what stays of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailclient.account import Account, Identity, Server
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.paths import Profile
from mailclient.services.returned import Standing
from mailclient.settings import ASK_RECEIPTS
from mailclient.store.folders import Role
from mailclient.store.outbox import Answer
from tests.unit.message import reports
from tests.unit.message.reports import RETURNED, SENT, report

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)


class Desk:
    """A profile with an account, in which mail is sent and comes in without any network."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._store = app._store
        self.account = self._store.accounts.add(Account((Identity("ann@example.org", "Ann"),)))

    def put(self, role: Role, raw: bytes) -> int:
        folder = self._store.folders.by_role(self.account.id, role)
        id = self._store.messages.store_raw(
            self.account.id, folder.id, raw, unread=True, received=NOW
        )
        self.app.intake.process(id, CancelToken())
        return id

    def sent(self, raw: str = f"Bcc: dora@example.net\n{RETURNED}\nHello!\n") -> int:
        return self.put(Role.SENT, raw.encode())

    def arrives(self, raw: bytes) -> int:
        return self.put(Role.INBOX, raw)

    def marked(self) -> list[str]:
        """The subjects of what did not reach somebody."""
        found = self.app.search.find("is:undelivered").ids
        return [row.subject for row in self._store.messages.page(found)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    app = open_profile(
        Profile(tmp_path), passphrase="p", gnupg_home=tmp_path, offline=True, clock=lambda: NOW
    )
    yield Desk(app)
    app.close()


def test_a_failure_marks_the_sent_message_and_says_for_whom_and_why(desk: Desk) -> None:
    sent = desk.sent()
    came = desk.arrives(report(reports.POSTFIX_UNKNOWN))
    shown = desk.app.read.view(came).report
    assert shown is not None
    assert (shown.standing, shown.sent_row, shown.note) == (Standing.OWN, sent, "")
    (outcome,) = desk.app.read.view(sent).outcomes
    assert outcome.text == "bob@example.net does not exist at example.net."
    assert outcome.failed
    assert outcome.wrong_address
    assert desk.marked() == ["Lunch"]


def test_a_delay_and_a_delivery_are_told_and_mark_nothing(desk: Desk) -> None:
    sent = desk.sent()
    desk.arrives(report(reports.POSTFIX_DELAYED))
    desk.arrives(report(reports.DELIVERED))
    late, there = desk.app.read.view(sent).outcomes
    assert late.text.startswith(
        "The mailbox of carol@example.net is full; the server will go on trying until "
    )
    assert there.text == "It was delivered to the mailbox of bob@example.net."
    assert desk.marked() == []


def test_the_newest_word_about_a_recipient_counts(desk: Desk) -> None:
    sent = desk.sent()
    desk.arrives(report(reports.POSTFIX_DELAYED))
    failed = reports.POSTFIX_DELAYED.replace("delayed", "failed").replace("4.2.2", "5.2.2")
    desk.arrives(report(failed))
    (outcome,) = desk.app.read.view(sent).outcomes
    assert outcome.text == "The mailbox of carol@example.net is full."
    assert desk.marked() == ["Lunch"]


def test_a_report_about_somebody_in_bcc_counts_too(desk: Desk) -> None:
    desk.sent()
    desk.arrives(report(reports.POSTFIX_UNKNOWN.replace("bob@", "dora@")))
    assert desk.marked() == ["Lunch"]


FORGED = {
    "a message that was never sent": (
        report(reports.POSTFIX_UNKNOWN, returned=RETURNED.replace("0123", "9999")),
        Standing.UNKNOWN,
    ),
    "a message that it does not name": (
        report(reports.POSTFIX_UNKNOWN, returned="", returned_type="text/plain"),
        Standing.UNKNOWN,
    ),
    "somebody whom it did not go to": (
        report(reports.POSTFIX_UNKNOWN.replace("bob@", "boss@")),
        Standing.OTHER_RECIPIENT,
    ),
    "a message of another sender under our Message-ID": (
        report(reports.POSTFIX_UNKNOWN, returned=RETURNED.replace("ann@", "eve@")),
        Standing.CONTRADICTED,
    ),
}


@pytest.mark.parametrize("about", FORGED)
def test_a_forged_report_marks_nothing_and_is_shown_with_a_note(desk: Desk, about: str) -> None:
    raw, standing = FORGED[about]
    sent = desk.sent()
    shown = desk.app.read.view(desk.arrives(raw)).report
    assert shown is not None
    assert shown.standing is standing
    assert shown.note
    assert (shown.sent_id, shown.sent_row) == ("", 0)
    assert desk.app.read.view(sent).outcomes == ()
    assert desk.marked() == []


def test_of_a_report_that_mixes_true_and_false_only_the_true_part_counts(desk: Desk) -> None:
    sent = desk.sent()
    mixed = reports.TWO.replace("carol@", "boss@").replace("delivered", "failed")
    shown = desk.app.read.view(desk.arrives(report(mixed))).report
    assert shown is not None
    assert [one.recipient for one in shown.outcomes] == ["bob@example.net"]
    assert [one.recipient for one in desk.app.read.view(sent).outcomes] == ["bob@example.net"]


def test_a_report_in_a_servers_own_words_counts_by_the_same_rules(desk: Desk) -> None:
    desk.sent()
    desk.arrives(reports.QMAIL.replace(b"0123", b"9999"))
    assert desk.marked() == []
    desk.arrives(reports.QMAIL)
    assert desk.marked() == ["Lunch"]


def test_a_read_receipt_is_tied_to_what_was_sent(desk: Desk) -> None:
    sent = desk.sent()
    desk.arrives(reports.receipt())
    (outcome,) = desk.app.read.view(sent).outcomes
    assert outcome.text == (
        "The mail program of bob@example.net says that it was shown on 3 May 2026."
    )
    assert desk.marked() == []


def test_what_came_back_stays_known_when_the_report_is_deleted(desk: Desk) -> None:
    sent = desk.sent()
    came = desk.arrives(report(reports.POSTFIX_UNKNOWN))
    desk._store.messages.delete([came])
    assert [one.failed for one in desk.app.read.view(sent).outcomes] == [True]


def test_understanding_a_report_again_tells_nothing_twice(desk: Desk) -> None:
    sent = desk.sent()
    came = desk.arrives(report(reports.TWO))
    desk.app.intake.process(came, CancelToken())
    assert len(desk.app.read.view(sent).outcomes) == 2
    assert len(desk._store.returns.of_sent(SENT)) == 2


def test_a_report_about_a_report_is_about_nothing_that_was_sent(desk: Desk) -> None:
    desk.sent()
    inner = report(reports.POSTFIX_UNKNOWN).decode().partition("\n\n")[0] + "\n"
    shown = desk.app.read.view(desk.arrives(report(reports.EXIM, returned=inner))).report
    assert shown is not None
    assert shown.standing is Standing.UNKNOWN
    assert desk.marked() == []


ASKS = (
    "From: Bob <bob@example.net>\nTo: ann@example.org\nSubject: Please tell me\n"
    "Disposition-Notification-To: {to}\nMessage-ID: <asks.{number}@example.net>\n\nHello!\n"
)


def asks(number: int = 1, to: str = "bob@example.net") -> bytes:
    return ASKS.format(number=number, to=to).encode()


def test_a_receipt_is_asked_about_and_goes_out_once_when_the_user_says_so(desk: Desk) -> None:
    app = desk.app
    app.accounts.change(replace(desk.account, outgoing=Server("smtp.example.org", 465)))
    id = desk.arrives(asks())
    request = app.read.view(id).receipt
    assert request is not None
    assert app.send.items() == ()
    app.receipts.send(id)
    (item,) = app.send.items()
    assert [one.address for one in item.recipients] == ["bob@example.net"]
    assert item.sender == ""
    assert app.read.view(id).receipt is None
    with pytest.raises(BadInput):
        app.receipts.send(id)
    assert len(app.send.items()) == 1


def test_what_was_declined_is_not_asked_again(desk: Desk) -> None:
    first, second, other = desk.arrives(asks(1)), desk.arrives(asks(2)), desk.arrives(asks(3))
    desk.app.receipts.dismiss(first)
    assert desk.app.read.view(first).receipt is None
    assert desk.app.read.view(second).receipt is not None
    desk.app.receipts.never(second)
    assert desk.app.read.view(other).receipt is None
    assert desk.app.send.items() == ()


def test_junk_and_own_mail_are_never_asked_about(desk: Desk) -> None:
    for role in (Role.JUNK, Role.TRASH, Role.SENT, Role.DRAFTS):
        assert desk.app.read.view(desk.put(role, asks())).receipt is None
    assert desk.app.read.view(desk.arrives(asks(to="ann@example.org"))).receipt is None


def test_who_has_the_question_switched_off_is_not_asked(desk: Desk) -> None:
    desk.app.settings.set(ASK_RECEIPTS, False)
    assert desk.app.read.view(desk.arrives(asks())).receipt is None


def test_after_twenty_receipts_in_a_day_nothing_is_asked(desk: Desk) -> None:
    app = desk.app
    app.accounts.change(replace(desk.account, outgoing=Server("smtp.example.org", 465)))
    for number in range(20):
        app.receipts.send(desk.arrives(asks(number)))
    assert app.read.view(desk.arrives(asks(99))).receipt is None


def test_a_receipt_that_comes_in_is_never_answered_by_one(desk: Desk) -> None:
    desk.sent()
    looping = reports.receipt().replace(
        b"Subject:", b"Disposition-Notification-To: bob@example.net\nSubject:"
    )
    assert desk.app.read.view(desk.arrives(looping)).receipt is None


def test_a_report_that_gives_back_nothing_is_tied_by_the_name_given_for_reports(
    desk: Desk,
) -> None:
    app = desk.app
    app.accounts.change(replace(desk.account, outgoing=Server("smtp.example.org", 465)))
    draft = Draft(
        Address("Ann", "ann@example.org"), (Address("", "bob@example.net"),), ask_delivered=True
    )
    queued = app.send.queue(draft)
    outbox = desk._store.outbox
    outbox.steps.begin(queued.id)
    outbox.steps.answered(queued.id, [Answer("bob@example.net", True, 250, "")])
    name = queued.message_id.strip("<>").partition("@")[0]
    for given, standing in ((name, Standing.OWN), ("0" * 32, Standing.UNKNOWN)):
        status = f"Original-Envelope-Id: {given}\n{reports.DELIVERED}"
        raw = report(status, returned="", returned_type="text/plain")
        shown = app.read.view(desk.arrives(raw)).report
        assert shown is not None
        assert shown.standing is standing
    assert [one.kind for one in app.returns.of_sent(queued.message_id)] == ["delivered"]
