"""R21: while a session lasts the mailbox changes: mail arrives, another client deletes there."""

from __future__ import annotations

import poplib
from collections.abc import Callable

from mailclient.account import Security
from tests.faults.network_people import Place, before_dovecot, deliver
from tests.faults.oracle import digest, letter
from tests.faults.proxy import After, Cut, Meanwhile, to_client, to_server
from tests.faults.registry import Bench, case

LETTERS = 12


def deletes_elsewhere(bench: Bench, place: Place, wanted: list[int]) -> Callable[[], None]:
    """Another client, at the same Dovecot at the same time, deletes these and is confirmed."""

    def act() -> None:
        other = poplib.POP3("localhost", bench.servers.pop3.pop3)
        other.user(place.bob.address)
        other.pass_(bench.servers.password("bob"))
        count = len(other.list()[1])
        for number in wanted:
            if number <= count:
                raw = b"\r\n".join(other.retr(number)[1]) + b"\r\n"
                place.oracle.gone.add(digest(raw))
                other.dele(number)
        other.quit()

    return act


def arrives(bench: Bench, place: Place, first: int, count: int) -> Callable[[], None]:
    """New mail comes in."""

    def act() -> None:
        for number in range(first, first + count):
            deliver(bench, place, letter(number, bench.chance.choice((0, 300, 4000))))

    return act


@case("R21", "while a session lasts mail arrives and another client deletes at the same Dovecot")
def mailbox_changes_in_a_session(bench: Bench) -> None:
    for cycle in range(bench.cycles):
        leave = bench.chance.choice(("yes", "no"))
        security = bench.chance.choice((Security.NONE, Security.STARTTLS))
        with before_dovecot(bench, leave=leave, security=security) as place:
            arrives(bench, place, 0, LETTERS)()
            wanted = bench.chance.sample(range(1, LETTERS + 1), 4)
            deletes, comes = deletes_elsewhere(bench, place, wanted), arrives(bench, place, 50, 5)
            words = rb"\+OK Logged in" if security is Security.NONE else rb"\+OK Begin TLS"
            moments = [After(words)]
            if security is Security.NONE:
                moments += [
                    After(rb"\r\n\.\r\n", bench.chance.randrange(1, 4)),
                    After(rb"octets\r\n", bench.chance.randrange(1, 8)),
                ]
            order = bench.chance.sample((deletes, comes), 2)
            faults = [to_client(bench.chance.choice(moments), Meanwhile(act)) for act in order]
            told = place.collect(*faults)
            assert told.status == 0 or told.problems, cycle
            all_or_late = place.oracle.safe(f"cycle {cycle}")
            assert max(all_or_late.values()) == 1
            place.proxy.play()
            last = place.collect()
            assert last.status == 0, last.problems
            place.oracle.complete(f"cycle {cycle}, {leave}")
            assert leave == "yes" or bench.servers.mailbox("bob") == []
        bench.tries["changed sessions"] += 1


@case("R21", "DELE is lost, then another client deletes and mail arrives: no number is used again")
def numbers_shift_between_sessions(bench: Bench) -> None:
    for cycle in range(bench.cycles):
        with before_dovecot(bench, leave="no") as place:
            arrives(bench, place, 0, LETTERS)()
            asked = bench.chance.randrange(1, LETTERS)
            place.collect(to_server(After(rb"DELE \d+\r\n", asked), Cut(reset=True)))
            assert len(bench.servers.mailbox("bob")) == LETTERS
            shifted = bench.chance.randrange(1, LETTERS)
            deletes_elsewhere(bench, place, list(range(1, shifted + 1)))()
            arrives(bench, place, 100, 6)()
            told = place.collected_all(f"cycle {cycle}")
            assert told.received == 6
            assert told.receipt["deleted_on_server"] == LETTERS - shifted + 6
            assert bench.servers.mailbox("bob") == []


@case("R21", "another client empties the mailbox in the middle of a session: told, nothing doubled")
def emptied_in_a_session(bench: Bench) -> None:
    with before_dovecot(bench, leave="no") as place:
        arrives(bench, place, 0, LETTERS)()
        everything = deletes_elsewhere(bench, place, list(range(1, LETTERS + 1)))
        place.collect(to_client(After(rb"\r\n\.\r\n", 2), Meanwhile(everything)))
        place.oracle.complete("emptied")
        arrives(bench, place, 100, 3)()
        last = place.collect()
        assert (last.status, last.received) == (0, 3), last.problems
        place.oracle.complete("at last")
