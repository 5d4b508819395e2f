"""N1: the network is not what it was, or is none: names, ways, portals, sleep."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from mailclient.account import Security
from mailclient.transport.dial import dial
from tests.faults.network_people import PASSWORD, before, in_no_hurry, mailbox, scheduled, somebody
from tests.faults.networks import NAME, Network, network
from tests.faults.oracle import Oracle, Told, collected, letter
from tests.faults.papers import Authority
from tests.faults.proxy import Proxy, Stall, to_client
from tests.faults.registry import Bench, case
from tests.faults.server import Manners, Pop3, serving
from tests.scenarios.people import Person
from tests.servers.scripted import Conversation, Script, Scripted, scripted
from tests.servers.silent import silent

LETTERS = 3
PORTAL = b"<html><head><title>Sign in</title></head><body>Room number?</body></html>"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True)
class Abroad:
    """Somebody in a network of the bench's making, and his server there."""

    net: Network
    server: Pop3
    running: Scripted
    bob: Person
    oracle: Oracle

    def collect(self) -> Told:
        return collected(self.oracle)

    def in_vain(self, *words: str) -> None:
        """Collect, and be told why nothing comes; nothing is lost."""
        told = self.collect()
        assert (told.status, told.received) == (1, 0), told
        for word in words:
            assert word in told.problems, told.problems
        self.oracle.safe(told.problems)

    def collected_all(self, where: str) -> None:
        with in_no_hurry(self.bob):
            told = self.collect()
            assert told.status == 0, f"{where}: {told.stderr}"
            self.oracle.complete(where)


@contextmanager
def abroad(
    bench: Bench,
    *,
    alive: bool = True,
    everywhere: bool = False,
    security: Security = Security.NONE,
    authority: Authority | None = None,
) -> Iterator[Abroad]:
    """Bob before a server in a network that has nothing else."""
    papers = None if authority is None else authority.papers(NAME)
    manners = Manners(papers=papers, security=security)
    server = mailbox([letter(number) for number in range(LETTERS)], manners)
    with ExitStack() as stack:
        folder = bench.folder / f"network-{bench.chance.randrange(1 << 40)}"
        net = stack.enter_context(network(folder, alive=alive, everywhere=everywhere))
        net.names(f"127.0.0.1 {NAME}")
        running = stack.enter_context(net.holding(serving(server)))
        bob = stack.enter_context(
            somebody(
                bench,
                running.port,
                security=security,
                ca_file="" if authority is None else authority.file,
                host=NAME,
                entry=net.entry,
            )
        )
        oracle = Oracle(bob, server.here, PASSWORD)
        for one in server.letters:
            oracle.put(one.raw)
        yield Abroad(net, server, running, bob, oracle)


@case("N1", "the first address of a name is dead, as where IPv6 is broken: the next one is taken")
def first_address_is_dead(bench: Bench) -> None:
    with abroad(bench) as place, ExitStack() as stack:
        port = place.running.port
        stack.enter_context(place.net.holding(silent("::1", port)))
        place.net.names(f"::1 {NAME}", f"127.0.0.1 {NAME}")
        place.collected_all("with a dead address before the living one")

        def timed() -> float:
            bell, stop = socket.socketpair()
            known = [(socket.AF_INET6, ("::1", port)), (socket.AF_INET, ("127.0.0.1", port))]
            began = time.monotonic()
            with bell, stop:
                dial(NAME, port, patience=20, stop=stop, resolve=lambda *_: known).close()
            return time.monotonic() - began

        bench.figures["past a dead address"] = f"{place.net.entered(timed) * 1000:.0f} ms"


@case("N1", "nobody answers at any address of a name: given up, told, and later all is well")
def all_addresses_are_dead(bench: Bench) -> None:
    with abroad(bench) as place, ExitStack() as stack:
        hole = stack.enter_context(place.net.holding(silent("127.0.0.1")))
        place.bob.ok("account", "set", place.bob.address, f"pop3={NAME}:{hole}")
        place.in_vain("does not answer")
        place.bob.ok("account", "set", place.bob.address, f"pop3={NAME}:{place.running.port}")
        place.collected_all("at the living address")


