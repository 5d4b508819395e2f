"""An account is removed on the command line: what happens to its mail is said, or asked."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.people import Person

MakePerson = Callable[[str], Person]


def with_mail(person: MakePerson) -> Person:
    bob = person("bob")
    bob.set_up()
    bob.servers.deliver("bob", b"Subject: The plan\r\n\r\nAll of it.\r\n")
    bob.ok("receive")
    return bob


def subjects(bob: Person) -> list[str]:
    return [row["subject"] for row in bob.json("list")["messages"]]


def at_a_terminal(bob: Person, typed: str, *arguments: str) -> str:
    """Run a command at a terminal and type there; what was said."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        bob.command(*arguments), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    said, _ = program.communicate()
    os.close(ours)
    assert program.returncode == 0, said
    return said.decode()


@pytest.mark.parametrize(("typed", "left"), [("y\n", ["The plan"]), ("n\n", [])])
def test_at_a_terminal_it_is_asked(person: MakePerson, typed: str, left: list[str]) -> None:
    bob = with_mail(person)
    said = at_a_terminal(bob, typed, "account", "remove", bob.address)
    assert "Keep its mail (1) on this computer" in said
    assert "On the server nothing has changed." in said
    assert subjects(bob) == left


def test_mail_that_was_kept_is_there_when_the_account_is_added_again(person: MakePerson) -> None:
    bob = with_mail(person)
    assert "Its mail is kept here." in bob.ok("account", "remove", bob.address, "--keep-mail")
    assert bob.run("account", "test", bob.address).returncode == 0
    bob.set_up()
    assert bob.json("receive")["accounts"][0]["received"] == 0
    assert subjects(bob) == ["The plan"]


def test_what_is_said_is_not_asked(person: MakePerson) -> None:
    bob = with_mail(person)
    said = at_a_terminal(bob, "", "account", "remove", bob.address, "--delete-mail")
    assert "Keep its mail" not in said
    assert subjects(bob) == []


def waiting(person: MakePerson) -> Person:
    bob = with_mail(person)
    letter = ("send", "--to", "carol@example.org", "--subject", "Later", "--body-file", "-")
    bob.ok(*letter, "--later", "+1d", stdin="So be it.")
    return bob


def test_nothing_is_removed_while_it_is_not_said_what_becomes_of_waiting_mail(
    person: MakePerson,
) -> None:
    bob = waiting(person)
    done = bob.run("account", "remove", bob.address, "--delete-mail")
    assert done.returncode == 1
    assert "One message waits to be sent" in done.stderr
    assert "--waiting drafts" in done.stderr
    assert subjects(bob) == ["The plan"]
    bob.ok("account", "remove", bob.address, "--delete-mail", "--waiting", "delete")
    assert bob.json("outbox") == {"count": 0, "items": []}
    assert bob.json("account", "list") == {"accounts": []}


def test_waiting_mail_becomes_a_draft_that_stays(person: MakePerson) -> None:
    bob = waiting(person)
    said = bob.ok("account", "remove", bob.address, "--delete-mail", "--waiting", "drafts")
    assert "In its folder Drafts: 1" in said
    assert bob.json("outbox") == {"count": 0, "items": []}
    assert [row["subject"] for row in bob.json("search", "in:drafts")["messages"]] == ["Later"]


def test_at_a_terminal_it_is_asked_what_becomes_of_waiting_mail(person: MakePerson) -> None:
    bob = waiting(person)
    said = at_a_terminal(bob, "y\ny\n", "account", "remove", bob.address)
    assert "Keep what waits to be sent (1), as drafts?" in said
    assert bob.json("outbox") == {"count": 0, "items": []}


def test_a_file_without_certificates_is_not_taken(person: MakePerson, tmp_path: Path) -> None:
    bob = with_mail(person)
    (tmp_path / "firm.pem").write_text("no certificate", encoding="ascii")
    done = bob.run("account", "set", bob.address, f"ca-file={tmp_path / 'firm.pem'}")
    assert done.returncode == 1
    assert "cannot be read. Name a PEM file." in done.stderr
    done = bob.run("account", "set", bob.address, f"client-file={bob.servers.ca_file}")
    assert (done.returncode, "no certificate with its key" in done.stderr) == (1, True)
    bob.ok("account", "test", bob.address)  # the one of before is still trusted
