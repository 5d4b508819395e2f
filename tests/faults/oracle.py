"""What must be true whatever happens, judged by what the bench has put on the server.

I1: every message is on the server or in the store. I2: none is here twice. I5: what a user is told
is plain sentences, and no password and no line of a message stands in them or in a log. The store
is asked through `mailclient export` alone.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.scenarios.people import Person

SECRET_LINE = "This line is for nobody else"
MACHINERY = re.compile(
    r"Traceback|(?i:errno)|\w(?:Error|Exception|Warning|Fault)\b|<class|object at|0x[0-9a-f]{6}"
    r"|\bline \d+, in|\b_?ssl\.|\b(?:poplib|smtplib|socket|sqlite\w*|apsw|getaddrinfo)\b"
    r"|\bmailclient\.\w+\.|\bb['\"]|\bNone\b"
)
LONGEST = 700  # characters; a sentence that nobody reads to its end tells nothing


def digest(raw: bytes) -> str:
    """What a message is known by; POP3 ends the last line where the message does not."""
    return sha256(raw if raw.endswith(b"\r\n") else raw + b"\r\n").hexdigest()


def plain(text: str) -> None:
    """I5: what a user is told is whole sentences, and nothing of the machinery."""
    for line in text.splitlines():
        assert line.rstrip().endswith((".", ".)")), text
        assert len(line) < LONGEST, text
        assert not MACHINERY.search(line), text
        assert line.isprintable(), ascii(text)


@dataclass(slots=True)
class Watched(Person):
    """Somebody whose program is listened to: whatever a command says is looked at (I5)."""

    secrets: tuple[str, ...] = ()

    def run(
        self, *arguments: str, stdin: str = "", crash_at: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """As anybody's; what a fault is told by must be plain, and no secret stands anywhere."""
        done = Person.run(self, *arguments, stdin=stdin, crash_at=crash_at)
        if not crash_at:
            assert done.returncode in (0, 1), f"{arguments}: {done.returncode}, {done.stderr}"
            assert done.returncode == 0 or done.stderr, f"{arguments} failed and said nothing"
            plain(done.stderr)
        for word in (*self.secrets, f"passphrase of {self.name}"):
            assert word not in done.stdout + done.stderr, f"{word!r} is told by {arguments}"
        return done


@dataclass(slots=True)
class Oracle:
    """Where each message is, as the bench knows it."""

    person: Person
    on_server: Callable[[], Counter[str]]
    password: str
    sent: Counter[str] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)  # what others have taken away

    def put(self, raw: bytes) -> bytes:
        """Note a message that is laid on the server."""
        self.sent[digest(raw)] += 1
        return raw

    def here(self) -> Counter[str]:
        """How often each message is in the store."""
        folder = self.person.home / "exported"
        self.person.ok("export", "--all", "--eml", str(folder))
        found = Counter(digest(one.read_bytes()) for one in folder.iterdir())
        shutil.rmtree(folder)
        return found

    def safe(self, where: str) -> Counter[str]:
        """I1 and I2; returns what is in the store."""
        here = self.here()
        lost = self.sent.keys() - here.keys() - self.on_server().keys() - self.gone
        assert not lost, f"{where}: {len(lost)} of {len(self.sent)} messages are lost"
        twice = {one: count for one, count in here.items() if count > self.sent[one]}
        assert not twice, f"{where}: {len(twice)} messages are here twice, or were never sent"
        return here

    def complete(self, where: str) -> None:
        """I1 and I2, and everything is here."""
        here = self.safe(where)
        missing = {one for one in self.sent - here if here[one] or one not in self.gone}
        assert not missing, f"{where}: {len(missing)} messages have not come"

    def plain(self, done: subprocess.CompletedProcess[str]) -> None:
        """I5 of a command that has ended."""
        assert done.returncode in (0, 1), f"{done.returncode}: {done.stderr}"
        lines = done.stderr.splitlines()
        assert lines or done.returncode == 0, "it failed and said nothing"
        for line in lines:
            assert line.startswith("mailclient: "), done.stderr
        self.discreet(done.stdout + done.stderr)
        for log in self.person.home.rglob("*.log"):
            self.discreet(log.read_text("utf-8", "replace"))

    def discreet(self, text: str) -> None:
        """Nothing of the machinery, no password, no line of a message."""
        assert not MACHINERY.search(text), text
        for word in (self.password, SECRET_LINE):
            assert word not in text, f"{word!r} stands in: {text}"


@dataclass(frozen=True, slots=True)
class Told:
    """How one collection ended, as its command tells."""

    status: int
    receipt: dict[str, Any]
    stderr: str

    @property
    def received(self) -> int:
        return int(self.receipt["received"])

    @property
    def problems(self) -> str:
        return " ".join(self.receipt["problems"])


def collected(oracle: Oracle, *options: str) -> Told:
    """Run `receive --json` once, and look at how it speaks."""
    done = oracle.person.run("receive", "--json", *options)
    oracle.plain(done)
    [receipt] = json.loads(done.stdout)["accounts"]
    said = "".join(f"mailclient: {receipt['address']}: {one}\n" for one in receipt["problems"])
    assert done.stderr == said, f"{done.stderr!r} is not {said!r}"
    return Told(done.returncode, receipt, done.stderr)


def letter(number: int, size: int = 300, word: str = "Letter") -> bytes:
    """A message that differs from all others, with dots where they hurt."""
    body = f"{SECRET_LINE}: {word} {number}.\r\n.\r\n..\r\n.{number}\r\n"
    filling = "".join(f"{at:08} {'x' * 61}\r\n" for at in range(size // 72))
    return (
        f"From: carol@example.org\r\nTo: bob@example.org\r\nSubject: {word} {number}\r\n"
        f"Message-ID: <{word}-{number}@example.org>\r\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n{body}{filling}"
    ).encode()
