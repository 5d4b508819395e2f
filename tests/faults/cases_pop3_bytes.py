"""R13–R15, R17: bytes and sizes of every kind. What comes is what was there, to the byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mailclient.account import Security
from tests.faults.network_people import Place, before, before_dovecot, deliver, mailbox
from tests.faults.oracle import letter
from tests.faults.registry import Bench, case
from tests.faults.server import Letter, Manners, Pop3
from tests.servers.scripted import Conversation

EACH = 15
MEGABYTE = 1 << 20
MOST_MEMORY = 50 * MEGABYTE
HEAD = b"From: carol@example.org\r\nTo: bob@example.org\r\nSubject: %d\r\n\r\n"
DOTS = (b".", b"..", b"...", b".a", b"", b"a.", b" .", b".\t", b"text", b"..text.", b"QUIT")
ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\n.\n", b"\n.\r\n", b"\r.\r\n")
LINES = (
    b"x" * 998,
    b"x" * 999,
    b"x" * 2045,
    b"x" * 2046,
    b"x" * 2047,
    b"x" * 70_000,
    b"\0",
    b"\xff",
)


@case("R13", "lines of dots of every kind come from Dovecot as they are")
def lines_of_dots(bench: Bench) -> None:
    security = bench.chance.choice((Security.NONE, Security.TLS))
    with before_dovecot(bench, leave="no", security=security) as place:
        for number in range(EACH * bench.cycles):
            lines = bench.chance.choices(DOTS, k=bench.chance.randrange(1, 40))
            deliver(bench, place, HEAD % number + b"\r\n".join(lines) + b"\r\n")
        place.collected_all("dots")
        assert bench.servers.mailbox("bob") == []


@case("R14", "line ends and dots in every order: to the byte, and nothing ends early")
def line_ends(bench: Bench) -> None:
    raws = []
    for number in range(EACH * bench.cycles):
        pieces = []
        for _ in range(bench.chance.randrange(1, 30)):
            pieces += [bench.chance.choice(DOTS), bench.chance.choice(ENDS)]
        raws.append(HEAD % number + b"".join(pieces) + b"\r\n")
    server = mailbox(raws)
    with before(bench, server, leave="no") as place:
        place.collected_all("line ends")
        assert not server.letters


@case("R15", "lines longer than any, and no line end at the end")
def long_lines(bench: Bench) -> None:
    raws = []
    for number in range(EACH):
        lines = bench.chance.choices(LINES, k=3)
        raws.append(HEAD % number + b"\r\n".join(lines) + bench.chance.choice((b"", b"\r\n")))
    raws.append(HEAD % 90 + b"y" * MEGABYTE)
    raws += [b"no head at all", b"Subject: no text\r\n", b"\r\nno head\r\n", b"\r\n"]
    server = mailbox(raws)
    with before(bench, server) as place:
        place.collected_all("long lines")
    with before_dovecot(bench) as place:
        for raw in raws[: EACH + 1]:
            deliver(bench, place, raw.replace(b"\0", b"0"))
        place.collected_all("long lines of Dovecot")


CLAIMS = (b"0", b"1", b"-1", b"9223372036854775808", b"9" * 60, b"99999999", b"many", b"0x10")


@case("R17", "LIST claims sizes that are none: stored, and never deleted on the server by rule")
def sizes_that_lie(bench: Bench) -> None:
    honest = [Letter(b"honest-%d" % at, letter(at)) for at in range(3)]
    counted_otherwise = letter(50)
    by_lines = str(len(counted_otherwise.replace(b"\r\n", b"\n"))).encode()
    lying = [Letter(b"lying-%d" % at, letter(100 + at), one) for at, one in enumerate(CLAIMS)]
    server = Pop3([*honest, *lying, Letter(b"unix", counted_otherwise, by_lines)])
    with before(bench, server, leave="no") as place:
        for _ in range(2):
            place.collected_all("sizes lie")
        assert {one.uid for one in server.letters} == {one.uid for one in lying}


def hundred_megabytes(number: int) -> Iterator[bytes]:
    """A message in pieces, made while it is sent."""
    yield HEAD % number
    line = b"%08d" % number + b"z" * 68 + b"\r\n"
    piece = line * (MEGABYTE // len(line))
    for _ in range(100):
        yield piece


def say_it(client: Conversation) -> None:
    client.say(b"+OK\r\n")
    for piece in hundred_megabytes(1):
        client.say(piece)
    client.say(b".\r\n")


def memory_taken(place: Place, *arguments: str) -> int:
    """How many bytes a command takes at most, beyond what it has once the profile is open."""
    result = place.bob.home / "memory"
    command = place.bob.command(*arguments)
    at = command.index("-m")
    command[at : at + 2] = ["-m", "tests.scenarios.peak", str(result)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ)) as child:
        _, status, _ = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return int(result.read_text()) * 1024


@case("R17", "100 MB come without being held in memory, and can be exported again")
def a_hundred_megabytes(bench: Bench) -> None:
    server = mailbox([letter(1)])
    with before(bench, server) as place:
        small = memory_taken(place, "receive")
        size = sum(len(piece) for piece in hundred_megabytes(1))
        server.letters = [Letter(b"large", b"", str(size).encode())]
        server.manners = Manners(answers={b"RETR 1": b""}, after={b"RETR 1": say_it})
        large = memory_taken(place, "receive")
        folder = place.bob.home / "large"
        place.bob.ok("export", "--all", "--eml", str(folder))
        wanted = hashlib.sha256()
        for piece in hundred_megabytes(1):
            wanted.update(piece)
        assert wanted.hexdigest() in {_sha256(one) for one in folder.iterdir()}
        bench.figures["memory for 100 MB, beyond a small mailbox"] = f"{(large - small) >> 20} MB"
        assert large - small < MOST_MEMORY, (
            f"{large >> 20} MB, and {small >> 20} MB for a small one"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@case(
    "R17", "a size that is far too large reserves nothing, and one that is too small cuts nothing"
)
def sizes_far_from_the_truth(bench: Bench) -> None:
    server = Pop3(
        [
            Letter(b"a", letter(1, 200_000), b"1"),
            Letter(b"b", letter(2), str(1 << 47).encode()),
        ]
    )
    with before(bench, server) as place:
        assert memory_taken(place, "receive") < MOST_MEMORY
        place.oracle.complete("far from the truth")
