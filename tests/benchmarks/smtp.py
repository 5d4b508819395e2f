"""Handing over mail by SMTP over TLS: this program, its peers and the limit."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from tests.benchmarks import report
from tests.benchmarks.contestants import CHILDREN, PASSPHRASE, Attempt, Contestant
from tests.benchmarks.delay import delayed
from tests.benchmarks.mailbox import Content
from tests.benchmarks.measure import RunFailed
from tests.benchmarks.pop3 import USER, Bench, say
from tests.servers.postfix import NOWHERE
from tests.servers.surroundings import DOMAIN, MailServers, mail_servers_running

MESSAGES, SIZE = 200, 20_000
DELAYS = (0, 20)
SERVERS = ("sink", "postfix")
REPEAT = 5
RECIPIENT = f"somebody@{NOWHERE}"
PATIENCE = 60.0  # seconds for Postfix to have passed on what it has taken
LINE = b"Words that stand for a letter of the usual length, one line after the other.\r\n"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A server that takes mail: its port, and what it has taken so far (messages, bytes, sum)."""

    port: int
    tally: Callable[[], tuple[int, int, int]]
    exact: bool  # whether it knows bytes and sum


def messages(count: int, size: int) -> Iterator[bytes]:
    """The letters that are sent, each with its number; with CRLF."""
    for number in range(count):
        head = (
            f"From: {USER}@{DOMAIN}\r\nTo: {RECIPIENT}\r\nSubject: Letter {number}\r\n"
            f"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@{DOMAIN}>\r\n\r\n"
        ).encode()
        yield head + LINE * ((size - len(head)) // len(LINE))


@contextmanager
def receiver(name: str, servers: MailServers, folder: Path) -> Iterator[Receiver]:
    """The server by this name."""
    if name == "postfix":
        yield Receiver(servers.smtp.smtps, lambda: _taken_by_postfix(servers), exact=False)
        return
    tally = folder / "tally"
    tally.write_text("0 0 0", encoding="ascii")
    papers = [str(servers.folder / one) for one in ("cert.pem", "key.pem")]
    command = [sys.executable, str(CHILDREN / "submission_sink.py"), *papers, str(tally)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield Receiver(port, lambda: _taken_by_sink(tally), exact=True)
        finally:
            process.terminate()


def _taken_by_sink(tally: Path) -> tuple[int, int, int]:
    while len(words := tally.read_text(encoding="ascii").split()) < 3:
        time.sleep(0.01)  # it is just being written
    return int(words[0]), int(words[1]), int(words[2])


def _taken_by_postfix(servers: MailServers) -> tuple[int, int, int]:
    log = (servers.folder / "postfix" / "postfix.log").read_text("utf-8", "replace")
    return sum(f"to=<{RECIPIENT}>" in one and "status=sent" in one for one in log.split("\n")), 0, 0


class Race:
    """The contestants before one receiver, each checked by what the receiver has taken."""

    def __init__(self, receiver: Receiver, folder: Path, count: int, size: int) -> None:
        self._receiver = receiver
        self._folder = folder
        self._count = count
        self._size = size
        self._letters = folder / "letters"
        self._letters.mkdir()
        self._before = (0, 0, 0)
        self._meant = [0, 0]
        for number, raw in enumerate(messages(count, size)):
            (self._letters / f"{number:06}").write_bytes(raw)
            self._meant[0] += len(raw)
            self._meant[1] += crc32(raw)

    def contestants(self) -> tuple[Contestant, ...]:
        """Everybody."""
        raw = ("raw_writer.py", "pipelining")
        return (
            self._one("raw", "raw, PIPELINING", self._script(*raw), ahead=True),
            self._one(
                "chunking", "raw, CHUNKING too", self._script(raw[0], "chunking"), ahead=True
            ),
            self._one("session", "mailclient, session alone", self._session, ahead=True),
            self._one("queue", "mailclient outbox send", self._queue, ahead=True, exact=False),
            self._one("msmtp", "msmtp", self._msmtp, needs="msmtp"),
            self._one("smtplib", "smtplib", self._script("smtplib_loop.py")),
            self._one(
                "nodelay", "smtplib, TCP_NODELAY", self._script("smtplib_loop.py", "nodelay")
            ),
        )

    def _one(
        self,
        name: str,
        label: str,
        command: Callable[[Attempt], list[str]],
        *,
        ahead: bool = False,
        exact: bool = True,
        needs: str = "",
    ) -> Contestant:
        def prepare(attempt: Attempt) -> list[str]:
            made = command(attempt)
            self._before = self._receiver.tally()
            return made

        def check(attempt: Attempt) -> None:
            self._check(exact and self._receiver.exact)

        return Contestant(name, label, prepare, check, ahead=ahead, needs=needs, package=needs)

    def _check(self, exact: bool) -> None:
        until = time.monotonic() + PATIENCE
        while (now := self._receiver.tally())[0] < self._before[0] + self._count:
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        count, size, checksum = (a - b for a, b in zip(now, self._before, strict=True))
        if count != self._count or (exact and [size, checksum] != self._meant):
            raise RunFailed(f"{count} messages with {size} bytes arrived, not as they were meant")

    def _where(self, attempt: Attempt) -> list[str]:
        one = attempt.target
        letters = str(self._letters)
        return [str(one.port), str(one.ca_file), one.user, one.password, letters, RECIPIENT]

    def _script(self, script: str, *how: str) -> Callable[[Attempt], list[str]]:
        return lambda attempt: [
            sys.executable,
            str(CHILDREN / script),
            *self._where(attempt),
            *how,
        ]

    def _session(self, attempt: Attempt) -> list[str]:
        module = "tests.benchmarks.children.our_submit"
        return [sys.executable, "-m", module, *self._where(attempt)]

    def _queue(self, attempt: Attempt) -> list[str]:
        """A profile whose queue holds letters of the same size."""
        target, folder = attempt.target, attempt.folder
        (folder / "gnupg").mkdir(mode=0o700)
        secret, password = (
            str(attempt.write(name, text))
            for name, text in (("passphrase", PASSPHRASE), ("password", target.password))
        )
        profile = str(folder / "profile")
        options = ["--profile", profile, "--passphrase-file", secret]
        command = [
            *(sys.executable, "-m", "mailclient", *options),
            *("--gnupg-home", str(folder / "gnupg")),
        ]
        _succeed(
            [
                *(*command, "account", "add", "--address", target.user, "--no-test"),
                *("--pop3", "localhost:1", "--smtp", f"localhost:{target.port}"),
                *("--ca-file", str(target.ca_file), "--password-file", password),
            ]
        )
        filler = [sys.executable, "-m", "tests.benchmarks.children.our_queue", profile, secret]
        _succeed([*filler, target.user, RECIPIENT, str(self._count), str(self._size)])
        return [*command, "outbox", "send"]

    def _msmtp(self, attempt: Attempt) -> list[str]:
        """A process for each message, as scripts and mail programs call it."""
        target = attempt.target
        configuration = attempt.write(
            "msmtprc",
            f"account a\nhost localhost\nport {target.port}\ntls on\ntls_starttls off\n"
            f"tls_trust_file {target.ca_file}\nauth plain\nuser {target.user}\n"
            f'password "{target.password}"\nfrom {target.user}\n',
        )
        loop = 'for one in "$1"/*; do msmtp -C "$2" -a a "$3" <"$one" || exit 1; done'
        return ["sh", "-c", loop, "sh", str(self._letters), str(configuration), RECIPIENT]


def _succeed(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailed(done.stderr)


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be measured; without `names`, everybody."""

    messages: int = MESSAGES
    delays: tuple[int, ...] = DELAYS
    servers: tuple[str, ...] = SERVERS
    names: tuple[str, ...] = ()
    repeat: int = REPEAT
    seed: int = 1


def measure(options: Options) -> dict[str, Any]:
    """Run everything; prints tables, returns what goes into the JSON file."""
    found: dict[str, Any] = {"benchmark": "smtp", "seed": options.seed}
    found["surroundings"] = report.surroundings()
    found["tables"], found["failures"] = [], []
    with mail_servers_running() as servers:
        for name in options.servers:
            with tempfile.TemporaryDirectory() as folder:
                for delay in options.delays:
                    place = Path(folder) / str(delay)
                    place.mkdir()
                    with receiver(name, servers, place) as taker:
                        _measure_one(options, servers, (name, taker, place), delay, found)
    return found


def _measure_one(
    options: Options,
    servers: MailServers,
    to: tuple[str, Receiver, Path],
    delay: int,
    found: dict[str, Any],
) -> None:
    name, taker, place = to
    say(f"{options.messages:,} messages to {name}, {delay} ms")
    race = Race(taker, place, options.messages, SIZE)
    wanted = [one for one in race.contestants() if one.name in (options.names or (one.name,))]
    content = Content.of(raw.replace(b"\r\n", b"\n") for raw in messages(options.messages, SIZE))
    bench = Bench(servers, place, content, options.seed)
    table = _table(bench, wanted, taker.port, delay, options.repeat, name)
    print(table.text(), flush=True)
    found["tables"].append(table.document())
    found["failures"] += bench.failures


def _table(
    bench: Bench,
    wanted: Sequence[Contestant],
    port: int,
    delay: int,
    repeat: int,
    where: str,
) -> report.Table:
    present = [one for one in wanted if not one.missing]
    with ExitStack() as stack:
        through = stack.enter_context(delayed(port, delay)) if delay else port
        runs = bench.rounds(present, through, repeat)
    lines = tuple(
        report.Line(
            one.name,
            one.label,
            tuple(runs.get(one.name, ())),
            "not installed" if one.missing else "" if runs[one.name] else "failed",
        )
        for one in wanted
    )
    content = bench.content
    return report.Table(
        content.messages, content.size, delay, lines, ("raw", "msmtp"), f", to {where}"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--delay", type=_numbers, default=DELAYS, help="milliseconds")
    parser.add_argument("--server", type=_words, default=SERVERS, help=",".join(SERVERS))
    parser.add_argument("--only", type=_words, default=(), help="names of contestants")
    parser.add_argument("--repeat", type=int, default=REPEAT, help="at most so many runs each")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the runs")
    parser.add_argument("--json", type=Path, help="write the figures into this file")


def main(arguments: argparse.Namespace) -> None:
    """Measure what the options ask for."""
    found = measure(
        Options(
            messages=arguments.messages,
            delays=arguments.delay,
            servers=arguments.server,
            names=arguments.only,
            repeat=arguments.repeat,
            seed=arguments.seed,
        )
    )
    if arguments.json:
        report.write(arguments.json, found)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(","))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))
