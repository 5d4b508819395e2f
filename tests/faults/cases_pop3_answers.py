"""R5, R6, R18: servers that refuse, delay, drip, chatter and never end."""

from __future__ import annotations

import time

from mailclient.account import Security
from tests.faults.network_people import before, before_dovecot, deliver, mailbox
from tests.faults.oracle import letter
from tests.faults.proxy import (
    BLACK_HOLE,
    After,
    Change,
    Flip,
    Late,
    Pause,
    Stall,
    Trickle,
    to_client,
    to_server,
)
from tests.faults.registry import Bench, case
from tests.faults.server import Letter, Manners, cut, drip, say_nothing

PATIENT = 15.0  # seconds; the deadlines of the hurried program are one second each, of few steps


@case("R5", "some messages are refused: told, the others come, and those later")
def some_refused(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(1, 11)])
    refused = sorted(bench.chance.sample(range(1, 11), bench.chance.randrange(1, 6)))
    with before(bench, server, leave="no") as place:
        for number in refused:
            server.manners.answers[b"RETR %d" % number] = b"-ERR [SYS/TEMP] damaged\r\n"
        told = place.collect()
        assert told.status == 0
        assert told.received == 10 - len(refused)
        each = "1 message" if len(refused) == 1 else f"{len(refused)} messages"
        assert told.problems.count("could not be fetched") == 1
        assert f"{each} could not be fetched" in told.problems
        assert "The server says: damaged." in told.problems
        place.oracle.safe("refused")
        assert len(server.letters) == len(refused)
        server.manners.answers.clear()
        assert place.collected_all("no longer refused").received == len(refused)
        assert not server.letters


@case("R5", "all are refused, or DELE is: nothing is lost, and nothing is fetched again")
def all_refused(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(1, 6)])
    with before(bench, server, leave="no") as place:
        server.manners.answers[b"RETR"] = b"-ERR no\r\n"
        assert "could not be fetched" in place.collect().problems
        server.manners.answers = {b"DELE": b"-ERR read only\r\n"}
        told = place.collect()
        assert (told.received, told.receipt["deleted_on_server"]) == (5, 0)
        assert "did not delete" in told.problems
        place.oracle.complete("not deleted")
        server.manners.answers = {b"QUIT": b"-ERR some were not deleted\r\n"}
        assert place.collect().receipt["deleted_on_server"] == 0
        server.manners.answers.clear()
        told = place.collected_all("deleted in the end")
        assert (told.received, told.receipt["deleted_on_server"]) == (0, 5)


REFUSALS = (
    (b"-ERR [AUTH] wrong\r\n", "user name and password"),
    (b"-ERR wrong password\r\n", "user name and password"),
    (b"-ERR [IN-USE] another session\r\n", "in use"),
    (b"-ERR [LOGIN-DELAY] minimum 300 seconds\r\n", "come back later"),
    (b"-ERR [SYS/TEMP] some trouble\r\n", "come back later"),
    (b"-ERR [SYS/PERM] account disabled\r\n", "provider"),
    (b"-ERR \x1b[31m\x00\xff " + b"long " * 380 + b"\r\n", "user name and password"),
)


@case("R6", "a refused log-in is told by its reason, is tried once, and loses nothing")
def refused_and_then_not(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(3)])
    with before(bench, server, leave="no") as place:
        for at, (reply, words) in enumerate(REFUSALS, 1):
            server.manners.answers[bench.chance.choice((b"USER", b"PASS"))] = reply
            told = place.collect()
            assert told.status == 1
            assert words in told.problems, f"{reply!r}: {told.problems}"
            assert len(server.sessions) == at, f"{reply!r}: it was tried again at once"
            assert len(told.problems) < 600
            server.manners.answers.clear()
        place.collected_all("not refused any more")


@case("R6", "a greeting that sends away is told, and tried once")
def sent_away(bench: Bench) -> None:
    server = mailbox([letter(1)])
    with before(bench, server) as place:
        for greeting in (
            b"-ERR too many\r\n",
            b"-ERR [SYS/TEMP] later\r\n",
            b"421 no\r\n",
            b"\r\n",
        ):
            server.manners.greeting = greeting
            told = place.collect()
            assert told.status == 1
        assert len(server.sessions) == 4
        server.manners.greeting = b"+OK\r\n"
        place.collected_all("let in")


STUCK = (
    (b"CAPA", drip(b"X")),
    (b"CAPA", drip(b"MORE\r\n")),
    (b"LIST", say_nothing),
    (b"LIST", drip(b"1")),
    (b"UIDL", drip(b"\r\n")),
    (b"RETR 1", say_nothing),
    (b"RETR 2", drip(b"x")),
    (b"RETR 3", drip(b"y\r\n")),
    (b"PASS", drip(b"z")),
    (b"QUIT", say_nothing),
)


