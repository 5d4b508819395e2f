"""S6 to S9 and S12: what goes over the wire when mail is sent, and what a server may do to it."""

from __future__ import annotations

import getpass
import re
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from mailclient.account import Security
from tests.faults.registry import Bench, case
from tests.scenarios.people import Person
from tests.servers.postfix import INTERNATIONAL
from tests.servers.scripted import Conversation, Script, scripted

ENDS = ("\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n.\r\n", "\n\r.\n\r")
SECOND = "MAIL FROM:<x@example.org>\r\nRCPT TO:<carol@example.org>\r\nDATA\r\nfalse\r\n"
BREAKS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")


@contextmanager
def sender(bench: Bench, port: int, security: Security = Security.TLS) -> Iterator[Person]:
    """Alice, who sends through a port."""
    bench.servers.clear()
    gnupg = Path(tempfile.mkdtemp(prefix="mc-"))
    home = Path(tempfile.mkdtemp(dir=bench.folder))
    alice = Person("alice", home, gnupg, bench.servers, warm=bench.warm)
    trusted = () if security is Security.NONE else ("--ca-file", str(bench.servers.ca_file))
    try:
        alice.ok(
            *("account", "add", "--address", alice.address, "--no-test", *trusted),
            *("--pop3", "localhost:1", "--smtp", f"localhost:{port}"),
            *("--smtp-security", security.value),
            *("--password-file", str(alice.secret("password", bench.servers.password("alice")))),
        )
        yield alice
    finally:
        alice.stop_agent()
        shutil.rmtree(gnupg, ignore_errors=True)


