"""When mail is sent by itself: when it is due, over another network, after the user was there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from mailclient.account import Account, Identity
from mailclient.errors import StoreFull
from mailclient.paths import Profile
from mailclient.services.dispatch import LOOK, SOON, Dispatch
from mailclient.services.events import AccountsChanged, Events, OutboxChanged
from mailclient.services.jobs import Jobs
from mailclient.services.send import Send
from mailclient.services.timekeeping import Timekeeper
from mailclient.store import Store
from mailclient.store.outbox import NewCopy, NewOut


class World:
    def __init__(self, store: Store) -> None:
        self.outbox = store.outbox
        self.account = store.accounts.add(Account((Identity("ann@example.org"),)))
        self.events = Events()
        self.jobs = Jobs(self.events)
        self.time = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        self.network = "home"
        self.looked = 0
        self.dispatch = Dispatch(
            cast(Send, self),
            self.outbox,
            self.events,
            self.jobs,
            lambda: self.time,
            timekeeper=Timekeeper(
                store, self.events, lambda: self.time, lambda: self.time.timestamp()
            ),
            network=lambda: self.network,
        )
        self.dispatch.tick()
        self.looked = 0

    def start_due(self) -> None:
        """In place of Send."""
        self.looked += 1

    def queue(self, **span: float) -> int:
        return self.outbox.queue(
            NewOut(
                account_id=self.account.id,
                message_id="<1@example.org>",
                subject="",
                sender="ann@example.org",
                copies=(NewCopy(b"x", ("bob@example.org",)),),
                sent_copy=b"",
                encryption="none",
                signature="none",
                created=self.time,
                not_before=self.time + timedelta(**span),
            )
        )

    def due(self) -> list[int]:
        return [one.id for one in self.outbox.due(self.account.id, self.time)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    profile = Profile(tmp_path / "profile")
    profile.create()
    store = Store.open(profile, passphrase="x", keyring=None, clock=lambda: datetime.now(UTC))
    made = World(store)
    yield made
    made.jobs.close()
    store.close()


def test_it_rests_until_the_next_message_is_due_but_looks_at_the_network_meanwhile(
    world: World,
) -> None:
    assert world.dispatch.tick() == LOOK
    world.queue(seconds=3)
    assert world.dispatch.tick() == 3.0
    world.queue(hours=1)
    assert world.dispatch.tick() == 3.0
    world.time += timedelta(seconds=3)
    assert world.dispatch.tick() == SOON  # it is being sent
    assert world.looked == 4


def test_what_stays_due_because_the_store_takes_no_note_is_not_hammered_at(world: World) -> None:
    id = world.queue()
    assert [world.dispatch.tick() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    world.outbox.steps.pause(id, world.time + timedelta(hours=1))
    assert world.dispatch.tick() == LOOK
    world.time += timedelta(hours=1)
    assert world.dispatch.tick() == SOON


def test_over_another_network_what_reached_no_server_is_due_at_once(world: World) -> None:
    id = world.queue()
    world.outbox.steps.missed(id, world.time + timedelta(hours=1), "No network.")
    world.dispatch.tick()
    assert world.due() == []
    world.network = ""
    world.dispatch.tick()
    assert world.due() == []
    world.network = "train"
    world.dispatch.tick()
    assert world.due() == [id]


def test_what_a_server_has_put_off_waits_whatever_the_network(world: World) -> None:
    id = world.queue()
    world.outbox.steps.begin(id)
    world.outbox.steps.put_off(id, 0, world.time + timedelta(hours=1), "Busy.")
    world.network = "train"
    world.dispatch.tick()
    assert world.due() == []


def test_what_waits_for_the_user_is_due_once_an_account_was_changed(world: World) -> None:
    id = world.queue()
    world.outbox.steps.leave_to_user(id, "The password is refused.")
    world.dispatch.tick()
    assert world.due() == []
    world.events.publish(AccountsChanged())
    assert world.due() == []  # nothing is written in whoever's thread that is
    world.dispatch.tick()
    assert world.due() == [id]


def test_it_wakes_for_what_comes_into_the_queue_and_ends_with_the_program(world: World) -> None:
    world.dispatch.start()
    before = world.looked
    while world.looked == before:
        world.events.publish(OutboxChanged())
    world.jobs.close()
    ended = world.looked
    world.events.publish(OutboxChanged())
    assert world.looked == ended


def test_a_store_that_takes_no_note_for_a_while_does_not_end_sending(world: World) -> None:
    def full() -> None:
        world.looked += 1
        raise StoreFull("The disk is full.", "Make room.")

    world.start_due = full  # type: ignore[method-assign]
    world.dispatch.start()
    while world.looked < 3:
        world.events.publish(OutboxChanged())
    world.jobs.close()
