"""kill -9 in the middle of receiving 1,000 messages: all of them there in the end, none twice.

The oracle is outside the program: what was put on the server, against what an export gives back.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers

MESSAGES = 1000
KILLS = 20
MOST_TOLD = 300  # bytes of progress; a portion of the letters tells about as much
POINTS = (
    "after_retr:1",
    "after_retr:77",
    "before_commit:1",
    "before_commit:2",
    "after_commit:1",
    "after_commit:3",
    "before_quit:1",
    "after_quit:1",
)


def letters(count: int) -> list[bytes]:
    """Messages that differ, some with long lines and lines of dots."""
    return [
        (
            f"From: carol@example.org\r\nTo: bob@example.org\r\nSubject: Letter {number}\r\n"
            f"Message-ID: <letter-{number}@example.org>\r\n"
            "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
            f"This is letter {number}.\r\n.\r\n..\r\n{'x' * (number * 7 % 3000)}\r\n"
        ).encode()
        for number in range(count)
    ]


def exported(person: Person, folder: Path) -> Counter[str]:
    """How often each message is in the store, by the hash of its body."""
    target = folder / "export"
    person.ok("export", "--all", "--eml", str(target))
    found = Counter(body_hash(file.read_bytes()) for file in target.iterdir())
    for file in target.iterdir():
        file.unlink()
    target.rmdir()
    return found


def body_hash(raw: bytes) -> str:
    """The hash of what follows the header (the servers add fields to the header)."""
    return sha256(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]).hexdigest()


def test_a_thousand_messages_survive_twenty_kills_at_random(
    person: Callable[[str], Person], mail_servers: MailServers, tmp_path: Path
) -> None:
    bob = person("bob")
    bob.set_up("--leave-on-server", "yes")
    sent = letters(MESSAGES)
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    environment = {**os.environ}
    killed = 0
    for at in range(KILLS):
        for raw in sent[at::KILLS]:  # so that each run has something to collect
            mail_servers.deliver("bob", raw)
        process = subprocess.Popen(
            bob.command("receive", "--progress"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
        )
        assert process.stderr is not None
        read = process.stderr.read(chance.randrange(1, MOST_TOLD))  # so far it may come
        process.send_signal(signal.SIGKILL)
        process.stderr.close()
        killed += process.wait() == -signal.SIGKILL
        assert read is not None
    assert killed > 0, f"seed {seed}: no run was still going when it was killed"
    last = bob.json("receive")["accounts"][0]
    assert last["problems"] == []
    found = exported(bob, tmp_path)
    assert found == Counter(body_hash(raw) for raw in sent), f"seed {seed}"
    assert bob.json("receive")["accounts"][0]["received"] == 0


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("leave", ["yes", "no"])
def test_a_kill_at_a_named_point_loses_and_doubles_nothing(
    point: str,
    leave: str,
    person: Callable[[str], Person],
    mail_servers: MailServers,
    tmp_path: Path,
) -> None:
    bob = person("bob")
    bob.set_up("--leave-on-server", leave)
    sent = letters(180)
    for raw in sent:
        mail_servers.deliver("bob", raw)
    done = bob.run("receive", crash_at=point)
    assert done.returncode == -signal.SIGKILL
    wanted = Counter(body_hash(raw) for raw in sent)
    on_server = Counter(body_hash(raw) for raw in mail_servers.mailbox("bob"))
    here = exported(bob, tmp_path)
    assert set(on_server) | set(here) == set(wanted)
    bob.json("receive")
    assert exported(bob, tmp_path) == wanted
    left = mail_servers.mailbox("bob")
    assert len(left) == (len(sent) if leave == "yes" else 0)
