"""`key discover`: what is printed, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailclient.cli.context import Launchers
from mailclient.cli.main import cli
from tests.servers.keys import KeyServers, key_servers_running

BOB = "bob@example.org"
Run = Callable[..., Result]


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServers]:
    with key_servers_running(tmp_path) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def homes() -> Iterator[Callable[[], Path]]:
    made: list[Path] = []

    def home() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="mc-")))
        return made[-1]

    yield home
    for one in made:
        kill = ["gpgconf", "--homedir", str(one), "--kill", "all"]
        subprocess.run(kill, check=False, capture_output=True)
        shutil.rmtree(one, ignore_errors=True)


@pytest.fixture
def run(tmp_path: Path, homes: Callable[[], Path]) -> Run:
    home = homes()
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("open\n")

    def run(*words: str) -> Result:
        options = ["--profile", str(tmp_path / "profile"), "--passphrase-file", str(passphrase),
                   "--gnupg-home", str(home)]  # fmt: skip
        launchers = Launchers(window=lambda context, uri: 0, demo=lambda headless: 0)
        return CliRunner().invoke(cli, [*options, *words], obj=launchers)

    return run


@pytest.fixture
def key(homes: Callable[[], Path]) -> bytes:
    """Bob's public key, made by GnuPG alone."""
    home = homes()
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "",
           "--pinentry-mode", "loopback"]  # fmt: skip
    made = [*gpg, "--quick-generate-key", f"Bob <{BOB}>", "default", "default", "1y"]
    subprocess.run(made, check=True, capture_output=True)
    return subprocess.run([*gpg, "--export", BOB], check=True, capture_output=True).stdout


def test_who_answered_is_said_and_what_was_found_waits(
    run: Run, servers: KeyServers, key: bytes
) -> None:
    servers.wkd(BOB, key)
    done = run("key", "discover", BOB, "--json")
    form = json.loads(done.stdout)
    assert done.exit_code == 0
    assert form["address"] == BOB
    assert [(one["source"], one["outcome"]) for one in form["sources"]] == [
        ("wkd", "found"),
        ("vks", "nothing"),
    ]
    [found] = form["keys"]
    assert form["sources"][0]["fingerprints"] == [found["fingerprint"]]
    assert (found["trust"], found["source"]) == ("tentative", "example.org (WKD)")
    [ready] = json.loads(run("readiness", BOB, "--json").stdout)["recipients"]
    assert (ready["state"], ready["source"]) == ("ready", "example.org (WKD)")


def test_the_words_say_how_to_go_on(run: Run, servers: KeyServers, key: bytes) -> None:
    servers.vks(BOB, key)
    said = run("key", "discover", BOB).stdout
    assert "the domain (wkd)     nothing" in said
    assert "key server (vks)     found" in said
    assert f"{BOB} accepted" in said


def test_without_a_key_it_ends_with_1_and_a_next_step(run: Run, servers: KeyServers) -> None:
    done = run("key", "discover", BOB)
    assert done.exit_code == 1
    assert done.stderr == (
        f"mailclient: No key was found for {BOB}. Ask the person to send you theirs, then "
        "'mailclient key import FILE'.\n"
    )


def test_offline_nobody_is_asked(run: Run, servers: KeyServers) -> None:
    done = run("--offline", "key", "discover", BOB, "--json")
    assert done.exit_code == 1
    assert {one["outcome"] for one in json.loads(done.stdout)["sources"]} == {"not asked"}
    assert servers.web.asked == []


def test_a_place_without_https_is_refused_in_words(
    run: Run, servers: KeyServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILCLIENT_KEYS_VKS", "http://localhost")
    [_, vks] = json.loads(run("key", "discover", BOB, "--json").stdout)["sources"]
    assert vks["reason"] == "MAILCLIENT_KEYS_VKS does not begin with https://."
