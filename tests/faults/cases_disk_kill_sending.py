"""D1: kill -9 at any time while it sends. The mailbox that the mail arrives in is the judge."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from email import message_from_bytes

from tests.faults import disk_people as people
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

EACH = 4
VISIBLE = {"queued", "deferred", "uncertain", "failed"}


@case("D1", "killed at any time while it sends: nothing arrives twice, nothing is gone unseen")
def killed_while_sending(bench: Bench) -> None:
    with people.person(bench, "--no-test", name="alice") as alice:
        written: set[str] = set()
        for cycle in range(bench.cycles * 3):
            for number in range(EACH):
                subject = f"once {cycle}-{number}"
                alice.ok(
                    *("--offline", "send", "--to", f"carol@{bench.servers.domain}", "--queue-only"),
                    *("--subject", subject, "--encrypt", "no"),
                )
                written.add(subject)
            process = subprocess.Popen(
                alice.command("outbox", "send"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            threading.Event().wait(0.5 + bench.chance.random())
            process.kill()
            process.wait()
            bench.tries["kills"] += 1
            _all_accounted_for(alice, written, f"cycle {cycle}")
        alice.run("outbox", "send")
        waiting = _all_accounted_for(alice, written, "the end")
        assert set(waiting.values()) <= {"uncertain"}


def _all_accounted_for(alice: Person, written: set[str], where: str) -> dict[str, str]:
    """Each message is in Sent or visible in the outbox; what is left there, by its subject."""
    waiting = {one["subject"]: one["state"] for one in alice.json("outbox")["items"]}
    sent = alice.json("list", "--folder", "sent", "--limit", "1000")["messages"]
    here = Counter(row["subject"] for row in sent)
    assert set(waiting.values()) <= VISIBLE, where
    assert written == set(waiting) | set(here), where
    assert max(here.values(), default=1) == 1, where
    arrived = _arrived(alice, set(here), where)
    for subject, count in arrived.items():
        assert count == 1, f"{where}: {subject} arrived {count} times"
        assert subject in here or waiting[subject] == "uncertain", f"{where}: {subject}"
    return waiting


def _arrived(alice: Person, sent: set[str], where: str) -> Counter[str]:
    """What lies in the mailbox, once the server has delivered what it has taken."""
    pause = threading.Event()
    for _ in range(100):
        raw = alice.servers.mailbox("carol")
        found = Counter(str(message_from_bytes(one)["Subject"]) for one in raw)
        if sent <= set(found):
            return found
        pause.wait(0.05)
    raise AssertionError(f"{where}: {sent - set(found)} are called sent and have not arrived")
