"""When mail is collected by itself: intervals, growing pauses, waking up, another network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from mailclient.account import Account, Identity, Server
from mailclient.errors import (
    Cancelled,
    LoginRefused,
    MailboxBusy,
    MailError,
    StoreDamaged,
    Unreachable,
)
from mailclient.paths import Profile
from mailclient.services.accounts import Accounts
from mailclient.services.events import AccountsChanged, CollectionEnded, Events
from mailclient.services.jobs import Jobs
from mailclient.services.receive import Receive
from mailclient.services.schedule import (
    MINUTE,
    Doing,
    Outlook,
    Schedule,
    Standing,
    after,
    pause,
)
from mailclient.services.signin import SignIn
from mailclient.settings import RECEIVE_AT_START, RECEIVE_MINUTES
from mailclient.store import Store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AWAY = Unreachable("There is no server.", "Try again.")
REFUSED = LoginRefused("Not this password.", "Type it again.")


class World:
    """A schedule with a clock and a network that the test turns; what it starts is counted."""

    def __init__(self, store: Store) -> None:
        self.now = 1000.0
        self.network = "home"
        self.slept = 0.0
        self.broken_off: list[int] = []
        self.started: list[str] = []
        self.events = Events()
        signin = SignIn(store, Path(), lambda: NOW, offline=False)
        self.accounts = Accounts(store, self.events, signin, offline=False)
        self.settings = store.settings
        self.account = store.accounts.add(
            Account((Identity("ann@example.org"),), Server("pop.example.org", 995))
        )
        self.schedule = Schedule(
            self.accounts,
            store.settings,
            cast(Receive, self),
            self.events,
            Jobs(self.events),
            clock=lambda: self.now,
            network=lambda: self.network,
            slept=lambda: self.slept,
        )

    def start(self, account: Account) -> None:
        """In place of Receive: a collection begins."""
        self.started.append(account.address)

    def break_off(self, account_id: int) -> None:
        """In place of Receive: a collection is to end."""
        self.broken_off.append(account_id)
        self.end(Cancelled("Stopped."))

    def end(self, problem: MailError | None = None) -> None:
        self.events.publish(CollectionEnded(self.account.id, (), problem))

    def later(self, minutes: float) -> int:
        """Let time pass; how many collections have begun then."""
        self.now += minutes * MINUTE
        self.started.clear()
        self.schedule.tick()
        return len(self.started)


@pytest.fixture
def world(tmp_path: Path) -> World:
    profile = Profile(tmp_path / "profile")
    profile.create()
    store = Store.open(profile, passphrase="a passphrase", keyring=None, clock=lambda: NOW)
    store.settings.set(RECEIVE_MINUTES, 10)
    return World(store)


def test_mail_is_collected_at_the_start_and_then_at_each_interval(world: World) -> None:
    assert world.later(0) == 1
    assert world.later(99) == 0  # the first one has not ended
    world.end()
    assert world.later(9) == 0
    assert world.later(1.1) == 1


def test_an_account_has_its_own_interval(world: World) -> None:
    world.accounts.change(replace(world.account, minutes=2))
    world.later(0)
    world.end()
    assert world.later(2.1) == 1
    world.end()
    world.accounts.change(replace(world.account, minutes=0))
    assert world.later(9999) == 0


def test_an_account_that_pauses_is_left_alone(world: World) -> None:
    world.accounts.change(replace(world.account, paused=True))
    assert world.later(0) == 0


def test_nothing_is_collected_at_the_start_where_that_is_not_wanted(world: World) -> None:
    world.settings.set(RECEIVE_AT_START, False)
    world.schedule._jobs.close()  # its thread is not wanted here
    with pytest.raises(MailError):
        world.schedule.start()
    assert world.later(0) == 0
    assert world.later(10.1) == 1


def test_a_fault_of_the_store_does_not_end_all_collecting(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> tuple[Account, ...]:
        raise StoreDamaged("The disk failed while the store was used.")

    with monkeypatch.context() as patched:
        patched.setattr(world.accounts, "list", failing)
        world.schedule._look()
    assert world.started == []
    assert "The disk failed" in caplog.text
    world.schedule._look()
    assert len(world.started) == 1


def test_the_pauses_after_faults_grow_up_to_an_hour() -> None:
    standing, pauses = Standing(), []
    for _ in range(8):
        standing = after(standing, MailboxBusy("In use."), 0.0)
        pauses.append((pause(standing, 10) or 0) / MINUTE)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause(after(standing, None, 0.0), 10) == 10 * MINUTE


def test_a_refused_password_is_not_tried_again_before_the_user_has_done_something(
    world: World,
) -> None:
    world.later(0)
    world.end(REFUSED)
    assert world.later(9999) == 0
    world.events.publish(AccountsChanged())
    assert world.later(0) == 1


def test_whoever_could_not_be_reached_is_tried_at_once_over_another_network(world: World) -> None:
    world.later(0)
    for _ in range(6):
        world.end(AWAY)
    assert world.later(5) == 0
    world.network = ""
    assert world.later(0.1) == 0
    world.network = "train"
    assert world.later(0.1) == 1


def test_what_sleeps_through_its_time_is_collected_on_waking(world: World) -> None:
    world.later(0)
    world.end()
    assert world.later(8 * 60) == 1


def test_the_user_starts_what_waits_but_never_twice(world: World) -> None:
    world.later(0)
    world.end(REFUSED)
    world.started.clear()
    world.schedule.collect_all()
    world.schedule.collect_all()
    assert world.started == ["ann@example.org"]


def test_what_the_user_has_stopped_is_not_begun_again_before_its_time(world: World) -> None:
    world.later(0)
    world.end(Cancelled("Stopped."))
    assert world.later(9) == 0
    assert world.later(1.1) == 1


def test_on_waking_a_collection_that_hangs_is_begun_again_at_once(world: World) -> None:
    world.later(0)
    world.slept += 600
    assert world.later(10) == 1
    assert world.broken_off == [world.account.id]
    world.slept += 1  # a moment is no sleep
    world.later(0.1)
    assert world.broken_off == [world.account.id]


def test_on_waking_whoever_could_not_be_reached_is_tried_at_once(world: World) -> None:
    world.later(0)
    for _ in range(6):
        world.end(AWAY)
    world.slept += 600
    assert world.later(0.1) == 1


def test_over_another_network_a_collection_is_begun_again(world: World) -> None:
    world.later(0)
    world.network = "train"
    assert world.later(0.1) == 1
    assert world.broken_off == [world.account.id]


def test_the_outlook_says_what_went_wrong_and_when_the_next_try_is(world: World) -> None:
    outlook = world.schedule.outlook
    assert outlook(world.account) == Outlook(seconds=0.0)
    world.later(0)
    assert outlook(world.account).doing is Doing.COLLECTING
    world.end(AWAY)
    world.now += 20
    assert outlook(world.account) == Outlook(problem=AWAY, seconds=40.0)
    world.end(REFUSED)
    assert outlook(world.account) == Outlook(problem=REFUSED)
    assert outlook(replace(world.account, paused=True)) == Outlook(Doing.PAUSED)
    world.end()
    assert outlook(world.account) == Outlook(seconds=600.0)
    assert outlook(replace(world.account, minutes=0)) == Outlook()
