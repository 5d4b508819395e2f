"""R1–R21 against scripted servers that do what no real one does on demand: driven through the
command line; the oracle is what the script has sent, against what an export gives back."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.faults.registry import Bench, case
from tests.scenarios.people import Person
from tests.servers.scripted import Conversation, Gone, Scripted, scripted

SECRET = "the secret"


def letter(number: int, size: int = 300) -> bytes:
    return (
        (
            f"From: carol@example.org\r\nSubject: Letter {number}\r\n"
            f"Message-ID: <{number}@example.org>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
        ).encode()
        + b"x" * size
        + b"\r\n"
    )


class Mailbox:
    """A server's mailbox, and in what it differs from an honest one."""

    def __init__(self, messages: Sequence[bytes], uids: Sequence[bytes] | None = None) -> None:
        self.messages = list(messages)
        self.uids = list(uids) if uids is not None else [sha256(m).digest().hex().encode()[:20]
                                                         for m in messages]  # fmt: skip
        self.sizes = [len(one) for one in messages]
        self.capabilities: tuple[bytes, ...] | None = (b"UIDL", b"TOP", b"PIPELINING")
        self.has_uidl = self.has_top = True
        self.cut_after = -1  # bytes of an answer to RETR, counted over the session
        self.refused: set[int] = set()
        self.ok_before_lines = False
        self.gone: set[int] = set()
        self.cut_at = b""  # the command at which the connection ends

    def serve(self, server: Conversation) -> None:
        """One session."""
        asked: set[int] = set()
        server.say(b"+OK ready\r\n")
        while True:
            line = server.hear()
            verb = line.split(b" ")[0].upper()
            if verb == self.cut_at:
                server.cut()
            if verb == b"QUIT":
                server.say(b"+OK\r\n")
                self.gone |= asked
                return
            self._answer(server, verb, line, asked)

    def _answer(self, server: Conversation, verb: bytes, line: bytes, asked: set[int]) -> None:
        number = int(line.split()[1]) if verb in (b"RETR", b"TOP", b"DELE") else 0
        match verb:
            case b"CAPA" if self.capabilities is not None:
                server.say(b"+OK\r\n" + b"".join(c + b"\r\n" for c in self.capabilities) + b".\r\n")
            case b"USER" | b"PASS" | b"NOOP":
                server.say(b"+OK\r\n")
            case b"LIST":
                server.say(self._table([str(size).encode() for size in self.sizes]))
            case b"UIDL" if self.has_uidl:
                server.say(self._table(self.uids))
            case b"RETR" if number not in self.refused:
                self._retr(server, self.messages[number - 1])
            case b"TOP" if self.has_top:
                head = self.messages[number - 1].partition(b"\r\n\r\n")[0]
                server.say(b"+OK\r\n" + _stuffed(head + b"\r\n\r\n") + b".\r\n")
            case b"DELE":
                asked.add(number)
                server.say(b"+OK\r\n")
            case _:
                server.say(b"-ERR not here\r\n")

    def _table(self, words: Sequence[bytes]) -> bytes:
        before = b"+OK " if self.ok_before_lines else b""
        rows = [
            before + b"%d %b\r\n" % (number, word)
            for number, word in enumerate(words, 1)
            if number not in self.gone
        ]
        return b"+OK\r\n" + b"".join(rows) + b".\r\n"

    def _retr(self, server: Conversation, message: bytes) -> None:
        answer = b"+OK\r\n" + _stuffed(message) + b".\r\n"
        if 0 <= self.cut_after < len(answer):
            server.say(answer[: self.cut_after])
            self.cut_after = -1
            server.cut()
        elif self.cut_after >= 0:
            self.cut_after -= len(answer)
        server.say(answer)


def _stuffed(message: bytes) -> bytes:
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"." if ended.startswith(b".") else b"") + ended.replace(b"\r\n.", b"\r\n..")


@contextmanager
def client(bench: Bench, running: Scripted, leave: str = "yes") -> Iterator[Person]:
    """Somebody with an account on a scripted server."""
    home = Path(tempfile.mkdtemp(dir=bench.folder))
    gnupg = Path(tempfile.mkdtemp(prefix="mc-"))
    bob = Person("bob", home, gnupg, bench.servers)
    place = f"localhost:{running.port}"
    bob.ok(
        "account", "add", "--address", bob.address, "--no-test", "--leave-on-server", leave,
        "--pop3", place, "--pop3-security", "none", "--smtp", place, "--smtp-security", "none",
        "--password-file", str(bob.secret("password", SECRET)),
    )  # fmt: skip
    try:
        yield bob
    finally:
        bob.stop_agent()
        shutil.rmtree(gnupg, ignore_errors=True)


