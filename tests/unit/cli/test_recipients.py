"""Whom options name on the command line: nobody is left out, and nothing becomes somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailclient.cli.context import Launchers
from mailclient.cli.main import cli

LETTER = b"From: bob@example.org\r\nSubject: Hello\r\n\r\nDear all\r\n"


def run(tmp_path: Path, *words: str) -> Result:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("open\n")
    options = ["--profile", str(tmp_path / "profile"), "--passphrase-file", str(passphrase)]
    home = ["--gnupg-home", str(tmp_path / "gnupg")]
    return CliRunner().invoke(
        cli, [*options, *home, *words], obj=Launchers(lambda *_: 1, lambda *_: 1)
    )


@pytest.fixture
def ann(tmp_path: Path) -> Path:
    servers = ("--pop3", "localhost:1", "--smtp", "localhost:1", "--auth", "none", "--no-test")
    added = run(tmp_path, "account", "add", "--address", "ann@example.org", *servers)
    assert added.exit_code == 0, added.output
    (tmp_path / "letter.eml").write_bytes(LETTER)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "option", "strange"),
    [
        ("send", "--to", "carol"),
        ("send", "--bcc", ""),
        ("redirect", "--to", "Lee, Ann <lee@example.org>"),
        ("forward", "--cc", "a@example.org>\nRCPT TO:<b@example.org"),
    ],
)
def test_who_has_no_whole_address_is_named_and_nobody_gets_the_message(
    ann: Path, command: str, option: str, strange: str
) -> None:
    words = ("--queue-only",) if command == "send" else (str(ann / "letter.eml"), "--send")
    done = run(ann, command, *words, "--to", "bob@example.org", option, strange)
    assert done.exit_code == 1
    assert "is not an e-mail address" in done.output
    assert "empty" in run(ann, "outbox").output


def test_several_people_in_one_option_all_get_it(ann: Path) -> None:
    people = '"Lee, Ann" <lee@example.org>, bob@example.org'
    done = run(ann, "send", "--to", people, "--subject", "Hello", "--queue-only", "--encrypt", "no")
    assert done.exit_code == 0, done.output
    shown = run(ann, "outbox").output
    assert "lee@example.org" in shown
    assert "bob@example.org" in shown


def test_without_an_account_one_is_told_how_to_make_it(tmp_path: Path) -> None:
    done = run(tmp_path, "send", "--to", "bob@example.org", "--subject", "Hello")
    assert done.exit_code == 1
    assert "There is no account to send from. 'mailclient account add'" in done.output


def test_a_key_for_no_address_is_refused_before_a_passphrase_is_asked_for(tmp_path: Path) -> None:
    done = run(tmp_path, "key", "generate", "ann")
    assert done.exit_code == 1
    assert "'ann' is not an e-mail address" in done.output
    assert "Passphrase" not in done.output


def test_an_empty_list_says_so_beside_what_programs_read(ann: Path) -> None:
    listed = run(ann, "list")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert "No messages" in listed.stderr
    found = run(ann, "search", "marigold")
    assert (found.exit_code, found.stdout) == (0, "")
    assert "Nothing found" in found.stderr
    assert run(ann, "list", "--limit", "-1").exit_code == 2
