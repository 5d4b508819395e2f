"""A key that is attached to a letter is its sender's or nobody's, and decides nothing by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailclient.app import App
from mailclient.errors import BadInput
from mailclient.message.security import Trust
from mailclient.services.readiness import ReadyState
from tests.integration.crypto.conftest import Pen

BOB, MAL = "bob@example.org", "mal@example.org"


def test_the_senders_key_is_found_and_not_decided(alice: App, pens: Callable[[], Pen]) -> None:
    pen = pens()
    alice.keyfinding.attached(pen.gpg("--export", pen.key(BOB)), "Bob@Example.org")
    [entry] = alice.keys.entries_of(BOB)
    assert (entry.trust, entry.source, entry.changed) == (Trust.TENTATIVE, "letter", False)


def test_a_second_key_of_the_sender_waits_beside_the_accepted_one(
    alice: App, pens: Callable[[], Pen]
) -> None:
    old, new = pens(), pens()
    alice.keys.import_keys(old.gpg("--export", old.key(BOB)))
    alice.keyfinding.attached(new.gpg("--export", new.key(BOB)), BOB)
    [ready] = alice.keys.readiness([BOB]).recipients
    assert ready.state is ReadyState.ASK
    assert sorted(one.changed for one in alice.keys.entries_of(BOB)) == [False, True]


def test_the_key_of_somebody_else_is_refused(alice: App, pens: Callable[[], Pen]) -> None:
    pen = pens()
    data = pen.gpg("--export", pen.key(BOB))
    with pytest.raises(BadInput, match="not the one key of mal"):
        alice.keyfinding.attached(data, MAL)
    assert alice.keys.list() == ()


def test_several_keys_and_secret_ones_are_refused(alice: App, pens: Callable[[], Pen]) -> None:
    one, two = pens(), pens()
    both = one.gpg("--export", one.key(BOB)) + two.gpg("--export", two.key(BOB))
    with pytest.raises(BadInput, match="not the one key"):
        alice.keyfinding.attached(both, BOB)
    with pytest.raises(BadInput, match="not the one key"):
        alice.keyfinding.attached(one.gpg("--export-secret-keys", BOB), BOB)
    with pytest.raises(BadInput, match="no key in it"):
        alice.keyfinding.attached(b"hello", BOB)
    assert alice.keys.list() == ()


def test_a_second_address_in_the_senders_key_says_nothing_of_that_person(
    alice: App, pens: Callable[[], Pen]
) -> None:
    pen = pens()
    key = pen.key(MAL)
    pen.gpg("--quick-add-uid", key, f"Bob <{BOB}>")
    alice.keyfinding.attached(pen.gpg("--export", key), MAL)
    assert {one.address: one.trust for one in alice.keys.list()} == {
        MAL: Trust.TENTATIVE,
        BOB: Trust.TENTATIVE,
    }
