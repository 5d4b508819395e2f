"""What lies in the mailboxes that mail arrives in: the judge of everything that is sent."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Set as AbstractSet
from email import message_from_bytes

from tests.faults.registry import Bench

Copies = Counter[tuple[str, str]]  # how often a subject lies in whose mailbox


def arrived(
    bench: Bench, names: tuple[str, ...], called: AbstractSet[tuple[str, str]], where: str
) -> Copies:
    """What these people have, once the server has delivered what it has taken; `called` is who is
    said to have got what."""
    pause = threading.Event()
    for _ in range(200):
        found: Copies = Counter()
        for name in names:
            for raw in mailbox(bench, name):
                found[str(message_from_bytes(raw)["Subject"]), name] += 1
        if called <= found.keys():
            return found
        pause.wait(0.05)
    raise AssertionError(f"{where}: {called - found.keys()} are called sent and have not arrived")


def mailbox(bench: Bench, name: str) -> list[bytes]:
    """The messages in somebody's mailbox."""
    while True:
        try:
            return bench.servers.mailbox(name)
        except FileNotFoundError:  # it is being delivered
            continue
