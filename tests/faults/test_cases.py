"""The fault cases in their short form: every one of them, with few tries."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.registry import Case
from tests.faults.runner import bench, cases
from tests.servers.surroundings import MailServers


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_invariants_hold(case: Case, mail_servers: MailServers, tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    case.run(bench(case, mail_servers, tmp_path, seed, 1))
