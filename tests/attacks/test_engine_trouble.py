"""GnuPG is missing, old, hung, or its agent is: plain words, no hang, no byte, never clear text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.openpgp import engine
from mailclient.crypto.openpgp.plugin import OpenPgp
from mailclient.errors import KeyLocked, MailError, SealFailed
from mailclient.message.facts import Opened, Outcome
from mailclient.message.layers import find_layer
from mailclient.message.security import SignatureWord, State, Trust
from mailclient.message.tree import parse
from mailclient.services.assess import Assessment, Assessor
from tests.attacks.conftest import ALICE, SECRET, TEXT, Desk

Broken = Callable[[str], OpenPgp]


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Broken:
    """Alice's plug-in over a program that is called gpg and does something else; "" is no program
    at all."""

    def make(script: str) -> OpenPgp:
        folder = tmp_path / "bin"
        folder.mkdir()
        if script:
            (folder / "gpg").write_text(f"#!/bin/sh\n{script}\n")
            (folder / "gpg").chmod(0o755)
            monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        else:
            monkeypatch.setenv("PATH", str(folder))
        return OpenPgp(Host(tmp_path, no_network, lambda what: None, tmp_path / "home"))

    (tmp_path / "home").mkdir(mode=0o700)
    return make


@pytest.fixture
def homes() -> Iterator[Callable[[], Path]]:
    """Short-lived homes for GnuPG, with paths that are short enough for its agent."""
    with ExitStack() as stack:
        yield lambda: Path(stack.enter_context(TemporaryDirectory(prefix="mc-")))


OLD = 'echo "gpg (GnuPG) 1.4.23"'
HUNG = 'case "$*" in *--version*) echo "gpg (GnuPG) 2.2.40";; *) sleep 1000;; esac'
MUTE = "sleep 1000"
CRASHED = 'case "$*" in *--version*) echo "gpg (GnuPG) 2.2.40";; *) kill -SEGV $$;; esac'
STRANGER = 'echo "hello"'
TROUBLE = {
    "missing": ("", "GnuPG is not installed"),
    "old": (OLD, "GnuPG 1.4.23 is too old"),
    "hung": (HUNG, "GnuPG took too long"),
    "hung from the start": (MUTE, "GnuPG does not answer"),
    "crashed": (CRASHED, "GnuPG stopped in the middle"),
    "another program": (STRANGER, "does not say that it is GnuPG"),
}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """So long is waited for GnuPG, so that a hung one is found out soon."""
    monkeypatch.setattr(engine, "SECONDS", 0.5)


def opened(plugin: OpenPgp, sealed: bytes) -> Opened:
    layer = find_layer(parse(sealed))
    assert layer is not None
    return plugin.open(layer, CancelToken(), may_ask=True)


def read(plugin: OpenPgp, raw: bytes) -> Assessment:
    assessor = Assessor(
        lambda protocol: plugin, lambda fingerprint, address: Trust.VERIFIED,
        lambda: (ALICE,), lambda address: None,
    )  # fmt: skip
    outer = parse(raw)
    assert outer.envelope.date is not None
    return assessor.assess(outer, outer.envelope.date, CancelToken(), may_ask=True)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kind", TROUBLE)
def test_an_encrypted_letter_waits_and_says_why(desk: Desk, broken: Broken, kind: str) -> None:
    raw = desk.letter(desk.sealed())
    script, words = TROUBLE[kind]
    found = read(broken(script), raw)
    assert found.verdict.state is State.LOCKED
    assert words in found.verdict.summary
    assert SECRET not in found.body.text
    assert found.opened is None


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kind", TROUBLE)
def test_a_signed_letter_can_be_read_without_a_seal(desk: Desk, broken: Broken, kind: str) -> None:
    raw = desk.letter(desk.signed())
    script, words = TROUBLE[kind]
    found = read(broken(script), raw)
    verdict = found.verdict
    assert (verdict.state, verdict.signature) == (State.UNPROTECTED, SignatureWord.UNKNOWN_KEY)
    assert words in " ".join(verdict.reasons)
    assert SECRET in found.body.text


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kind", TROUBLE)
@pytest.mark.parametrize("secret", [True, False], ids=["encrypted", "signed"])
def test_nothing_comes_out_that_could_be_sent(
    desk: Desk, broken: Broken, kind: str, secret: bool
) -> None:
    plugin = broken(TROUBLE[kind][0])
    with pytest.raises(MailError) as refused:
        plugin.seal(
            TEXT, sign_with=desk.keys[ALICE], encrypt_to=(desk.keys[ALICE],) if secret else (),
            cancel=CancelToken(),
        )  # fmt: skip
    assert str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kind", TROUBLE)
def test_doctor_names_the_trouble(broken: Broken, kind: str) -> None:
    if kind in ("hung", "crashed"):  # the version is told, so doctor goes on to the keys
        assert broken(TROUBLE[kind][0]).check()
        return
    [finding] = broken(TROUBLE[kind][0]).check()
    assert finding.level == "problem"
    assert TROUBLE[kind][1] in finding.text


def test_an_agent_that_cannot_start_is_no_missing_key(
    homes: Callable[[], Path], tmp_path: Path
) -> None:
    home = homes()
    plugin = OpenPgp(Host(tmp_path, no_network, lambda what: None, home))
    key = plugin.keys.generate("carla@example.org", "Carla", None)
    sealed = plugin.seal(TEXT, sign_with=None, encrypt_to=(key.fingerprint,), cancel=CancelToken())
    plugin.close()
    (home / "S.gpg-agent").unlink(missing_ok=True)
    (home / "S.gpg-agent" / "in the way").mkdir(parents=True)
    found = opened(plugin, sealed)
    assert (found.outcome, found.content) == (Outcome.LOCKED, None)
    assert "agent" in found.reason
    with pytest.raises(SealFailed, match="nothing was sent"):
        plugin.seal(
            TEXT, sign_with=key.fingerprint, encrypt_to=(key.fingerprint,), cancel=CancelToken()
        )


def test_a_window_for_the_passphrase_that_is_closed_leaves_it_locked(
    homes: Callable[[], Path], tmp_path: Path
) -> None:
    pinentry = tmp_path / "pinentry"
    pinentry.write_text(
        '#!/bin/sh\necho "OK here"\nwhile read word rest; do case "$word" in\n'
        'GETPIN) echo "ERR 83886179 Operation cancelled <Pinentry>";;\n'
        "BYE) echo OK; exit 0;; *) echo OK;; esac; done\n"
    )
    pinentry.chmod(0o755)
    home = homes()
    (home / "gpg-agent.conf").write_text(f"pinentry-program {pinentry}\n")
    plugin = OpenPgp(Host(tmp_path, no_network, lambda what: None, home))
    try:
        key = plugin.keys.generate("carla@example.org", "Carla", "a passphrase")
        sealed = plugin.seal(
            TEXT, sign_with=None, encrypt_to=(key.fingerprint,), cancel=CancelToken()
        )
        plugin.close()  # the agent forgets the passphrase
        found = opened(plugin, sealed)
        assert (found.outcome, found.content) == (Outcome.LOCKED, None)
        assert found.reason == "The passphrase of your key is needed."
        with pytest.raises(KeyLocked, match="Nothing was sent"):
            plugin.seal(
                TEXT, sign_with=key.fingerprint, encrypt_to=(key.fingerprint,), cancel=CancelToken()
            )
    finally:
        plugin.close()


OF_VERSIONS = (
    ("2.2.40", "accepts some altered messages"), ("2.2.42", "accepts some altered messages"),
    ("2.2.43", "faults in reading armor"), ("2.2.50", "faults in reading armor"), ("2.2.51", ""),
    ("2.3.8", "accepts some altered messages"), ("2.4.5", "accepts some altered messages"),
    ("2.4.8", "faults in reading armor"), ("2.4.9", ""), ("2.5.15", "faults in reading armor"),
    ("2.5.16", ""), ("2.6.0", ""), ("3.0.0", ""),
)  # fmt: skip


@pytest.mark.parametrize(("version", "words"), OF_VERSIONS)
def test_doctor_names_versions_with_known_holes(broken: Broken, version: str, words: str) -> None:
    findings = broken(f'echo "gpg (GnuPG) {version}"').check()
    faults = [one for one in findings if one.name == "GnuPG faults"]
    assert [one.level for one in faults] == (["warning"] if words else [])
    assert words in " ".join(one.text for one in faults)


def test_armor_that_is_not_plain_is_kept_from_a_gnupg_with_faults_in_it(
    desk: Desk, broken: Broken, tmp_path: Path
) -> None:
    begin = b"-----BEGIN PGP MESSAGE-----\r\n"
    sealed = desk.sealed().replace(begin, begin + b"Odd\r\n")
    asked = 'case "$*" in *--version*) echo "gpg (GnuPG) 2.4.8";; *) touch "$0.asked";; esac'
    found = opened(broken(asked), sealed)
    assert (found.outcome, found.content) == (Outcome.BROKEN, None)
    assert "doctor" in found.reason
    assert not (tmp_path / "bin" / "gpg.asked").exists()
