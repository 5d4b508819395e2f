"""An import that is killed in the middle is gone on with by beginning it again: nothing is lost,
nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailclient.services.importing import BATCH_MESSAGES
from tests.scenarios.people import Person

LETTERS = 2 * BATCH_MESSAGES + 100


@pytest.mark.parametrize("batch", [1, 2])
def test_an_import_that_was_killed_is_gone_on_with(
    person: Callable[[str], Person], tmp_path: Path, batch: int
) -> None:
    alice = person("alice")
    path = tmp_path / "old.mbox"
    path.write_bytes(
        b"".join(
            b"From ann Thu Jan  1 00:00:00 1970\nSubject: Letter %d\n\nText.\n\n" % one
            for one in range(LETTERS)
        )
    )
    killed = alice.run("import", str(path), crash_at=f"imported:{batch}")
    assert killed.returncode == -9
    stored = batch * BATCH_MESSAGES
    assert alice.json("list", "--limit", "0")["count"] == stored
    report = alice.json("import", str(path))
    assert (report["imported"], report["already_here"]) == (LETTERS - stored, stored)
    assert report["problems"] == []
    assert alice.json("list", "--limit", "0")["count"] == LETTERS
    found = alice.json("search", "subject:letter", "--limit", "5000")
    assert len({one["subject"] for one in found["messages"]}) == LETTERS
    alice.ok("store", "check")
