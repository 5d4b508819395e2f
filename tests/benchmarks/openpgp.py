"""How fast encrypted mail is opened on arrival and read, beside GnuPG by itself and python-gnupg.

Everybody opens the same letters with the same key, in one run, in an order that changes; figures
are medians. Letters are encrypted and signed; `--keys` of strangers fill the keyring first.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import gnupg

from mailclient.account import Account, Identity
from mailclient.app import App, open_profile
from mailclient.cancel import CancelToken
from mailclient.crypto.api import Host, no_network
from mailclient.crypto.openpgp.plugin import OpenPgp
from mailclient.message.build import assemble
from mailclient.message.headers import protect
from mailclient.message.layers import find_layer
from mailclient.message.tree import parse
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from tests.attacks.packets import HandMade
from tests.benchmarks import report
from tests.servers.surroundings import mail_servers_running

ALICE, BOB = "alice@example.test", "bob@example.test"
BASE = "gpg, two at a time"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--messages", type=int, default=200, help="letters to open (200)")
    parser.add_argument("--size", type=int, default=10_000, help="bytes of text in each (10,000)")
    parser.add_argument("--keys", type=int, default=0, help="keys of strangers in the keyring (0)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each (3)")
    parser.add_argument("--seed", type=int, default=1939, help="for the order")
    parser.add_argument("--no-fetching", action="store_true", help="leave the mail server out")
    parser.add_argument("--json", type=Path, help="write the figures there, too")


@dataclass(slots=True)
class Bench:
    """Alice's program and what is to be opened in it."""

    app: App
    home: Path
    pen: OpenPgp
    own: str  # Alice's fingerprint
    signer: str  # Bob's
    letters: list[bytes] = field(default_factory=list)
    announced: list[bytes] = field(default_factory=list)  # the same with Bob's key in the header
    armors: list[bytes] = field(default_factory=list)

    def write(self, count: int, size: int) -> None:
        """Make the letters."""
        words = "the quick brown fox jumps over the lazy dog and looks for its supper\r\n"
        key = self.pen.announce(self.signer, BOB, prefer_encrypt=True)
        for at in range(count):
            fields = (
                ("From", BOB), ("To", ALICE), ("Subject", f"Letter {at}"),
                ("Date", datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")),
                ("Message-ID", f"<{at}@example.test>"),
            )  # fmt: skip
            text = f"{at}\r\n".encode() + (words * (size // len(words) + 1)).encode()[:size]
            inside, outside = protect(
                b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text, fields, encrypted=True
            )
            sealed = self.pen.seal(
                inside, sign_with=self.signer, encrypt_to=(self.own,), cancel=CancelToken()
            )
            self.letters.append(assemble(outside, sealed))
            self.announced.append(assemble((*outside, *key), sealed))
            layer = find_layer(parse(self.letters[-1]))
            assert layer is not None
            self.armors.append(layer.data)

    def arrive(self, letters: list[bytes]) -> list[int]:
        """Have letters in the store that are not understood yet."""
        store = self.app._store
        account = self.app.accounts.list()[0]
        inbox = store.folders.find("inbox", account.id)[0]
        now = datetime.now(UTC)
        with store.database.write():
            return [
                store.messages.store_raw(account.id, inbox.id, raw, unread=True, received=now)
                for raw in letters
            ]

    def clear(self, ids: list[int]) -> None:
        """Delete them."""
        with self.app._store.database.write():
            self.app._store.messages.delete(ids)


@contextmanager
def bench_open(options: argparse.Namespace) -> Iterator[Bench]:
    """A profile, two people and their keys in one GnuPG home."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mc-")))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mc-")))
        app = open_profile(Profile(folder / "profile"), passphrase="x", gnupg_home=home)
        stack.callback(app.close)
        app.accounts.add(Account((Identity(ALICE, "Alice"),)), "")
        own = app.keys.generate(ALICE, "Alice", None).fingerprint
        signer = app.keys.generate(BOB, "Bob", None).fingerprint
        pen = OpenPgp(Host(folder, no_network, lambda what: None, home))
        if options.keys:
            made = datetime(2026, 1, 1, tzinfo=UTC)
            strangers = (
                HandMade(made).certificate(f"Stranger <stranger{at}@example.test>")
                for at in range(options.keys)
            )
            for some in iter(lambda: b"".join(itertools.islice(strangers, 500)), b""):
                app.keys.import_keys(some)
        bench = Bench(app, home, pen, own, signer)
        bench.write(options.messages, options.size)
        yield bench


# Who opens the letters


def _gpg(bench: Bench, armor: bytes) -> None:
    """One process, asked for what a program has to know of it."""
    command = [
        "gpg", "--homedir", str(bench.home), "--no-options", "--batch", "--no-tty", "--status-fd",
        "2", "--trust-model", "always", "--disable-dirmngr", "--decrypt",
    ]  # fmt: skip
    done = subprocess.run(command, input=armor, capture_output=True, check=True)
    assert b"DECRYPTION_OKAY" in done.stderr
    assert b"VALIDSIG" in done.stderr


def _in_turn(bench: Bench, work: Callable[[bytes], None], at_once: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(work, bench.armors))
    return time.perf_counter() - began


def by_gpg(bench: Bench, at_once: int) -> float:
    """GnuPG, so many processes at a time."""
    return _in_turn(bench, lambda armor: _gpg(bench, armor), at_once)


def by_library(bench: Bench, at_once: int) -> float:
    """python-gnupg, with as many threads."""
    logging.getLogger("gnupg").setLevel(logging.CRITICAL)
    library = gnupg.GPG(gnupghome=str(bench.home), options=["--trust-model", "always"])

    def work(armor: bytes) -> None:
        found = library.decrypt(armor)
        assert found.ok
        assert found.valid

    return _in_turn(bench, work, at_once)


def on_arrival(bench: Bench, letters: list[bytes]) -> float:
    """Ours, whole: read from the store, opened, judged, indexed, kept."""
    ids = bench.arrive(letters)
    began = time.perf_counter()
    done = bench.app.intake.run(Job(0))
    took = time.perf_counter() - began
    assert done == len(letters)
    rows = [bench.app._store.messages.get(id) for id in ids]
    assert all(row is not None and row.state == "confidential" for row in rows)
    bench.clear(ids)
    return took


CONTESTANTS: dict[str, Callable[[Bench], float]] = {
    "gpg, one at a time": lambda bench: by_gpg(bench, 1),
    BASE: lambda bench: by_gpg(bench, 2),
    "python-gnupg, one at a time": lambda bench: by_library(bench, 1),
    "python-gnupg, two at a time": lambda bench: by_library(bench, 2),
    "mailclient, on arrival, complete": lambda bench: on_arrival(bench, bench.letters),
    "the same, with the sender's key in each header": lambda b: on_arrival(b, b.announced),
}


# What else there is to know


def reading(bench: Bench) -> dict[str, Any]:
    """Milliseconds to open a letter from the store as the reader does, and how often a program was
    started for that."""
    started: list[object] = []
    watching = True
    sys.addaudithook(
        lambda event, _: started.append(event) if watching and event == "subprocess.Popen" else None
    )
    plain = [
        b"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: Clear\r\n"
        b"Content-Type: text/plain\r\n\r\n" + f"{at} ".encode() + b"word and word\r\n" * 700
        for at in range(len(bench.letters))
    ]
    found: dict[str, Any] = {}
    for name, letters in (("plain", plain), ("encrypted", bench.letters)):
        ids = bench.arrive(letters)
        bench.app.intake.run(Job(0))
        started.clear()
        took = []
        for id in ids:
            began = time.perf_counter()
            bench.app.read.view(id)
            took.append(time.perf_counter() - began)
        found[f"{name}_ms"] = round(median(took) * 1000, 2)
        found[f"{name}_slowest_ms"] = round(max(took) * 1000, 2)
        found[f"{name}_programs_started"] = len(started)
        bench.clear(ids)
    watching = False
    return found


def sealing(bench: Bench) -> dict[str, float]:
    """Letters a second, signed and encrypted, one at a time."""
    entity = b"Content-Type: text/plain\r\n\r\n" + b"word and word\r\n" * 700
    count = max(len(bench.letters) // 2, 1)
    command = [
        "gpg", "--homedir", str(bench.home), "--no-options", "--batch", "--no-tty", "--armor",
        "--trust-model", "always", "--disable-dirmngr", "--compress-algo", "none", "--sign",
        "--local-user", bench.signer, "--recipient", bench.own, "--encrypt",
    ]  # fmt: skip
    began = time.perf_counter()
    for _ in range(count):
        subprocess.run(command, input=entity, capture_output=True, check=True)
    alone = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(count):
        bench.pen.seal(
            entity, sign_with=bench.signer, encrypt_to=(bench.own,), cancel=CancelToken()
        )
    ours = time.perf_counter() - began
    return {"gpg": round(count / alone, 1), "mailclient": round(count / ours, 1)}


def listing(bench: Bench) -> dict[str, float]:
    """Milliseconds for the list of all keys: by GnuPG, by the library, ours anew and again."""
    listed = ["gpg", "--homedir", str(bench.home), "--no-options", "--batch", "--with-colons",
              "--list-keys"]  # fmt: skip
    library = gnupg.GPG(gnupghome=str(bench.home))
    ring = OpenPgp(Host(bench.home, no_network, lambda what: None, bench.home)).keys
    work: dict[str, Callable[[], object]] = {
        "gpg": lambda: subprocess.run(listed, capture_output=True, check=True),
        "python-gnupg": library.list_keys,
        "ours, anew": ring.list,
        "ours, again": ring.list,
    }
    found = {}
    for name, call in work.items():
        began = time.perf_counter()
        call()
        found[name] = round((time.perf_counter() - began) * 1000, 2)
    return found


def fetching(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds until all letters are fetched and safe: alone, and while they are opened beside."""
    took: dict[str, list[float]] = {"alone": [], "beside": []}
    with mail_servers_running() as servers, bench_open(options) as bench:
        app = bench.app
        for raw in bench.letters:
            servers.deliver("alice", raw)
        order = random.Random(options.seed).sample(list(took) * options.repeat, 2 * options.repeat)
        for how in order:
            account = app.accounts.add(servers.account("alice"), servers.password("alice"))
            stored = app.receive.start_intake if how == "beside" else lambda: None
            began = time.perf_counter()
            receipt = app.receive.collect(account, Job(0), stored=stored)
            took[how].append(time.perf_counter() - began)
            assert receipt.received == len(bench.letters)
            app.jobs.submit("intake", app.intake.run, quiet=True).result()
            app.accounts.remove(account.address)
    return {how: round(median(seconds), 3) for how, seconds in took.items()}


# The run


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything, print it, and return it."""
    order = random.Random(options.seed)
    took: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    with bench_open(options) as bench:
        by_gpg(bench, 2)  # everything is read once: the agent, the keys
        for _ in range(options.repeat):
            for name in order.sample(list(CONTESTANTS), k=len(CONTESTANTS)):
                took[name].append(CONTESTANTS[name](bench))
        found: dict[str, Any] = {
            "messages": options.messages,
            "size": options.size,
            "keys": options.keys + 2,
            "seconds": {name: median(seconds) for name, seconds in took.items()},
            "runs": took,
            "reading": reading(bench),
            "sealing": sealing(bench),
            "listing": listing(bench),
        }
    if not options.no_fetching:
        found["fetching"] = fetching(options)
    found["surroundings"] = report.surroundings()
    _print(found)
    return found


def _print(found: dict[str, Any]) -> None:
    base = found["seconds"][BASE]
    print(f"{found['messages']} letters of {found['size']:,} bytes, {found['keys']:,} keys\n")
    print(f"| | s | letters/s | rate × {BASE} |\n|---|--:|--:|--:|")
    for name, seconds in found["seconds"].items():
        rate = found["messages"] / seconds
        print(f"| {name} | {seconds:.2f} | {rate:.0f} | {base / seconds:.2f} |")
    for name in ("reading", "sealing", "listing", "fetching"):
        if name in found:
            said = ", ".join(f"{key} {value}" for key, value in found[name].items())
            print(f"\n{name}: {said}")


def main(options: argparse.Namespace) -> None:
    """Run it as the command line says."""
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    found = measure(options)
    if options.json:
        report.write(options.json, found)
