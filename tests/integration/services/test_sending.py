"""Sending through the queue, against servers that refuse, put off, cut and come back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from mailclient.account import Account, Identity, Security, Server
from mailclient.app import App, open_profile
from mailclient.errors import (
    AlreadyQueued,
    BadInput,
    LoginRefused,
    MailboxBusy,
    MailError,
    NotFound,
    StoreFull,
    Unreachable,
)
from mailclient.message.address import Address
from mailclient.message.draft import AttachmentSource, Draft
from mailclient.paths import Profile
from mailclient.services.accounts import OUTGOING
from mailclient.services.jobs import Job
from mailclient.services.outcomes import Outcomes
from mailclient.services.waiting import Late, Question, held, late, next_try, question
from mailclient.store.database import Durability
from mailclient.store.folders import Role
from mailclient.store.outbox import Answer, OutItem
from mailclient.transport.smtp_message import Message
from tests.servers.scripted import Conversation, Script, Scripted, scripted

ANN, BOB, CAROL = "ann@example.org", "bob@example.org", "carol@example.org"


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        self.set_by = timedelta()

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)

    def steadily(self) -> float:
        return (self.time - self.set_by).timestamp()

    def is_set(self, **span: float) -> None:
        """Somebody sets it; no time passes."""
        self.set_by += timedelta(**span)
        self.time += timedelta(**span)


@dataclass(slots=True)
class Ann:
    """Somebody with one account, and what she does."""

    app: App
    clock: Clock
    account: Account

    def write(self, *to: str, subject: str = "Hello", key: str = "", **how: object) -> int:
        draft = self.draft(*to, subject=subject, key=key)
        return self.app.send.queue(draft, **how).id  # type: ignore[arg-type]

    def draft(
        self, *to: str, subject: str = "Hello", text: str = "Dear all", key: str = ""
    ) -> Draft:
        people = tuple(Address("", one) for one in to or (BOB,))
        return Draft(sender=Address("Ann", ANN), to=people, subject=subject, text=text, key=key)

    def at(self, running: Scripted) -> None:
        """Let the account use another server."""
        self.app.accounts.change(replace(self.account, outgoing=running.server()))

    def flush(self, *, now: bool = True) -> MailError | None:
        """Send what waits; the problem that there was."""
        try:
            self.app.send.flush(self.app.accounts.get(ANN), Job(0), now=now)
        except MailError as problem:
            return problem
        return None

    def item(self, id: int) -> OutItem:
        return next(one for one in self.app.send.items() if one.id == id)

    def states(self, id: int) -> list[str]:
        return [one.state.value for one in self.item(id).recipients]

    def subjects(self, role: Role) -> list[str]:
        folders = [one.id for one in self.app.search.folders() if one.role is role]
        return [row.subject for row in self.app.search.rows(self.app.search.ids_in(folders))]

    def arrives(self, raw: bytes) -> None:
        """A message comes into the inbox and is understood."""
        store = self.app._store
        inbox = store.folders.by_role(self.account.id, Role.INBOX)
        store.messages.store_raw(self.account.id, inbox.id, raw, unread=True, received=self.clock())
        self.app.intake.run(Job(0))


def opened(folder: Path, clock: Clock) -> App:
    return open_profile(
        Profile(folder),
        passphrase="x",
        gnupg_home=folder / "gnupg",
        clock=clock,
        steadily=clock.steadily,
    )


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Ann]:
    clock = Clock()
    app = opened(tmp_path / "ann", clock)
    nowhere = Server("localhost", 1, Security.NONE, username="ann")
    account = app.accounts.add(Account((Identity(ANN, "Ann"),), None, nowhere), "secret")
    try:
        yield Ann(app, clock, account)
    finally:
        app.close()


# Scripts


def to_data(talk: Conversation, *replies: bytes) -> None:
    """A transaction up to DATA, with these replies to the recipients."""
    talk.answer(b"MAIL FROM", b"250 ok\r\n")
    for reply in replies:
        talk.answer(b"RCPT TO", reply + b"\r\n")
    if any(reply.startswith(b"2") for reply in replies):
        talk.answer(b"DATA", b"354 go on\r\n")
        talk.hear_message()


def takes(*replies: bytes) -> Script:
    """A server that says this of the recipients and takes the message."""

    def script(talk: Conversation) -> None:
        talk.smtp_log_in()
        to_data(talk, *replies)
        if any(reply.startswith(b"2") for reply in replies):
            talk.say(b"250 taken\r\n")
        talk.answer(b"QUIT", b"221 bye\r\n")

    return script


def takes_two(talk: Conversation) -> None:
    """A server that takes two messages, each for one recipient."""
    talk.smtp_log_in()
    for _ in range(2):
        to_data(talk, b"250 ok")
        talk.say(b"250 taken\r\n")
    talk.answer(b"QUIT", b"221 bye\r\n")


def one_after_the_other(*scripts: Script) -> Script:
    """A script for each connection; the last one for all further ones."""
    left = list(scripts)

    def script(talk: Conversation) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(talk)

    return script


def cut_after_the_dot(talk: Conversation) -> None:
    talk.smtp_log_in()
    to_data(talk, b"250 ok")
    talk.cut()


def uncertain(ann: Ann, *to: str) -> int:
    """A message of which nobody knows whether it has arrived."""

    def script(talk: Conversation) -> None:
        talk.smtp_log_in()
        to_data(talk, *[b"250 ok"] * max(1, len(to)))
        talk.cut()

    id = ann.write(*to)
    with scripted(script) as running:
        ann.at(running)
        assert "may have been sent" in str(ann.flush())
    assert set(ann.states(id)) == {"uncertain"}
    return id


# What servers say


def test_who_is_refused_is_told_by_name_and_the_others_get_it_once(ann: Ann) -> None:
    id = ann.write(BOB, CAROL)
    with scripted(takes(b"250 ok", b"550 5.1.1 no such user")) as running:
        ann.at(running)
        assert CAROL in str(ann.flush())
        assert ann.flush() is None  # nothing is left to be tried by itself
        assert running.heard.count(b"MAIL FROM") == 1
    assert ann.states(id) == ["sent", "failed"]
    assert ann.subjects(Role.SENT) == ["Hello"]


def test_who_was_refused_gets_it_after_a_correction_and_nobody_twice(ann: Ann) -> None:
    id = ann.write(BOB, CAROL)
    with scripted(takes(b"250 ok", b"550 5.1.1 no such user")) as running:
        ann.at(running)
        ann.flush()
    back = ann.app.send.take_back(id)
    assert back.note == "bob@example.org got this message and will not get it again."
    draft = ann.app.compose.open_draft(back.draft_id)
    assert [one.address for one in draft.to] == [CAROL]
    assert (draft.subject, draft.text) == ("Hello", "Dear all")
    assert ann.app.send.items() == ()
    assert ann.subjects(Role.DRAFTS) == ["Hello"]


def test_a_put_off_recipient_is_tried_alone_with_growing_pauses(ann: Ann) -> None:
    id = ann.write(BOB, CAROL)
    busy = takes(b"451 4.7.1 greylisted")
    with scripted(one_after_the_other(takes(b"250 ok", b"451 4.7.1 greylisted"), busy)) as running:
        ann.at(running)
        pauses = []
        for _ in range(9):
            assert ann.flush(now=False) is None
            wait = next_try(ann.item(id), ann.clock()) or ann.clock()
            pauses.append(int((wait - ann.clock()).total_seconds()) // 60)
            ann.clock.time = wait
        assert running.heard.count(b"RCPT TO:<bob@example.org>") == 1
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert ann.states(id) == ["sent", "deferred"]
    assert ann.item(id).attempts == 9
    with scripted(takes(b"250 ok")) as running:
        ann.at(running)
        assert ann.flush(now=False) is None
    assert ann.states(id) == ["sent", "sent"]
    assert ann.subjects(Role.SENT) == ["Hello"]


def test_a_message_that_is_refused_does_not_keep_the_others(ann: Ann) -> None:
    def refuses(talk: Conversation) -> None:
        talk.smtp_log_in()
        to_data(talk, b"250 ok")
        talk.say(b"554 5.7.1 not this one\r\n")
        to_data(talk, b"250 ok")
        talk.say(b"250 taken\r\n")
        talk.answer(b"QUIT", b"221 bye\r\n")

    first, second = ann.write(), ann.write(subject="Other")
    with scripted(refuses) as running:
        ann.at(running)
        assert ann.flush() is not None
    assert (ann.states(first), ann.states(second)) == (["failed"], ["sent"])


def test_what_is_taken_back_while_others_are_sent_is_no_fault(ann: Ann) -> None:
    """The second is taken out while the first is handed over."""
    first, second = ann.write(), ann.write(subject="Other")

    def script(talk: Conversation) -> None:
        talk.smtp_log_in()
        to_data(talk, b"250 ok")
        ann.app.send.take_back(second)
        talk.say(b"250 taken\r\n")
        talk.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running:
        ann.at(running)
        assert ann.flush() is None
    assert ann.states(first) == ["sent"]
    assert ann.subjects(Role.DRAFTS) == ["Other"]


def test_what_is_taken_back_before_the_server_lets_nobody_in_puts_off_the_others(ann: Ann) -> None:
    first, second = ann.write(), ann.write(subject="Other")

    def script(talk: Conversation) -> None:
        ann.app.send.take_back(first)
        talk.say(b"421 4.3.2 come back later\r\n")

    with scripted(script) as running:
        ann.at(running)
        assert isinstance(ann.flush(), MailboxBusy)
    assert ann.item(second).misses == 1
    assert ann.flush(now=False) is None  # it is not due for a minute


def test_no_server_does_not_count_and_another_network_is_tried_at_once(ann: Ann) -> None:
    first, second = ann.write(), ann.write(subject="Other")
    for tries in (1, 2, 3):
        assert isinstance(ann.flush(now=False), Unreachable)
        for id in (first, second):
            assert (ann.item(id).attempts, ann.item(id).misses) == (0, tries)
        ann.clock.time = next_try(ann.item(second), ann.clock()) or ann.clock()
    assert isinstance(ann.flush(now=False), Unreachable)
    assert ann.flush(now=False) is None  # nothing is due for 8 minutes
    ann.app._store.outbox.steps.wake(ann.clock())
    with scripted(takes_two) as running:
        ann.at(running)
        assert ann.flush(now=False) is None
    assert (ann.states(first), ann.states(second)) == (["sent"], ["sent"])


def test_a_refused_password_is_not_tried_on_until_the_user_has_done_something(ann: Ann) -> None:
    def refuses(talk: Conversation) -> None:
        talk.say(b"220 ready\r\n")
        talk.answer(b"EHLO", b"250-scripted\r\n250 AUTH PLAIN\r\n")
        talk.answer(b"AUTH", b"535 5.7.8 no\r\n")
        talk.wait_until_gone()

    first, second = ann.write(), ann.write(subject="Other")
    with scripted(refuses) as running:
        ann.at(running)
        assert isinstance(ann.flush(now=False), LoginRefused)
        ann.clock.forward(days=1)
        assert ann.flush(now=False) is None
        assert running.heard.count(b"AUTH") == 1
    for id in (first, second):
        assert ann.item(id).needs_user
        assert ann.item(id).attempts == 0
        assert "password" in ann.item(id).problem


def test_a_server_that_greets_with_later_puts_off_all_and_none_is_counted(ann: Ann) -> None:
    def busy(talk: Conversation) -> None:
        talk.say(b"421 4.3.2 come back later\r\n")
        talk.wait_until_gone()

    ids = [ann.write(), ann.write(subject="Other")]
    with scripted(busy) as running:
        ann.at(running)
        assert ann.flush(now=False) is not None
        assert ann.flush(now=False) is None
    assert [(ann.item(id).attempts, ann.item(id).misses) for id in ids] == [(0, 1), (0, 1)]


def test_a_refusal_is_told_once(ann: Ann) -> None:
    id = ann.write(BOB, CAROL)
    later = takes(b"451 4.7.1 greylisted")
    first = takes(b"451 4.7.1 greylisted", b"550 5.1.1 no such user")
    with scripted(one_after_the_other(first, later)) as running:
        ann.at(running)
        assert CAROL in str(ann.flush())
        assert ann.flush() is None
    assert ann.states(id) == ["deferred", "failed"]


# In doubt


def test_a_cut_after_the_dot_is_never_sent_again_by_itself(ann: Ann) -> None:
    id = uncertain(ann)
    ann.clock.forward(days=9)
    with scripted(takes(b"250 ok")) as running:
        ann.at(running)
        assert ann.flush() is None
        with pytest.raises(BadInput, match="not known whether"):
            ann.app.send.retry(id)
        assert b"MAIL" not in running.heard
        ann.app.send.retry(id, doubtful=True)
        assert ann.flush() is None
    assert ann.states(id) == ["sent"]


@pytest.mark.parametrize(
    "head",
    [
        "From: ann@example.org\r\nMessage-ID: {id}\r\n",
        "From: bob@example.org\r\nMessage-ID: <a@b>\r\nIn-Reply-To: {id}\r\n",
        "From: bob@example.org\r\nMessage-ID: <a@b>\r\nReferences: <x@y> {id}\r\n",
    ],
    ids=["a copy", "an answer", "an answer that refers to it"],
)
def test_what_comes_back_settles_a_doubt(ann: Ann, head: str) -> None:
    id = uncertain(ann)
    assert ann.subjects(Role.SENT) == []
    ann.arrives((head.format(id=ann.item(id).message_id) + "\r\nText\r\n").encode())
    assert ann.states(id) == ["sent"]
    assert ann.subjects(Role.SENT) == ["Hello"]


@pytest.mark.parametrize(
    "head",
    [
        "From: MAILER-DAEMON@example.org\r\n",
        "From: x@example.org\r\nReturn-Path: <>\r\n",
        "From: x@example.org\r\nAuto-Submitted: auto-replied\r\n",
        "From: x@example.org\r\nContent-Type: multipart/report; report-type=delivery-status\r\n",
    ],
)
def test_a_report_that_it_was_not_delivered_is_no_answer(ann: Ann, head: str) -> None:
    id = uncertain(ann)
    ann.arrives(f"{head}In-Reply-To: {ann.item(id).message_id}\r\n\r\nText\r\n".encode())
    assert ann.states(id) == ["uncertain"]


REPORT = """From: MAILER-DAEMON@example.org
To: ann@example.org
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not work for one.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; carol@example.org
Action: delivered
Status: 2.0.0
--b
Content-Type: text/rfc822-headers

