"""The clock is doubted when it jumps; believed again when that is taken back, or a day after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailclient.account import Account, Identity
from mailclient.paths import Profile
from mailclient.services.events import Event, Events, OutboxChanged
from mailclient.services.timekeeping import Timekeeper, boot, clock_doubted_since, jump, steady
from mailclient.services.waiting import Question, asked, goes_out, question
from mailclient.store import Store
from mailclient.store.outbox import NewCopy, NewOut, OutItem
from mailclient.store.timekeeping import Kept, Mark

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "doubtful"), [(0, False), (59, False), (61, True), (-1, True), (26500, True)]
)
def test_a_clock_that_has_jumped_is_noticed(days: int, doubtful: bool) -> None:
    now = NOW + timedelta(days=days)
    assert clock_doubted_since(NOW, None, now) == (now if doubtful else None)


def test_a_clock_is_believed_again_after_an_even_day() -> None:
    jump = NOW + timedelta(days=26500)
    assert clock_doubted_since(NOW, jump, jump + timedelta(hours=23)) == jump
    assert clock_doubted_since(NOW, jump, jump + timedelta(hours=25)) is None
    again = jump + timedelta(days=99)
    assert clock_doubted_since(NOW, jump, again) == again


def test_the_first_collection_doubts_no_clock() -> None:
    assert clock_doubted_since(None, None, NOW) is None


@pytest.mark.parametrize(
    ("passed", "steadily", "boots", "found"),
    [
        (HOUR, 3600, "aa", timedelta()),
        (HOUR, 3000, "aa", timedelta()),  # put right by ten minutes
        (3 * DAY, 60, "aa", 3 * DAY - timedelta(seconds=60)),
        (timedelta(), 8 * 3600, "aa", -8 * HOUR),
        (3 * DAY, 60, "ab", timedelta()),  # switched off in between: that may be so
        (-2 * DAY, 60, "ab", -2 * DAY),  # it cannot be earlier than it was
        (-2 * DAY, 60, "  ", -2 * DAY),
        (3 * DAY, 60, "  ", timedelta()),
    ],
)
def test_a_jump_is_told_from_time_that_has_passed(
    passed: timedelta, steadily: int, boots: str, found: timedelta
) -> None:
    before = Mark(NOW, 1000, boots[0].strip())
    assert jump(before, Mark(NOW + passed, 1000 + steadily, boots[1].strip())) == found


def test_this_computer_counts_on_and_knows_its_start() -> None:
    assert boot() == boot() != ""
    first = steady()
    assert steady() >= first


class World:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.account = store.accounts.add(Account((Identity("ann@example.org"),)))
        self.events = Events()
        self.told: list[Event] = []
        self.events.subscribe(self.told.append)
        self.time = NOW
        self.seconds = 1000.0
        self.open()

    def open(self) -> None:
        """The program is started."""
        self.keeper = Timekeeper(self.store, self.events, lambda: self.time, lambda: self.seconds)
        self.doubts = self.keeper.look()

    def passes(self, span: timedelta) -> None:
        """Time passes as it should."""
        self.time += span
        self.seconds += span.total_seconds()
        self.doubts = self.keeper.look()

    def is_set(self, span: timedelta) -> None:
        """Somebody sets the clock."""
        self.time += span
        self.doubts = self.keeper.look()

    def plan(self, ahead: timedelta) -> int:
        return self.store.outbox.queue(
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
                not_before=self.time,
                later=self.time + ahead,
            )
        )

    def item(self) -> OutItem:
        return self.store.outbox.all()[0]

    @property
    def stands(self) -> tuple[bool, Question]:
        """Whether it goes out by itself now, and what is asked about it."""
        due = self.store.outbox.due(self.account.id, self.time)
        assert due == self.store.outbox.due(self.account.id, None) or not due
        return bool(due), question(self.item(), self.time)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    profile = Profile(tmp_path / "profile")
    profile.create()
    made: list[World] = []
    store = Store.open(
        profile,
        passphrase="x",
        keyring=None,
        clock=lambda: made[0].time if made else NOW,
    )
    made.append(World(store))
    yield made[0]
    store.close()


WAITS, GOES = (False, Question.NONE), (True, Question.NONE)


def test_a_planned_message_goes_out_at_its_time_also_after_a_sleep(world: World) -> None:
    world.plan(2 * HOUR)
    assert world.stands == WAITS
    world.passes(3 * HOUR)
    assert world.stands == GOES
    assert not world.doubts


def test_a_clock_set_forward_asks_and_sends_nothing_early(world: World) -> None:
    world.plan(2 * DAY)
    world.is_set(3 * DAY)
    assert world.doubts
    assert world.stands == (False, Question.SET_FORWARD)
    words = asked(world.item(), world.time, lambda when: f"the {when.day}th")
    assert words == (
        "Is it time? The clock of this computer was set forward by 3 days since this message was "
        "planned. Unless you send it now, it goes out on the 28th."
    )
    assert OutboxChanged() in world.told
    world.passes(DAY)
    assert world.stands == (False, Question.SET_FORWARD)
    world.passes(DAY)  # two days since it was planned, whatever the clock says
    assert world.stands == GOES


def test_a_clock_that_is_put_right_again_leaves_no_question(world: World) -> None:
    world.plan(2 * DAY)
    world.is_set(400 * DAY)
    world.open()
    assert world.stands == (False, Question.SET_FORWARD)
    world.passes(HOUR)
    world.is_set(-400 * DAY)
    assert world.stands == WAITS
    assert world.item().ahead == timedelta()
    assert not world.doubts
    world.passes(2 * DAY)
    assert world.stands == GOES


def test_a_clock_set_back_asks_when_it_would_have_been_time(world: World) -> None:
    world.plan(2 * HOUR)
    world.is_set(-5 * DAY)
    assert world.doubts
    assert world.stands == WAITS
    world.passes(2 * HOUR)
    assert world.stands == (False, Question.SET_BACK)
    assert "was set back by 5 days" in asked(world.item(), world.time, str)
    world.passes(5 * DAY)
    assert world.stands == GOES


def test_what_is_planned_after_a_jump_goes_by_the_clock_as_it_is(world: World) -> None:
    world.is_set(3 * DAY)
    id = world.plan(HOUR)
    world.passes(HOUR)
    assert world.stands == GOES
    world.is_set(3 * DAY)
    world.store.outbox.postpone(id, world.time + HOUR)
    world.passes(HOUR)
    assert world.stands == GOES


def test_what_is_late_by_more_than_a_day_is_asked_about(world: World) -> None:
    id = world.plan(HOUR)
    world.time += 3 * DAY  # the computer was switched off: another start, other seconds
    world.store.timekeeping.keep(Kept(Mark(NOW, 10**9, "another start")))
    world.open()
    assert world.stands == (False, Question.LONG_PAST)
    assert "2 days 23 hours ago" in asked(world.item(), world.time, str)
    world.store.outbox.retry(id)
    assert world.stands == GOES


def test_what_could_not_be_sent_at_its_time_is_tried_on(world: World) -> None:
    id = world.plan(HOUR)
    world.passes(HOUR)
    world.store.outbox.steps.missed(id, world.time, "No network.")
    world.passes(3 * DAY)
    assert world.stands == GOES


def test_the_store_knows_a_time_before_which_it_cannot_be(world: World) -> None:
    world.plan(HOUR)
    world.time -= 30 * DAY
    world.store.timekeeping.keep(Kept(Mark(NOW, 10**9, "another start")))
    world.open()
    assert world.doubts
    world.passes(HOUR)
    assert world.stands == (False, Question.SET_BACK)
    assert goes_out(world.item()) == NOW + HOUR


def test_a_clock_that_runs_evenly_for_a_day_is_believed(world: World) -> None:
    world.is_set(20 * DAY)
    world.passes(23 * HOUR)
    assert world.doubts
    world.passes(2 * HOUR)
    assert not world.doubts


def test_the_doubt_lasts_over_a_restart(world: World) -> None:
    world.is_set(20 * DAY)
    world.open()
    assert world.doubts