@case("N1", "names are not known, or the look-up never ends: given up, told, and later all is well")
def names_are_unknown(bench: Bench) -> None:
    for everywhere in (False, True):
        with abroad(bench, everywhere=everywhere) as place, ExitStack() as stack:
            if everywhere:  # somebody takes the questions and never answers
                deaf = place.net.entered(lambda: socket.socket(type=socket.SOCK_DGRAM))
                stack.enter_context(deaf)
                deaf.bind(("192.0.2.53", 53))
            place.net.names()
            place.in_vain("There is no server by the name", "network is down")
            place.net.names(f"127.0.0.1 {NAME}")
            place.collected_all("the name is known again")


@case("N1", "there is no network: told, and all is well when it is back")
def no_network(bench: Bench) -> None:
    with abroad(bench, alive=False) as place:
        place.in_vain("no way from this computer")
        place.net.do("ip link set lo up")
        place.collected_all("the network is back")


def portal(answer: bytes, *, speaks_first: bool) -> Script:
    """What a network has that wants a sign-in first, in place of every server."""

    def script(client: Conversation) -> None:
        if not speaks_first:
            client.hear()
        client.say(answer)
        client.wait_until_gone()

    return script


@case("N1", "a portal answers in the server's place: told in words, and no password is said")
def captive_portal(bench: Bench) -> None:
    authority = Authority(bench.folder)
    foreign = authority.papers("portal.example")
    kinds: list[tuple[Security, Script, str]] = [
        (Security.NONE, portal(MOVED, speaks_first=True), "A web page answers"),
        (Security.NONE, portal(PORTAL + b"\r\n", speaks_first=True), "A web page answers"),
        (Security.STARTTLS, portal(MOVED, speaks_first=True), "A web page answers"),
        (Security.TLS, portal(MOVED, speaks_first=True), "answers without encryption"),
        (Security.TLS, lambda client: client.encrypt(foreign), "for another server"),
        (Security.TLS, lambda client: client.cut(), "was lost"),
        (Security.NONE, lambda client: client.wait_until_gone(), "does not answer"),
    ]
    with abroad(bench, security=Security.TLS, authority=authority) as place:
        bob = place.bob
        for security, script, word in bench.chance.sample(kinds, min(len(kinds), 3 + bench.cycles)):
            with place.net.holding(scripted(script)) as there:
                where = f"pop3={NAME}:{there.port}"
                bob.ok("account", "set", bob.address, where, f"pop3-security={security.value}")
                place.in_vain(word)
                assert PASSWORD.encode() not in there.heard
                assert b"bob" not in there.heard
        where = f"pop3={NAME}:{place.running.port}"
        bob.ok("account", "set", bob.address, where, "pop3-security=tls")
        place.collected_all("signed in")


@case("N1", "the computer sleeps in the middle of a message, and the line is gone when it wakes")
def asleep_in_a_message(bench: Bench) -> None:
    server = mailbox([letter(number, 4000) for number in range(1, 5 + 4 * bench.cycles)])
    with before(bench, server) as place:
        for _ in range(bench.cycles):  # of which each takes in three messages at most
            at = bench.chance.randrange(1000, 9000)
            place.proxy.play(to_client(at, Stall()))
            earlier = len(place.proxy.connections)
            process = subprocess.Popen(
                place.bob.command("receive"), stderr=subprocess.PIPE, text=True
            )
            _until(partial(_struck, place.proxy, earlier), process)
            process.send_signal(signal.SIGSTOP)
            place.proxy.drop()
            process.send_signal(signal.SIGCONT)
            _, said = process.communicate()
            assert process.returncode in (0, 1)
            assert "was lost" in said, said
            place.oracle.safe(f"asleep at {at}")
        place.collected_all("awake")


def _struck(proxy: Proxy, earlier: int) -> bool:
    return len(proxy.connections) > earlier and proxy.last.struck


def _until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    pause = threading.Event()
    while not true():
        assert process.poll() is None, "it has ended before the fault struck"
        pause.wait(0.01)


@case("N1", "another network is there: who could not be reached is tried at once, unasked")
def another_network(bench: Bench) -> None:
    with abroad(bench) as place:
        place.net.names()
        with scheduled(place.bob, place.net.entry) as lines:
            first = next(lines)
            assert first.startswith("There is no server"), first
            place.net.names(f"127.0.0.1 {NAME}")
            place.net.do("ip route add default dev lo")
            began = time.monotonic()
            assert next(one for one in lines if not one.startswith("+")) == "collected"
            seconds = time.monotonic() - began
        bench.figures["collected after the network has changed"] = f"{seconds:.1f} s"
        place.oracle.complete("in another network")
