"""What to fetch, delete and leave is decided from the listing and the ledger alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailclient.account import Retention
from mailclient.services.receive import download_plan
from mailclient.store.ledger import Entry, EntryState
from mailclient.transport.pop3 import Listed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def known(uid: bytes, size: int = 100, days_ago: int = 0) -> dict[bytes, Entry]:
    seen = NOW - timedelta(days=days_ago)
    return {
        uid: Entry(
            uid=uid,
            size=size,
            sha256=b"x" * 32,
            state=EntryState.STORED,
            message_id=1,
            first_seen=seen,
        )
    }


def test_what_the_ledger_does_not_know_is_fetched() -> None:
    listing = [Listed(1, b"a", 100), Listed(2, b"b", 100)]
    plan = download_plan(listing, known(b"a"), Retention(14), NOW)
    assert [one.uid for one in plan.fetch] == [b"b"]
    assert (plan.delete, plan.keep, plan.gone) == ((), 1, ())


def test_a_stored_message_is_deleted_once_its_days_are_over() -> None:
    listing = [Listed(1, b"a", 100)]
    assert download_plan(listing, known(b"a", days_ago=13), Retention(14), NOW).delete == ()
    due = download_plan(listing, known(b"a", days_ago=14), Retention(14), NOW).delete
    assert [one.uid for one in due] == [b"a"]


def test_mail_that_stays_for_ever_is_never_deleted() -> None:
    listing = [Listed(1, b"a", 100)]
    plan = download_plan(listing, known(b"a", days_ago=9999), Retention(None), NOW)
    assert plan.delete == ()


def test_a_uid_that_stands_twice_is_fetched_and_never_deleted() -> None:
    listing = [Listed(1, b"a", 100), Listed(2, b"a", 200)]
    assert len(download_plan(listing, {}, Retention(0), NOW).fetch) == 2
    later = download_plan(listing, known(b"a", days_ago=99), Retention(0), NOW)
    assert (later.fetch, later.delete, later.keep) == ((), (), 2)


def test_a_uid_that_was_given_anew_is_fetched_again() -> None:
    listing = [Listed(1, b"a", 999)]
    plan = download_plan(listing, known(b"a", size=100, days_ago=99), Retention(0), NOW)
    assert [one.size for one in plan.fetch] == [999]
    assert plan.delete == ()


def test_a_blank_uid_can_never_be_known_again() -> None:
    plan = download_plan([Listed(1, b"", 100)], {}, Retention(0), NOW)
    assert [one.uid for one in plan.fetch] == [b""]


def test_what_left_the_server_is_told() -> None:
    assert download_plan([], known(b"a"), Retention(14), NOW).gone == (b"a",)
