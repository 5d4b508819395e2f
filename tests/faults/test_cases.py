"""The fault cases in their short form: every one of them, with few tries.

The seed is always the same, so that a change is judged by itself and not by chance; the long form
(`python -m tests.faults`) takes others.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.registry import Case
from tests.faults.runner import bench, cases
from tests.servers.surroundings import MailServers
from tests.servers.warm import Warm

SEED = 1


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_invariants_hold(
    case: Case, mail_servers: MailServers, warm: Warm, tmp_path: Path
) -> None:
    case.run(bench(case, mail_servers, warm, tmp_path, SEED, 1))
