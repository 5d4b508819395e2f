"""The mailbox on the server, from the command line: look, fetch, leave, delete, the ledger."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers

LARGE = 40_000


def letter(number: int, size: int = 100) -> bytes:
    return (
        f"From: carol@example.org\r\nTo: bob@example.org\r\nSubject: Letter {number}\r\n"
        f"Message-ID: <letter-{number}@example.org>\r\n"
        f"Date: Mon, 23 Nov 2026 10:0{number}:00 +0000\r\n\r\n{'x' * 70}\r\n"
    ).encode() + (b"y" * 70 + b"\r\n") * (size // 72)


@pytest.fixture
def bob(person: Callable[[str], Person], mail_servers: MailServers) -> Person:
    made = person("bob")
    made.set_up("--leave-on-server", "yes")
    for number in range(3):
        mail_servers.deliver("bob", letter(number))
    return made


def on_server(bob: Person) -> dict[str, dict[str, object]]:
    """What lies on the server, by subject."""
    found = bob.json("account", "mailbox", bob.address)["messages"]
    return {one["subject"]: one for one in found}


def subjects(bob: Person) -> list[str]:
    return sorted(one["subject"] for one in bob.json("list")["messages"])


def test_looking_changes_nothing_and_choosing_does_what_was_chosen(
    bob: Person, mail_servers: MailServers
) -> None:
    there = on_server(bob)
    assert [one["state"] for one in there.values()] == ["new"] * 3
    assert subjects(bob) == []
    uids = {subject: str(one["uid"]) for subject, one in there.items()}
    bob.ok(
        "account",
        "mailbox",
        bob.address,
        "--fetch",
        uids["Letter 0"],
        "--leave",
        uids["Letter 1"],
        "--delete",
        uids["Letter 2"],
    )
    assert subjects(bob) == ["Letter 0"]
    assert len(mail_servers.mailbox("bob")) == 2
    assert {name: one["state"] for name, one in on_server(bob).items()} == {
        "Letter 0": "stored",
        "Letter 1": "seen",
    }
    assert bob.json("receive")["accounts"][0]["received"] == 0  # what was left is left


def test_what_is_left_there_can_be_fetched_later(bob: Person) -> None:
    uid = str(on_server(bob)["Letter 1"]["uid"])
    bob.ok("account", "mailbox", bob.address, "--leave", uid)
    assert bob.json("receive")["accounts"][0]["received"] == 2
    bob.ok("account", "mailbox", bob.address, "--fetch", uid)
    assert subjects(bob) == ["Letter 0", "Letter 1", "Letter 2"]


def test_a_message_that_is_fetched_and_deleted_at_once_is_kept_here(
    bob: Person, mail_servers: MailServers
) -> None:
    uid = str(on_server(bob)["Letter 1"]["uid"])
    bob.ok("account", "mailbox", bob.address, "--fetch", uid, "--delete", uid)
    assert subjects(bob) == ["Letter 1"]
    assert len(mail_servers.mailbox("bob")) == 2


def test_a_message_that_is_gone_is_said_to_be(bob: Person) -> None:
    done = bob.run("account", "mailbox", bob.address, "--delete", "nothing-like-it")
    assert done.returncode == 1
    assert "not on the server any more" in done.stderr


def test_of_a_large_message_the_head_comes_and_the_rest_when_it_is_asked_for(
    bob: Person, mail_servers: MailServers
) -> None:
    raw = letter(7, LARGE)
    mail_servers.deliver("bob", raw)
    bob.ok("account", "set", bob.address, "largest=20kB")
    assert bob.json("receive")["accounts"][0]["received"] == 4
    shown = {one["subject"]: one for one in bob.json("list")["messages"]}["Letter 7"]
    assert shown["size"] < 1000
    assert bob.json("receive")["accounts"][0]["received"] == 0
    assert on_server(bob)["Letter 7"]["state"] == "head"
    assert on_server(bob)["Letter 7"]["delete_after"] is None  # a head alone never goes by itself
    bob.ok("fetch", str(shown["id"]))
    whole = bob.ok("show", str(shown["id"]), "--raw")
    assert whole.replace("\r\n", "\n").encode().endswith(raw.replace(b"\r\n", b"\n")[-LARGE:])
    assert on_server(bob)["Letter 7"]["state"] == "stored"
    again = bob.run("fetch", str(shown["id"]))
    assert again.returncode == 1
    assert "already" in again.stderr


def test_the_ledger_says_how_long_each_message_stays(bob: Person) -> None:
    bob.ok("account", "set", bob.address, "leave-on-server=14")
    bob.ok("receive")
    lines = bob.json("account", "ledger", bob.address)["messages"]
    assert [one["state"] for one in lines] == ["stored"] * 3
    assert all(one["delete_after"] > one["first_seen"] for one in lines)
    assert all(len(one["sha256"]) == 64 for one in lines)


def test_only_the_newest_stay_when_their_number_is_limited(
    bob: Person, mail_servers: MailServers
) -> None:
    bob.ok("account", "set", bob.address, "leave-on-server=count:2")
    assert bob.json("receive")["accounts"][0]["deleted_on_server"] == 1
    left = b"".join(mail_servers.mailbox("bob"))
    assert b"Letter 0" not in left
    assert subjects(bob) == ["Letter 0", "Letter 1", "Letter 2"]
