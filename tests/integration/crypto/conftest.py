"""Keys and pens of people who write to Alice, and Alice's own program over a real GnuPG."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.openpgp.plugin import OpenPgp
from mailclient.message.facts import Opened
from mailclient.message.layers import find_layer
from mailclient.message.tree import parse
from mailclient.paths import Profile

ENTITY = b"Content-Type: text/plain\r\n\r\nMeet me at the lilac gate.\r\n"


@dataclass(frozen=True, slots=True)
class Pen:
    """Somebody with a GnuPG home, who may also use GnuPG by itself."""

    plugin: OpenPgp
    home: Path

    def gpg(self, *options: str, data: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--no-tty", "--yes", "--quiet",
                   "--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", "",
                   *options]  # fmt: skip
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def key(self, address: str) -> str:
        """Make a key that never asks."""
        return self.plugin.keys.generate(address, address.partition("@")[0], None).fingerprint

    def seal(self, by: str | None, *to: str, entity: bytes = ENTITY) -> bytes:
        return self.plugin.seal(entity, sign_with=by, encrypt_to=to, cancel=CancelToken())

    def open(self, sealed: bytes) -> Opened:
        layer = find_layer(parse(sealed))
        assert layer is not None
        return self.plugin.open(layer, CancelToken())


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
def pens(homes: Callable[[], Path], tmp_path: Path) -> Callable[[], Pen]:
    def pen() -> Pen:
        home = homes()
        return Pen(OpenPgp(Host(tmp_path, no_network, lambda what: None, home)), home)

    return pen


@pytest.fixture
def alice(homes: Callable[[], Path], tmp_path: Path) -> Iterator[App]:
    app = open_profile(Profile(tmp_path / "profile"), passphrase="x", gnupg_home=homes())
    app.accounts.add(Account((Identity("alice@example.org", "Alice"),)), "")
    yield app
    app.close()


@pytest.fixture
def other(homes: Callable[[], Path], tmp_path: Path) -> Iterator[App]:
    """Alice's other computer."""
    app = open_profile(Profile(tmp_path / "other"), passphrase="x", gnupg_home=homes())
    app.accounts.add(Account((Identity("alice@example.org", "Alice"),)), "")
    yield app
    app.close()