def receive(bob: Person) -> dict[str, Any]:
    """Collect; one plain sentence at most for each trouble, and no secret in it (I5)."""
    done = bob.run("receive", "--json")
    assert "Traceback" not in done.stderr, done.stderr
    assert SECRET not in done.stdout + done.stderr
    account: dict[str, Any] = json.loads(done.stdout)["accounts"][0]
    return account


def here(bob: Person) -> Counter[str]:
    """How often each message is in the store, by its hash."""
    folder = bob.home / "export"
    bob.ok("export", "--all", "--eml", str(folder))
    found = Counter(sha256(file.read_bytes()).hexdigest() for file in folder.iterdir())
    shutil.rmtree(folder)
    return found


def hashes(messages: Sequence[bytes]) -> Counter[str]:
    return Counter(sha256(one).hexdigest() for one in messages)


def collected(
    bench: Bench, mailbox: Mailbox, *, times: int = 2, leave: str = "yes"
) -> tuple[Counter[str], dict[str, Any]]:
    """What is here after so many collections, and the last receipt."""
    receipt: dict[str, Any] = {}
    with scripted(mailbox.serve) as running, client(bench, running, leave) as bob:
        for _ in range(times):
            receipt = receive(bob)
        return here(bob), receipt


@case("R1", "cut in the middle of a message, anywhere")
def cut_in_a_message(bench: Bench) -> None:
    messages = [letter(number) for number in range(12)]
    total = sum(len(one) + 8 for one in messages)
    mailbox = Mailbox(messages)
    with scripted(mailbox.serve) as running, client(bench, running) as bob:
        for _ in range(3 * bench.cycles):
            mailbox.cut_after = bench.chance.randrange(total)
            receive(bob)
        mailbox.cut_after = -1
        receive(bob)
        assert here(bob) == hashes(messages)


@case("R2", "cut in the middle of a listing: no name is forgotten")
def cut_in_a_listing(bench: Bench) -> None:
    mailbox = Mailbox([letter(number) for number in range(5)])
    with scripted(mailbox.serve) as running, client(bench, running) as bob:
        receive(bob)
        mailbox.cut_at = b"UIDL"
        receive(bob)
        mailbox.cut_at = b""
        assert receive(bob)["received"] == 0
        assert here(bob) == hashes(mailbox.messages)


@case("R3", "cut before QUIT, or after it without an answer: no loss, no second fetch")
def cut_at_the_end(bench: Bench) -> None:
    mailbox = Mailbox([letter(number) for number in range(5)])
    with scripted(mailbox.serve) as running, client(bench, running, "no") as bob:
        mailbox.cut_at = b"QUIT"
        receive(bob)
        assert mailbox.gone == set()
        mailbox.cut_at = b""
        last = receive(bob)
        assert (last["received"], last["deleted_on_server"]) == (0, 5)
        assert mailbox.gone == {1, 2, 3, 4, 5}
        assert here(bob) == hashes(mailbox.messages)


@case("R5", "one message is refused: the others come")
def one_refused(bench: Bench) -> None:
    mailbox = Mailbox([letter(number) for number in range(5)])
    mailbox.refused = {3}
    found, receipt = collected(bench, mailbox)
    assert found == hashes([one for at, one in enumerate(mailbox.messages) if at != 2])
    assert "could not be fetched" in " ".join(receipt["problems"])


@case("R7", "no UIDL: everything once, and what it costs is said")
def no_uidl(bench: Bench) -> None:
    mailbox = Mailbox([letter(number) for number in range(5)])
    mailbox.has_uidl = False
    found, receipt = collected(bench, mailbox)
    assert found == hashes(mailbox.messages)
    assert "UIDL" in " ".join(receipt["problems"])


@case("R8", "neither TOP nor CAPA")
def no_top_no_capa(bench: Bench) -> None:
    mailbox = Mailbox([letter(number) for number in range(5)])
    mailbox.has_top, mailbox.capabilities = False, None
    found, receipt = collected(bench, mailbox, leave="no")
    assert found == hashes(mailbox.messages)
    assert mailbox.gone == {1, 2, 3, 4, 5}
    assert receipt["problems"] == []


@case("R9", "a name stands twice: both come once, neither is deleted")
def names_twice(bench: Bench) -> None:
    mailbox = Mailbox([letter(1), letter(2), letter(3)], [b"same", b"same", b"other"])
    found, _ = collected(bench, mailbox, times=3, leave="no")
    assert found == hashes(mailbox.messages)
    assert mailbox.gone == {3}


