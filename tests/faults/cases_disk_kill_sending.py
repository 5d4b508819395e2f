"""D1: kill -9 at any time while it sends. The mailboxes that the mail arrives in are the judge."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter

from mailclient.store.folders import Role
from mailclient.store.outbox import OutState
from tests.faults import disk_people as people
from tests.faults.mailboxes import arrived
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

TO = ("bob", "carol")
POINTS = (
    *("before_queue", "after_queue", "connect", "mail", "rcpt", "data", "dot_pending", "done"),
    *("after_250", "written_down", "after_sent_mark"),
)
KILLS = 4  # in one cycle


@case("D1", "killed at any time while it sends: nothing arrives twice, nothing is gone unseen")
def killed_while_sending(bench: Bench) -> None:
    with people.person(bench, "--no-test", name="alice") as alice:
        written: set[str] = set()
        settled: set[str] = set()
        for kill in range(bench.cycles * KILLS):
            where = f"kill {kill}"
            drafted, queued = _killed(bench, alice, kill * 10_000, where)
            written |= queued
            drafts, states = _states(alice, settled)
            assert written <= states.keys() | settled, f"{where}: gone without a word"
            assert drafted <= drafts.keys() | states.keys(), f"{where}: a draft is gone"
            assert not drafts.keys() & (states.keys() | settled), f"{where}: a draft is still there"
            assert max(drafts.values(), default=1) == 1, f"{where}: a draft is there twice"
            _each_once(bench, states, where)
            settled |= {one for one, its in states.items() if set(its.values()) == {OutState.SENT}}
        alice.ok("outbox", "send")
        _, states = _states(alice, settled)
        _each_once(bench, states, "the end")
        left = {state for its in states.values() for state in its.values()}
        assert left <= {OutState.SENT, OutState.UNCERTAIN}
        uncertain = sum(OutState.UNCERTAIN in its.values() for its in states.values())
        bench.tries.update(kills=bench.cycles * KILLS, messages=len(written), uncertain=uncertain)


def _killed(bench: Bench, alice: Person, number: int, where: str) -> tuple[set[str], set[str]]:
    """Let her write and send until she is killed; returns what she has kept as a draft, and what of
    it she has put into the queue."""
    chance, log = bench.chance, alice.home / "said"
    environment = dict(os.environ)
    if chance.random() < 0.5:
        environment["MAILCLIENT_CRASH_AT"] = f"{chance.choice(POINTS)}:{chance.randint(1, 6)}"
    with log.open("w") as said, (alice.home / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.faults.send_worker"),
                *(str(people.profile_of(alice).folder), people.passphrase_of(alice)),
                *(str(alice.gnupg), alice.address, str(chance.random()), str(number)),
                *(f"{one}@{bench.servers.domain}" for one in TO),
            ],
            stdout=said,
            stderr=errors,
            env=environment,
        )
        pause = threading.Event()
        while process.poll() is None and not log.read_text().startswith("ready"):
            pause.wait(0.01)
        pause.wait(chance.choice((0.05, 0.3, 1.0)) * chance.random())
        if "MAILCLIENT_CRASH_AT" not in environment:
            process.kill()
        process.wait()
        assert process.returncode == -9, f"{where}: {(alice.home / 'errors').read_text()}"
    assert "Traceback" not in (alice.home / "errors").read_text(), where
    lines = log.read_text().split("\n")
    drafted, queued = ({line[2:] for line in lines if line.startswith(sign)} for sign in "-+")
    return drafted, queued


def _states(
    alice: Person, settled: set[str]
) -> tuple[Counter[str], dict[str, dict[str, OutState]]]:
    """The drafts, and how each recipient of each message stands, after the program has come up
    again."""
    with people.opened(alice) as store:
        store.outbox.steps.recover(people.now())
        folders = [one.id for one in store.folders.all() if one.role is Role.DRAFTS]
        drafts = Counter(row.subject for row in store.messages.page(store.messages.ids_in(folders)))
        return drafts, {
            item.subject: {one.address.partition("@")[0]: one.state for one in item.recipients}
            for item in store.outbox.all()
            if item.subject not in settled
        }


def _each_once(bench: Bench, states: dict[str, dict[str, OutState]], where: str) -> None:
    """Nobody has two copies; who is called served has one, who is said to wait has none."""
    called = {
        (subject, name)
        for subject, its in states.items()
        for name, state in its.items()
        if state is OutState.SENT
    }
    copies = arrived(bench, TO, called, where)
    for (subject, name), found in copies.items():
        assert found == 1, f"{where}: {name} got {subject} {found} times"
        state = states.get(subject, {}).get(name, OutState.SENT)
        assert state in (OutState.SENT, OutState.UNCERTAIN), f"{where}: {subject} {name} {state}"
