"""The OpenPGP plug-in over a real GnuPG: what it makes, what it refuses, what it says."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from base64 import encodebytes
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.openpgp.engine import Engine
from mailclient.crypto.openpgp.plugin import OpenPgp
from mailclient.errors import BadInput, EngineMissing, KeyLocked, KeyMissing
from mailclient.message.facts import Outcome, SignatureStatus
from mailclient.message.layers import find_layer
from mailclient.message.tree import parse

ENTITY = b"Content-Type: text/plain\r\n\r\nA line with a trailing dot.\r\n.\r\n"
Make = Callable[..., OpenPgp]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    homes: list[Path] = []

    def plugin(answer: str | None = None, home: Path | None = None) -> OpenPgp:
        if home is None:
            home = Path(tempfile.mkdtemp(prefix="mc-"))
        homes.append(home)
        return OpenPgp(Host(tmp_path, no_network, lambda what: answer, home))

    yield plugin
    for home in homes:
        kill = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(kill, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def seal(plugin: OpenPgp, by: str | None, *to: str) -> bytes:
    return plugin.seal(ENTITY, sign_with=by, encrypt_to=to, cancel=CancelToken())


def test_what_is_sealed_comes_out_as_it_went_in(make: Make) -> None:
    plugin = make()
    key = plugin.keys.generate("ann@example.org", "Ann", None)
    assert (key.algorithm, key.addresses, key.usable) == (
        "EdDSA ed25519",
        ("ann@example.org",),
        True,
    )
    layer = find_layer(parse(seal(plugin, key.fingerprint, key.fingerprint)))
    assert layer is not None
    opened = plugin.open(layer, CancelToken())
    assert (opened.outcome, opened.content) == (Outcome.DECRYPTED, ENTITY)
    [fact] = opened.signatures
    assert (fact.status, fact.fingerprint) == (SignatureStatus.GOOD, key.fingerprint)
    assert opened.container == "SEIPDv1"


def test_a_name_beyond_ascii_stays_itself(make: Make) -> None:
    plugin = make()
    key = plugin.keys.generate("asa@example.org", "Åsa Öberg хор", None)
    assert key.user_ids == ("Åsa Öberg хор <asa@example.org>",)


def test_without_the_passphrase_it_is_locked_and_with_it_opened(make: Make) -> None:
    with_answer = make("open sesame")
    home = with_answer._engine.home
    key = with_answer.keys.generate("ann@example.org", "Ann", "open sesame")
    sealed = seal(with_answer, None, key.fingerprint)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    without = make(None, home)
    layer = find_layer(parse(sealed))
    assert layer is not None
    assert without.open(layer, CancelToken()).outcome is Outcome.LOCKED
    assert with_answer.open(layer, CancelToken()).outcome is Outcome.LOCKED
    assert with_answer.open(layer, CancelToken(), may_ask=True).content == ENTITY


def test_signing_without_the_passphrase_sends_nothing(make: Make) -> None:
    with_answer = make("open sesame")
    home = with_answer._engine.home
    key = with_answer.keys.generate("ann@example.org", "Ann", "open sesame")
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    with pytest.raises(KeyLocked):
        seal(make(None, home), key.fingerprint, key.fingerprint)
    assert seal(with_answer, key.fingerprint, key.fingerprint)


def test_an_unknown_recipient_is_refused_before_anything_is_made(make: Make) -> None:
    plugin = make()
    key = plugin.keys.generate("ann@example.org", "Ann", None)
    with pytest.raises(KeyMissing):
        seal(plugin, key.fingerprint, "0" * 40)
    with pytest.raises(KeyMissing):
        seal(plugin, "0" * 40, key.fingerprint)


def test_what_grows_beyond_measure_is_stopped(make: Make) -> None:
    plugin = make()
    key = plugin.keys.generate("ann@example.org", "Ann", None)
    engine = plugin._engine
    options = ["--armor", "--compress-algo", "zip", "--recipient", key.fingerprint, "--encrypt"]
    bomb = engine.run(options, bytes(30_000_000)).out
    assert len(bomb) < 200_000
    run = engine.run(["--decrypt"], bomb, largest=1_000_000)
    assert (run.cut, run.out) == ("size", b"")


def test_a_long_path_to_the_keys_is_no_trouble(make: Make, tmp_path: Path) -> None:
    home = tmp_path / ("long" * 20) / ("longer" * 10)
    home.mkdir(parents=True, mode=0o700)
    plugin = make(None, home)
    assert plugin.keys.generate("ann@example.org", "Ann", None).has_secret


def test_keys_go_out_and_come_in_again(make: Make) -> None:
    one, other = make(), make()
    key = one.keys.generate("ann@example.org", "Ann", None)
    public, secret = one.keys.export(key.fingerprint), one.keys.export(key.fingerprint, secret=True)
    [shown] = other.keys.inspect(public)
    assert (shown.fingerprint, shown.has_secret) == (key.fingerprint, False)
    assert [one.has_secret for one in other.keys.inspect(secret)] == [True]
    assert other.keys.list() == ()
    [came] = other.keys.import_keys(public)
    assert (came.new, came.secret) == (True, False)
    [came] = other.keys.import_keys(secret)
    assert (came.new, came.secret) == (False, True)
    with pytest.raises(BadInput):
        other.keys.delete(key.fingerprint)
    other.keys.delete(key.fingerprint, secret=True)
    assert other.keys.list() == ()


@pytest.mark.parametrize(
    "data", [b"", b"no key", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n", bytes(500)]
)
def test_what_is_no_key_is_refused_in_words(make: Make, data: bytes) -> None:
    with pytest.raises(BadInput):
        make().keys.import_keys(data)


@pytest.mark.parametrize("address", ["a b@c", "a@b>\n%echo", "a@b\r\nKey-Type: RSA"])
def test_an_address_cannot_become_an_instruction(make: Make, address: str) -> None:
    with pytest.raises(BadInput):
        make().keys.generate(address, "x", None)


def test_without_gnupg_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing):
        Engine(tmp_path, "no-such-gpg").run(["--version"])


def test_a_key_that_comes_by_mail_is_shown_but_not_taken_in(make: Make) -> None:
    from datetime import UTC, datetime

    ann, bob = make(), make()
    key = ann.keys.generate("ann@example.org", "Ann", None)
    fields = ann.announce(key.fingerprint, "ann@example.org", prefer_encrypt=True)
    [sighting] = bob.observe(fields, "ann@example.org", datetime.now(UTC))
    assert (sighting.fingerprint, sighting.prefer_encrypt) == (key.fingerprint, True)
    assert bob.keys.list() == ()
    assert bob.observe(fields, "eve@example.org", datetime.now(UTC)) == ()


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
def test_an_encrypted_letter_by_somebody_whose_key_is_not_here_is_opened(
    passphrase: str | None, make: Make
) -> None:
    reader, writer = make(passphrase), make()
    to = reader.keys.generate("ann@example.org", "Ann", passphrase)
    by = writer.keys.generate("bob@example.org", "Bob", None)
    writer.keys.import_keys(reader.keys.export(to.fingerprint))
    layer = find_layer(parse(seal(writer, by.fingerprint, to.fingerprint)))
    assert layer is not None
    subprocess.run(["gpgconf", "--homedir", str(reader._engine.home), "--kill", "all"], check=True)
    opened = reader.open(layer, CancelToken(), may_ask=True)
    assert (opened.outcome, opened.content) == (Outcome.DECRYPTED, ENTITY)
    assert [fact.status for fact in opened.signatures] == [SignatureStatus.UNKNOWN_KEY]


def test_an_unknown_signature_within_is_no_excuse_for_changed_bytes(make: Make) -> None:
    reader, writer = make(), make()
    to = reader.keys.generate("ann@example.org", "Ann", None)
    by = writer.keys.generate("bob@example.org", "Bob", None)
    writer.keys.import_keys(reader.keys.export(to.fingerprint))
    layer = find_layer(parse(seal(writer, by.fingerprint, to.fingerprint)))
    assert layer is not None
    code = dearmored(layer.data)
    for at in range(120, len(code), max(1, len(code) // 25)):
        changed = code[:at] + bytes([code[at] ^ 1]) + code[at + 1 :]
        opened = reader.open(replace(layer, data=armored(changed)), CancelToken())
        assert (opened.outcome, opened.content) == (Outcome.BROKEN, None), at


def dearmored(armor: bytes) -> bytes:
    return subprocess.run(
        ["gpg", "--batch", "--dearmor"], input=armor, capture_output=True, check=True
    ).stdout


def armored(data: bytes) -> bytes:
    return b"-----BEGIN PGP MESSAGE-----\n\n%s-----END PGP MESSAGE-----\n" % encodebytes(data)
