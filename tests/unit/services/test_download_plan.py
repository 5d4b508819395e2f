"""What to fetch, delete and leave is decided from the listing and the ledger alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailclient.account import Retention
from mailclient.services.download import (
    delete_after,
    download_plan,
    due,
    identity,
    named,
)
from mailclient.store.ledger import Entry, EntryState
from mailclient.transport.pop3 import Listed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FOR_EVER = Retention(None)


def entry(
    uid: bytes,
    size: int = 100,
    days_ago: int = 0,
    state: EntryState = EntryState.STORED,
    message_id: int | None = 1,
    doubtful: bool = False,
) -> Entry:
    seen = NOW - timedelta(days=days_ago)
    return Entry(uid, size, b"x" * 32, state, message_id, seen, doubtful=doubtful)


def known(*entries: Entry) -> dict[bytes, Entry]:
    return {one.uid: one for one in entries}


def listing(*uids: bytes, size: int = 100) -> tuple[Listed, ...]:
    return named([Listed(number, uid, size) for number, uid in enumerate(uids, 1)])


def names(found: tuple[Listed, ...]) -> list[bytes]:
    return [one.uid for one in found]


def test_what_the_ledger_does_not_know_is_fetched() -> None:
    plan = download_plan(listing(b"a", b"b"), {b"a": 100})
    assert names(plan.fetch) == [b"b"]
    assert (plan.heads, plan.keep, plan.gone) == ((), 1, ())


def test_of_a_message_over_the_limit_only_the_head_comes() -> None:
    small, large = Listed(1, b"a", 1000), Listed(2, b"b", 1001)
    plan = download_plan([small, large], {}, largest=1000)
    assert (plan.fetch, plan.heads) == ((small,), (large,))


def test_a_known_uid_with_another_size_is_another_message() -> None:
    there = listing(b"a", size=101)
    assert download_plan(there, {b"a": 100}).fetch == there
    assert due(there, known(entry(b"a", days_ago=99)), Retention(0), NOW) == ()


def test_a_uid_that_is_not_listed_is_gone_and_nothing_else_is_done() -> None:
    assert download_plan([], {b"a": 100}).gone == (b"a",)


def test_a_stored_message_is_deleted_once_its_days_are_over() -> None:
    there = listing(b"a")
    assert due(there, known(entry(b"a", days_ago=13)), Retention(14), NOW) == ()
    assert due(there, known(entry(b"a", days_ago=14)), Retention(14), NOW) == there
    assert due(there, known(entry(b"a", days_ago=9999)), FOR_EVER, NOW) == ()


def test_the_newest_messages_stay_when_their_number_is_limited() -> None:
    there = listing(b"old", b"middle", b"new")
    here = known(*(entry(one.uid) for one in there))
    assert names(due(there, here, Retention(None, count=2), NOW)) == [b"old"]
    assert names(due(there, here, Retention(None, count=0), NOW)) == [b"old", b"middle", b"new"]


def test_the_newest_messages_stay_when_their_size_is_limited() -> None:
    there = listing(b"old", b"middle", b"new")
    here = known(*(entry(one.uid) for one in there))
    assert names(due(there, here, Retention(None, size=200), NOW)) == [b"old"]
    assert names(due(there, here, Retention(None, size=199), NOW)) == [b"old", b"middle"]


def test_what_is_not_stored_is_never_too_many() -> None:
    there = listing(b"a", b"b")
    here = known(entry(b"b"), entry(b"a", state=EntryState.SEEN, message_id=None))
    assert due(there, here, Retention(None, count=0, follow=True), NOW) == there[1:]


def test_what_was_deleted_here_follows_there_if_the_user_wants_so() -> None:
    there = listing(b"a")
    here = known(entry(b"a", message_id=None))
    assert due(there, here, Retention(None, follow=True), NOW) == there
    assert due(there, here, FOR_EVER, NOW) == ()


@pytest.mark.parametrize("state", [EntryState.HEAD, EntryState.SEEN])
def test_what_is_not_here_as_a_whole_is_never_deleted(state: EntryState) -> None:
    here = known(entry(b"a", days_ago=99, state=state))
    assert due(listing(b"a"), here, Retention(0, count=0, size=0), NOW) == ()


def test_a_message_that_had_another_size_than_claimed_is_never_deleted() -> None:
    here = known(entry(b"a", days_ago=99, doubtful=True))
    assert due(listing(b"a"), here, Retention(0, count=0), NOW) == ()
    assert delete_after(here[b"a"], Retention(14)) is None


def test_uids_that_stand_twice_are_both_fetched_once_and_never_deleted() -> None:
    there = listing(b"a", b"a")
    first = download_plan(there, {})
    assert len(first.fetch) == 2
    here = known(*(entry(one.uid, days_ago=99) for one in there))
    assert len(here) == 2
    assert download_plan(there, {one.uid: one.size for one in there}).fetch == ()
    assert due(there, here, Retention(0), NOW) == ()


def test_of_two_with_one_name_the_one_that_was_missed_is_fetched_later() -> None:
    there = listing(b"a", b"a")
    assert download_plan(there, {there[0].uid: there[0].size}).fetch == there[1:]


def test_a_message_without_a_uid_is_fetched_and_never_deleted_by_rule() -> None:
    there = listing(b"")
    assert download_plan(there, {}).fetch == there
    assert due(there, {}, Retention(0), NOW) == ()


def test_a_message_is_told_by_fields_that_no_server_changes() -> None:
    head = b"Message-ID: <a@b>\r\nSubject: x\r\n y\r\nStatus: O\r\n\r\nDate: in the text\r\n"
    assert identity(head) == identity(
        b"Message-ID: <a@b>\nSubject: x\n\ty\nX-UIDL: 1\nStatus: RO\n\nother\n"
    )
    assert identity(head) != identity(head.replace(b"<a@b>", b"<c@d>"))
    assert identity(b"X-Only: this\r\n\r\n") == b""


@pytest.mark.parametrize(
    "words", ["yes", "no", "14", "count:500", "size:200000000", "deleted", "30,count:5,deleted"]
)
def test_what_stays_on_the_server_is_written_as_it_is_read(words: str) -> None:
    assert Retention.parse(words).word() == words
