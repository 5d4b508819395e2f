"""How a demo is started: set up in a folder, run for the window, or walked through without one."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailclient.app import App, now, open_profile
from mailclient.demo.surroundings import Clock, World
from mailclient.demo.walk import walk
from mailclient.paths import Profile
from mailclient.services.moving import Told
from mailclient.services.upkeep import Restored, Upkeep
from mailclient.store.moving import Arrived


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that the window shows."""

    world: World
    app: App

    @property
    def profile(self) -> Profile:
        """The user's profile."""
        return self.world.profile

    def unlock(self, passphrase: str) -> App:
        """The user's profile, opened again after it was locked; raises StoreLocked."""
        return self.world.open(passphrase)

    def rekey(self, old: str, new: str) -> None:
        """Give the user's closed profile another passphrase."""
        Upkeep(self.profile, now, passphrase=old, keyring=None).rekey(new)

    def take_in(self, file: Path, words: str, own: str | None, told: Told) -> Arrived:
        """Make the user's profile, once its account was removed, one that was packed."""
        return Upkeep(self.profile, now, passphrase=own, keyring=None).take_in(file, words, told)

    def restore(self, file: Path, own: str | None) -> Restored:
        """Put a backup in the place of the user's mail."""
        return Upkeep(self.profile, now, passphrase=own, keyring=None).restore(file)


def start(folder: Path, *, clock: Clock = now) -> World:
    """Start a world in `folder` with the user's profile set up and mail waiting on the server.

    Raises MailError; then nothing of it runs any more.
    """
    with ExitStack() as undo:
        world = undo.enter_context(World(folder, clock))
        opened = open_profile(
            world.profile, passphrase=world.passphrase, gnupg_home=world.gnupg_home, clock=clock
        )
        with closing(opened) as app:
            world.settle(app)
        undo.pop_all()
    return world


@contextmanager
def running() -> Iterator[Running]:
    """A world in a throw-away folder, set up and open; all of it is gone afterwards."""
    with _folder() as folder, start(folder) as world, closing(world.open()) as app:
        yield Running(world, app)


def headless(tell: Callable[[str], None] | None = None) -> int:
    """Walk through the main job on a throw-away profile; returns 0, raises MailError."""
    tell = tell or _print
    with _folder() as folder:
        tell("Starting a mail server on this machine, with mailboxes for Alice and Bob ...")
        with World(folder) as world, closing(world.open()) as app:
            walk(world, app, tell)
    tell("\nDone; the demo's folder is removed.")
    return 0


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that goes away, also where the demo is told to end; short, as GnuPG keeps sockets in
    it."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="mailclient-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
