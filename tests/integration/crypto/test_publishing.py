"""A key is given to the key server because the user wants it, with one address, over real HTTPS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, Busy, KeyMissing, Unreachable
from mailclient.paths import Profile
from tests.integration.crypto.conftest import Pen
from tests.servers.keys import KeyServers, key_servers_running
from tests.servers.web import document, status

ALICE = "alice@example.org"
UPLOAD, VERIFY = "/vks/v1/upload", "/vks/v1/request-verify"
Open = Callable[..., App]


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServers]:
    with key_servers_running(tmp_path) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def open_alice(homes: Callable[[], Path], tmp_path: Path) -> Iterator[Open]:
    opened: list[App] = []

    def make(*, offline: bool = False) -> App:
        app = open_profile(
            Profile(tmp_path / "alice"), passphrase="x", gnupg_home=homes(), offline=offline
        )
        app.accounts.add(Account((Identity(ALICE, "Alice"),)), "")
        opened.append(app)
        return app

    yield make
    for app in opened:
        app.close()


def says(state: str, token: str = "the token") -> Callable[..., None]:
    answer = {"key_fpr": "0" * 40, "token": token, "status": {ALICE: state}}
    return document(json.dumps(answer).encode(), "application/json")


def publish(app: App) -> str:
    return app.keyfinding.publish(ALICE, CancelToken()).state


def test_the_key_is_uploaded_and_the_server_asked_to_write_to_its_owner(
    servers: KeyServers, open_alice: Open, pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    key = app.keys.generate(ALICE, "Alice", None).fingerprint
    servers.answers[UPLOAD], servers.answers[VERIFY] = says("unpublished"), says("pending")
    assert publish(app) == "pending"
    (upload, sent), (verify, asked) = servers.web.told
    assert (upload, verify) == (UPLOAD, VERIFY)
    assert json.loads(asked) == {"token": "the token", "addresses": [ALICE]}
    armored = json.loads(sent)["keytext"].encode()
    [given] = pen.plugin.keys.inspect(armored)
    assert (given.fingerprint, given.addresses, given.has_secret) == (key, (ALICE,), False)


def test_other_addresses_of_the_key_are_not_told(
    servers: KeyServers, open_alice: Open, pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    key = pen.key(ALICE)
    pen.gpg("--quick-add-uid", key, "Alice <secret.alice@example.org>")
    app.keys.import_keys(pen.gpg("--export-secret-keys", key))
    servers.answers[UPLOAD] = says("published")
    assert publish(app) == "published"
    [(_, sent)] = servers.web.told
    [given] = pen.plugin.keys.inspect(json.loads(sent)["keytext"].encode())
    assert given.addresses == (ALICE,)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(400), BadInput),
        (status(429), Busy),
        (status(503), Unreachable),
        (says("revoked"), BadInput),
        (document(b"[]"), BadInput),
        (document(b"no json"), BadInput),
    ],
)
def test_a_server_that_does_not_take_it_is_told_as_it_is(
    answer: Callable[..., None], kind: type[Exception], servers: KeyServers, open_alice: Open
) -> None:
    app = open_alice()
    app.keys.generate(ALICE, "Alice", None)
    servers.answers[UPLOAD] = answer
    with pytest.raises(kind):
        publish(app)


def test_without_a_key_nothing_is_sent(servers: KeyServers, open_alice: Open) -> None:
    with pytest.raises(KeyMissing, match="no key of your own"):
        publish(open_alice())
    assert servers.web.told == []


def test_offline_nothing_is_sent(servers: KeyServers, open_alice: Open) -> None:
    app = open_alice(offline=True)
    app.keys.generate(ALICE, "Alice", None)
    with pytest.raises(Unreachable, match="without network"):
        publish(app)
    assert servers.web.told == []


def test_making_a_key_publishes_nothing(servers: KeyServers, open_alice: Open) -> None:
    open_alice().keys.generate(ALICE, "Alice", None)
    assert (servers.web.asked, servers.web.told) == ([], [])
