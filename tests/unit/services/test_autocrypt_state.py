"""The state that Autocrypt keeps of people and what it recommends (Autocrypt 1.1): tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailclient.services.autocrypt import Recommendation, gossiped, recommend, seen, together
from mailclient.store.peers import Peer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NEW = Peer("bob@example.org")
BOB = Peer("bob@example.org", NOW, NOW, "A" * 40, True)
R = Recommendation


def test_the_first_letter_of_somebody_without_the_field_only_says_that_they_were_seen() -> None:
    assert seen(NEW, NOW, "", prefer_encrypt=False) == replace(NEW, last_seen=NOW)


def test_a_letter_with_the_field_brings_key_and_preference() -> None:
    assert seen(NEW, NOW, "A" * 40, prefer_encrypt=True) == BOB


def test_a_later_letter_without_the_field_leaves_the_key_and_its_time() -> None:
    after = seen(BOB, NOW + DAY, "", prefer_encrypt=False)
    assert after == replace(BOB, last_seen=NOW + DAY)


def test_an_older_letter_changes_nothing() -> None:
    assert seen(BOB, NOW - DAY, "B" * 40, prefer_encrypt=False) == BOB


def test_a_letter_between_the_two_times_brings_its_field_and_not_its_date() -> None:
    before = replace(BOB, autocrypt_timestamp=NOW - 10 * DAY)
    after = seen(before, NOW - DAY, "B" * 40, prefer_encrypt=False)
    assert (after.last_seen, after.autocrypt_timestamp) == (NOW, NOW - DAY)
    assert (after.fingerprint, after.prefer_encrypt) == ("B" * 40, False)


def test_gossip_is_kept_apart_and_the_newest_counts() -> None:
    after = gossiped(BOB, NOW, "C" * 40)
    assert (after.fingerprint, after.gossip) == ("A" * 40, "C" * 40)
    assert gossiped(after, NOW - DAY, "D" * 40) == after
    assert gossiped(after, NOW, "D" * 40).gossip == "D" * 40


STALE = replace(BOB, last_seen=NOW + 36 * DAY)
GOSSIP = replace(NEW, gossip="C" * 40, gossip_timestamp=NOW)


@pytest.mark.parametrize(
    ("peer", "usable", "to_encrypted", "mine", "wanted"),
    [
        (None, True, False, True, R.DISABLE),
        (NEW, True, False, True, R.DISABLE),
        (replace(NEW, last_seen=NOW), True, True, True, R.DISABLE),
        (BOB, False, True, True, R.DISABLE),
        (BOB, True, False, True, R.ENCRYPT),
        (BOB, True, False, False, R.AVAILABLE),
        (replace(BOB, prefer_encrypt=False), True, False, True, R.AVAILABLE),
        (replace(BOB, prefer_encrypt=False), True, True, False, R.ENCRYPT),
        (STALE, True, False, True, R.DISCOURAGE),
        (STALE, True, True, True, R.ENCRYPT),
        (replace(BOB, last_seen=NOW + 35 * DAY), True, False, True, R.ENCRYPT),
        (GOSSIP, True, False, True, R.DISCOURAGE),
        (GOSSIP, True, True, True, R.ENCRYPT),
        (GOSSIP, False, True, True, R.DISABLE),
    ],
)
def test_what_is_recommended_for_one_recipient(
    peer: Peer | None, usable: bool, to_encrypted: bool, mine: bool, wanted: R
) -> None:
    found = recommend(peer, lambda key: usable, to_encrypted=to_encrypted, prefer_encrypt=mine)
    assert found is wanted


def test_a_key_that_has_ended_leaves_the_one_that_others_passed_on() -> None:
    both = gossiped(BOB, NOW, "C" * 40)
    found = recommend(both, lambda key: key[0] == "C", to_encrypted=False, prefer_encrypt=True)
    assert found is R.DISCOURAGE


@pytest.mark.parametrize(
    ("each", "wanted"),
    [
        ([], R.DISABLE),
        ([R.ENCRYPT, R.DISABLE], R.DISABLE),
        ([R.ENCRYPT, R.ENCRYPT], R.ENCRYPT),
        ([R.ENCRYPT, R.DISCOURAGE], R.DISCOURAGE),
        ([R.AVAILABLE, R.DISCOURAGE], R.DISCOURAGE),
        ([R.ENCRYPT, R.AVAILABLE], R.AVAILABLE),
    ],
)
def test_what_is_recommended_for_several(each: list[R], wanted: R) -> None:
    assert together(each) is wanted
