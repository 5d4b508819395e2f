"""Which key serves for a recipient, or why none does: a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailclient.account import EncryptionPolicy as P
from mailclient.crypto.api import KeyInfo
from mailclient.message.security import Trust
from mailclient.services.readiness import (
    GOSSIP,
    Candidate,
    Readiness,
    ReadyState,
    RecipientReadiness,
    decide,
)
from mailclient.store.peers import Peer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = KeyInfo(
    fingerprint="A" * 40,
    user_ids=("Bob <bob@example.org>",),
    addresses=("bob@example.org",),
    created=NOW - timedelta(days=100),
    expires=NOW + timedelta(days=600),
    algorithm="ed25519",
    can_encrypt=True,
    can_sign=True,
)
OTHER = replace(KEY, fingerprint="B" * 40, created=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("candidates", "state"),
    [
        ([], ReadyState.NONE),
        ([Candidate(KEY, Trust.REJECTED)], ReadyState.NONE),
        ([Candidate(KEY, Trust.VERIFIED)], ReadyState.READY_VERIFIED),
        ([Candidate(KEY, Trust.OWN)], ReadyState.READY_VERIFIED),
        ([Candidate(KEY, Trust.ACCEPTED)], ReadyState.READY),
        ([Candidate(KEY, Trust.TENTATIVE)], ReadyState.READY),
        ([Candidate(replace(KEY, expired=True), Trust.VERIFIED)], ReadyState.UNUSABLE),
        ([Candidate(replace(KEY, revoked=True), Trust.VERIFIED)], ReadyState.UNUSABLE),
        ([Candidate(replace(KEY, can_encrypt=False), Trust.VERIFIED)], ReadyState.UNUSABLE),
        ([Candidate(KEY, Trust.ACCEPTED), Candidate(OTHER, Trust.ACCEPTED)], ReadyState.ASK),
        ([Candidate(KEY, Trust.TENTATIVE), Candidate(OTHER, Trust.TENTATIVE)], ReadyState.ASK),
        (
            [Candidate(KEY, Trust.ACCEPTED), Candidate(OTHER, Trust.TENTATIVE, changed=True)],
            ReadyState.ASK,
        ),
        (
            [Candidate(KEY, Trust.VERIFIED), Candidate(OTHER, Trust.TENTATIVE, changed=True)],
            ReadyState.READY_VERIFIED,
        ),
        ([Candidate(KEY, Trust.REJECTED), Candidate(OTHER, Trust.ACCEPTED)], ReadyState.READY),
    ],
)
def test_the_state_follows_from_the_keys_and_what_we_think_of_them(
    candidates: list[Candidate], state: ReadyState
) -> None:
    decided = decide("bob@example.org", candidates, NOW)
    assert decided.state is state
    assert decided.reason.endswith(".")


def test_a_new_key_never_takes_the_place_of_a_confirmed_one() -> None:
    candidates = [Candidate(KEY, Trust.VERIFIED), Candidate(OTHER, Trust.TENTATIVE, changed=True)]
    assert decide("bob@example.org", candidates, NOW).fingerprint == KEY.fingerprint


def test_a_key_that_ends_soon_says_so() -> None:
    soon = replace(KEY, expires=NOW + timedelta(days=3))
    assert (
        "expires on 2026-11-26"
        in decide("bob@example.org", [Candidate(soon, Trust.OWN)], NOW).reason
    )


def test_a_key_that_was_only_found_can_be_used_and_says_where_it_came_from() -> None:
    found = decide("bob@example.org", [Candidate(KEY, Trust.TENTATIVE, "example.org (WKD)")], NOW)
    assert (found.state, found.tentative) == (ReadyState.READY, True)
    assert "found at example.org; you have not accepted it" in found.reason
    by_mail = decide("bob@example.org", [Candidate(KEY, Trust.TENTATIVE, "Autocrypt")], NOW)
    assert "came with mail; you have not accepted it" in by_mail.reason
    assert not decide("bob@example.org", [Candidate(KEY, Trust.ACCEPTED)], NOW).tentative


def test_who_has_a_key_is_not_looked_up_and_who_has_none_waits() -> None:
    bob = decide("bob@example.org", [Candidate(KEY, Trust.VERIFIED)], NOW)
    tom = decide("tom@example.org", [], NOW)
    shown = Readiness((bob, tom)).looking_for({"bob@example.org", "tom@example.org"})
    assert [one.state for one in shown.recipients] == [
        ReadyState.READY_VERIFIED,
        ReadyState.LOOKING_UP,
    ]
    assert not shown.can_encrypt
    assert Readiness((tom,)).looking_for(()).recipients == (tom,)


def test_nobody_can_be_reached_in_private_if_there_is_nobody() -> None:
    assert not Readiness(()).can_encrypt


PEER = Peer("bob@example.org", NOW, NOW, KEY.fingerprint, True)
LONG_AGO = replace(PEER, autocrypt_timestamp=NOW - timedelta(days=36))
PASSED_ON = Peer("bob@example.org", gossip_timestamp=NOW, gossip=KEY.fingerprint)


@pytest.mark.parametrize(
    ("trust", "peer", "state"),
    [
        (Trust.TENTATIVE, PEER, ReadyState.READY),
        (Trust.TENTATIVE, LONG_AGO, ReadyState.STALE),
        (Trust.ACCEPTED, LONG_AGO, ReadyState.STALE),
        (Trust.VERIFIED, LONG_AGO, ReadyState.READY_VERIFIED),
        (Trust.TENTATIVE, PASSED_ON, ReadyState.STALE),
        (Trust.ACCEPTED, PASSED_ON, ReadyState.READY),
        (Trust.TENTATIVE, replace(LONG_AGO, fingerprint="C" * 40), ReadyState.READY),
    ],
)
def test_somebody_who_writes_without_the_key_for_long_may_not_be_able_to_read(
    trust: Trust, peer: Peer, state: ReadyState
) -> None:
    decided = decide("bob@example.org", [Candidate(KEY, trust)], NOW, peer)
    assert decided.state is state
    assert decided.ready
    assert decided.fingerprint == KEY.fingerprint


def ready(state: ReadyState, policy: P | None = None) -> RecipientReadiness:
    return RecipientReadiness(f"{state.value}@example.org", state, policy=policy)


READY, NONE, STALE = ReadyState.READY, ReadyState.NONE, ReadyState.STALE


@pytest.mark.parametrize(
    ("recipients", "account", "begins"),
    [
        ([], P.WHEN_POSSIBLE, False),
        ([ready(READY)], P.WHEN_POSSIBLE, True),
        ([ready(READY)], P.WHEN_I_SAY, False),
        ([ready(NONE)], P.ALWAYS, True),
        ([ready(READY), ready(NONE)], P.WHEN_POSSIBLE, False),
        ([ready(STALE)], P.WHEN_POSSIBLE, False),
        ([ready(READY, P.WHEN_I_SAY)], P.WHEN_POSSIBLE, False),
        ([ready(READY, P.WHEN_I_SAY)], P.ALWAYS, False),
        ([ready(READY, P.WHEN_POSSIBLE)], P.WHEN_I_SAY, True),
        ([ready(NONE, P.ALWAYS)], P.WHEN_I_SAY, True),
        ([ready(NONE, P.ALWAYS), ready(READY, P.WHEN_I_SAY)], P.WHEN_POSSIBLE, True),
    ],
)
def test_a_message_begins_as_the_account_and_its_people_are_written_to(
    recipients: list[RecipientReadiness], account: P, begins: bool
) -> None:
    assert Readiness(tuple(recipients)).begins_encrypted(account) is begins


def test_a_key_that_others_passed_on_does_not_stand_beside_the_one_that_was_sent() -> None:
    sent = Candidate(KEY, Trust.TENTATIVE, "Autocrypt")
    passed_on = Candidate(OTHER, Trust.TENTATIVE, GOSSIP)
    decided = decide("bob@example.org", [sent, passed_on], NOW, PEER)
    assert (decided.state, decided.fingerprint) == (ReadyState.READY, KEY.fingerprint)
    decided = decide("bob@example.org", [sent, passed_on], NOW, None)
    assert decided.state is ReadyState.ASK
