"""C1: the computer's clock jumps. Nothing is deleted, sent twice or forgotten because of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from mailclient.app import App, open_profile
from mailclient.services.jobs import Job
from mailclient.services.waiting import Question, question
from tests.faults import disk_people as people
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person

LETTERS = 8
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
JUMPS = (
    datetime(2099, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC),
    START + timedelta(days=1),
    START - timedelta(days=1),
)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@contextmanager
def running(bob: Person, clock: Clock) -> Iterator[App]:
    app = open_profile(
        people.profile_of(bob),
        passphrase=people.passphrase_of(bob),
        gnupg_home=bob.gnupg,
        clock=clock,
    )
    try:
        yield app
    finally:
        app.close()


def collect(app: App) -> None:
    for account in app.accounts.list():
        app.receive.collect(account, Job(0), stored=lambda: None)


@case("C1", "a jump of the clock deletes nothing on the server, and nothing comes twice")
def clock_jumps_while_receiving(bench: Bench) -> None:
    clock = Clock()
    with people.person(bench, "--leave-on-server", "14") as bob:
        sent = set()
        for number in range(LETTERS):
            raw = people.letter(number)
            bench.servers.deliver("bob", raw)
            sent.add(people.digest(raw))
        with running(bob, clock) as app:
            collect(app)
            for jump in bench.chance.sample(JUMPS, len(JUMPS)):
                clock.time = jump
                collect(app)
                assert len(people.on_server(bob)) == LETTERS, jump
                clock.time = START + timedelta(hours=1)
                collect(app)
                assert len(people.on_server(bob)) == LETTERS, f"back from {jump}"
        with people.opened(bob) as store:
            found = people.stored(store)
        assert set(found) == sent
        assert max(found.values()) == 1


@case("C1", "a clock set by weeks, but less than is suspicious, deletes nothing on the server")
def clock_set_by_weeks(bench: Bench) -> None:
    clock = Clock()
    clock.time = datetime.now(UTC)
    with people.person(bench, "--leave-on-server", "14") as bob:
        for number in range(LETTERS):
            bench.servers.deliver("bob", people.letter(number))
        with running(bob, clock) as app:
            collect(app)
            for _ in range(3):
                clock.time += timedelta(days=bench.chance.randint(15, 50))
                collect(app)
                assert len(people.on_server(bob)) == LETTERS
        with running(bob, clock) as app:  # the doubt outlives the program
            collect(app)
            assert len(people.on_server(bob)) == LETTERS


@case("C1", "a jump of the clock sends no planned message before its time, and asks about it")
def clock_jumps_before_planned_mail(bench: Bench) -> None:
    clock = Clock()
    with people.person(bench, "--no-test") as bob:
        bob.ok(
            *("--offline", "send", "--to", f"carol@{bench.servers.domain}", "--encrypt", "no"),
            *("--subject", "at its time", "--later", "+3d"),
        )
        for jump in (datetime.now(UTC) + timedelta(days=3, hours=1), *JUMPS):
            clock.time = jump
            with running(bob, clock) as app:
                for account in app.accounts.list():
                    app.send.flush(account, Job(0))
                [item] = app.send.unsent()
            asked = question(item, clock.time)
            assert (asked is Question.NONE) == (clock.time < item.later), jump
        assert bench.servers.mailbox("carol") == []
        [item] = bob.json("outbox")["items"]  # by the real clock again: no question is left
        assert (item["state"], item["question"]) == ("queued", "")


@case("C1", "a jump of the clock sends nothing twice and keeps nothing back for good")
def clock_jumps_while_sending(bench: Bench) -> None:
    clock = Clock()
    with people.person(bench, "--no-test") as bob:
        for number in range(3):
            bob.ok(
                *("--offline", "send", "--to", f"carol@{bench.servers.domain}"),
                *("--subject", f"once {number}", "--encrypt", "no", "--queue-only"),
            )
        jumps = [datetime.now(UTC), *JUMPS]
        with running(bob, clock) as app:
            for jump in (*bench.chance.sample(jumps, len(jumps)), datetime.now(UTC)):
                clock.time = jump
                for account in app.accounts.list():
                    app.send.flush(account, Job(0))
        assert bob.json("outbox")["items"] == []
        subjects = [row["subject"] for row in bob.json("list", "--folder", "sent")["messages"]]
        assert sorted(subjects) == ["once 0", "once 1", "once 2"]
