"""The outbox on the command line: later, now, back to Drafts, uncertain and settled."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.disk_people import opened
from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers


@pytest.fixture
def alice(person: Callable[[str], Person]) -> Person:
    one = person("alice")
    one.set_up("--no-test")
    return one


def letter(servers: MailServers, *options: str) -> tuple[str, ...]:
    to = ("--to", f"bob@{servers.domain}", "--subject", "once", "--encrypt", "no")
    return ("send", *to, *options)


def only(alice: Person) -> dict[str, Any]:
    [item] = alice.json("outbox")["items"]
    found: dict[str, Any] = item
    return found


def test_a_letter_for_later_waits_is_moved_and_goes_out_when_asked(
    alice: Person, mail_servers: MailServers
) -> None:
    told = alice.ok(*letter(mail_servers, "--later", "+2h"))
    assert "It goes out then if the program runs, else when it runs next." in told
    item = only(alice)
    ahead = datetime.fromisoformat(item["later"]) - datetime.now(UTC)
    assert timedelta(minutes=110) < ahead <= timedelta(hours=2)
    assert item["next_try"] == item["later"]
    assert (item["state"], item["late"], item["attempts"]) == ("queued", "", 0)
    alice.ok("outbox", "send")
    assert only(alice)["state"] == "queued"
    id = str(item["id"])
    alice.ok("outbox", "later", id, "2199-12-24 08:00")
    assert only(alice)["later"].startswith("2199-12-24")
    refused = alice.run("outbox", "later", id, "2001-01-01 08:00")
    assert (refused.returncode, "has passed already" in refused.stderr) == (1, True)
    assert mail_servers.mailbox("bob") == []
    assert "once" in alice.ok("outbox", "retry", id)
    assert alice.json("outbox")["items"] == []
    assert len(alice.json("list", "--folder", "sent")["messages"]) == 1


def test_a_letter_whose_time_is_long_past_is_asked_about_before_it_goes(
    alice: Person, mail_servers: MailServers
) -> None:
    alice.ok(*letter(mail_servers, "--later", "+2h"))
    id = only(alice)["id"]
    with opened(alice) as store:
        store.outbox.set(id, later=int((datetime.now(UTC) - timedelta(days=3)).timestamp()))
    told = alice.ok("outbox", "send")
    assert "nothing could be sent then. That is 3 days ago" in told.replace("\n", " ")
    assert f"'mailclient outbox retry {id}' sends it now" in told
    assert (only(alice)["question"], only(alice)["next_try"]) == ("long-past", None)
    assert mail_servers.mailbox("bob") == []
    alice.ok("outbox", "retry", str(id))
    assert alice.json("outbox")["items"] == []


def test_a_letter_that_is_taken_back_is_a_draft_again(
    alice: Person, mail_servers: MailServers
) -> None:
    alice.ok(*letter(mail_servers, "--queue-only"))
    assert "It is in Drafts again." in alice.ok("outbox", "cancel", str(only(alice)["id"]))
    assert alice.ok("outbox") == "The outbox is empty.\n"
    [draft] = alice.json("list", "--folder", "drafts")["messages"]
    assert draft["subject"] == "once"


def test_a_letter_in_doubt_is_told_of_and_settled_by_its_author(
    alice: Person, mail_servers: MailServers
) -> None:
    done = alice.run(*letter(mail_servers), crash_at="dot_pending:1")
    assert done.returncode == -signal.SIGKILL
    item = only(alice)
    assert item["state"] == item["recipients"][0]["state"] == "uncertain"
    assert item["recipients"][0]["reason"]
    id = str(item["id"])
    refused = alice.run("outbox", "retry", id)
    assert (refused.returncode, "may come twice" in refused.stderr) == (1, True)
    assert mail_servers.mailbox("bob") == []
    alice.ok("outbox", "settle", id)
    assert alice.json("outbox")["count"] == 0
    assert alice.run("outbox", "settle", id).returncode == 1


def test_a_letter_in_doubt_is_sent_again_only_when_its_author_says_so(
    alice: Person, mail_servers: MailServers
) -> None:
    alice.run(*letter(mail_servers), crash_at="dot_pending:1")
    alice.ok("outbox", "retry", str(only(alice)["id"]), "--uncertain")
    assert alice.json("outbox")["count"] == 0


def test_a_server_that_is_gone_is_no_try(alice: Person, mail_servers: MailServers) -> None:
    alice.ok("account", "set", alice.address, "smtp=localhost:1")
    done = alice.run(*letter(mail_servers, "--json"))
    assert done.returncode == 1
    form = json.loads(done.stdout)
    assert (form["state"], form["accepted"], form["refused"]) == ("queued", [], [])
    item = only(alice)
    assert item["id"] == form["id"]
    assert (item["attempts"], item["unreached"], item["state"]) == (0, 1, "queued")
    assert item["problem"] == "localhost takes no connections on port 1."
    alice.ok("outbox", "keep", str(item["id"]))
