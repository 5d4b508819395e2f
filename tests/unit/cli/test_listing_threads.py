"""`list --threads` and `show --thread`, over files that were imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailclient.cli.context import Launchers
from mailclient.cli.main import cli

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command line over a profile of its own."""
    (tmp_path / "passphrase").write_text("open\n")

    def command(*words: str) -> Result:
        options = ["--profile", str(tmp_path / "p"), "--passphrase-file",
                   str(tmp_path / "passphrase"), "--offline"]  # fmt: skip
        launchers = Launchers(window=lambda context, uri: 0, demo=lambda headless: 0)
        return CliRunner().invoke(cli, [*options, *words], obj=launchers)

    return command


def letter(name: str, day: int, *answers: str, subject: str = "Re: Plan") -> bytes:
    refers = " ".join(f"<{one}@x>" for one in answers)
    return (
        f"From: {name} <{name}@example.org>\r\nSubject: {subject}\r\nMessage-ID: <{name}@x>\r\n"
        f"References: {refers}\r\nDate: {day} Nov 2026 10:00:00 +0000\r\n\r\nSays {name}.\r\n"
    ).encode()


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    """Five messages: the answers come before their question."""
    letters = {
        "1": letter("cleo", 4, "ann", "bob"),
        "2": letter("bob", 3, "ann"),
        "3": letter("news", 9, subject="News"),
        "4": letter("dora", 5, "ann"),
        "5": letter("ann", 2, subject="Plan"),
    }
    for name, raw in letters.items():
        (tmp_path / f"{name}.eml").write_bytes(raw)
        assert run("import", str(tmp_path / f"{name}.eml")).exit_code == 0
    return run


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_conversation_is_a_line(filled: Run) -> None:
    found = told(filled("list", "--threads", "--json"))
    assert found["count"] == 2
    news, plan = found["threads"]
    assert (news["subject"], news["count"], news["messages"]) == ("News", 1, [3])
    assert (plan["id"], plan["count"], plan["unread"], plan["flagged"]) == (4, 4, 0, False)
    assert plan["date"] == "2026-11-05T10:00:00+00:00"
    assert [one["name"] for one in plan["people"]] == ["dora", "cleo", "bob", "ann"]
    assert plan["messages"] == [4, 1, 2, 5]
    lines = filled("list", "--threads", "--limit", "1").stdout.splitlines()
    assert "News" in lines[0]
    assert lines[1] == "1 of 2 shown."


def test_an_empty_folder_has_no_conversations(filled: Run) -> None:
    assert told(filled("list", "--threads", "--folder", "sent", "--json")) == {
        "count": 0,
        "threads": [],
    }
    assert "No messages." in filled("list", "--threads", "--folder", "sent").stderr


def test_a_conversation_is_shown_as_a_tree_from_any_of_its_messages(filled: Run) -> None:
    for id in ("1", "5"):
        found = told(filled("show", id, "--thread", "--json"))["messages"]
        assert [(one["id"], one["parent"], one["depth"]) for one in found] == [
            (5, None, 0),
            (2, 5, 1),
            (1, 2, 2),
            (4, 5, 1),
        ]
    words = filled("show", "2", "--thread").stdout
    assert words.index("Says ann.") < words.index("Says bob.") < words.index("Says cleo.")
    assert "--- 1 of 4 (message 5)" in words


def test_a_file_belongs_to_no_conversation(filled: Run, tmp_path: Path) -> None:
    failed = filled("show", str(tmp_path / "1.eml"), "--thread")
    assert failed.exit_code == 1
    assert "A file belongs to no conversation." in failed.stderr
