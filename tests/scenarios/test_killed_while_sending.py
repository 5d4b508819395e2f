"""Killed while it sends: each recipient has at most one copy, and none is missing without a word.

Postfix is the judge: what lies in the mailboxes afterwards counts, not what the program believes.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers

BEFORE = ("before_queue", "after_queue", "connect", "mail", "rcpt", "data")
PAST_THE_DOT = ("dot_pending", "done", "after_250", "after_sent_mark")


def arrived(servers: MailServers, name: str, wanted: int) -> int:
    """How many copies a mailbox holds, given Postfix time to deliver what it has taken."""
    pause = threading.Event()
    for _ in range(40):
        if len(servers.mailbox(name)) >= wanted:
            break
        pause.wait(0.05)
    return len(servers.mailbox(name))


def outbox(alice: Person) -> Any:
    return alice.json("outbox")["items"]


@pytest.fixture
def alice(person: Callable[[str], Person]) -> Person:
    one = person("alice")
    one.set_up("--no-test")
    return one


def letter(servers: MailServers) -> tuple[str, ...]:
    people = (f"bob@{servers.domain}", f"carol@{servers.domain}")
    return ("send", "--to", people[0], "--bcc", people[1], "--subject", "once", "--encrypt", "no")


@pytest.mark.parametrize("point", BEFORE)
def test_a_kill_before_the_dot_is_made_good_by_the_next_try(
    point: str, alice: Person, mail_servers: MailServers
) -> None:
    done = alice.run(*letter(mail_servers), crash_at=f"{point}:1")
    assert done.returncode == -signal.SIGKILL
    assert mail_servers.mailbox("bob") == []
    if point == "before_queue":
        assert outbox(alice) == []
        return
    alice.ok("outbox", "send")
    assert arrived(mail_servers, "bob", 1) == 1
    assert arrived(mail_servers, "carol", 1) == 1
    assert outbox(alice) == []
    assert [row["subject"] for row in alice.json("list", "--folder", "sent")["messages"]] == [
        "once"
    ]


@pytest.mark.parametrize("point", PAST_THE_DOT)
def test_a_kill_past_the_dot_is_told_and_nothing_is_sent_twice(
    point: str, alice: Person, mail_servers: MailServers
) -> None:
    done = alice.run(*letter(mail_servers), crash_at=f"{point}:1")
    assert done.returncode == -signal.SIGKILL
    alice.run("outbox", "send")
    alice.run("outbox", "send")
    told = [one["state"] for one in outbox(alice)]
    if point == "after_sent_mark":
        assert told == []
        assert len(alice.json("list", "--folder", "sent")["messages"]) == 1
    else:
        assert told == ["uncertain"]
    expected = 0 if point == "dot_pending" else 1
    for name in ("bob", "carol"):
        assert arrived(mail_servers, name, expected) == expected


def test_a_kill_between_two_messages_leaves_no_doubt_about_the_first(
    alice: Person, mail_servers: MailServers
) -> None:
    for _ in range(2):
        alice.ok("--offline", *letter(mail_servers), "--queue-only")
    done = alice.run("outbox", "send", crash_at="written_down:1")
    assert done.returncode == -signal.SIGKILL
    assert [one["state"] for one in outbox(alice)] == ["queued"]
    alice.ok("outbox", "send")
    assert outbox(alice) == []
    for name in ("bob", "carol"):
        assert arrived(mail_servers, name, 2) == 2


def test_a_server_that_is_gone_keeps_the_message_waiting(
    alice: Person, mail_servers: MailServers
) -> None:
    done = alice.run("--offline", *letter(mail_servers), "--queue-only")
    assert done.returncode == 0, done.stderr
    assert [one["state"] for one in outbox(alice)] == ["queued"]
    alice.ok("outbox", "send")
    assert arrived(mail_servers, "bob", 1) == 1
    assert outbox(alice) == []