def send(alice: Person, text: str, *options: str) -> int:
    """Send a letter to bob; the exit status. What is said is a sentence."""
    body = alice.home / "body"
    body.write_bytes(text.encode())
    done = alice.run(
        *("send", "--to", f"bob@{alice.servers.domain}", "--encrypt", "no"),
        *("--body-file", str(body), *options),
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0 or done.stderr.strip(), "it failed without a word"
    return done.returncode


def states(alice: Person) -> list[str]:
    """How what was sent stands in the outbox, oldest first."""
    return [one["state"] for one in alice.json("outbox")["items"]]


def in_sent(alice: Person) -> int:
    found: int = alice.json("list", "--folder", "sent")["count"]
    return found


def arrived(alice: Person, count: int) -> list[bytes]:
    """What bob has, once there are so many; carol has nothing."""
    pause = threading.Event()
    while len(found := alice.servers.mailbox("bob")) < count:
        pause.wait(0.02)
    assert len(found) == count
    assert alice.servers.mailbox("carol") == []
    return found


def everything(bench: Bench, count: int) -> list[bytes]:
    """What bob and carol have together, once there are so many."""
    pause = threading.Event()
    while True:
        found = [raw for name in ("bob", "carol") for raw in bench.servers.mailbox(name)]
        if len(found) >= count:
            assert len(found) == count
            return found
        pause.wait(0.02)


@case("S6", "a server that takes less is asked first: refused before it is sent, and visible")
def takes_less(bench: Bench) -> None:
    with sender(bench, bench.servers.smtp.variants["small"]) as alice:
        assert send(alice, "x\n" * 20_000) == 1
        assert in_sent(alice) == 0
        [problem] = [one for one in alice.json("outbox")["items"] if one["state"] != "sent"]
        assert "larger" in str(problem)
        assert bench.servers.mailbox("bob") == []
        assert send(alice, "short\n") == 0
        arrived(alice, 1)


@case("S6", "without 8BITMIME, CHUNKING or PIPELINING a letter in any script arrives as written")
def takes_seven_bit(bench: Bench) -> None:
    for variant in ("seven bit", "one by one", "without chunking"):
        with sender(bench, bench.servers.smtp.variants[variant]) as alice:
            assert send(alice, "Grüße, 你好\n", "--subject", "Grüße") == 0
            [raw] = arrived(alice, 1)
            assert raw.isascii(), variant
            found = message_from_bytes(raw, policy=policy.default)
            assert found["Subject"] == "Grüße"
            assert found.get_content().rstrip() == "Grüße, 你好"


@case("S6", "an address in other letters: reached where they are known, else named, and not sent")
def other_letters(bench: Bench) -> None:
    abroad = f"{INTERNATIONAL}@{bench.servers.domain}"
    for signed in ("no", "yes"):
        with sender(bench, bench.servers.smtp.smtps) as alice:
            if signed == "yes":
                alice.ok("key", "generate", alice.address, "--no-passphrase")
            assert send(alice, "Grüße\n", "--cc", abroad, "--sign", signed) == 0
            [raw] = arrived(alice, 1)
            assert abroad.encode() in raw
            pause = threading.Event()
            while not bench.servers.mailbox("alice"):
                pause.wait(0.02)
    with sender(bench, bench.servers.smtp.variants["seven bit"]) as alice:
        assert send(alice, "Grüße\n", "--cc", abroad) == 1
        [problem] = alice.json("outbox")["items"]
        assert abroad in str(problem)
        assert bench.servers.mailbox("bob") == []
        assert send(alice, "Grüße\n", "--bcc", abroad) == 1  # one of two did not get it
        arrived(alice, 1)
        assert in_sent(alice) == 1


@case("S6", "a server that offers no log-in is not sent to, and not given the password")
def offers_no_log_in(bench: Bench) -> None:
    def script(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        client.answer(b"EHLO", b"250-scripted\r\n250 SIZE 10000000\r\n")
        client.wait_until_gone()

    with scripted(script) as running, sender(bench, running.port, Security.NONE) as alice:
        assert send(alice, "short\n") == 1
        assert in_sent(alice) == 0
        assert states(alice) != ["sent"]
        heard = bytes(running.heard)
    assert b"AUTH" not in heard
    assert b"MAIL" not in heard


def taking(then: str) -> Script:
    """A server that takes a letter, and then ends the connection in this way."""

    def script(client: Conversation) -> None:
        client.smtp_log_in()
        for verb, reply in ((b"MAIL", b"250 ok"), (b"RCPT", b"250 ok"), (b"DATA", b"354 go")):
            client.answer(verb, reply + b"\r\n")
        client.hear_message()
        client.say(b"250 taken\r\n")
        if then == "cut":
            client.cut()
        client.hear(b"QUIT")
        if then == "cut at QUIT":
            client.cut()
        client.say(b"421 in a bad mood\r\n" if then == "421" else b"nonsense\r\n")

    return script


@case("S7", "a connection that is lost after the server took the message: it is sent, once")
def lost_after_it_was_taken(bench: Bench) -> None:
    for then in ("cut", "cut at QUIT", "421", "nonsense"):
        with scripted(taking(then)) as running:
            with sender(bench, running.port, Security.NONE) as alice:
                assert send(alice, "short\n") == 0, then
                assert states(alice) in ([], ["sent"]), then
                assert in_sent(alice) == 1, then
                alice.run("outbox", "send")
            assert bytes(running.heard).count(b"MAIL FROM") == 1, then


@case("S8", "false ends in text and attachments: one message arrives, as it was written")
def smuggling(bench: Bench) -> None:
    with sender(bench, bench.servers.smtp.variants["strict"]) as alice:
        ends = bench.chance.sample(ENDS, min(len(ENDS), 2 + bench.cycles))
        for count, end in enumerate(ends, 1):
            text = f"first{end}{SECOND}second"
            kind = bench.chance.choice(("note.txt", "old.eml", "data.bin"))
            attached = alice.home / kind
            attached.write_bytes(f"Subject: old\r\n\r\n{text}\r\n".encode())
            assert send(alice, text, "--attach", str(attached)) == 0, repr(end)
            raw = arrived(alice, count)[-1]
            assert b"second" in raw, repr(end)
            lines = raw.replace(b"\r\n", b"")
            assert b"\r" not in lines, repr(end)


@case("S9", "line breaks in a subject, a name and a file's name: no new header, no new command")
def breaks_in_fields(bench: Bench) -> None:
    with sender(bench, bench.servers.smtp.variants["strict"]) as alice:
        chosen = bench.chance.sample(BREAKS, min(len(BREAKS), 3 + bench.cycles))
        for count, one in enumerate(chosen, 1):
            evil = f"a{one}Bcc: carol@{bench.servers.domain}{one}RCPT TO:<carol@example.org>{one}b"
            attached = alice.home / f"x{one}y.txt"
            attached.write_text("attached\n", encoding="utf-8")
            assert send(alice, "short\n", "--subject", evil, "--attach", str(attached)) == 0
            raw = arrived(alice, count)[-1]
            header = raw.partition(b"\r\n\r\n")[0].decode("ascii")
            names = re.findall(r"^([A-Za-z-]+):", header, re.MULTILINE)
            assert "Bcc" not in names, repr(one)
            assert names.count("Subject") == 1, repr(one)
            assert "RCPT" not in names, repr(one)


@case("S9", "line breaks in an address: refused, or one recipient with a strange name")
def breaks_in_addresses(bench: Bench) -> None:
    with sender(bench, bench.servers.smtp.variants["strict"]) as alice:
        taken = 0
        for one in bench.chance.sample(BREAKS, min(len(BREAKS), 1 + bench.cycles)):
            for evil in (
                f"bob@example.org{one}RCPT TO:<carol@example.org",
                f"carol@example.org>{one}RCPT TO:<bob@example.org",
                f"bob@example.org>{one}Bcc: carol@example.org",
                f"bob{one}@example.org",
            ):
                done = alice.run("send", "--to", evil, "--encrypt", "no", stdin="short\n")
                assert "Traceback" not in done.stderr, repr(evil)
                taken += done.returncode == 0
        for raw in everything(bench, taken):
            header = raw.partition(b"\r\n\r\n")[0].decode("ascii")
            assert not re.search(r"^(Bcc|RCPT TO):", header, re.MULTILINE), header


@case("S12", "nothing of the machine and its user goes over the wire")
def neutral(bench: Bench) -> None:
    with scripted(taking("421")) as running, sender(bench, running.port, Security.NONE) as alice:
        assert send(alice, "short\n") == 0
        heard = bytes(running.heard)
    assert heard.startswith(b"EHLO [127.0.0.1]\r\n")
    said = heard.decode("ascii").lower()
    assert not re.search(r"^(x-mailer|user-agent|x-originating-ip):", said, re.MULTILINE)
    words: set[Any] = {socket.gethostname(), socket.getfqdn(), str(bench.folder), alice.home.name}
    words |= {getpass.getuser()} if len(getpass.getuser()) > 4 else set()
    words -= {"localhost", ""}
    assert [word for word in words if word.lower() in said] == []
    assert "message-id: <" in said
    assert said.count("[127.0.0.1]") == 1
