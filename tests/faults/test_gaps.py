"""The judge of the window's gaps: fair to a busy machine, and to nobody else."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from tests.faults import gaps
from tests.faults.cases_window import Stalled, on_a_steady_machine
from tests.faults.gaps import EVERY, Gaps, rare, stalled, too_long
from tests.faults.registry import Bench
from tests.servers.surroundings import MailServers
from tests.servers.warm import Warm

IDLE = {"p99": EVERY, "most": EVERY, "clock": EVERY, "work": 0.0}
GOOD = {"p99": 0.03, "most": 0.05, "clock": 0.05, "work": 0.01}


def measured(monkeypatch: pytest.MonkeyPatch, *rounds: tuple[float, float, float]) -> Gaps:
    """The gaps of rounds, each at a time, after so much work and so much waiting for a core."""
    found = Gaps()
    for now, worked, waited in rounds:
        monkeypatch.setattr(gaps.time, "monotonic", lambda now=now: now)
        monkeypatch.setattr(gaps.time, "thread_time", lambda worked=worked: worked)
        monkeypatch.setattr(gaps, "without_a_core", lambda waited=waited: waited)
        found.come_round()
    monkeypatch.undo()
    return found


def test_a_window_that_comes_round_is_alive() -> None:
    assert too_long(GOOD, IDLE) == ""


@pytest.mark.parametrize("wrong", [{"most": 0.3}, {"p99": 0.12}, {"work": 0.26}])
def test_a_window_that_hangs_beside_an_idle_machine_is_told(wrong: dict[str, float]) -> None:
    assert too_long({**GOOD, **wrong}, IDLE)


def test_what_an_idle_process_loses_the_window_may_lose_three_times() -> None:
    busy = {**IDLE, "most": EVERY + 0.05}
    assert too_long({**GOOD, "most": 0.39}, busy) == ""
    assert "of 0.400 s at most" in too_long({**GOOD, "most": 0.41}, busy)


@pytest.mark.parametrize(("of_window", "of_idle"), [(100, 100), (20, 100), (1, 10), (0, 5)])
def test_a_window_that_comes_round_often_enough_is_alive(of_window: int, of_idle: int) -> None:
    assert rare({"count": of_window}, {"count": of_idle}) == ""


@pytest.mark.parametrize(("of_window", "of_idle"), [(10, 100), (1, 20), (0, 6)])
def test_a_window_that_hardly_comes_round_beside_an_idle_process_is_told(
    of_window: int, of_idle: int
) -> None:
    assert f"{of_idle} times" in rare({"count": of_window}, {"count": of_idle})


def test_time_without_a_core_is_no_gap_and_a_lock_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(monkeypatch, (1.0, 0.1, 0.0), (1.5, 0.1, 0.47), (2.0, 0.12, 0.47))
    assert found.found == pytest.approx([0.03, 0.5])
    assert found.clock == pytest.approx(0.5)
    assert found.work == pytest.approx(0.02)


def test_waiting_for_a_core_is_counted_by_the_kernel() -> None:
    code = "import time; from tests.faults.gaps import without_a_core as w; b=w(); "
    busy = "e=time.monotonic()+.3\nwhile time.monotonic()<e: pass\nprint(w()-b)"
    command = ["taskset", "-c", "0", sys.executable, "-c", f"{code}\n{busy}"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    waited = [float(one.communicate()[0]) for one in both]
    assert max(waited) > 0.02


def test_an_idle_process_tells_what_it_measures() -> None:
    command = [sys.executable, "-m", "tests.faults.gaps"]
    done = subprocess.run(
        command, input="begin\ngaps\n", capture_output=True, text=True, check=True
    )
    begun, told = done.stdout.splitlines()
    assert begun == "begun"
    assert set(json.loads(told)) == {"count", "p99", "most", "clock", "work"}


def test_a_case_is_run_again_while_the_machine_is_stalled_and_the_last_run_counts(
    tmp_path: Path,
) -> None:
    assert stalled({**IDLE, "clock": 0.2})
    assert not stalled(IDLE)
    ran = []
    bench = Bench(tmp_path, cast(MailServers, None), random.Random(1), cast(Warm, None))

    @on_a_steady_machine
    def case(bench: Bench) -> None:
        ran.append(bench)
        raise Stalled("late")

    with pytest.raises(Stalled):
        case(bench)
    assert len(ran) == 3