@case("R18", "a server that falls silent or drips without end is given up, and the rest is kept")
def stuck_servers(bench: Bench) -> None:
    stuck = bench.chance.sample(STUCK, min(len(STUCK), 3 + bench.cycles))
    server = mailbox([letter(number) for number in range(1, 5)])
    with before(bench, server, leave="no", hurried=True) as place:
        for command, then in stuck:
            server.manners = Manners(answers={command: b"+OK\r\n"}, after={command: then})
            began = time.monotonic()
            place.collect()
            assert time.monotonic() - began < PATIENT or not bench.by_the_clock, command
            place.oracle.safe(f"{command!r}")
            if not server.letters:
                server.letters = [
                    Letter(b"again", place.oracle.put(letter(100 + len(server.sessions))))
                ]
        server.manners = Manners()
        place.collected_all("not stuck any more")


@case("R18", "a line, a listing and a head without an end are cut off before they fill the memory")
def answers_without_end(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(1, 4)])
    large = b"x" * (1 << 20)
    endless = {
        b"CAPA": drip(b"MORE\r\n" * 10_000, 0),
        b"LIST": drip(large, 0),
        b"UIDL": drip(b"not a line of a listing\r\n" * 40_000, 0),
        b"RETR 1": drip(large, 0),
    }
    with before(bench, server, hurried=True) as place:
        for command, then in endless.items():
            server.manners = Manners(answers={command: b"+OK"}, after={command: then})
            assert place.collect().status == 1, command
        for greeting in (b"+OK " + large * 12, b"+OK\r\n" * 100_000, b"\r\n" * 100_000):
            server.manners = Manners(greeting=greeting, after={b"CAPA": cut})
            place.collect()
        server.manners = Manners()
        place.collected_all("it ends")


@case(
    "R18", "a byte a second, late answers, a hole in the way to Dovecot: given up, and it goes on"
)
def slow_ways(bench: Bench) -> None:
    slow = [
        (to_client(0, Trickle(5)),),
        (to_client(bench.chance.randrange(3000), Trickle(20)),),
        (to_server(0, Trickle(2)),),
        (to_client(bench.chance.randrange(3000), Stall()),),
        (to_server(bench.chance.randrange(200), Stall()),),
        BLACK_HOLE,
        (to_client(0, Late(0.05)), to_server(0, Late(0.05))),
    ]
    security = bench.chance.choice(tuple(Security))
    with before_dovecot(bench, leave="no", security=security, hurried=True) as place:
        for number in range(8):
            deliver(bench, place, letter(number))
        for faults in bench.chance.sample(slow, min(len(slow), 2 + bench.cycles)):
            began = time.monotonic()
            place.collect(*faults)
            assert time.monotonic() - began < PATIENT or not bench.by_the_clock, str(faults)
            place.oracle.safe(str(faults))
        place.collected_all("a fast way again")


@case("R18", "bytes are turned or put in on the way under TLS: it ends, and nothing false comes in")
def bytes_turned_under_tls(bench: Bench) -> None:
    with before_dovecot(bench, leave="no", security=Security.TLS) as place:
        for number in range(6):
            deliver(bench, place, letter(number, 800))
        for _ in range(3 * bench.cycles):
            at = bench.chance.randrange(8000)
            deed = bench.chance.choice((Flip(bench.chance.randrange(8)), Change(insert=b"\0" * 9)))
            told = place.collect(bench.chance.choice((to_client, to_server))(at, deed))
            where = f"{deed} at {at}"
            assert told.status == 0 or told.problems, where
            place.oracle.safe(where)
        place.collected_all("nothing is turned")


@case("R18", "answers that nobody asked for: the session ends, and nothing is taken for a message")
def answers_unasked(bench: Bench) -> None:
    with before_dovecot(bench, leave="no") as place:
        for number in range(6):
            deliver(bench, place, letter(number))
        for extra in (
            b"+OK\r\n",
            b"-ERR no\r\n",
            b"+OK\r\nFrom: eve\r\n\r\nfalse\r\n.\r\n",
            b"\r\n",
        ):
            after = After(bench.chance.choice((rb"\r\n\.\r\n", rb"\+OK Logged in\.\r\n")), 1)
            place.collect(to_client(after, Change(insert=extra)))
            place.oracle.safe(f"{extra!r} {after}")
        place.collected_all("nothing is slipped in")


@case("R18", "the way to Dovecot stalls at any byte: a while is waited for, an end is given up")
def stalls_at_any_byte(bench: Bench) -> None:
    with before_dovecot(bench, leave="no", hurried=True) as place:
        for cycle in range(2 * bench.cycles):
            for number in range(6):
                deliver(bench, place, letter(cycle * 10 + number, bench.chance.choice((0, 4000))))
            at = bench.chance.randrange(100, 6000)
            place.collected_all(f"a pause at {at}", to_client(at, Pause(0.5)))
            for number in range(6, 9):
                deliver(bench, place, letter(cycle * 10 + number))
            place.collect(bench.chance.choice((to_client, to_server))(at % 900, Stall()))
            place.oracle.safe(f"a stall at {at % 900}")
            place.collected_all("a way without stalls")
            bench.tries["stalls"] += 2
