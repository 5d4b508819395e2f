"""A domain or a key server that hands out a forger's key: no seal, and no letter to the forger.

Each case is played once by the domain (WKD) and once by the key server (VKS).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeySource
from mailclient.message.security import SignatureWord, State, Trust
from mailclient.services.read import MessageView
from mailclient.services.readiness import ReadyState, RecipientReadiness
from tests.attacks.conftest import BOB, MALLORY, TOM, Desk, desk_open
from tests.servers.keys import KeyServers, key_servers_running

STRANGER = "sue@example.org"
SEALS = {State.SIGNED, State.SIGNED_VERIFIED, State.ENCRYPTED_SIGNED, State.CONFIDENTIAL}
Serve = Callable[[str, bytes], None]


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServers]:
    with key_servers_running(tmp_path) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def desk(servers: KeyServers, tmp_path: Path) -> Iterator[Desk]:
    with desk_open(tmp_path) as opened:
        yield opened


@pytest.fixture(params=KeySource, ids=lambda one: one.value)
def serve(servers: KeyServers, request: pytest.FixtureRequest) -> Serve:
    return servers.wkd if request.param is KeySource.DOMAIN else servers.vks


def forged(desk: Desk, address: str) -> str:
    """A key of the forger's that carries somebody else's address."""
    desk.gpg("--quick-generate-key", f"The Forger <{address}>", "ed25519", "sign")
    listed = desk.gpg("--with-colons", "--list-keys", f"The Forger <{address}>").decode()
    made = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
    desk.gpg("--quick-add-key", made, "cv25519", "encr")
    return made


def look(desk: Desk, address: str) -> None:
    desk.app.keyfinding.everywhere(address, CancelToken())
    desk.app.keyfinding.while_writing(address, CancelToken())


def signed_by(desk: Desk, key: str, sender: str) -> MessageView:
    desk.keys["forger"] = key
    return desk.read(desk.letter(desk.sealed(by="forger"), sender=sender))


def ready(desk: Desk, address: str) -> RecipientReadiness:
    return desk.app.keys.readiness([address]).recipients[0]


def trust(desk: Desk, key: str, address: str) -> Trust:
    return desk.app.keys.trust_of(key, address)


def no_seal(view: MessageView) -> bool:
    return view.verdict.state not in SEALS and not view.verdict.verified


def test_a_confirmed_key_is_neither_replaced_nor_doubted(desk: Desk, serve: Serve) -> None:
    evil = forged(desk, BOB)
    serve(BOB, desk.gpg("--export", evil))
    look(desk, BOB)
    assert trust(desk, evil, BOB) is Trust.TENTATIVE
    assert [one.changed for one in desk.app.keys.entries_of(BOB)].count(True) == 1
    bob = ready(desk, BOB)
    assert (bob.state, bob.fingerprint) == (ReadyState.READY_VERIFIED, desk.keys[BOB])
    assert no_seal(signed_by(desk, evil, BOB))
    honest = desk.read(desk.letter(desk.sealed(by=BOB)))
    assert honest.verdict.state is State.CONFIDENTIAL


def test_an_accepted_key_is_not_replaced_without_a_decision(desk: Desk, serve: Serve) -> None:
    evil = forged(desk, MALLORY)
    serve(MALLORY, desk.gpg("--export", evil))
    look(desk, MALLORY)
    assert trust(desk, desk.keys[MALLORY], MALLORY) is Trust.ACCEPTED
    assert ready(desk, MALLORY).state is ReadyState.ASK
    assert no_seal(signed_by(desk, evil, MALLORY))


def test_of_two_keys_that_were_only_found_none_is_used(desk: Desk, serve: Serve) -> None:
    serve(TOM, desk.gpg("--export", forged(desk, TOM)))
    look(desk, TOM)
    assert ready(desk, TOM).state is ReadyState.ASK


def test_a_found_key_never_leads_to_a_seal_before_it_is_accepted(desk: Desk, serve: Serve) -> None:
    key = forged(desk, STRANGER)
    serve(STRANGER, desk.gpg("--export", key))
    look(desk, STRANGER)
    view = signed_by(desk, key, STRANGER)
    assert no_seal(view)
    assert view.verdict.signature is SignatureWord.UNKNOWN_KEY
    desk.app.keys.trust(key, STRANGER, "accepted")
    assert signed_by(desk, key, STRANGER).verdict.state is State.ENCRYPTED_SIGNED


def test_a_key_that_was_refused_stays_refused(desk: Desk, serve: Serve) -> None:
    key = forged(desk, STRANGER)
    serve(STRANGER, desk.gpg("--export", key))
    look(desk, STRANGER)
    desk.app.keys.trust(key, STRANGER, "rejected")
    look(desk, STRANGER)
    assert trust(desk, key, STRANGER) is Trust.REJECTED
    assert ready(desk, STRANGER).state is ReadyState.NONE
    assert no_seal(signed_by(desk, key, STRANGER))


def test_an_accepted_persons_key_under_another_name_says_nothing_of_that_name(
    desk: Desk, serve: Serve
) -> None:
    evil = desk.keys[MALLORY]
    desk.gpg("--quick-add-uid", evil, f"Bob <{BOB}>")
    serve(BOB, desk.gpg("--export", evil))
    look(desk, BOB)
    assert trust(desk, evil, BOB) is Trust.TENTATIVE
    assert ready(desk, BOB).fingerprint == desk.keys[BOB]
    assert no_seal(signed_by(desk, evil, BOB))


def test_an_answer_for_one_address_brings_no_key_for_another(desk: Desk, serve: Serve) -> None:
    evil = forged(desk, STRANGER)
    desk.gpg("--quick-add-uid", evil, f"Bob <{BOB}>")
    serve(STRANGER, desk.gpg("--export", evil) + desk.gpg("--export", forged(desk, TOM)))
    look(desk, STRANGER)
    assert trust(desk, evil, STRANGER) is Trust.TENTATIVE
    assert [one.key.fingerprint for one in desk.app.keys.entries_of(BOB)] == [desk.keys[BOB]]
    assert [one.key.fingerprint for one in desk.app.keys.entries_of(TOM)] == [desk.keys[TOM]]


def test_reading_a_letter_looks_nothing_up(desk: Desk, servers: KeyServers) -> None:
    key = forged(desk, STRANGER)
    servers.wkd(STRANGER, desk.gpg("--export", key))
    assert signed_by(desk, key, STRANGER).verdict.signature is SignatureWord.UNKNOWN_KEY
    assert servers.web.asked == []
