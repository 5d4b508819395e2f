"""M9: reports and receipts that are forged, that loop, or that ask for something, in great number.

Afterwards no message counts as undelivered that did not fail, nothing has gone out, and all of what
came is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.faults import disk_people as people
from tests.faults.registry import Bench, case
from tests.unit.message import reports

FORGERS = 12


def forged(bench: Bench, real: str) -> Iterator[bytes]:
    """Reports about what was never sent, or not to them; some know a Message-ID of ours."""
    made = (
        reports.POSTFIX_UNKNOWN,
        reports.EXCHANGE,
        reports.EXIM,
        reports.NO_ACTION,
        reports.DELIVERED,
        reports.POSTFIX_DELAYED,
    )
    for number in range(FORGERS * bench.cycles):
        status = bench.chance.choice(made).replace("bob@", f"victim{number}@")
        named = bench.chance.choice((real, f"<{bench.chance.randrange(1 << 128):032x}@x>"))
        raw = reports.report(status, returned=reports.RETURNED.replace(reports.SENT, named))
        yield bench.chance.choice((raw, raw.replace(b"Mail Delivery System", b"PayPal")))
    yield reports.receipt(named=f"<{bench.chance.randrange(1 << 128):032x}@x>")
    yield reports.QMAIL.replace(b"0123", b"9999")


def asking(number: int) -> bytes:
    """A message that wants a receipt; every third is a receipt itself, or a list's."""
    more = ("", "List-Id: <x.example.org>\n", "Auto-Submitted: auto-replied\n")[number % 3]
    return (
        f"{more}From: carol@example.org\nTo: bob@example.org\nSubject: Asking {number}\n"
        "Disposition-Notification-To: carol@example.org\n"
        f"Message-ID: <asking.{number}@example.org>\n\nHello!\n"
    ).encode()


@case(
    "M9", "forged and looping reports, and wishes to be told: nothing is marked, nothing goes out"
)
def what_others_say_came_back(bench: Bench) -> None:
    with people.person(bench) as bob:
        sent = bob.json(
            "send", "--to", "carol@example.org", "--subject", "Real", "--body-file", "-",
            stdin="Hello!\n",
        )  # fmt: skip
        before = len(bench.servers.mailbox("carol"))
        came = [*forged(bench, sent["message_id"]), *map(asking, range(3 * bench.cycles))]
        bench.chance.shuffle(came)
        for raw in came:
            bench.servers.deliver("bob", raw)
        assert bob.json("receive")["accounts"][0]["received"] == len(came)
        assert bob.json("search", "is:undelivered")["count"] == 0
        copy = bob.json("list", "--folder", "sent")["messages"][0]["id"]
        assert bob.json("show", str(copy))["outcomes"] == []
        asked = 0
        for one in bob.json("list", "--folder", "inbox", "--limit", "1000")["messages"]:
            shown = json.loads(bob.ok("show", str(one["id"]), "--json"))
            assert shown["report"] is None or shown["report"]["standing"] != "own"
            asked += shown["receipt"] is not None
        assert asked == bench.cycles
        assert len(bench.servers.mailbox("carol")) == before
