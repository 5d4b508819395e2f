"""Lanes: whose work gives way to whose."""

from __future__ import annotations

import os
import sys

import pytest

from mailclient.services.events import Events
from mailclient.services.jobs import BEHIND, Job, Jobs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a thread has no place of its own")


def place(job: Job) -> int:
    """How far behind others the thread stands."""
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_before_a_window_what_nobody_waits_for_steps_back() -> None:
    jobs = Jobs(Events())
    here = os.getpriority(os.PRIO_PROCESS, 0)
    jobs.give_way()
    assert jobs.submit("fetch:ann@example.org", place).result() == min(19, here + BEHIND)
    assert jobs.submit("intake", place).result() == min(19, here + BEHIND)
    assert jobs.submit("read", place).result() == here
    assert jobs.submit("search", place).result() == here
    assert os.getpriority(os.PRIO_PROCESS, 0) == here
    jobs.close()


def test_without_a_window_nobody_steps_back() -> None:
    jobs = Jobs(Events())
    here = os.getpriority(os.PRIO_PROCESS, 0)
    assert jobs.submit("fetch:ann@example.org", place).result() == here
    jobs.close()
