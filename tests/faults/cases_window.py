"""I4 and I6: the real window stays alive whatever happens, and talks to nobody unasked."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from tests.faults.gaps import rare, stalled, too_long
from tests.faults.network_people import PASSWORD, Place, before, mailbox, somebody
from tests.faults.networks import NAME, Network, network
from tests.faults.oracle import Oracle, letter, plain
from tests.faults.proxy import BLACK_HOLE, Cut, Fault, Stall, Trickle, to_client
from tests.faults.registry import Bench, Run, case
from tests.faults.server import Letter, Manners, Pop3, serving
from tests.scenarios.people import Person
from tests.unit.message.strange import HEAVY
from tests.unit.message.test_mutations import MADE

SIZE = 300_000
ETH_P_ALL = 3
TRIES = 3  # of a case during which the machine itself was stalled


class Stalled(AssertionError):
    """The window did not come round in time, while an idle process did not, either."""


def on_a_steady_machine(run: Run) -> Run:
    """A case that is run again, from the start, where the machine was stalled; the last counts."""

    @wraps(run)
    def again(bench: Bench) -> None:
        for _ in range(TRIES - 1):
            try:
                return run(bench)
            except Stalled:
                bench.tries["the machine was stalled"] += 1
        return run(bench)

    return again


class Steered:
    """A program that takes commands by line, and answers so."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._given, self._said = process.stdin, process.stdout

    def do(self, command: str) -> None:
        """Give a command."""
        self._given.write(f"{command}\n")
        self._given.flush()

    def until(self, word: str) -> str:
        """The next line that begins so; no bug may come before."""
        for line in self._said:
            assert not line.startswith("bug"), line
            if line.startswith(word):
                return line.strip()
        raise AssertionError(f"it has ended; {word!r} was waited for")

    def asked(self, command: str, word: str) -> str:
        """What a command is answered by."""
        self.do(command)
        return self.until(word)


@contextmanager
def steered(command: list[str], errors: Path) -> Iterator[Steered]:
    """A program in the surroundings of no screen; it ends in order and has nothing to complain."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONWARNINGS": "default"}
    with (
        errors.open("w") as complaints,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=environment,
        ) as process,
    ):
        try:
            yield Steered(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            assert process.stdout is not None
            process.stdout.read()
    told = errors.read_text()
    assert process.returncode == 0, told
    assert "Traceback" not in told, told
    assert "Warning:" not in told, told


@dataclass(frozen=True, slots=True)
class Window:
    """The window of somebody, and an idle process beside it."""

    bench: Bench
    shown: Steered
    idle: Steered

    @contextmanager
    def alive(self, what: str) -> Iterator[None]:
        """What the window's loop loses meanwhile, beside an idle process; both are reported."""
        for one in (self.idle, self.shown):
            one.asked("begin", "begun")
        yield
        gaps, beside = (json.loads(one.asked("gaps", "{")) for one in (self.shown, self.idle))
        self.bench.figures[what] = (
            f"p99 {gaps['p99'] * 1000:.0f} ms, most {gaps['most'] * 1000:.0f} ms,"
            f" by the clock {gaps['clock'] * 1000:.0f} ms,"
            f" most work at once {gaps['work'] * 1000:.0f} ms"
            f" (idle process {beside['most'] * 1000:.0f}, {beside['clock'] * 1000:.0f} ms)"
        )
        if not self.bench.by_the_clock:
            assert not (few := rare(gaps, beside)), f"{what}: {few}"
        elif wrong := too_long(gaps, beside):
            raise (Stalled if stalled(beside) else AssertionError)(f"{what}: {wrong}")


@contextmanager
def window(bench: Bench, person: Person, entry: tuple[str, ...] = ()) -> Iterator[Window]:
    """The window of somebody, offscreen, for as long as this lasts."""
    home, passphrase = str(person.home / "profile"), f"passphrase of {person.name}"
    python = [*entry, sys.executable, "-m"]
    command = [*python, "tests.faults.windowed", home, passphrase, str(person.gnupg)]
    with (
        steered(command, bench.folder / "window-errors") as shown,
        steered([*python, "tests.faults.gaps"], bench.folder / "idle-errors") as idle,
    ):
        shown.until("ready")
        yield Window(bench, shown, idle)


def disturbed(place: Place, shown: Steered, faults: tuple[Fault, ...]) -> None:
    """A collection on a line with faults."""
    place.proxy.play(*faults)
    ended = shown.asked("receive", "ended").removeprefix("ended").strip()
    plain(ended)
    assert PASSWORD not in ended


@case("I4", "the window stays alive while lines stall, drip, die and are cut, and mail pours in")
@on_a_steady_machine
def alive_while_the_network_fails(bench: Bench) -> None:
    server = mailbox([letter(number, 2000) for number in range(200)])
    at = bench.chance.randrange(3000, 20_000)
    with before(bench, server) as place, window(bench, place.bob) as it:
        for what, faults in (
            ("a hole", BLACK_HOLE),
            ("a stalled line", (to_client(at, Stall()),)),
            ("a dripping line", (to_client(at, Trickle(50)),)),
            ("a cut", (to_client(at, Cut(reset=True)),)),
            ("200 messages", ()),
        ):
            with it.alive(what):
                disturbed(place, it.shown, faults)
        with it.alive("reading them"):
            it.shown.asked("read", "read")


