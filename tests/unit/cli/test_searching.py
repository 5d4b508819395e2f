"""`search` on the command line: words around what was found, kept searches, what comes first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailclient.cli.main import cli

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    secret = tmp_path / "passphrase"
    secret.write_text("a passphrase\n", encoding="utf-8")
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    options = ["--profile", str(tmp_path / "profile"), "--passphrase-file", str(secret)]

    def go(*words: str) -> Result:
        return CliRunner().invoke(cli, [*options, "--gnupg-home", str(home), *words])

    for name, text in (("a", "We meet at the harbour."), ("b", "Bring the lanterns.")):
        path = tmp_path / f"{name}.eml"
        path.write_text(f"From: ann@example.org\nSubject: Letter {name}\n\n{text}\n")
        assert go("import", str(path)).exit_code == 0
    return go


def found(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_words_around_what_was_found_are_shown(run: Run) -> None:
    assert "We meet at the harbour." in run("search", "harb", "--words").stdout
    [one] = found(run("search", "harb", "--words", "--json"))["messages"]
    assert one["excerpt"] == {
        "text": "We meet at the harbour.",
        "marks": [[15, 22]],
        "attachment": None,
    }
    [one] = found(run("search", "subject:a", "harbour", "--json"))["messages"]
    assert "excerpt" not in one


def test_a_search_is_kept_used_and_forgotten(run: Run) -> None:
    assert run("search", "lanterns", "--save", "Lights").exit_code == 0
    assert found(run("search", "--list", "--json")) == {
        "searches": [{"name": "Lights", "query": "lanterns"}]
    }
    assert "Lights: lanterns" in run("search", "--list").stdout
    assert found(run("search", "--saved", "lights", "--json"))["count"] == 1
    assert found(run("search", "--saved", "lights", "harbour", "--json"))["count"] == 0
    assert run("search", "--forget", "Lights").exit_code == 0
    assert run("search", "--saved", "Lights").exit_code == 1
    assert found(run("search", "--list", "--json")) == {"searches": []}


def test_nothing_to_search_for_and_a_mistake_are_told(run: Run) -> None:
    assert "nothing to search for" in run("search").stderr
    told = run("search", "harbour is:happy")
    assert told.exit_code == 1
    assert "'is:happy' is not known (at character 9)." in told.stderr


def test_what_fits_best_can_come_first(run: Run) -> None:
    both = found(run("search", "letter", "--sort", "relevance", "--json"))
    assert both["count"] == 2


def test_the_index_is_made_again(run: Run) -> None:
    assert "2 messages indexed." in run("store", "reindex").stdout
    assert "0 messages indexed." in run("store", "reindex", "--rest").stdout
    assert found(run("search", "lanterns", "--json"))["count"] == 1
