"""A key on a smartcard: a real reader daemon and a real scdaemon, with a card of the tests."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.openpgp.plugin import OpenPgp
from mailclient.errors import BadInput, KeyLocked, SealFailed
from mailclient.message.build import assemble
from mailclient.message.facts import Opened, Outcome, SignatureStatus
from mailclient.message.headers import protect
from mailclient.message.layers import find_layer
from mailclient.message.security import State
from mailclient.message.tree import parse
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from tests.integration.crypto.conftest import ENTITY, Pen
from tests.servers.card_reader import Reader, missing, reader
from tests.servers.openpgp_card import ADMIN_PIN, PIN, Card
from tests.servers.pinentry import Pinentry, pinentry

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "it is here")

ALICE, BOB = "alice@example.org", "bob@example.org"
WRONG = "654321"


@dataclass(frozen=True, slots=True)
class Holder:
    """Alice, whose secret key lies on a card alone, and the window that asks for its PIN."""

    pen: Pen
    card: Card
    reader: Reader
    window: Pinentry
    fingerprint: str

    def letter(self) -> bytes:
        return self.pen.seal(None, self.fingerprint)

    def open(self, sealed: bytes) -> Opened:
        """Open it while somebody sits there."""
        layer = find_layer(parse(sealed))
        assert layer is not None
        return self.pen.plugin.open(layer, CancelToken(), may_ask=True)


@pytest.fixture
def holder(
    homes: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Holder]:
    home, card = homes(), Card()
    with reader(tmp_path / "reader") as found:
        monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(found.socket))
        found.put_in(card)
        pen = Pen(OpenPgp(Host(tmp_path, no_network, lambda what: None, home)), home)
        fingerprint = pen.key(ALICE)
        window = pinentry(home)
        _end(home)
        window.answer(ADMIN_PIN)
        _onto_the_card(home, fingerprint, card)
        _end(home)
        window.answer("")
        window.forget()
        yield Holder(pen, card, found, window, fingerprint)
        _end(home)


def _end(home: Path) -> None:
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def _onto_the_card(home: Path, fingerprint: str, card: Card) -> None:
    """Move both secret keys as a person does, in GnuPG's own dialogue."""
    words = "keytocard\ny\n1\nkey 1\nkeytocard\n2\nsave\n"
    command = ["gpg", "--homedir", str(home), "--no-tty", "--status-fd", "2",
               "--command-fd", "0", "--edit-key", fingerprint]  # fmt: skip
    done = subprocess.run(command, input=words.encode(), capture_output=True, check=True)
    assert card.signing is not None, done.stderr.decode()
    assert card.decrypting is not None, done.stderr.decode()


def test_a_letter_opens_with_the_card_and_its_pin_which_is_asked_once(holder: Holder) -> None:
    sealed = holder.letter()
    holder.window.answer(PIN)
    for _ in range(2):
        found = holder.open(sealed)
        assert (found.outcome, found.content) == (Outcome.DECRYPTED, ENTITY)
    [asked] = holder.window.asked
    assert "unlock the card" in asked


def test_a_letter_that_arrives_while_nobody_is_there_costs_no_try_and_asks_nothing(
    holder: Holder,
) -> None:
    layer = find_layer(parse(holder.letter()))
    assert layer is not None
    found = holder.pen.plugin.open(layer, CancelToken())
    assert found.outcome is Outcome.LOCKED
    assert found.reason == "The card that holds your key is needed, and its PIN."
    assert (holder.window.asked, holder.card.tries_left) == ([], 3)


def test_cancelling_says_what_is_needed(holder: Holder) -> None:
    found = holder.open(holder.letter())
    assert found.outcome is Outcome.LOCKED
    assert found.reason == "The card that holds your key is needed, and its PIN."


def test_a_wrong_pin_leaves_the_letter_locked_not_damaged_and_costs_one_try(holder: Holder) -> None:
    sealed = holder.letter()
    holder.window.answer(WRONG)
    found = holder.open(sealed)
    assert (found.outcome, found.content) == (Outcome.LOCKED, None)
    assert found.reason == "The PIN of your card was not right."
    assert holder.card.tries_left == 2
    holder.window.answer(PIN)
    assert holder.open(sealed).outcome is Outcome.DECRYPTED


def test_a_blocked_card_is_called_that(holder: Holder) -> None:
    sealed = holder.letter()
    holder.window.answer(WRONG)
    reasons = [holder.open(sealed).reason for _ in range(4)]
    assert reasons[2:] == ["Your card takes no PIN any more, after too many wrong ones."] * 2
    with pytest.raises(KeyLocked, match=r"takes no PIN any more.*Nothing was sent"):
        holder.pen.seal(holder.fingerprint, holder.fingerprint)