@case("I4", "the window stays alive while mail that is meant to take long comes in and is opened")
@on_a_steady_machine
def alive_among_heavy_mail(bench: Bench) -> None:
    raws = [make(SIZE) for make in HEAVY.values()]
    server = mailbox([*raws, *MADE, letter(1)])
    with before(bench, server) as place, window(bench, place.bob) as it:
        with it.alive("heavy mail comes"):
            assert it.shown.asked("receive", "ended") == "ended"
        for _ in range(bench.cycles):
            with it.alive("heavy mail is opened"):
                it.shown.asked("read", "read")


CURIOUS = """\
From: Eve <eve@example.org>
To: bob@example.org
Subject: Look at this {number}
Message-ID: <curious-{number}@example.org>
Date: Mon, 23 Nov 2026 10:00:00 +0000
Disposition-Notification-To: eve@example.org
Return-Receipt-To: eve@example.org
List-Unsubscribe: <http://192.0.2.9/leave>, <mailto:leave@example.org>
Autocrypt: addr=eve@example.org; keydata=AAAA
OpenPGP: url=http://192.0.2.9/key.asc
DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=key; h=from; bh=AAAA; b=AAAA
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

{html}
"""
LURES = (
    '<img src="http://192.0.2.7/pixel.png" width=1 height=1><p>Hello</p>',
    '<link rel=stylesheet href="http://192.0.2.7/a.css"><link rel=dns-prefetch href="//b.example">',
    '<style>@import url("http://192.0.2.7/b.css"); p {background: url(//192.0.2.7/c.png)}</style>'
    "<p>Hello</p>",
    '<meta http-equiv=refresh content="0; url=http://192.0.2.7/d"><base href="http://192.0.2.7/">'
    '<img src="e.png">',
    '<script>fetch("http://192.0.2.7/f")</script><body background="//192.0.2.7/g">',
    '<iframe src="http://192.0.2.7/h"></iframe><object data="http://192.0.2.7/i"></object>',
    '<form action="http://192.0.2.7/j"><input type=image src="http://192.0.2.7/k"></form>',
    '<video src="http://192.0.2.7/l" poster="http://192.0.2.7/m" autoplay></video>',
    '<svg><image href="http://192.0.2.7/n"/></svg><img srcset="http://192.0.2.7/o 2x">',
    '<img src="file:///etc/hostname"><img src="//mail.example/p"><a href="http://192.0.2.7/q">q</a>',
)


def curious_mail() -> list[bytes]:
    return [
        CURIOUS.format(number=number, html=html).replace("\n", "\r\n").encode()
        for number, html in enumerate(LURES)
    ]


def contacts(listener: socket.socket) -> set[tuple[str, int]]:
    """Whom packets went to since the last look, by address and port."""
    found = set()
    while True:
        try:
            packet = listener.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return found
        if packet[0] >> 4 == 4 and packet[9] in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
            at = (packet[0] & 15) * 4
            port = int.from_bytes(packet[at + 2 : at + 4], "big")
            found.add((str(ipaddress.ip_address(packet[16:20])), port))


def talks_to_itself(net: Network, listener: socket.socket) -> None:
    """Whoever talks to anybody is seen: a packet to another address, and the look-up of a name."""
    code = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.7', 80))"
    subprocess.run([*net.entry, sys.executable, "-c", code], check=True)
    assert ("192.0.2.7", 80) in contacts(listener)


@case("I6", "every curious mail is opened in the window, and nobody is talked to")
def talks_to_nobody(bench: Bench) -> None:
    server = Pop3([Letter(b"%d" % at, raw) for at, raw in enumerate([*curious_mail(), *MADE])])
    server.manners = Manners()
    with ExitStack() as stack:
        net = stack.enter_context(network(bench.folder / "net", everywhere=True))
        net.names(f"127.0.0.1 {NAME}")
        packets = (socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        listener = stack.enter_context(net.entered(lambda: socket.socket(*packets)))
        talks_to_itself(net, listener)
        running = stack.enter_context(net.holding(serving(server)))
        bob = stack.enter_context(somebody(bench, running.port, host=NAME, entry=net.entry))
        oracle = Oracle(bob, server.here, PASSWORD)
        for one in server.letters:
            oracle.put(one.raw)
        assert contacts(listener) == set(), "while an account was added"
        with window(bench, bob, net.entry) as it:
            assert it.shown.asked("receive", "ended") == "ended"
            ports = {port for host, port in contacts(listener) if host == "127.0.0.1"}
            assert running.port in ports
            for _ in range(bench.cycles):
                assert it.shown.asked("read", "read") == f"read {len(server.letters)}"
            assert contacts(listener) == set(), "while mail was read"
        oracle.complete("read")
        rows = bob.json("list", "--limit", "100")["messages"]
        for row in bench.chance.sample(rows, min(len(rows), 1 + bench.cycles)):
            bob.ok("show", str(row["id"]), "--json")
            bob.ok("reply", str(row["id"]), "--json")
        assert contacts(listener) == set(), "while mail was shown and answered"
        bench.tries["messages opened"] += len(server.letters)
