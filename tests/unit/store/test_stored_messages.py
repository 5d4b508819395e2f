"""Messages in the store: shown from their arrival, understood later, moved, marked, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from mailclient.account import Account, Identity
from mailclient.errors import NotFound
from mailclient.message.address import Address
from mailclient.message.envelope import Envelope
from mailclient.store import messages
from mailclient.store.database import Database, Values
from mailclient.store.folders import Role
from mailclient.store.rows import COLUMNS, Processing
from tests.unit.store.box import Box, found

RAW = (
    b"From: Ann <ann@example.org>\r\nTo: me@example.org\r\nSubject: Rent\r\n"
    b"Message-ID: <1@example.org>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nHello.\r\n"
)


def test_a_message_shows_its_header_before_it_is_understood(box: Box) -> None:
    row = box.store.messages.get(box.put(RAW))
    assert row.processing is Processing.NEW
    assert (row.subject, row.message_id) == ("Rent", "<1@example.org>")
    assert row.from_ == (Address("Ann", "ann@example.org"),)
    assert row.to == (Address("", "me@example.org"),)
    assert row.date == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert (row.unread, row.flagged, row.answered, row.forwarded) == (True, False, False, False)
    assert (row.account_id, row.folder_id) == (box.account.id, box.folder().id)


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff" * 50, b"no header at all", b"From: \xff\xfe\r\n\r\n", b"\r\n" * 9]
)
def test_anything_can_be_stored(box: Box, raw: bytes) -> None:
    id = box.put(raw)
    assert box.store.bodies.raw(id) == raw
    assert box.store.messages.get(id).date == box.clock()


def test_a_fault_of_the_reader_keeps_no_message_out(
    box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(raw: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr(messages, "parse", broken)
    id = box.put(RAW)
    assert box.store.bodies.raw(id) == RAW
    assert "could not be read" in caplog.text


def test_understanding_adds_what_was_found_out(box: Box) -> None:
    id = box.put(RAW)
    seen = Envelope(
        message_id="<2@example.org>",
        date=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        from_=(Address("Bob", "bob@example.org"),),
        to=(Address("", "me@example.org"),),
        cc=(Address("", "carol@example.org"),),
        subject="Hidden until now",
    )
    box.store.messages.processed(
        {
            id: found(
                envelope=seen,
                text="the plan",
                attachments=("plan.pdf",),
                encryption="encrypted",
                signature="good",
                opened=b"opened bytes",
                problems=("One line was too long.",),
            )
        }
    )
    row = box.store.messages.get(id)
    assert row.subject == "Hidden until now"
    assert row.snippet == "the plan"
    assert row.has_attachments
    assert (row.encryption, row.signature, row.state) == ("encrypted", "good", "plain")
    assert row.processing is Processing.READY
    assert row.to[1].address == "carol@example.org"
    assert box.store.messages.opened(id) == b"opened bytes"
    assert box.store.messages.problems(id) == ("One line was too long.",)
    assert box.store.messages.checked(id) == box.clock()
    assert box.store.messages.verdict(id) == '{"state": "plain"}'
    assert box.store.bodies.raw(id) == RAW


def test_what_was_set_aside_keeps_what_its_header_says(box: Box) -> None:
    id = box.put(RAW)
    box.store.messages.processed(
        {id: found(envelope=None, processing=Processing.QUARANTINED, problems=("Too strange.",))}
    )
    row = box.store.messages.get(id)
    assert (row.subject, row.processing) == ("Rent", Processing.QUARANTINED)
    assert box.store.messages.pending() == ()


def test_a_message_deleted_meanwhile_stays_deleted(box: Box) -> None:
    id = box.put(RAW)
    box.store.messages.delete([id])
    box.store.messages.processed({id: found(envelope=Envelope(subject="late"))})
    with pytest.raises(NotFound):
        box.store.messages.get(id)
    assert box.store.search.query("late").count == 0
    assert box.store.database.check() == ""


def test_what_was_not_looked_at_has_no_verdict(box: Box) -> None:
    id = box.put(RAW)
    for ask in (
        box.store.messages.verdict,
        box.store.messages.checked,
        box.store.messages.problems,
    ):
        with pytest.raises(NotFound, match="not been looked at"):
            ask(id)
    assert box.store.messages.opened(id) is None


def test_text_that_utf8_cannot_hold_is_kept_readable(box: Box) -> None:
    id = box.put(RAW)
    strange = "before \ud800 after \x00 end"
    box.store.messages.processed(
        {
            id: found(
                envelope=Envelope(subject=strange, from_=(Address(strange, "a@example.org"),)),
                text=strange,
                attachments=(strange,),
            )
        }
    )
    assert box.store.messages.get(id).subject.startswith("before ? after")
    assert box.store.search.query("subject:after").ids.tolist() == [id]


def test_the_work_to_do_is_known_by_rows(box: Box) -> None:
    new, waiting, ready = (box.put(RAW) for _ in range(3))
    box.store.messages.processed(
        {waiting: found(envelope=Envelope(), processing=Processing.WAITING, encryption="locked")}
    )
    box.store.messages.processed({ready: found(envelope=Envelope())})
    assert box.store.messages.pending() == (new,)
    assert box.store.messages.waiting() == (waiting,)
    box.store.messages.reprocess([waiting, ready])
    assert box.store.messages.pending() == (new, waiting, ready)
    assert box.store.messages.waiting() == ()


def test_a_page_has_the_order_that_was_asked_for(box: Box) -> None:
    ids = [box.put(RAW) for _ in range(5)]
    asked = [ids[3], 999, ids[0], ids[4]]
    assert [row.id for row in box.store.messages.page(asked)] == [ids[3], ids[0], ids[4]]
    assert box.store.messages.page([]) == ()


def test_ids_come_newest_first_over_folders(box: Box) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [
        box.letter(date=start + timedelta(days=day), role=role)
        for day, role in ((2, Role.INBOX), (5, Role.ARCHIVE), (1, Role.INBOX), (9, Role.TRASH))
    ]
    inbox, archive = box.folder().id, box.folder(Role.ARCHIVE).id
    ids_in = box.store.messages.ids_in
    assert ids_in([inbox]).tolist() == [ids[0], ids[2]]
    assert ids_in([inbox, archive]).tolist() == [ids[1], ids[0], ids[2]]
    assert ids_in([]).tolist() == []
    assert ids_in([inbox]).typecode == "q"


def test_equal_dates_are_ordered_by_arrival(box: Box) -> None:
    ids = [box.put(RAW) for _ in range(4)]
    assert box.store.messages.ids_in([box.folder().id]).tolist() == ids[::-1]


def test_a_date_in_the_future_does_not_stay_on_top(box: Box) -> None:
    id = box.letter(date=box.clock() + timedelta(days=4000))
    assert box.store.messages.get(id).date == box.clock()
    soon = box.letter(date=box.clock() + timedelta(hours=3))
    assert box.store.messages.get(soon).date == box.clock() + timedelta(hours=3)


@pytest.mark.parametrize("year", [1, 1969, 1970, 9999])
def test_a_date_of_any_year_is_kept_or_replaced(box: Box, year: int) -> None:
    id = box.letter(date=datetime(year, 6, 1, tzinfo=UTC))
    assert box.store.messages.get(id).date.year == (year if year < 2027 else 2026)


def plan(box: Box, sql: str) -> str:
    return " ".join(str(row[3]) for row in box.store.database.rows(f"EXPLAIN QUERY PLAN {sql}"))


def test_a_folder_is_listed_by_one_scan_of_an_index_alone(box: Box) -> None:
    one = "SELECT id FROM messages WHERE folder_id = 1 ORDER BY date DESC, id DESC"
    assert plan(box, one) == (
        "SEARCH messages USING COVERING INDEX messages_by_folder (folder_id=?)"
    )
    several = "SELECT id FROM messages WHERE folder_id IN (1, 2) ORDER BY date DESC, id DESC"
    assert "COVERING INDEX messages_by_folder" in plan(box, several)


def test_what_is_unread_is_counted_without_a_look_at_any_message(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = Database.rows

    def noted(self: Database, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return rows(self, sql, values)

    monkeypatch.setattr(Database, "rows", noted)
    assert all(one.unread == 0 for one in box.store.folders.all())
    monkeypatch.undo()
    assert [plan(box, one) for one in asked] == ["SCAN folders"]


def test_a_page_of_rows_is_read_by_number(box: Box) -> None:
    steps = plan(
        box, f"SELECT {COLUMNS} FROM messages WHERE id IN (SELECT value FROM json_each(1))"
    )
    assert "SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)" in steps
    assert "SCAN messages" not in steps
    assert "SCAN tags" not in steps


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("processing = 'new' AND processing <> 'ready' ORDER BY id", "messages_in_work"),
        ("body_id = 1", "messages_by_body"),
        ("id IN (SELECT value FROM json_each('[1]'))", "INTEGER PRIMARY KEY"),
        ("message_id = 'x' AND message_id <> ''", "messages_by_message_id"),
        ("sender = 'x' AND signature = 'good' AND signature <> 'none'", "messages_signed"),
        ("sender IN ('x') AND signature <> 'none'", "messages_signed"),
    ],
)
def test_each_question_asked_often_has_its_index(box: Box, where: str, index: str) -> None:
    assert index in plan(box, f"SELECT id FROM messages WHERE {where}")


def test_a_message_is_known_by_its_hash_without_a_look_at_the_others_of_its_account(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = box.put(RAW)
    asked: list[str] = []
    row = Database.row

    def noted(self: Database, sql: str, values: Values = ()) -> tuple[Any, ...] | None:
        asked.append(sql)
        return row(self, sql, values)

    monkeypatch.setattr(Database, "row", noted)
    assert box.store.messages.by_hash(box.account.id, sha256(RAW).digest()) == id
    steps = plan(box, asked[0].replace("?", "1"))
    assert steps.startswith("SEARCH bodies USING INDEX bodies_by_mark")
    assert "messages_by_body" in steps


def test_flags_are_set_one_by_one(box: Box) -> None:
    first, second = box.put(RAW), box.put(RAW)
    box.store.messages.set_flags([first, second], unread=False)
    box.store.messages.set_flags([second], flagged=True, answered=True)
    box.store.messages.set_flags([second], forwarded=True)
    box.store.messages.set_flags([first])
    one, two = box.store.messages.page([first, second])
    assert (one.unread, one.flagged, one.answered, one.forwarded) == (False,) * 4
    assert (two.unread, two.flagged, two.answered, two.forwarded) == (False, True, True, True)


def test_folders_count_whatever_happens(box: Box) -> None:
    ids = [box.put(RAW, unread=at % 2 == 0) for at in range(6)]
    assert (box.folder().total, box.folder().unread) == (6, 3)
    box.store.messages.move(ids[:3], box.folder(Role.ARCHIVE).id)
    assert (box.folder().total, box.folder().unread) == (3, 1)
    assert (box.folder(Role.ARCHIVE).total, box.folder(Role.ARCHIVE).unread) == (3, 2)
    box.store.messages.set_flags(ids, unread=True)
    assert (box.folder().unread, box.folder(Role.ARCHIVE).unread) == (3, 3)
    box.store.messages.delete(ids[:4])
    assert (box.folder(Role.ARCHIVE).total, box.folder(Role.ARCHIVE).unread) == (0, 0)
    assert (box.folder().total, box.folder().unread) == (2, 2)


def test_a_message_moved_to_another_account_belongs_to_it(box: Box) -> None:
    other = box.store.accounts.add(Account((Identity("other@example.org"),)))
    target = box.store.folders.by_role(other.id, Role.INBOX)
    id = box.put(RAW)
    box.store.messages.move([id], target.id)
    assert box.store.messages.get(id).account_id == other.id
    with pytest.raises(NotFound):
        box.store.messages.move([id], 999)


def test_tags_are_given_and_taken_away(box: Box) -> None:
    id = box.put(RAW)
    for tag in ("work", "Work", "to do"):
        box.store.messages.tags.add([id, 999], tag)
    assert box.store.messages.get(id).tags == ("to do", "work")
    box.store.messages.tags.remove([id], "WORK")
    assert box.store.messages.get(id).tags == ("to do",)
    box.store.messages.delete([id])
    assert box.store.database.check() == ""


def test_a_message_is_found_by_its_message_id(box: Box) -> None:
    ids = [box.put(RAW), box.put(RAW), box.put(b"Subject: none\r\n\r\n")]
    assert box.store.messages.by_message_id("<1@example.org>") == tuple(ids[:2])
    assert box.store.messages.by_message_id("") == ()


def test_who_signed_is_remembered(box: Box) -> None:
    good = box.letter(sender="Ann@Example.org", signature="good")
    unknown = box.letter(sender="ann@example.org", signature="unknown-key")
    box.letter(sender="ann@example.org")
    bob = box.letter(sender="bob@example.org", signature="bad")
    assert box.store.messages.signed_by(["ann@example.org"]) == (good, unknown)
    assert box.store.messages.signed_by(["ANN@example.org", "bob@example.org"]) == (
        good,
        unknown,
        bob,
    )
    assert box.store.messages.signed_by([]) == ()
    assert box.store.messages.has_signed("ann@EXAMPLE.org")
    assert not box.store.messages.has_signed("bob@example.org")


def test_people_are_completed_the_likeliest_first(box: Box) -> None:
    for _ in range(3):
        box.letter(sender="anna@example.org", name="Anna Rose")
    box.letter(role=Role.SENT, to="annette@example.org", sender="me@example.org")
    box.letter(role=Role.JUNK, sender="annoying@example.org")
    box.letter(sender="carol@example.org", name="Carol Annan")
    addresses = [one.address for one in box.store.messages.people.used("ann", 8)]
    assert addresses == ["annette@example.org", "anna@example.org", "carol@example.org"]
    assert box.store.messages.people.used("rose", 8) == (Address("Anna Rose", "anna@example.org"),)
    assert len(box.store.messages.people.used("ann", 1)) == 1
    for nobody in ("", "  ", "%", "_", "\\", "zed"):
        assert box.store.messages.people.used(nobody, 8) == ()


def test_understanding_a_message_anew_counts_nobody_twice(box: Box) -> None:
    id = box.letter(sender="ann@example.org")
    box.letter(sender="anna@example.org")
    box.letter(sender="anna@example.org")
    for _ in range(5):
        box.store.messages.processed(
            {id: found(envelope=Envelope(from_=(Address("", "ann@example.org"),)))}
        )
    first = box.store.messages.people.used("ann", 8)[0]
    assert first.address == "anna@example.org"
