"""R19: 200,000 messages lie on the server, and a few of them are new."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from mailclient.store.ledger import Entry, EntryState
from tests.faults import disk_people as people
from tests.faults.cases_pop3_bytes import memory_taken
from tests.faults.network_people import Place, before, scheduled
from tests.faults.oracle import letter
from tests.faults.registry import Bench, case
from tests.faults.server import Large, Letter, Pop3
from tests.scenarios.people import Person

MANY = 200_000
FEWER = 40_000  # in the short form
NEW = 60
PAGE = 50
MOST_EACH = 1000  # bytes of memory for each message that is only listed


def numbered(number: int) -> Letter:
    return Letter(b"uid-%08d" % number, letter(number))


def remember(bob: Person, server: Pop3, count: int) -> None:
    """The ledger of somebody who has seen the first `count` messages in earlier sessions."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with people.opened(bob) as store, store.database.write():
        [account] = store.accounts.all()
        for number in range(1, count + 1):
            one = server.letters[number - 1]
            entry = Entry(one.uid, len(one.raw), b"", EntryState.SEEN, None, now)
            store.ledger.record(account.id, entry)


def first_page(place: Place) -> float:
    """Seconds from the start of a program that is open until the first page can be seen."""
    with scheduled(place.bob) as lines:
        began = time.monotonic()
        come = 0
        while come < PAGE:
            line = next(lines)
            assert line.startswith("+"), line
            come += int(line[1:])
        seconds = time.monotonic() - began
        assert next(one for one in lines if not one.startswith("+")) == "collected"
    return seconds


@case("R19", "200,000 messages lie there and 60 are new: those come, in little memory")
def a_few_among_very_many(bench: Bench) -> None:
    with before(bench, Pop3()) as place:
        small = memory_taken(place, "receive")
    many = MANY if bench.cycles > 1 else FEWER
    server = Pop3(Large(many, numbered))
    with before(bench, server) as place:
        remember(place.bob, server, many - NEW)
        bench.figures[f"until the first page of new mail, of {many:,}"] = (
            f"{first_page(place):.1f} s"
        )
        for number in range(many - NEW + 1, many + 1):
            place.oracle.put(server.letters[number - 1].raw)
        assert place.oracle.here() == place.oracle.sent
        large = memory_taken(place, "receive")
        bench.figures[f"memory for {many:,} names"] = f"{(large - small) >> 20} MB"
        assert large - small < many * MOST_EACH, f"{(large - small) >> 20} MB"
