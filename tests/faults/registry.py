"""The list of the fault cases: what is done to the program, and what must be true afterwards.

A case is a function over a bench. It drives the program through its command line, or through
`open_profile`, and raises AssertionError where an invariant is broken. Its chances all come from
the bench's seed, so that a failure can be repeated. `bench.cycles` says how often a case with
chances in it is to try: a few times in the tests, thousands of times in the long form.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.surroundings import MailServers
from tests.servers.warm import Warm


@dataclass(frozen=True, slots=True)
class Bench:
    """What a case works with; `folder` is empty and its own, `figures` is what it has measured,
    `tries` how often it has struck; seconds are judged only `by_the_clock`."""

    folder: Path
    servers: MailServers
    chance: random.Random
    warm: Warm
    cycles: int = 1
    by_the_clock: bool = False
    figures: dict[str, str] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)  # what was done how often


Run = Callable[[Bench], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the fault table, or a part of one."""

    row: str
    text: str
    run: Run

    @property
    def name(self) -> str:
        """What it is chosen by: the row, and the function."""
        return f"{self.row}-{self.run.__name__}"


CASES: list[Case] = []


def case(row: str, text: str) -> Callable[[Run], Run]:
    """Enter a function into the list, under a row of the fault table."""

    def enter(run: Run) -> Run:
        CASES.append(Case(row, text, run))
        return run

    return enter
