"""Runs the fault cases: each with a folder of its own and chances from one seed."""

from __future__ import annotations

import importlib
import random
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.registry import CASES, Bench, Case
from tests.servers.surroundings import MailServers
from tests.servers.warm import Warm


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case ended; `fault` is "" where every invariant held, `skipped` says why not."""

    case: Case
    seed: int
    fault: str = ""
    skipped: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def cases(pattern: str = "") -> list[Case]:
    """All cases of the modules called `cases_*`, in the order of their names."""
    for path in sorted(Path(__file__).parent.glob("cases_*.py")):
        importlib.import_module(f"tests.faults.{path.stem}")
    return sorted((one for one in CASES if pattern in one.name), key=lambda one: one.name)


def bench(
    case: Case, servers: MailServers, warm: Warm, folder: Path, seed: int, cycles: int
) -> Bench:
    """What a case works with: its chances depend on the seed and on its own name alone."""
    servers.clear()
    return Bench(folder, servers, random.Random(f"{seed} {case.name}"), warm, cycles)


def run(
    wanted: list[Case], servers: MailServers, warm: Warm, seed: int, cycles: int
) -> Iterator[Outcome]:
    """Run cases one after the other; a broken invariant ends its case alone."""
    for case in wanted:
        with ExitStack() as stack:
            name = tempfile.TemporaryDirectory(prefix="mc-fault-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(name))
            of_the_case = bench(case, servers, warm, folder, seed, cycles)
            with_ = replace(of_the_case, by_the_clock=True)
            began = time.monotonic()
            ended = _one(case, with_, seed)
            counted = {name: f"{count:,}" for name, count in with_.tries.items()}
            seconds = time.monotonic() - began
            yield replace(ended, figures={**counted, **with_.figures}, seconds=seconds)


def _one(case: Case, with_: Bench, seed: int) -> Outcome:
    try:
        case.run(with_)
    except AssertionError:
        return Outcome(case, seed, traceback.format_exc())
    except BaseException as ended:  # a skipped case is told by pytest's own exception
        if type(ended).__name__ == "Skipped":
            return Outcome(case, seed, skipped=str(ended))
        if isinstance(ended, KeyboardInterrupt):
            raise
        return Outcome(case, seed, traceback.format_exc())
    return Outcome(case, seed)
