"""Collecting from the command line: several accounts at once, and what is said of faults."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

from mailclient.app import open_profile
from mailclient.paths import Profile
from mailclient.services.events import Event, MessagesChanged
from mailclient.services.jobs import Job
from mailclient.store.messages import Processing
from tests.faults.server import Letter, Manners, Pop3, serving
from tests.scenarios.people import Person
from tests.servers.scripted import Conversation
from tests.servers.surroundings import MailServers


def mailbox(name: str) -> Pop3:
    head = f"From: carol@example.org\r\nSubject: For {name}\r\n\r\n"
    return Pop3([Letter(b"uid-1", head.encode() + b"Words.\r\n")], Manners())


def add(bob: Person, address: str, port: int) -> None:
    bob.ok(
        *("account", "add", "--address", address, "--no-test", "--pop3-security", "none"),
        *("--pop3", f"localhost:{port}", "--smtp", f"localhost:{port}"),
        *("--password-file", str(bob.secret("password", "pw"))),
    )


def test_accounts_are_collected_at_the_same_time(person: Callable[[str], Person]) -> None:
    bob = person("bob")
    together = threading.Barrier(3)

    def wait(client: Conversation) -> None:
        """No server goes on before all of them were asked."""
        together.wait()

    with ExitStack() as stack:
        for name in ("ann", "ben", "cleo"):
            server = mailbox(name)
            server.manners.after[b"CAPA"] = wait
            add(bob, f"{name}@example.org", stack.enter_context(serving(server)).port)
        told = bob.json("receive")["accounts"]
    assert [(one["address"], one["received"]) for one in told] == [
        ("ann@example.org", 1),
        ("ben@example.org", 1),
        ("cleo@example.org", 1),
    ]


def test_messages_are_understood_while_others_still_come(person: Callable[[str], Person]) -> None:
    bob = person("bob")
    letters = [Letter(b"uid-%d" % at, b"Subject: %d\r\n\r\nWords.\r\n" % at) for at in range(60)]
    server = Pop3(letters, Manners())
    understood = threading.Event()
    told: Counter[int] = Counter()

    def hear(event: Event) -> None:
        """A message is told of when it is stored, and again when it is understood."""
        if isinstance(event, MessagesChanged):
            told.update(event.ids)
            if 2 in told.values():
                understood.set()

    def wait(client: Conversation) -> None:
        """The server goes on when something was understood."""
        understood.wait()

    server.manners.after[b"RETR 51"] = wait
    with serving(server) as running:
        add(bob, bob.address, running.port)
        profile, secret = Profile(bob.home / "profile"), f"passphrase of {bob.name}"
        app = open_profile(profile, passphrase=secret, gnupg_home=bob.gnupg)
        try:
            app.events.subscribe(hear)
            [receipt] = app.receive.collect_each(app.accounts.list(), Job(0))
            rows = app.search.rows(list(receipt.ids))
        finally:
            app.close()
    assert (receipt.received, receipt.problems) == (60, ())
    assert [one.processing for one in rows] == [Processing.READY] * 60


def test_one_account_that_cannot_be_reached_does_not_keep_the_others_away(
    person: Callable[[str], Person],
) -> None:
    bob = person("bob")
    with serving(mailbox("nobody")) as gone:
        port = gone.port
    with serving(mailbox("ben")) as running:
        add(bob, "ann@example.org", port)
        add(bob, "ben@example.org", running.port)
        done = bob.run("receive")
    assert done.returncode == 1
    assert done.stdout == "ben@example.org: 1 new message, 1 left on the server.\n"
    assert f"ann@example.org: localhost takes no connections on port {port}" in done.stderr


def test_accounts_that_pause_are_said_to_do_so(person: Callable[[str], Person]) -> None:
    bob = person("bob")
    with serving(mailbox("bob")) as running:
        add(bob, bob.address, running.port)
        bob.ok("account", "set", bob.address, "paused=yes")
        assert "paused: yes" in bob.ok("account", "show", bob.address)
        done = bob.run("receive")
        assert (done.returncode, "All accounts are paused" in done.stderr) == (1, True)
        assert "1 new message" in bob.ok("receive", "--account", bob.address)
    wrong = bob.run("account", "set", bob.address, "paused=perhaps")
    assert (wrong.returncode, "neither yes nor no" in wrong.stderr) == (1, True)


def test_there_is_no_way_back_to_less_encryption_that_nobody_has_asked_for(
    person: Callable[[str], Person], mail_servers: MailServers
) -> None:
    bob = person("bob")
    bob.set_up()
    bob.ok("receive")
    assert bob.json("account", "show", bob.address)["incoming"]["encrypted"] == "TLS 1.3"
    open_ = f"pop3=localhost:{mail_servers.pop3.pop3}"
    bob.ok("account", "set", bob.address, open_, "pop3-security=none")
    done = bob.run("receive")
    assert done.returncode == 1
    assert "is not encrypted, but it was before (TLS 1.3). Nothing was sent" in done.stderr
    bob.ok("account", "set", bob.address, "pop3-in-clear=yes")
    bob.ok("receive")


def test_sending_does_not_go_back_to_less_encryption_either(
    person: Callable[[str], Person], mail_servers: MailServers
) -> None:
    alice = person("alice")
    alice.set_up()
    letter = ("send", "--to", "bob@example.org", "--encrypt", "no")
    alice.ok(*letter)
    assert alice.json("account", "show", alice.address)["outgoing"]["encrypted"] == "TLS 1.3"
    open_ = f"smtp=localhost:{mail_servers.smtp.smtp}"
    alice.ok("account", "set", alice.address, open_, "smtp-security=none")
    done = alice.run(*letter)
    assert done.returncode == 1
    assert "is not encrypted, but it was before (TLS 1.3). Nothing was sent" in done.stderr
    alice.ok("account", "set", alice.address, "smtp-in-clear=yes")
    assert "offers no way to log in" in alice.run(*letter).stderr  # this one wants TLS for that


def test_what_was_accepted_for_one_server_is_not_for_another(
    person: Callable[[str], Person], mail_servers: MailServers
) -> None:
    bob = person("bob")
    bob.set_up()
    bob.ok("account", "set", bob.address, f"pop3-certificate={'ab' * 32}")
    bob.ok("account", "set", bob.address, f"pop3=localhost:{mail_servers.pop3.pop3s}")
    assert bob.json("account", "show", bob.address)["incoming"]["certificate"] == "ab" * 32
    bob.ok("account", "set", bob.address, "pop3=pop.example.net:995")
    assert bob.json("account", "show", bob.address)["incoming"]["certificate"] is None