From: Ann <ann@example.org>
Message-ID: {id}
--b--
"""


def test_a_report_settles_those_that_it_names(ann: Ann) -> None:
    id = uncertain(ann, BOB, CAROL)
    raw = REPORT.format(id=ann.item(id).message_id).replace("\n", "\r\n")
    ann.arrives(raw.encode())
    assert ann.states(id) == ["failed", "sent"]
    assert BOB in ann.item(id).problem
    assert ann.subjects(Role.SENT) == ["Hello"]


def test_the_user_settles_a_doubt(ann: Ann) -> None:
    id = uncertain(ann)
    ann.app.send.settle(id)
    assert ann.states(id) == ["sent"]
    assert ann.subjects(Role.SENT) == ["Hello"]
    with pytest.raises(BadInput, match="no doubt"):
        ann.app.send.settle(id)


def test_a_copy_that_is_back_before_the_cut_settles_it_at_once(ann: Ann) -> None:
    id = ann.write()
    ann.arrives(f"From: x@y\r\nMessage-ID: {ann.item(id).message_id}\r\n\r\nText\r\n".encode())
    with scripted(cut_after_the_dot) as running:
        ann.at(running)
        assert "may have been sent" in str(ann.flush())
    assert ann.states(id) == ["sent"]


def test_what_came_back_before_the_program_knew_settles_at_the_next_start(
    ann: Ann, tmp_path: Path
) -> None:
    id = ann.write()
    store = ann.app._store
    ann.arrives(f"From: x@y\r\nMessage-ID: {ann.item(id).message_id}\r\n\r\nText\r\n".encode())
    store.outbox.steps.begin(id)
    store.outbox.steps.phase(id, 0, "DOT_PENDING")  # and killed here
    store.outbox.steps.recover(datetime.now(UTC))
    ann.app.send.look_back()
    assert ann.states(id) == ["sent"]


def test_what_a_log_in_has_proved_is_not_said_of_the_server_that_was_chosen_meanwhile(
    ann: Ann,
) -> None:
    accounts = ann.app.accounts
    accounts.change(replace(ann.account, outgoing=Server("other.example.org", 465)))
    accounts.proved(ann.account, OUTGOING, "PLAIN", "TLS 1.3")
    now = accounts.get(ANN).outgoing
    assert now is not None
    assert (now.proven, now.encrypted) == ("", "")
    accounts.proved(accounts.get(ANN), OUTGOING, "PLAIN", "TLS 1.3")
    now = accounts.get(ANN).outgoing
    assert now is not None
    assert (now.proven, now.encrypted) == ("PLAIN", "TLS 1.3")


# One draft, one message


def test_pressing_send_twice_sends_one_message(ann: Ann) -> None:
    key = "<draft@example.org>"
    first = ann.app.send.queue(ann.draft(key=key))
    again = ann.app.send.queue(ann.draft(key=key))
    assert (again.id, again.again, first.again) == (first.id, True, False)
    assert len(ann.app.send.items()) == 1
    with pytest.raises(AlreadyQueued):
        ann.app.send.queue(ann.draft(key=key, text="Something else"))
    assert ann.app.send.queue(ann.draft()).id != ann.app.send.queue(ann.draft()).id


def test_another_file_of_the_same_name_is_not_taken_for_the_one_that_was_sent(ann: Ann) -> None:
    def draft(content: bytes) -> Draft:
        file = AttachmentSource("plan.txt", "text/plain", content)
        return replace(ann.draft(key="<draft@example.org>"), attachments=(file,))

    first = ann.app.send.queue(draft(b"as it was"))
    assert ann.app.send.queue(draft(b"as it was")).id == first.id
    with pytest.raises(AlreadyQueued):
        ann.app.send.queue(draft(b"as it is now"))


def test_a_draft_keeps_its_key_however_often_it_is_saved(ann: Ann) -> None:
    first = ann.app.compose.save_draft(ann.draft())
    draft = ann.app.compose.open_draft(first)
    second = ann.app.compose.save_draft(replace(draft, text="More"), first)
    assert draft.key
    assert ann.app.compose.open_draft(second).key == draft.key


def test_what_is_undone_is_the_draft_again_and_can_be_sent_again(ann: Ann) -> None:
    draft_id = ann.app.compose.save_draft(ann.draft())
    draft = ann.app.compose.open_draft(draft_id)
    queued = ann.app.send.queue(draft, draft_id=draft_id, undo_seconds=10)
    assert ann.subjects(Role.DRAFTS) == []
    assert held(ann.item(queued.id), ann.clock()) == timedelta(seconds=10)
    assert ann.flush(now=False) is None
    back = ann.app.send.take_back(queued.id)
    assert ann.app.compose.open_draft(back.draft_id) == draft
    assert (back.note, ann.app.send.items()) == ("", ())
    ann.app.send.queue(draft, draft_id=back.draft_id, undo_seconds=10)
    ann.clock.forward(seconds=11)
    with scripted(takes(b"250 ok")) as running:
        ann.at(running)
        assert ann.flush(now=False) is None
    assert ann.subjects(Role.SENT) == ["Hello"]


# Later


def date_of(ann: Ann, id: int) -> datetime:
    raw = ann.app._store.outbox.raw(id)
    return parsedate_to_datetime(message_from_bytes(raw)["Date"])


def test_what_is_sent_later_carries_that_time_and_survives_a_restart(
    ann: Ann, tmp_path: Path
) -> None:
    when = ann.clock() + timedelta(days=2)
    id = ann.write(later=when)
    assert date_of(ann, id) == when
    assert isinstance(ann.flush(), type(None))
    ann.app.close()
    ann.app = opened(tmp_path / "ann", ann.clock)
    assert ann.item(id).later == next_try(ann.item(id), ann.clock()) == when
    name = ann.item(id).message_id
    ann.app.send.later(id, when + timedelta(days=1))
    assert date_of(ann, id) == when + timedelta(days=1)
    ann.app.send.retry(id)
    assert date_of(ann, id) == ann.clock()
    assert ann.item(id).message_id == name
    with scripted(takes(b"250 ok")) as running:
        ann.at(running)
        assert ann.flush(now=False) is None
    assert ann.states(id) == ["sent"]


def test_a_large_file_lies_in_the_store_once_while_its_message_waits(ann: Ann) -> None:
    file = AttachmentSource("film.bin", "application/octet-stream", b"film" * (1 << 20))
    draft = replace(ann.draft(), attachments=(file,))
    id = ann.app.compose.save_draft(draft, writing=True)
    ann.app.compose.save_words(replace(draft, text="Dear all, once more"), id)
    assert ann.app.compose.open_draft(id).text == "Dear all, once more"
    queued = ann.app.send.queue(ann.app.compose.open_draft(id), draft_id=id).id
    assert ann.app.compose.being_written() == ()
    sql = "SELECT (SELECT sum(length(data)) FROM outbox_pieces), (SELECT count(*) FROM bodies)"
    assert ann.app._store.database.row(sql) == (
        len(ann.app._store.outbox.raw(queued)),
        0,
    )
    back = ann.app.send.take_back(queued)
    again = ann.app.compose.open_draft(back.draft_id)
    assert again.text == "Dear all, once more"
    assert [(one.name, b"".join(one.chunks())) for one in again.attachments] == [
        ("film.bin", b"film" * (1 << 20))
    ]


def test_a_large_draft_that_is_put_down_is_whole(ann: Ann) -> None:
    file = AttachmentSource("film.bin", "application/octet-stream", b"film" * (1 << 20))
    id = ann.app.compose.save_draft(replace(ann.draft(), attachments=(file,)), writing=True)
    ann.app.compose.save_words(ann.draft(subject="Other words"), id)
    left = ann.app.compose.put_down(id)
    assert ann.subjects(Role.DRAFTS) == ["Other words"]
    again = ann.app.compose.open_draft(left)
    assert (again.subject, again.attachments[0].size) == ("Other words", 4 << 20)
    with pytest.raises(NotFound):
        ann.app.compose.save_words(ann.draft(), left)


def test_files_out_of_encrypted_mail_are_known_as_such_in_a_draft_that_comes_back(
    ann: Ann,
) -> None:
    files = (
        AttachmentSource("theirs.txt", "text/plain", b"secret", quoted=True),
        AttachmentSource("own.txt", "text/plain", b"mine"),
    )
    draft = replace(ann.draft(), attachments=files, encrypt=True, quotes_protected=True)
    again = ann.app.compose.open_draft(ann.app.compose.save_draft(draft))
    left = ann.app.compose.without_protected(again)
    assert [one.name for one in left.attachments] == ["own.txt"]


def test_a_clock_that_was_set_sends_nothing_before_its_time_and_says_so(
    ann: Ann, tmp_path: Path
) -> None:
    id = ann.write(later=ann.clock() + timedelta(days=2))
    ann.clock.is_set(days=30)
    assert ann.flush(now=True) is None
    assert ann.states(id) == ["queued"]
    assert question(ann.item(id), ann.clock()) is Question.SET_FORWARD
    ann.app.close()
    ann.app = opened(tmp_path / "ann", ann.clock)
    assert question(ann.item(id), ann.clock()) is Question.SET_FORWARD
    ann.app.send.retry(id)
    with scripted(takes(b"250 ok")) as running:
        ann.at(running)
        assert ann.flush(now=False) is None
    assert ann.states(id) == ["sent"]


def test_a_time_that_has_passed_is_refused(ann: Ann) -> None:
    with pytest.raises(BadInput, match="passed already"):
        ann.write(later=ann.clock())
    assert ann.app.send.items() == ()


def test_what_was_tried_keeps_its_bytes_whatever_time_is_chosen(ann: Ann) -> None:
    id = ann.write()
    ann.flush()
    raw = ann.app._store.outbox.raw(id)
    ann.app.send.later(id, ann.clock() + timedelta(days=1))
    assert ann.app._store.outbox.raw(id) == raw
    assert ann.flush() is None


# Waiting for long


def test_what_waits_for_hours_is_said_aloud_and_after_days_it_is_asked(ann: Ann) -> None:
    id = ann.write()
    told: list[Late] = []
    for span in (timedelta(), timedelta(hours=3.9), timedelta(hours=0.1), timedelta(days=4.9)):
        ann.clock.time += span
        assert isinstance(ann.flush(now=True), Unreachable)
        told.append(late(ann.item(id), ann.clock()))
    assert told == [Late.NO, Late.NO, Late.WARNING, Late.QUESTION]
    ann.app.send.keep_trying(id)
    assert late(ann.item(id), ann.clock()) is Late.NO
    ann.clock.forward(days=5)
    assert late(ann.item(id), ann.clock()) is Late.QUESTION
    assert ann.app.send.take_back(id).draft_id
    assert ann.subjects(Role.DRAFTS) == ["Hello"]


def test_what_is_kept_for_later_is_not_late(ann: Ann) -> None:
    id = ann.write(later=ann.clock() + timedelta(days=9))
    ann.clock.forward(days=8)
    assert late(ann.item(id), ann.clock()) is Late.NO


def test_of_two_who_settle_a_doubt_at_once_only_one_does(ann: Ann) -> None:
    id = uncertain(ann)
    seen_before = ann.item(id)
    outcomes = ann.app.send._outcomes
    arrived = [Answer(BOB, True, 250, "It has come back.")]
    ann.app.send.retry(id, doubtful=True)
    assert not outcomes.settled(seen_before, arrived)
    assert (ann.states(id), ann.subjects(Role.SENT)) == (["queued"], [])
    ann.app.send.take_back(id)
    with pytest.raises(NotFound):
        outcomes.settled(seen_before, arrived)


# What is kept, and when


def takes_ahead(count: int) -> Script:
    """A server that is told each envelope with the end of the message before, and answers both
    together."""

    def script(talk: Conversation) -> None:
        talk.smtp_log_in(b"PIPELINING")
        taken = b""
        for _ in range(count):
            begun(talk, taken)
            talk.hear_message()
            taken = b"250 taken\r\n"
        talk.say(taken)
        talk.answer(b"QUIT", b"221 bye\r\n")

    return script


def begun(talk: Conversation, before: bytes = b"") -> None:
    """An envelope for one recipient, which came in one piece."""
    for word in (b"MAIL FROM", b"RCPT TO", b"DATA"):
        talk.hear(word)
    talk.say(before + b"250 ok\r\n250 ok\r\n354 go on\r\n")


def wait_for(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not condition():
        pause.wait(0.01)


def commits(ann: Ann, monkeypatch: pytest.MonkeyPatch) -> list[Durability]:
    """What each commit promises from now on."""
    made: list[Durability] = []
    database = ann.app._store.database
    promise = database._promise

    def noted(durability: Durability) -> None:
        made.append(durability)
        promise(durability)

    monkeypatch.setattr(database, "_promise", noted)
    return made


def test_the_disk_is_waited_for_once_for_each_message(
    ann: Ann, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [ann.write(subject=f"Letter {number}") for number in range(10)]
    with scripted(takes_ahead(10)) as running:
        ann.at(running)
        made = commits(ann, monkeypatch)
        assert ann.flush() is None
    assert [ann.states(id) for id in ids] == [["sent"]] * 10
    # ten marks, the answer to the last, and what the log-in has proved of the server
    assert made.count(Durability.FULL) <= 12
    assert len(ann.subjects(Role.SENT)) == 10


def test_before_the_end_of_the_next_the_answer_to_the_one_before_is_on_the_disk(ann: Ann) -> None:
    first, second = ann.write(), ann.write(subject="Other")
    seen: list[list[str]] = []

    def script(talk: Conversation) -> None:
        talk.smtp_log_in(b"PIPELINING")
        begun(talk)
        talk.hear_message()
        begun(talk, b"250 taken\r\n")
        talk.hear_message()
        seen.append(ann.states(first) + ann.states(second) + ann.subjects(Role.SENT))
        talk.cut()

    with scripted(script) as running:
        ann.at(running)
        assert "may have been sent" in str(ann.flush())
    assert seen == [["sent", "sending", "Hello"]]
    assert (ann.states(first), ann.states(second)) == (["sent"], ["uncertain"])


def test_an_answer_does_not_wait_for_a_server_that_takes_its_time_over_the_next(ann: Ann) -> None:
    first, second = ann.write(), ann.write(subject="Other")

    def script(talk: Conversation) -> None:
        talk.smtp_log_in(b"PIPELINING")
        begun(talk)
        talk.hear_message()
        talk.say(b"250 taken\r\n")
        wait_for(lambda: ann.states(first) == ["sent"])
        talk.say(b"250 ok\r\n250 ok\r\n354 go on\r\n")
        talk.hear_message()
        talk.say(b"250 taken\r\n")
        talk.answer(b"QUIT", b"221 bye\r\n")

    with scripted(script) as running:
        ann.at(running)
        assert ann.flush() is None
    assert ann.states(second) == ["sent"]


def test_a_fault_of_the_program_past_the_end_leaves_a_doubt_and_nothing_on_its_way(
    ann: Ann, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ann.write(), ann.write(subject="Other")

    def stumbles(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Outcomes, "answered", stumbles)
    with scripted(takes_ahead(2)) as running:
        ann.at(running)
        with pytest.raises(RuntimeError, match="a mistake of ours"):
            ann.flush()
    assert (ann.states(first), ann.states(second)) == (["uncertain"], ["deferred"])
    assert "stumbled" in ann.item(first).problem


def test_a_fault_of_the_program_before_the_end_has_it_wait_for_another_try(
    ann: Ann, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = ann.write()

    def stumbles(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as broken, scripted(takes_two) as running:
        broken.setattr(Message, "stuffed", stumbles)
        ann.at(running)
        with pytest.raises(RuntimeError, match="a mistake of ours"):
            ann.flush()
    assert ann.states(id) == ["deferred"]
    with scripted(takes(b"250 ok")) as running:
        ann.at(running)
        assert ann.flush() is None
    assert ann.states(id) == ["sent"]


def test_an_answer_that_the_full_disk_did_not_take_is_kept_once_there_is_room(
    ann: Ann, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = ann.write()

    def full(*_: object, **__: object) -> None:
        raise StoreFull("The disk is full.")

    with monkeypatch.context() as no_room, scripted(takes(b"250 ok")) as running:
        no_room.setattr(ann.app._store.messages, "store_raw", full)
        ann.at(running)
        assert isinstance(ann.flush(), StoreFull)
        assert ann.states(id) == ["sending"]
    assert ann.flush() is None  # no server hears of it
    assert ann.states(id) == ["sent"]
    assert ann.subjects(Role.SENT) == ["Hello"]