def test_without_its_card_a_letter_waits_and_opens_when_the_card_is_back(holder: Holder) -> None:
    sealed = holder.letter()
    holder.window.answer(PIN)
    assert holder.open(sealed).outcome is Outcome.DECRYPTED
    holder.reader.take_out()
    holder.window.answer("")
    lost = holder.open(sealed)
    assert (lost.outcome, lost.content) == (Outcome.LOCKED, None)
    assert "card" in lost.reason
    holder.reader.put_in(holder.card)
    holder.window.answer(PIN)
    assert holder.open(sealed).content == ENTITY


def test_a_letter_is_signed_by_the_card(holder: Holder) -> None:
    holder.window.answer(PIN)
    found = holder.open(holder.pen.seal(holder.fingerprint, holder.fingerprint))
    [fact] = found.signatures
    assert (fact.status, fact.fingerprint) == (SignatureStatus.GOOD, holder.fingerprint)
    assert holder.card.signatures == 1


@pytest.mark.parametrize(("answer", "words"), [("", "passphrase"), (WRONG, "PIN of your card")])
def test_what_the_card_does_not_sign_is_not_sent(holder: Holder, answer: str, words: str) -> None:
    holder.window.answer(answer)
    with pytest.raises(KeyLocked, match=rf"{words}.*Nothing was sent"):
        holder.pen.seal(holder.fingerprint, holder.fingerprint)


def test_no_copy_is_made_that_holds_no_key(holder: Holder) -> None:
    """GnuPG writes a note of the card's number where a secret key is asked for."""
    keys = holder.pen.plugin.keys
    [own] = [one for one in keys.list() if one.has_secret]
    assert own.on_card
    for copy in (
        lambda: keys.export(holder.fingerprint, secret=True),
        lambda: keys.backup(holder.fingerprint, "1234" * 9),
        lambda: keys.setup_file(holder.fingerprint, "1234" * 9, prefer_encrypt=True),
    ):
        with pytest.raises(BadInput, match="lies on a card, which gives no copy of it away"):
            copy()
    assert b"PUBLIC KEY" in keys.export(holder.fingerprint)


def test_what_only_gnupg_does_with_a_card_says_so(holder: Holder) -> None:
    keys = holder.pen.plugin.keys
    with pytest.raises(BadInput, match="no new part here"):
        keys.add_subkey(holder.fingerprint)
    with pytest.raises(SealFailed, match="does not lie on this computer"):
        keys.change_passphrase(holder.fingerprint, "", "other")


def test_a_key_on_a_card_goes_on_for_two_years(holder: Holder) -> None:
    before = holder.pen.plugin.keys.by_fingerprint(holder.fingerprint)
    holder.window.answer(PIN)
    after = holder.pen.plugin.keys.extend(holder.fingerprint)
    assert before is not None
    assert before.expires is not None
    assert after.expires is not None
    assert after.expires >= before.expires
    assert holder.card.signatures == 2  # of the key and of its part


def test_one_letter_read_with_the_card_opens_all_that_have_waited(
    holder: Holder, pens: Callable[[], Pen], tmp_path: Path
) -> None:
    bob = pens()
    bob.plugin.keys.import_keys(holder.pen.plugin.keys.export(holder.fingerprint))
    by = bob.key(BOB)
    folder = tmp_path / "letters"
    folder.mkdir()
    for word in ("lilac", "amaranth", "viburnum"):
        entity = b"Content-Type: text/plain\r\n\r\n" + word.encode() + b"\r\n"
        fields = (("From", BOB), ("To", ALICE), ("Subject", word), ("Message-ID", f"<{word}@x.y>"),
                  ("Date", "Thu, 26 Nov 2026 10:00:00 +0000"))  # fmt: skip
        payload, outside = protect(entity, fields, encrypted=True)
        sealed = assemble(outside, bob.seal(by, holder.fingerprint, entity=payload))
        (folder / f"{word}.eml").write_bytes(sealed)
    app = open_profile(Profile(tmp_path / "p"), passphrase="x", gnupg_home=holder.pen.home)
    try:
        app.accounts.add(Account((Identity(ALICE, "Alice"),)), "")
        app.jobs.submit("in", lambda job: app.transfer.import_paths([folder], None, job)).result()
        _understand(app)
        assert len(app.search.find("from:bob").ids) == 3
        assert len(app.search.find("lilac").ids) == 0
        assert holder.window.asked == []
        holder.window.answer(PIN)
        [first, *_] = app.search.find("from:bob").ids
        assert app.read.view(first).verdict.state is State.ENCRYPTED
        _understand(app)
        assert [len(app.search.find(word).ids) for word in ("lilac", "amaranth", "viburnum")] == [
            1
        ] * 3
        assert len(holder.window.asked) == 1
        assert app.recovery.wanting() == ()
    finally:
        app.close()


def _understand(app: App) -> None:
    app.intake.run(Job(0))
    app.indexing.run(Job(0))


def test_doctor_tells_of_keys_on_cards(holder: Holder) -> None:
    found = {one.name: one.text for one in holder.pen.plugin.check()}
    assert re.match(r"1 secret key lies on a card", found["Keys on cards"])
