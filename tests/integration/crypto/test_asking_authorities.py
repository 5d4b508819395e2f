"""Authorities are asked over real HTTP whether they still vouch; what openssl lists is read."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.errors import Cancelled
from mailclient.message.build import assemble
from mailclient.message.security import SignatureWord, State
from mailclient.paths import Profile
from mailclient.services.asked import LookupOutcome
from mailclient.services.authorities import Renewal
from mailclient.services.read import MessageView
from mailclient.services.readiness import ReadyState
from mailclient.settings import RENEW_KEYS
from tests.attacks.certificates import Pen, Wish, made, p7s, rsa_key, signed_data
from tests.attacks.conftest import ALICE
from tests.attacks.test_withdrawn import Lines, at
from tests.integration.crypto.test_looking_up import Clock
from tests.servers.web import Answer, Web, document, status, web_running

SUE = "sue@example.org"
TEXT = b"Content-Type: text/plain\r\n\r\nMeet me at the lilac gate.\r\n"


class Place:
    """An authority with a web server, Sue and Alice with certificates by it."""

    def __init__(self, web: Web, answers: dict[str, Answer], app: App) -> None:
        self.web, self.answers, self.app = web, answers, app
        self.root = made(Wish("Root", authority=True), key=rsa_key())
        self.sue = made(Wish("Sue", (SUE,), more=at(web.url("/list.crl"))), self.root, rsa_key())
        self.serve(Lines(self.root).der)
        alice = made(Wish("Alice", (ALICE,)), self.root, rsa_key())
        app.keys.import_keys(self.root.pem)
        app.keys.import_keys(alice.p12(None))

    def serve(self, data: bytes) -> None:
        self.answers["/list.crl"] = document(data, "application/pkix-crl")

    def arrives(self) -> MessageView:
        """A signed letter of Sue's comes, and is read."""
        fields = {
            "From": SUE, "To": ALICE, "Subject": "The gate", "Message-ID": "<1@example.org>",
            "Date": format_datetime(datetime.now(UTC)),
        }  # fmt: skip
        entity = p7s(TEXT, signed_data(TEXT, Pen(self.sue), detached=True))
        store, account = self.app._store, self.app.accounts.list()[0]
        with store.database.write():
            inbox = store.folders.find("inbox", account.id)[0]
            id = store.messages.store_raw(
                account.id, inbox.id, assemble(tuple(fields.items()), entity),
                unread=True, received=datetime.now(UTC),
            )  # fmt: skip
        return self.app.read.view(id)

    def renew(self) -> Renewal | None:
        return self.app.keyfinding.renew(SUE, CancelToken()).renewal

    def outcome(self) -> LookupOutcome | None:
        renewal = self.renew()
        return renewal.outcome if renewal else None

    def due(self) -> bool:
        return self.app.keyfinding.may_renew(SUE)

    def state(self) -> ReadyState:
        return self.app.keys.readiness([SUE]).recipients[0].state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(
    tmp_path: Path, homes: Callable[[], Path], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setenv("MAILCLIENT_KEYS_PRIVATE", "yes")
    monkeypatch.setenv("MAILCLIENT_KEYS_SECONDS", "120")
    monkeypatch.setenv("MAILCLIENT_KEYS_WKD", "")
    monkeypatch.setenv("MAILCLIENT_AUTHORITIES", "")
    answers: dict[str, Answer] = {}
    app = open_profile(Profile(tmp_path / "alice"), passphrase="x", gnupg_home=homes(), clock=clock)
    app.accounts.add(Account((Identity(ALICE, "Alice"),)), "")
    with web_running(None, answers, slow="/slow.crl") as web, closing(app):
        yield Place(web, answers, app)


def test_a_stolen_certificate_loses_its_seal_once_somebody_writes_to_its_owner(
    place: Place,
) -> None:
    view = place.arrives()
    assert (view.verdict.state, view.verdict.signature) == (State.SIGNED, SignatureWord.GOOD)
    assert place.web.asked == []
    place.serve(Lines(place.root, (place.sue,)).der)
    assert place.due()
    assert place.outcome() is LookupOutcome.FOUND
    assert place.web.asked == ["/list.crl"]
    assert place.state() is ReadyState.UNUSABLE
    view = place.arrives()
    assert view.verdict.state is State.UNPROTECTED
    assert view.verdict.signature is SignatureWord.REVOKED_KEY
    assert view.verdict.summary == "No valid signature: the key was withdrawn."
    assert "withdrawn by its authority on 04 March 2026." in " ".join(view.verdict.reasons)


def test_an_authority_is_asked_once_a_week_and_is_not_told_of_mail_that_is_read(
    place: Place, clock: Clock
) -> None:
    place.arrives()
    assert place.outcome() is LookupOutcome.NOTHING
    view = place.arrives()
    assert view.verdict.state is State.SIGNED
    assert "does not name the one that signed it" in " ".join(view.verdict.reasons)
    for days, due in ((0, False), (6, False), (8, True)):
        clock.ahead = timedelta(days=days)
        assert place.due() is due
        place.app.keyfinding.renew(SUE, CancelToken())
    assert place.web.asked == ["/list.crl"] * 2


def test_by_hand_it_is_asked_at_once_and_before_anything_is_looked_up_elsewhere(
    place: Place,
) -> None:
    place.arrives()
    place.renew()
    place.serve(Lines(place.root, (place.sue,)).der)
    renewal = place.app.keyfinding.everywhere(SUE, CancelToken()).renewal
    assert renewal is not None
    assert renewal.outcome is LookupOutcome.FOUND
    assert place.state() is ReadyState.UNUSABLE


def test_where_it_does_not_answer_everything_stays_and_it_is_asked_again_soon(
    place: Place, clock: Clock
) -> None:
    place.arrives()
    place.answers["/list.crl"] = status(503)
    renewal = place.renew()
    assert renewal is not None
    assert renewal.outcome is LookupOutcome.SILENT
    assert renewal.reason == "localhost cannot answer now."
    assert not place.due()
    clock.ahead = timedelta(minutes=11)
    assert place.due()
    place.serve(b"<html>Sign in to the network</html>")
    assert place.outcome() is LookupOutcome.REFUSED
    assert place.state() is ReadyState.READY
    assert place.arrives().verdict.state is State.SIGNED


def test_nobody_is_asked_with_the_switch_off_or_for_a_certificate_of_ones_own(
    place: Place,
) -> None:
    place.arrives()
    place.app.settings.set(RENEW_KEYS, False)
    assert not place.due()
    assert place.renew() is None
    place.app.settings.set(RENEW_KEYS, True)
    place.app.keys.import_keys(place.sue.p12(None))
    assert not place.due()
    assert place.web.asked == []


def test_looking_ends_when_the_window_is_closed(place: Place) -> None:
    place.sue = made(Wish("Sue", (SUE,), more=at(place.web.url("/slow.crl"))), place.root)
    place.arrives()
    cancel, ended = CancelToken(), list[type[Exception]]()

    def look() -> None:
        try:
            place.app.keyfinding.renew(SUE, cancel)
        except Cancelled as stopped:
            ended.append(type(stopped))

    looking = threading.Thread(target=look)
    looking.start()
    while not place.web.asked:
        looking.join(0.01)
    cancel.cancel()
    looking.join()
    assert ended == [Cancelled]
    assert place.due()


def test_a_list_that_openssl_has_made_is_understood(place: Place, tmp_path: Path) -> None:
    def openssl(*arguments: str) -> None:
        command = ["openssl", "ca", "-config", "ca.cnf", *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    place.arrives()
    (tmp_path / "root.pem").write_bytes(place.root.pem)
    (tmp_path / "root.key").write_bytes(
        place.root.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (tmp_path / "sue.pem").write_bytes(place.sue.pem)
    (tmp_path / "index.txt").write_text("")
    (tmp_path / "crlnumber").write_text("01\n")
    (tmp_path / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=crlnumber\n"
        "certificate=root.pem\nprivate_key=root.key\ndefault_md=sha256\ndefault_crl_days=7\n"
        "crl_extensions=more\n[more]\nauthorityKeyIdentifier=keyid\n"
    )
    openssl("-revoke", "sue.pem", "-crl_reason", "keyCompromise")
    openssl("-gencrl", "-out", "list.crl")
    place.serve((tmp_path / "list.crl").read_bytes())
    assert place.outcome() is LookupOutcome.FOUND
    assert place.arrives().verdict.signature is SignatureWord.REVOKED_KEY
