"""Lanes: whose work gives way to whose."""

from __future__ import annotations

import sys

import pytest

from mailclient.services import jobs as lanes
from mailclient.services.events import Events
from mailclient.services.jobs import BEHIND, Job, Jobs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a thread has no place of its own")


def place(job: Job) -> int:
    """How far behind others the thread stands."""
    return lanes.place()


def test_before_a_window_what_nobody_waits_for_steps_back() -> None:
    jobs = Jobs(Events())
    here = lanes.place()
    jobs.give_way()
    assert jobs.submit("fetch:ann@example.org", place).result() == min(19, here + BEHIND)
    assert jobs.submit("intake", place).result() == min(19, here + BEHIND)
    assert jobs.submit("read", place).result() == here
    assert jobs.submit("search", place).result() == here
    assert lanes.place() == here
    jobs.close()


def test_a_lane_that_another_one_begins_steps_back_no_further() -> None:
    jobs = Jobs(Events())
    jobs.give_way()
    stored = jobs.submit("fetch:ann@example.org", lambda job: jobs.submit("intake", place))
    assert stored.result().result() == min(19, lanes.place() + BEHIND)
    jobs.close()


def test_without_a_window_nobody_steps_back() -> None:
    jobs = Jobs(Events())
    here = lanes.place()
    assert jobs.submit("fetch:ann@example.org", place).result() == here
    jobs.close()
