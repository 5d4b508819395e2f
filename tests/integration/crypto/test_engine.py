"""The process around GnuPG: what it starts it ends, and no secret lies about."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mailclient.app import App
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.openpgp import keys
from mailclient.crypto.openpgp.engine import Engine
from mailclient.crypto.openpgp.plugin import OpenPgp
from mailclient.crypto.registry import SEALING
from mailclient.errors import EngineMissing
from mailclient.message.facts import Outcome, SignatureStatus
from tests.integration.crypto.conftest import Pen


def agent_runs(home: Path) -> bool:
    asked = ["gpg-connect-agent", "--no-autostart", "--homedir", str(home), "GETINFO pid", "/bye"]
    return subprocess.run(asked, check=False, capture_output=True).stdout.startswith(b"D ")


def test_the_agent_ends_with_the_program(pens: Callable[[], Pen]) -> None:
    pen = pens()
    pen.key("ann@example.org")
    assert agent_runs(pen.home)
    pen.plugin.close()
    assert not agent_runs(pen.home)


def test_it_ends_under_a_long_path_too(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 20) / ("longer" * 10)
    home.mkdir(parents=True, mode=0o700)
    plugin = OpenPgp(Host(tmp_path, no_network, lambda what: None, home))
    plugin.keys.generate("ann@example.org", "Ann", None)
    assert agent_runs(plugin._engine.short_home or home)
    plugin.close()
    assert not agent_runs(plugin._engine.short_home or home)


def test_an_agent_that_somebody_else_started_goes_on(pens: Callable[[], Pen]) -> None:
    pen = pens()
    start = ["gpg-connect-agent", "--homedir", str(pen.home), "/bye"]
    subprocess.run(start, check=True, capture_output=True)
    pen.key("ann@example.org")
    pen.plugin.close()
    assert agent_runs(pen.home)


def test_a_program_that_closes_leaves_no_agent(alice: App) -> None:
    alice.keys.generate("alice@example.org", "Alice", None)
    engine = alice.plugins.for_protocol(SEALING)
    alice.close()
    home = engine._engine.home  # type: ignore[attr-defined]
    assert not agent_runs(home)


def test_a_passphrase_is_never_written_to_a_file(
    pens: Callable[[], Pen], monkeypatch: pytest.MonkeyPatch
) -> None:
    pen = pens()
    key = pen.plugin.keys.generate("ann@example.org", "Ann", "open sesame")
    sealed = pen.seal(None, key.fingerprint)
    subprocess.run(["gpgconf", "--homedir", str(pen.home), "--kill", "all"], check=True)

    def refuse(*given: object, **more: object) -> None:
        raise AssertionError("a temporary file was made")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    armor = sealed[sealed.index(b"-----BEGIN PGP MESSAGE") :]
    run = pen.plugin._engine.run(["--decrypt"], armor, passphrase="open sesame")
    assert run.says("DECRYPTION_OKAY")


def locked_by_another(home: Path) -> Path:
    """As if another program was changing the keys, and took its time."""
    lock = home / "pubring.kbx.lock"
    lock.write_text(f"{os.getpid():10d}\n{socket.gethostname()}\n")
    return lock


def test_mail_is_read_and_written_while_another_program_holds_the_key_ring(
    pens: Callable[[], Pen],
) -> None:
    pen = pens()
    key = pen.key("ann@example.org")
    locked_by_another(pen.home)
    opened = pen.open(pen.seal(key, key))
    assert opened.outcome is Outcome.DECRYPTED
    assert [one.status for one in opened.signatures] == [SignatureStatus.GOOD]
    assert [one.fingerprint for one in pen.plugin.keys.list()] == [key]


def test_gnupg_that_leaves_its_pipes_to_somebody_else_is_not_waited_for(tmp_path: Path) -> None:
    """As to an agent that closes nothing."""
    heir, program = tmp_path / "heir", tmp_path / "gpg"
    program.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! > {heir}\necho 'gpg (GnuPG) 2.2.40'\n")
    program.chmod(0o755)
    engine = Engine(tmp_path, str(program))
    try:
        assert engine.version == (2, 2, 40)
        os.kill(int(heir.read_text()), 0)  # it is still there
    finally:
        os.kill(int(heir.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("task", ["import", "generate", "delete"])
def test_a_key_ring_that_another_program_has_locked_holds_nobody_up(
    task: str, pens: Callable[[], Pen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """GnuPG waits without an end for a lock whose owner lives."""
    pen, other = pens(), pens()
    key = pen.key("ann@example.org")
    more = other.gpg("--export", other.key("bob@example.org"))
    pen.plugin.keys.list()
    lock = locked_by_another(pen.home)
    monkeypatch.setattr(keys, "LONGEST", 1.0)
    ring = pen.plugin.keys
    tasks: dict[str, Callable[[], object]] = {
        "import": lambda: ring.import_keys(more),
        "generate": lambda: ring.generate("carol@example.org", "Carol", None),
        "delete": lambda: ring.delete(key, secret=True),
    }
    with pytest.raises(EngineMissing, match="another program may hold its list of keys"):
        tasks[task]()
    lock.unlink()
    assert ring.import_keys(more)[0].new
