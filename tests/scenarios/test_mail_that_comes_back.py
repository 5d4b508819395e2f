"""Alice writes to another domain over two real servers: the way it took, and what comes back."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailclient.transport.discover.places import PREFIX
from tests.scenarios.people import Person
from tests.servers.names import names_running
from tests.servers.relay import FULL, relayed_servers_running
from tests.servers.surroundings import MailServers
from tests.servers.warm import Warm

Servers = tuple[MailServers, MailServers]


@pytest.fixture(scope="module")
def both() -> Iterator[Servers]:
    with relayed_servers_running() as servers:
        yield servers


@pytest.fixture
def make(
    both: Servers, warm: Warm, tmp_path: Path
) -> Iterator[Callable[[str, MailServers], Person]]:
    both[0].clear()
    people: list[Person] = []

    def person(name: str, servers: MailServers) -> Person:
        gnupg = Path(tempfile.mkdtemp(prefix="mc-"))
        gnupg.chmod(0o700)
        (tmp_path / name).mkdir()
        people.append(Person(name, tmp_path / name, gnupg, servers, warm=warm))
        people[-1].set_up()
        return people[-1]

    yield person
    for one in people:
        one.stop_agent()
        shutil.rmtree(one.gnupg, ignore_errors=True)


def wait_for_mail(servers: MailServers, name: str) -> None:
    """Until the server has something for somebody; the run as a whole ends what never comes."""
    pause = threading.Event()
    while not servers.mailbox(name):
        pause.wait(0.05)


def send(person: Person, to: str, subject: str) -> dict[str, Any]:
    sent: dict[str, Any] = person.json(
        "send", "--to", to, "--subject", subject, "--body-file", "-", stdin="Hello!\n"
    )
    assert sent["state"] == "sent"
    return sent


def newest(person: Person, folder: str) -> dict[str, Any]:
    found = person.json("list", "--folder", folder)
    shown: dict[str, Any] = person.json("show", str(found["messages"][0]["id"]))
    return shown


def test_a_bounce_of_two_real_servers_is_explained_and_tied_to_what_was_sent(
    both: Servers, make: Callable[[str, MailServers], Person]
) -> None:
    alice = make("alice", both[0])
    sent = send(alice, "nobody@example.net", "Are you there?")
    wait_for_mail(both[0], "alice")
    alice.ok("receive")
    report = newest(alice, "inbox")["report"]
    assert (report["standing"], report["message_id"]) == ("own", sent["message_id"])
    (recipient,) = report["recipients"]
    assert recipient["text"] == "nobody@example.net does not exist at example.net."
    assert (recipient["action"], recipient["status"]) == ("failed", "5.1.1")
    copy = newest(alice, "sent")
    assert copy["id"] == report["id"]
    assert copy["outcomes"] == [recipient]
    marked = alice.json("search", "is:undelivered")["messages"]
    assert [one["subject"] for one in marked] == ["Are you there?"]
    assert marked[0]["undelivered"] is True
    assert "Came back: nobody@example.net does not exist" in alice.ok("show", str(copy["id"]))


def test_a_full_mailbox_is_told_with_how_long_the_server_will_go_on(
    both: Servers, make: Callable[[str, MailServers], Person]
) -> None:
    alice = make("alice", both[0])
    send(alice, FULL, "For your full mailbox")
    wait_for_mail(both[0], "alice")
    alice.ok("receive")
    (recipient,) = newest(alice, "inbox")["report"]["recipients"]
    assert recipient["text"].startswith(
        f"The mailbox of {FULL} is full; the server will go on trying until "
    )
    assert recipient["action"] == "delayed"
    assert alice.json("search", "is:undelivered")["count"] == 0


def test_a_read_receipt_goes_out_when_asked_for_and_is_tied_to_what_was_sent(
    both: Servers, make: Callable[[str, MailServers], Person]
) -> None:
    alice, bob = make("alice", both[0]), make("bob", both[0])
    sent = send(alice, "bob@example.org", "Have you seen it?")
    wait_for_mail(both[0], "bob")
    (raw,) = both[0].mailbox("bob")
    both[0].clear()
    asking = f"Disposition-Notification-To: {alice.address}\r\n".encode()
    both[0].deliver("bob", raw.replace(b"Subject:", asking + b"Subject:", 1))
    bob.ok("receive")
    shown = newest(bob, "inbox")
    assert shown["receipt"] == {"to": alice.address, "differs": False}
    assert both[0].mailbox("alice") == []
    bob.ok("receipt", str(shown["id"]), "send")
    wait_for_mail(both[0], "alice")
    (receipt,) = both[0].mailbox("alice")
    assert receipt.startswith(b"Return-Path: <>\r\n")
    alice.ok("receive")
    assert newest(alice, "inbox")["report"]["message_id"] == sent["message_id"]
    (outcome,) = newest(alice, "sent")["outcomes"]
    assert outcome["action"] == "displayed"
    assert outcome["text"].startswith("The mail program of bob@example.org says that it was shown")


def test_the_way_over_two_real_servers_is_shown_with_the_line_of_who_vouches(
    both: Servers, make: Callable[[str, MailServers], Person]
) -> None:
    alice, bob = make("alice", both[0]), make("bob", both[1])
    send(alice, "bob@example.net", "Over two servers")
    wait_for_mail(both[1], "bob")
    bob.ok("receive")
    id = str(newest(bob, "inbox")["id"])
    first, second = bob.json("show", id, "--route")["hops"]
    assert (first["by"], first["protocol"], first["vouched"]) == (
        "mail.example.org",
        "ESMTPSA",
        False,
    )
    assert (second["by"], second["from"]["name"], second["vouched"]) == (
        "mx.example.net",
        "mail.example.org",
        True,
    )
    assert (second["carriage"], second["tls"]) == ("tls", "TLS 1.3")
    assert second["delay_seconds"] >= 0
    told = bob.ok("show", id, "--route").splitlines()
    assert "mx.example.net got it from mail.example.org (127.0.0.1): encrypted (TLS 1.3)" in told[0]
    assert told[1].startswith("---- Nobody vouches for what stands below this line.")
    saved = Path(bob.home / "over.eml")
    saved.write_text(bob.ok("show", id, "--raw"), encoding="utf-8")
    assert bob.json("show", str(saved), "--route")["hops"] == [first, second]


def test_signatures_of_servers_are_checked_only_when_asked_for(
    both: Servers, make: Callable[[str, MailServers], Person]
) -> None:
    bob = make("bob", both[0])
    letter = bob.home / "letter.eml"
    letter.write_bytes(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=AA==; b=AA==\r\n"
        b"From: ann@example.com\r\n\r\nHello!\r\n"
    )
    with names_running({}) as names:
        bob.environment[f"{PREFIX}DNS"] = names.place
        assert bob.json("show", str(letter), "--route")["signatures"] is None
        assert names.asked == []
        checked = bob.json("show", str(letter), "--route", "--dkim")["signatures"]
        assert checked == [{"domain": "example.com", "fit": "no-key"}]
        assert names.asked == ["s1._domainkey.example.com. TXT"]
    refused = bob.run("--offline", "show", str(letter), "--route", "--dkim")
    assert (refused.returncode, "without network" in refused.stderr) == (1, True)


def test_a_delivery_that_was_asked_about_is_told_and_a_wish_for_a_receipt_goes_along(
    both: Servers, make: Callable[[str, MailServers], Person]
) -> None:
    alice = make("alice", both[0])
    alice.ok(
        "send", "--to", "bob@example.org", "--subject", "Asked", "--body-file", "-",
        "--dsn", "--receipt", stdin="Hello!\n",
    )  # fmt: skip
    wait_for_mail(both[0], "bob")
    (raw,) = both[0].mailbox("bob")
    assert b"\r\nDisposition-Notification-To: Alice <alice@example.org>\r\n" in raw
    wait_for_mail(both[0], "alice")
    (report,) = both[0].mailbox("alice")
    name = re.search(rb"Original-Envelope-Id: ([0-9a-f]{32})\r\n", report)
    assert name
    assert b"<%s@example.org>" % name[1] in raw
    alice.ok("receive")
    (outcome,) = newest(alice, "sent")["outcomes"]
    assert outcome["action"] == "delivered"
    assert outcome["text"] == "It was delivered to the mailbox of bob@example.org."
