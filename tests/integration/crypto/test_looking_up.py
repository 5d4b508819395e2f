"""Keys are looked up at the domain and at a key server over real HTTPS; what is found waits."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.crypto.api import KeySource
from mailclient.crypto.openpgp.packets import certificates
from mailclient.errors import BadInput, Cancelled
from mailclient.message.security import Trust
from mailclient.paths import Profile
from mailclient.services.asked import LookupOutcome
from mailclient.services.keyfinding import Search
from mailclient.services.readiness import ReadyState
from mailclient.settings import FIND_AT_DOMAIN, FIND_ON_SERVER, RENEW_KEYS
from tests.integration.crypto.conftest import Pen
from tests.servers.keys import KeyServers, key_servers_running
from tests.servers.web import document, endless, redirect, status

BOB, EVE = "bob@example.org", "eve@example.org"
OUTCOMES = dict[KeySource, LookupOutcome]


class Clock:
    """A clock that a test can put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServers]:
    with key_servers_running(tmp_path) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def open_alice(
    homes: Callable[[], Path], tmp_path: Path, clock: Clock
) -> Iterator[Callable[..., App]]:
    opened: list[App] = []
    home = homes()

    def make(*, offline: bool = False) -> App:
        for before in opened:
            before.close()
        app = open_profile(
            Profile(tmp_path / "alice"), passphrase="x", gnupg_home=home, offline=offline,
            clock=clock,
        )  # fmt: skip
        if not app.accounts.list():
            app.accounts.add(Account((Identity("alice@example.org", "Alice"),)), "")
        opened.append(app)
        return app

    yield make
    for app in opened:
        app.close()


def outcomes(search: Search) -> OUTCOMES:
    return {one.source: one.outcome for one in search.lookups}


def state(app: App, address: str = BOB) -> ReadyState:
    return app.keys.readiness([address]).recipients[0].state


def exported(pen: Pen, key: str) -> bytes:
    return pen.gpg("--export", key)


def everywhere(app: App, address: str = BOB) -> Search:
    return app.keyfinding.everywhere(address, CancelToken())


def while_writing(app: App, address: str = BOB) -> Search:
    return app.keyfinding.while_writing(address, CancelToken())


# What is found


