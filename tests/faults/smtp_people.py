"""What the cases of the queue share: somebody who sends, a server that is asked afterwards what it
has taken, and the oracle: each recipient has one copy, or the sender was told."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

from mailclient.account import Account, Identity, Security, Server
from mailclient.app import App, open_profile
from mailclient.errors import MailError
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.services.timekeeping import steady
from mailclient.store.outbox import OutItem, OutState
from tests.faults.mailboxes import Copies, arrived
from tests.faults.oracle import plain
from tests.faults.registry import Bench
from tests.servers.scripted import Conversation

ALICE = "alice@example.org"
NAMES = ("bob", "carol", "dan")


class Clock:
    """The real time, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def steadily(self) -> float:
        """Time passes when it is moved on; it is not set."""
        return steady() + self.ahead.total_seconds()


@dataclass(slots=True)
class Sender:
    """Alice with an open profile; she can be closed and opened again."""

    app: App
    clock: Clock
    gnupg: Path
    again: Callable[[], App]

    def queue(self, subject: str, *names: str, **how: object) -> int:
        """Put a letter into the queue; returns its id."""
        people = tuple(Address("", f"{name}@example.org") for name in names)
        draft = Draft(Address("Alice", ALICE), people, subject=subject, text=f"About {subject}.")
        return self.app.send.queue(draft, **how).id  # type: ignore[arg-type]

    def flush(self, *, now: bool = False) -> MailError | None:
        """Send what is due; the problem that there was, which must be a sentence."""
        try:
            self.app.send.flush(self.app.accounts.get(ALICE), Job(0), now=now)
        except MailError as problem:
            plain(str(problem))
            return problem
        return None

    def wait(self) -> None:
        """Let the time pass until the next try."""
        next_ = self.app._store.outbox.next_time()
        if next_ is not None:
            self.clock.ahead += max(timedelta(), next_ - self.clock()) + timedelta(seconds=1)

    def use(self, port: int, security: Security = Security.NONE, ca_file: str = "") -> None:
        """Send through another port."""
        account = self.app.accounts.get(ALICE)
        server = Server("localhost", port, security, username=ALICE, ca_file=ca_file)
        self.app.accounts.change(replace(account, outgoing=server))

    def restart(self) -> None:
        """Close the program and open it again."""
        self.app.close()
        self.app = self.again()

    def items(self) -> tuple[OutItem, ...]:
        return self.app.send.items()


@contextmanager
def sender(bench: Bench, port: int = 1, security: Security = Security.NONE) -> Iterator[Sender]:
    """Alice with an account at a port, whose profile is empty otherwise."""
    gnupg = Path(tempfile.mkdtemp(prefix="mc-"))
    home = Path(tempfile.mkdtemp(dir=bench.folder))
    clock = Clock()

    def opened() -> App:
        return open_profile(
            Profile(home),
            passphrase="x",
            gnupg_home=gnupg,
            clock=clock,
            steadily=clock.steadily,
        )

    one = Sender(opened(), clock, gnupg, opened)
    try:
        account = Account((Identity(ALICE, "Alice"),), None, Server("localhost", 1))
        one.app.accounts.add(account, bench.servers.password("alice"))
        one.use(port, security, str(bench.servers.ca_file) if security is Security.TLS else "")
        yield one
    finally:
        one.app.close()
        shutil.rmtree(gnupg, ignore_errors=True)


# The oracle


def judge(sender: Sender, copies: Copies, where: str) -> None:
    """Nobody has two copies; who is called served has one; who waits, or was refused, has none;
    and of everybody who has none, or may have none, the sender is told why."""
    for item in sender.items():
        for one in item.recipients:
            name = one.address.partition("@")[0]
            found = copies[item.subject, name]
            told = f"{where}: {name} has {found} of {item.subject}, called {one.state.value}"
            assert found <= 1, told
            match one.state:
                case OutState.SENT:
                    assert found == 1, told
                case OutState.UNCERTAIN | OutState.FAILED:
                    assert one.reason, told
                    assert item.problem, told
                    assert found == 0 or one.state is OutState.UNCERTAIN, told
                case OutState.QUEUED | OutState.DEFERRED:
                    assert found == 0, told
                case OutState.SENDING:
                    raise AssertionError(told)


