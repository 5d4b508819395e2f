"""Thunderbird as its user has it: with an account, keys and mail, in a network of its own."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.networks import Network
from tests.interop.marionette import Marionette
from tests.servers.surroundings import HOST, MailServers, free_ports

STEPS = Path(__file__).with_name("thunderbird.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written in Thunderbird."""

    text: str = ""
    to: str = ""
    subject: str = ""
    html: str = ""
    encrypt: bool = False
    sign: bool = False
    files: tuple[str, ...] = ()


class Thunderbird:
    """A running Thunderbird; each method is what its user would do."""

    def __init__(self, marionette: Marionette, profile: Path) -> None:
        self._marionette = marionette
        self.profile = profile

    def do(self, step: str, *words: Any) -> Any:
        """A step of thunderbird.js, and what it gives."""
        return self._marionette.run(STEPS, step, list(words))

    def set_up(self, servers: MailServers, name: str) -> None:
        """An account of a user of the servers."""
        authority = servers.ca_file.read_text().split("-----")[2]
        self.do(
            "account",
            {
                "address": f"{name}@{servers.domain}",
                "name": name.title(),
                "password": servers.password(name),
                "authority": "".join(authority.split()),
                "pop3": servers.pop3.pop3s,
                "smtp": servers.smtp.smtps,
            },
        )

    def read(self, message_id: str, *, secured: bool = True) -> dict[str, Any]:
        """What somebody sees who opens a message, and when it is `secured`, once it was judged."""
        shown = self.do("read", message_id.strip("<>"), secured)
        assert isinstance(shown, dict)
        return shown

    def write(self, letter: Letter) -> None:
        """Write a new letter and send it."""
        self.do("write", asdict(letter))

    def answer(self, message_id: str, letter: Letter) -> dict[str, str]:
        """Answer a message; the subject, recipient and quoted text that the window began with."""
        shown = self.do("answer", message_id.strip("<>"), asdict(letter))
        assert isinstance(shown, dict)
        return shown

    def screenshot(self, path: Path) -> None:
        """Keep a picture of its window."""
        path.write_bytes(base64.b64decode(self._marionette.screenshot()))


@contextmanager
def thunderbird_running(folder: Path, network: Network) -> Iterator[Thunderbird]:
    """Thunderbird without a screen, in a network; skipped where it is not installed."""
    found = shutil.which("thunderbird")
    if found is None:
        pytest.skip("Thunderbird is not installed; 'apt-get install thunderbird' has this tested")
    profile = folder / "thunderbird"
    profile.mkdir(parents=True, exist_ok=True)
    [port] = free_ports(1)
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    environment = {**os.environ, "HOME": str(folder), "MOZ_HEADLESS": "1"}
    command = [*network.entry, found, "--headless", "--marionette", "--remote-allow-system-access",
               "--no-remote", "--profile", str(profile)]  # fmt: skip
    with (folder / "thunderbird.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        connection = network.entered(lambda: _connected(port, process))
        with connection, closing(Marionette(connection)) as marionette:
            yield Thunderbird(marionette, profile)
            marionette.quit()
            process.wait()
    finally:
        process.kill()
        process.wait()


def _connected(port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    """A connection, as soon as it listens."""
    pause = threading.Event()
    while process.poll() is None:
        try:
            return socket.create_connection((HOST, port))
        except OSError:
            pause.wait(0.05)
    raise RuntimeError("Thunderbird ended at its start")
