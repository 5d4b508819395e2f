"""`expire` and `space`, over files that were imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import Result

from tests.unit.cli.test_listing_threads import Run, run

__all__ = ["run"]


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def fill(run: Run, tmp_path: Path) -> None:
    for year in (2001, 2002):
        path = tmp_path / f"{year}.eml"
        path.write_text(
            f"From: a@x.org\nSubject: L{year}\nDate: 1 Feb {year} 10:00:00 +0000\n\nx\n"
        )
        assert run("import", str(path)).exit_code == 0


def test_what_is_old_is_told_and_goes_when_asked(run: Run, tmp_path: Path) -> None:
    fill(run, tmp_path)
    shown = run("expire", "inbox", "--days", "100")
    assert "L2001" in shown.stdout
    assert "2 messages" in shown.stdout
    assert "Say --yes to do it." in shown.stdout
    form = told(run("expire", "inbox", "--days", "100", "--json"))
    assert (form["count"], form["kept"], form["for_good"], form["done"]) == (2, 0, False, False)
    assert told(run("list", "--json"))["count"] == 2
    assert run("expire", "inbox", "--days", "100", "--yes").stdout == (
        "Moved to the trash: 2 messages.\n"
    )
    assert told(run("list", "--json"))["count"] == 0
    assert told(run("expire", "trash", "--days", "100", "--yes", "--json"))["for_good"] is True
    assert told(run("list", "--folder", "trash", "--json"))["count"] == 0


def test_what_takes_the_space_is_told(run: Run, tmp_path: Path) -> None:
    fill(run, tmp_path)
    form = told(run("space", "--json"))
    assert form["count"] == 2
    assert [one["name"] for one in form["years"]] == ["2002", "2001"]
    assert form["largest"][0]["from"] == [{"name": "", "address": "a@x.org"}]
    words = run("space").stdout
    assert "in 2 messages" in words
    assert "a@x.org" in words
