"""What the cases of the network share: a person before a mailbox, with an oracle and a proxy."""

from __future__ import annotations

import random
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailclient.account import Security
from tests.faults.oracle import Oracle, Told, Watched, collected, digest
from tests.faults.proxy import Fault, Proxy, proxy
from tests.faults.registry import Bench
from tests.faults.server import Large, Letter, Manners, Pop3, serving
from tests.scenarios.people import Person
from tests.servers.warm import warm_running

PASSWORD = "secret of bob"


@dataclass(slots=True)
class Hurried(Watched):
    """Somebody whose program has little patience while there is `hurry`; `entry` is how to get
    where it runs."""

    entry: tuple[str, ...] = ()

    def command(self, *arguments: str) -> list[str]:
        """As anybody's, with short deadlines."""
        usual = Person.command(self, *arguments)
        at = usual.index("mailclient")
        program = "tests.faults.hurried" if self.hurry else "mailclient"
        return [*self.entry, *usual[:at], program, *usual[at + 1 :]]


@contextmanager
def in_no_hurry(person: Person) -> Iterator[None]:
    """Where nothing is to be given up, a busy machine must not make it so."""
    hurried = person if isinstance(person, Hurried) else None
    if hurried is not None:
        hurried.hurry = False
    yield
    if hurried is not None:
        hurried.hurry = True


@dataclass(slots=True)
class Place:
    """Somebody's mailbox, how the way there is disturbed, and what is known of it."""

    bob: Person
    oracle: Oracle
    proxy: Proxy
    chance: random.Random

    def collect(self, *faults: Fault) -> Told:
        """Collect once, with these faults."""
        self.proxy.play(*faults)
        return collected(self.oracle)

    def collected_all(self, where: str, *faults: Fault) -> Told:
        """Collect without faults, or with such as must not matter: all is here, once, and nothing
        was wrong."""
        with in_no_hurry(self.bob):
            told = self.collect(*faults)
            assert told.status == 0, f"{where}: {told.stderr}"
            self.oracle.complete(where)
        return told

    def retain(self, words: str) -> None:
        """Set how long mail stays on the server."""
        self.bob.ok("account", "set", self.bob.address, f"leave-on-server={words}")


@contextmanager
def somebody(
    bench: Bench,
    port: int,
    *,
    leave: str = "yes",
    security: Security = Security.NONE,
    ca_file: Path | str = "",
    hurried: bool = False,
    host: str = "localhost",
    entry: tuple[str, ...] = (),
) -> Iterator[Person]:
    """A person with an account at a port, untested; with `entry` in another network, hurried."""
    home = Path(tempfile.mkdtemp(dir=bench.folder))
    gnupg = Path(tempfile.mkdtemp(prefix="mc-"))
    trusted = ("--ca-file", str(ca_file)) if ca_file else ()
    with ExitStack() as stack:
        warm = stack.enter_context(warm_running(entry)) if entry else bench.warm
        common = ("bob", home, gnupg, bench.servers, {}, warm)
        bob = (
            Hurried(*common, True, (PASSWORD,), entry)
            if hurried or entry
            else Watched(*common, secrets=(PASSWORD,))
        )
        stack.callback(shutil.rmtree, gnupg, ignore_errors=True)
        stack.callback(bob.stop_agent)
        bob.ok(
            *("account", "add", "--address", bob.address, "--no-test", *trusted),
            *("--pop3", f"{host}:{port}", "--pop3-security", security.value),
            *("--smtp", f"{host}:{port}", "--leave-on-server", leave),
            *("--password-file", str(bob.secret("password", PASSWORD))),
        )
        yield bob
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def scheduled(person: Person, entry: tuple[str, ...] = ()) -> Iterator[Iterator[str]]:
    """Their program collects by its schedule; what it tells, line by line, once it has begun."""
    home, passphrase = str(person.home / "profile"), f"passphrase of {person.name}"
    command = [sys.executable, "-m", "tests.faults.scheduled", home, passphrase, str(person.gnupg)]
    with subprocess.Popen(
        [*entry, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = (line.rstrip("\n") for line in process.stdout)
        assert next(lines) == "ready"
        yield lines
        process.stdin.close()
        process.stdout.read()
    assert process.returncode == 0


@contextmanager
def before_dovecot(
    bench: Bench,
    *,
    leave: str = "yes",
    security: Security = Security.NONE,
    papers: ssl.SSLContext | None = None,
    ca_file: Path | str = "",
    hurried: bool = False,
) -> Iterator[Place]:
    """Bob, with a proxy between him and Dovecot; with `papers` the proxy speaks TLS."""
    bench.servers.clear()
    through = security is Security.TLS and papers is None
    port = bench.servers.pop3.pop3s if through else bench.servers.pop3.pop3
    trusted = ca_file or (bench.servers.ca_file if security is not Security.NONE else "")
    with ExitStack() as stack:
        between = stack.enter_context(proxy(port, papers))
        bob = stack.enter_context(
            somebody(
                bench,
                between.port,
                leave=leave,
                security=security,
                ca_file=trusted,
                hurried=hurried,
            )
        )
        oracle = Oracle(bob, lambda: on_dovecot(bench), PASSWORD)
        yield Place(bob, oracle, between, bench.chance)


def on_dovecot(bench: Bench) -> Counter[str]:
    """How often each message lies in bob's mailbox."""
    while True:
        try:
            return Counter(digest(raw) for raw in bench.servers.mailbox("bob"))
        except FileNotFoundError:  # the server still ends a session that was cut
            continue


def deliver(bench: Bench, place: Place, raw: bytes) -> None:
    """Lay a message into bob's mailbox at Dovecot."""
    bench.servers.deliver("bob", place.oracle.put(raw))


@contextmanager
def before(
    bench: Bench,
    server: Pop3,
    *,
    leave: str = "yes",
    hurried: bool = False,
    ca_file: Path | str = "",
) -> Iterator[Place]:
    """Bob before a scripted server, with a proxy that passes everything on until it is told."""
    with ExitStack() as stack:
        running = stack.enter_context(serving(server))
        between = stack.enter_context(proxy(running.port))
        bob = stack.enter_context(
            somebody(
                bench,
                between.port,
                leave=leave,
                security=server.manners.security,
                ca_file=ca_file,
                hurried=hurried,
            )
        )
        oracle = Oracle(bob, server.here, PASSWORD)
        if not isinstance(server.letters, Large):
            for one in server.letters:
                oracle.put(one.raw)
        yield Place(bob, oracle, between, bench.chance)


def mailbox(raws: Sequence[bytes], manners: Manners | None = None) -> Pop3:
    """A scripted server with these messages, each with a name of its own."""
    return Pop3([Letter(b"uid-%d" % number, raw) for number, raw in enumerate(raws, 1)], manners)


def put(place: Place, server: Pop3, *letters: Letter) -> None:
    """Lay more messages on a scripted server."""
    for one in letters:
        place.oracle.put(one.raw)
    server.letters = [*server.letters, *letters]