def at_postfix(bench: Bench, sender: Sender, where: str) -> Copies:
    """What lies in the mailboxes, once Postfix has delivered what it has taken."""
    called = {
        (item.subject, one.address.partition("@")[0])
        for item in sender.items()
        for one in item.those(OutState.SENT)
    }
    return arrived(bench, ("bob", "carol"), called, where)


# A server with moods


LATER = (b"450 4.2.1 busy", b"451 4.7.1 greylisted", b"452 4.2.2 mailbox full")
NEVER = (b"550 5.1.1 no such user", b"552 5.2.2 quota exceeded", b"553 5.1.3 what?")


@dataclass(slots=True)
class Moody:
    """An SMTP server that does at each step what chance says, and keeps what it has taken.

    `mood` is how likely each step goes wrong; 0 takes everything.
    """

    chance: random.Random
    mood: float = 0.5
    taken: Copies = field(default_factory=Counter)
    cuts_past_the_dot: int = 0

    def __call__(self, talk: Conversation) -> None:
        if self._wrong(0.3):
            talk.say(self.chance.choice((b"421 4.3.2 closing\r\n", b"554 5.3.2 not you\r\n")))
            talk.close()
            return
        talk.say(b"220 ready\r\n")
        people: list[str] = []
        while True:
            self._answer(talk, talk.hear(), people)

    def _wrong(self, weight: float) -> bool:
        return self.chance.random() < self.mood * weight

    def _answer(self, talk: Conversation, line: bytes, people: list[str]) -> None:
        verb = line.upper()
        if self._wrong(0.04):
            talk.cut()
        if verb.startswith(b"EHLO"):
            extra = self.chance.choice(
                (b"", b"250-PIPELINING\r\n", b"250-SIZE 100\r\n" if self.mood else b"")
            )
            talk.say(b"250-moody\r\n" + extra + b"250 AUTH PLAIN\r\n")
        elif verb.startswith(b"AUTH"):
            talk.say(b"235 welcome\r\n")
        elif verb.startswith(b"MAIL"):
            people.clear()
            talk.say(self._reply(0.1, b"250 ok"))
        elif verb.startswith(b"RCPT"):
            reply = self._reply(0.5, b"250 ok")
            if reply.startswith(b"2"):
                people.append(line.partition(b"<")[2].partition(b"@")[0].decode())
            talk.say(reply)
        elif verb.startswith(b"DATA"):
            self._data(talk, people)
        elif verb.startswith(b"QUIT"):
            if self._wrong(0.5):
                talk.cut()
            talk.say(b"221 bye\r\n")
        else:
            talk.say(b"250 ok\r\n")

    def _reply(self, weight: float, good: bytes) -> bytes:
        return (self.chance.choice((*LATER, *NEVER)) if self._wrong(weight) else good) + b"\r\n"

    def _data(self, talk: Conversation, people: list[str]) -> None:
        if not people or self._wrong(0.1):
            talk.say(b"554 5.5.1 no valid recipients\r\n" if not people else b"451 4.3.0 no\r\n")
            return
        talk.say(b"354 go on\r\n")
        raw = talk.hear_message()
        if self._wrong(0.2):
            talk.say(self._reply(1 / self.mood, b"451 4.3.0 no"))
            return
        cut = self._wrong(0.4)
        if not cut or self.chance.random() < 0.5:
            subject = str(message_from_bytes(raw)["Subject"])
            for name in people:
                self.taken[subject, name] += 1
        if cut:
            self.cuts_past_the_dot += 1
            talk.cut()
        talk.say(b"250 2.0.0 taken\r\n")
