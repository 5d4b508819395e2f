"""What the cases of the disk share: a person with a profile in the bench's folder, and letters."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from mailclient.paths import Profile
from mailclient.store import Store
from tests.faults.oracle import Watched
from tests.faults.registry import Bench
from tests.scenarios.people import Person


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def person(
    bench: Bench, *options: str, name: str = "bob", home: Path | None = None
) -> Iterator[Person]:
    """Somebody whose mailbox is empty and whose account is set up."""
    bench.servers.clear()
    gnupg = Path(tempfile.mkdtemp(prefix="mc-"))
    home = bench.folder / name if home is None else home
    home.mkdir(exist_ok=True)
    secrets = (bench.servers.password(name),)
    one = Watched(name, home, gnupg, bench.servers, {}, bench.warm, secrets=secrets)
    try:
        one.set_up(*options)
        yield one
    finally:
        one.stop_agent()
        shutil.rmtree(gnupg, ignore_errors=True)


def profile_of(one: Person) -> Profile:
    return Profile(one.home / "profile")


def passphrase_of(one: Person) -> str:
    return one.secret("passphrase", f"passphrase of {one.name}").read_text("utf-8").strip()


@contextmanager
def opened(one: Person) -> Iterator[Store]:
    """The store of somebody whose program is not running."""
    store = Store.open(profile_of(one), passphrase=passphrase_of(one), keyring=None, clock=now)
    try:
        yield store
    finally:
        store.close()


def letter(number: int, size: int = 300, word: str = "Letter") -> bytes:
    """A message that differs from all others."""
    return (
        f"From: carol@example.org\r\nTo: bob@example.org\r\nSubject: {word} {number}\r\n"
        f"Message-ID: <{word}-{number}@example.org>\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
        f"This is {word} {number}.\r\n.\r\n{'x' * size}\r\n"
    ).encode()


def digest(raw: bytes) -> str:
    """The hash of what follows the header."""
    return sha256(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]).hexdigest()


def stored(store: Store) -> Counter[str]:
    """How often each message is in a store; every one is read back."""
    folders = [folder.id for folder in store.folders.all()]
    return Counter(digest(store.bodies.raw(id)) for id in store.messages.ids_in(folders))


def on_server(one: Person) -> Counter[str]:
    """How often each message lies in somebody's mailbox on the server."""
    while True:
        try:
            return Counter(digest(raw) for raw in one.servers.mailbox(one.name))
        except FileNotFoundError:  # the server still ends the session of a killed client
            continue