@case("R10", "a name is given to another message of the same size: it comes, too")
def name_given_again(bench: Bench) -> None:
    mailbox = Mailbox([letter(1), letter(2)], [b"a", b"b"])
    first = list(mailbox.messages)
    with scripted(mailbox.serve) as running, client(bench, running) as bob:
        receive(bob)
        mailbox.messages[0] = letter(7)
        bob.ok("account", "set", bob.address, "leave-on-server=count:1")
        receive(bob)
        assert mailbox.gone == set()
        assert here(bob) == hashes([*first, letter(7)])


@case("R11", "all names change: fetched again, recognised, none is here twice")
def all_names_change(bench: Bench) -> None:
    mailbox = Mailbox([letter(number) for number in range(30)])
    with scripted(mailbox.serve) as running, client(bench, running) as bob:
        receive(bob)
        mailbox.uids = [b"new-" + uid for uid in mailbox.uids]
        receipt = receive(bob)
        assert "new names" in " ".join(receipt["problems"])
        assert here(bob) == hashes(mailbox.messages)
        assert receive(bob)["received"] == 0


@case("R12", "names of every kind, +OK before each line, gaps in the numbers")
def strange_names(bench: Bench) -> None:
    uids = [b"x" * 300, b"with space", b"\xff\xfe\x80", b"", b"+OK", b"%20"]
    mailbox = Mailbox([letter(number) for number in range(6)], uids)
    mailbox.ok_before_lines = True
    mailbox.gone = {6}
    found, _ = collected(bench, mailbox)
    assert found == hashes(mailbox.messages[:5])


@case("R14", "line ends of every kind: the bytes stay, and nothing ends early")
def strange_line_ends(bench: Bench) -> None:
    head = letter(1).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    pieces = [b"a\n.\nb", b"a\r.\rb", b"a\r\r\nb", b"\n.\r\n.", b"..", b".", b"\0", b"x" * 70_000]
    texts = [
        b"\r\n".join(bench.chance.choices(pieces, k=6)) + b"\r\n" for _ in range(8 * bench.cycles)
    ]
    mailbox = Mailbox([head + b"%d\r\n" % at + text for at, text in enumerate(texts)])
    found, _ = collected(bench, mailbox)
    assert found == hashes(mailbox.messages)


@case("R17", "sizes that lie: stored, and never deleted on the server")
def lying_sizes(bench: Bench) -> None:
    mailbox = Mailbox([letter(number) for number in range(5)])
    mailbox.sizes = [0, 1, 2**63, 10**6, len(mailbox.messages[4])]
    found, _ = collected(bench, mailbox, leave="no")
    assert found == hashes(mailbox.messages)
    assert mailbox.gone == {5}


@case("R18", "a greeting, an answer to CAPA, a line without an end")
def endless_answers(bench: Bench) -> None:
    def greeting(server: Conversation) -> None:
        server.say(b"+OK " + b"x" * 10_000_000)

    def capabilities(server: Conversation) -> None:
        server.say(b"+OK ready\r\n")
        server.answer(b"CAPA", b"+OK\r\n" + b"MORE\r\n" * 1_000_000)

    def listing(server: Conversation) -> None:
        server.pop3_log_in()
        server.answer(b"LIST", b"+OK\r\n" + b"1" * 10_000_000)

    for script in (greeting, capabilities, listing):
        assert receive_once(bench, script)["received"] == 0


def receive_once(bench: Bench, script: Callable[[Conversation], None]) -> dict[str, Any]:
    def patient(server: Conversation) -> None:
        try:
            script(server)
        except OSError as gone:
            raise Gone from gone

    with scripted(patient) as running, client(bench, running) as bob:
        return receive(bob)


@case("R6", "why a log-in was refused is told apart")
def refused_log_ins(bench: Bench) -> None:
    for reply, words in (
        (b"-ERR [AUTH] no\r\n", "user name and password"),
        (b"-ERR [IN-USE] no\r\n", "in use"),
        (b"-ERR [LOGIN-DELAY] no\r\n", "come back later"),
        (b"-ERR [SYS/TEMP] no\r\n", "come back later"),
        (b"-ERR [SYS/PERM] no\r\n", "provider"),
    ):

        def script(server: Conversation, reply: bytes = reply) -> None:
            server.say(b"+OK ready\r\n")
            server.answer(b"CAPA", b"-ERR\r\n")
            server.answer(b"USER", b"+OK\r\n")
            server.answer(b"PASS", reply)
            server.wait_until_gone()

        problems = " ".join(receive_once(bench, script)["problems"])
        assert words in problems, f"{reply!r}: {problems}"