def test_a_key_at_the_domain_is_found_and_waits_for_a_decision(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    pen, app = pens(), open_alice()
    key = pen.key(BOB)
    servers.wkd(BOB, exported(pen, key))
    search = everywhere(app)
    assert outcomes(search) == {
        KeySource.DOMAIN: LookupOutcome.FOUND,
        KeySource.KEY_SERVER: LookupOutcome.NOTHING,
    }
    [entry] = search.keys
    assert (entry.key.fingerprint, entry.trust) == (key, Trust.TENTATIVE)
    assert entry.source == "example.org (WKD)"
    assert not entry.changed
    assert state(app) is ReadyState.READY


def test_a_key_on_the_key_server_is_found_by_its_address(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    pen, app = pens(), open_alice()
    key = pen.key(BOB)
    servers.vks(BOB, pen.gpg("--armor", "--export", key))
    search = everywhere(app)
    assert outcomes(search)[KeySource.KEY_SERVER] is LookupOutcome.FOUND
    assert [(one.key.fingerprint, one.source) for one in search.keys] == [(key, "localhost")]


def test_the_name_as_it_is_written_is_told_to_the_domain(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    servers.wkd("Bob@example.org", exported(pen, pen.key(BOB)))
    assert everywhere(app, "Bob@example.org").found
    assert state(app) is ReadyState.READY


def test_several_keys_at_the_domain_are_all_shown_and_none_is_chosen(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, old, new = open_alice(), pens(), pens()
    servers.wkd(BOB, exported(old, old.key(BOB)), exported(new, new.key(BOB)))
    assert len(everywhere(app).keys) == 2
    assert state(app) is ReadyState.ASK


def test_only_the_name_that_was_asked_for_is_kept(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    key = pen.key(BOB)
    pen.gpg("--quick-add-uid", key, f"Eve <{EVE}>")
    servers.wkd(BOB, exported(pen, key))
    everywhere(app)
    assert [one.address for one in app.keys.list()] == [BOB]
    assert state(app, EVE) is ReadyState.NONE


@pytest.mark.parametrize("uid", ["Bob <xbob@example.org>", f'"{BOB}" <{EVE}>', f"{BOB} <{EVE}>"])
def test_a_key_of_a_similar_name_is_not_taken_in(
    uid: str, servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    pen.gpg("--quick-generate-key", uid, "ed25519")
    servers.wkd(BOB, exported(pen, EVE if EVE in uid else "xbob@example.org"))
    assert outcomes(everywhere(app))[KeySource.DOMAIN] is LookupOutcome.NOTHING
    assert app.keys.list() == ()


def test_a_secret_key_that_is_sent_is_not_taken_in(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    servers.wkd(BOB, pen.gpg("--export-secret-keys", pen.key(BOB)))
    assert not everywhere(app).found
    assert app.keys.list() == ()


# What does not answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (status(404), LookupOutcome.NOTHING),
        (status(429), LookupOutcome.BUSY),
        (status(503), LookupOutcome.SILENT),
        (endless, LookupOutcome.REFUSED),
        (document(b"<html>Sign in to the network</html>"), LookupOutcome.NOTHING),
        (redirect("http://localhost/key"), LookupOutcome.REFUSED),
    ],
)
def test_a_source_without_a_key_stops_nothing(
    answer: Callable[..., None],
    outcome: LookupOutcome,
    servers: KeyServers,
    open_alice: Callable[..., App],
) -> None:
    app = open_alice()
    servers.answers[servers.wkd_path(BOB)] = answer
    servers.answers[servers.vks_path(BOB)] = answer
    search = everywhere(app)
    assert set(outcomes(search).values()) == {outcome}
    assert (search.found, state(app)) == (False, ReadyState.NONE)


def test_a_source_that_hangs_is_not_waited_for_any_longer_than_was_said(
    tmp_path: Path, open_alice: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = "/wkd/example.org/hu/jycbiujnsxs47xrkethgtj69xuunurok?l=bob"
    with key_servers_running(tmp_path, slow=hanging) as servers:
        assert servers.wkd_path(BOB) == hanging
        for name, value in (servers.environment | {"MAILCLIENT_KEYS_SECONDS": "0.5"}).items():
            monkeypatch.setenv(name, value)
        search = everywhere(open_alice())
    assert outcomes(search)[KeySource.DOMAIN] is LookupOutcome.SILENT


def test_looking_ends_when_the_window_is_closed(
    tmp_path: Path, open_alice: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel = CancelToken()
    with key_servers_running(tmp_path, slow="/wkd/hangs") as servers:
        for name, value in servers.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MAILCLIENT_KEYS_WKD", servers.web.url("/wkd/hangs"))
        app = open_alice()
        ended: list[type[Exception]] = []

        def look() -> None:
            try:
                app.keyfinding.while_writing(BOB, cancel)
            except Cancelled as stopped:
                ended.append(type(stopped))

        looking = threading.Thread(target=look)
        looking.start()
        while not servers.web.asked:
            looking.join(0.01)
        cancel.cancel()
        looking.join()
    assert ended == [Cancelled]


def test_the_second_place_at_the_domain_counts_only_where_the_first_does_not_exist(
    servers: KeyServers,
    open_alice: Callable[..., App],
    pens: Callable[[], Pen],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pen = pens()
    direct = servers.wkd_path(BOB).replace("/wkd/", "/direct/")
    servers.answers[direct] = document(exported(pen, pen.key(BOB)))
    assert not everywhere(open_alice()).found
    assert direct not in servers.web.asked
    real = socket.getaddrinfo

    def names(host: str, *more: object, **options: object) -> object:
        if host == "openpgpkey.example.org":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setenv("MAILCLIENT_KEYS_WKD", "https://openpgpkey.{domain}/{hash}")
    assert everywhere(open_alice()).found
    assert direct in servers.web.asked


@pytest.mark.parametrize("address", ["", "bob", "@example.org", "bob@"])
def test_what_is_no_address_is_not_asked_for(
    address: str, servers: KeyServers, open_alice: Callable[..., App]
) -> None:
    with pytest.raises(BadInput, match="not an e-mail address"):
        everywhere(open_alice(), address)
    assert servers.web.asked == []


# Who is asked


def test_while_writing_the_key_server_hears_nothing_if_the_domain_has_a_key(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    servers.wkd(BOB, exported(pen, pen.key(BOB)))
    assert while_writing(app).found
    assert servers.web.asked == [servers.wkd_path(BOB)]


def test_while_writing_nobody_is_asked_twice_in_a_day(
    servers: KeyServers, open_alice: Callable[..., App], clock: Clock
) -> None:
    app = open_alice()
    assert app.keyfinding.may_ask(BOB)
    while_writing(app)
    assert servers.web.asked == [servers.wkd_path(BOB), servers.vks_path(BOB)]
    app = open_alice()
    assert not app.keyfinding.may_ask(BOB)
    again = while_writing(app)
    assert set(outcomes(again).values()) == {LookupOutcome.NOTHING}
    assert all(one.remembered for one in again.lookups)
    assert len(servers.web.asked) == 2
    clock.ahead = timedelta(days=1, minutes=1)
    assert app.keyfinding.may_ask(BOB)
    while_writing(app)
    assert len(servers.web.asked) == 4


def test_asked_by_hand_everybody_is_asked_anew(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    while_writing(app)
    servers.wkd(BOB, exported(pen, pen.key(BOB)))
    assert not while_writing(app).found
    assert everywhere(app).found


@pytest.mark.parametrize("off", [FIND_AT_DOMAIN, FIND_ON_SERVER], ids=lambda one: one.key)
def test_a_source_that_is_switched_off_hears_nothing(
    off: object, servers: KeyServers, open_alice: Callable[..., App]
) -> None:
    app = open_alice()
    app.settings.set(off, False)  # type: ignore[type-var]
    everywhere(app)
    while_writing(app)
    silent = "/wkd/" if off is FIND_AT_DOMAIN else "/vks/"
    assert servers.web.asked != []
    assert [path for path in servers.web.asked if path.startswith(silent)] == []


def test_offline_nobody_is_asked(servers: KeyServers, open_alice: Callable[..., App]) -> None:
    app = open_alice(offline=True)
    search = everywhere(app)
    assert set(outcomes(search).values()) == {LookupOutcome.NOT_ASKED}
    assert search.lookups[0].reason == "The program was started without network."
    assert not app.keyfinding.may_ask(BOB)
    assert servers.web.asked == []


# What was decided stays


def test_a_key_that_was_revoked_is_known_as_such_after_looking(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    key = pen.key(BOB)
    app.keys.import_keys(exported(pen, key))
    app.keys.trust(key, BOB, "verified")
    assert state(app) is ReadyState.READY_VERIFIED
    revocation = (pen.home / "openpgp-revocs.d" / f"{key}.rev").read_bytes()
    pen.gpg("--import", data=revocation.replace(b":-----BEGIN", b"-----BEGIN"))
    servers.by_fingerprint(key, without_names(exported(pen, key)))
    everywhere(app)
    assert state(app) is ReadyState.UNUSABLE


def test_once_a_week_a_key_that_is_here_is_asked_after_while_one_writes(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen], clock: Clock
) -> None:
    app, pen = open_alice(), pens()
    key = pen.key(BOB)
    assert not app.keyfinding.may_renew(BOB)  # there is no key here
    app.keys.import_keys(exported(pen, key))
    assert app.keyfinding.may_renew(BOB)
    assert while_writing(app).lookups[0].outcome is LookupOutcome.NOTHING
    for days, due in ((6, False), (8, True)):
        clock.ahead = timedelta(days=days)
        assert app.keyfinding.may_renew(BOB) is due
    revocation = (pen.home / "openpgp-revocs.d" / f"{key}.rev").read_bytes()
    pen.gpg("--import", data=revocation.replace(b":-----BEGIN", b"-----BEGIN"))
    servers.by_fingerprint(key, without_names(exported(pen, key)))
    while_writing(app)
    assert state(app) is ReadyState.UNUSABLE


def test_after_a_key_of_ones_own_or_with_the_switch_off_nobody_asks(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen]
) -> None:
    app, pen = open_alice(), pens()
    app.keys.generate("alice@example.org", "Alice", None)
    assert not app.keyfinding.may_renew("alice@example.org")
    app.keys.import_keys(exported(pen, pen.key(BOB)))
    app.settings.set(RENEW_KEYS, False)
    assert not app.keyfinding.may_renew(BOB)


def test_a_source_that_was_silent_is_asked_again_the_same_day(
    servers: KeyServers, open_alice: Callable[..., App], pens: Callable[[], Pen], clock: Clock
) -> None:
    app, pen = open_alice(), pens()
    app.keys.import_keys(exported(pen, pen.key(BOB)))
    servers.answers[servers.wkd_path(BOB)] = servers.answers[servers.vks_path(BOB)] = status(503)
    while_writing(app)
    assert not app.keyfinding.may_renew(BOB)
    clock.ahead = timedelta(hours=2)
    assert app.keyfinding.may_renew(BOB)


def without_names(key: bytes) -> bytes:
    """As a key server gives keys whose addresses nobody has confirmed."""
    [one] = certificates(key)
    return b"".join(packet.data for packet in (*one.primary, *one.subkeys))
