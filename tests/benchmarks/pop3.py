"""Collecting a mailbox over POP3S from a real Dovecot: this program, its peers and the limit."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from compileall import compile_dir
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import mailclient
from tests.benchmarks import profiles, report
from tests.benchmarks.contestants import (
    ALL,
    RAW,
    TIMES,
    Attempt,
    Contestant,
    Target,
    our_fetch,
)
from tests.benchmarks.delay import delayed
from tests.benchmarks.growth import Times
from tests.benchmarks.mailbox import Content, messages
from tests.benchmarks.measure import Figures, RunFailed, run
from tests.servers.surroundings import DOMAIN, MailServers, mail_servers_running

USER = "alice"
MESSAGES = (1000, 10_000)
DELAYS = (0, 20, 100)
REPEAT = 5
ENOUGH_SECONDS = 40.0  # nobody is run again who has had so much time
MOST_WAITING = 120.0  # seconds of mere delay that one who asks one by one is not made to wait
NAMES = tuple(one.name for one in ALL)


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be measured."""

    messages: tuple[int, ...] = MESSAGES
    delays: tuple[int, ...] = DELAYS
    names: tuple[str, ...] = NAMES
    repeat: int = REPEAT
    seed: int = 1
    times: bool = True
    profile: Path | None = None


@dataclass(slots=True)
class Bench:
    """Servers that run, with one mailbox on them."""

    servers: MailServers
    folder: Path
    content: Content
    seed: int
    failures: list[str] = field(default_factory=list)

    def target(self, port: int) -> Target:
        """The mailbox, through a port."""
        user = f"{USER}@{DOMAIN}"
        password = self.servers.password(USER)
        return Target(port, self.servers.ca_file, user, password, self.content)

    def once(self, one: Contestant, port: int) -> Figures:
        """One run in a folder of its own, checked."""
        with self.attempt(port) as attempt:
            command = one.prepare(attempt)
            figures, _ = run(command, attempt.folder)
            one.check(attempt)
            times = attempt.folder / TIMES
            if times.exists():
                read = Times.read(times)
                figures = replace(figures, open=read.closed - read.opened)
            return figures

    @contextmanager
    def attempt(self, port: int) -> Iterator[Attempt]:
        """A place for one run, empty before and gone after."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        attempt = Attempt(folder, self.target(port))
        try:
            with attempt.stack:
                yield attempt
        finally:
            shutil.rmtree(folder)

    def rounds(
        self, contestants: Sequence[Contestant], port: int, repeat: int
    ) -> dict[str, list[Figures]]:
        """Everybody once in each round, in an order that changes; who has had enough stops."""
        dice = random.Random(self.seed)
        runs: dict[str, list[Figures]] = {one.name: [] for one in contestants}
        going = list(contestants)
        for number in range(repeat):
            dice.shuffle(going)
            for one in going.copy():
                say(f"  {one.label}, run {number + 1}")
                try:
                    runs[one.name].append(self.once(one, port))
                    if sum(each.seconds for each in runs[one.name]) >= ENOUGH_SECONDS:
                        going.remove(one)
                except RunFailed as problem:
                    say(f"  {one.label} failed: {problem}")
                    self.failures.append(f"{one.name}: {problem}")
                    going.remove(one)
        return runs


def say(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


def measure(options: Options) -> dict[str, Any]:
    """Run everything; prints tables, returns what goes into the JSON file."""
    compile_dir(Path(mailclient.__file__).parent, quiet=1)  # as installing a program does
    found: dict[str, Any] = {"benchmark": "pop3", "seed": options.seed}
    found["surroundings"] = report.surroundings()
    found["tables"], found["times"], found["failures"] = [], [], []
    with mail_servers_running() as servers, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for count in options.messages:
            bench = Bench(servers, Path(folder), _filled(servers, count), options.seed)
            bench.once(_named(RAW), servers.pop3.pop3s)  # Dovecot learns the sizes
            for delay in options.delays:
                table = _table(bench, options, delay)
                print(table.text(), flush=True)
                found["tables"].append(table.document())
            if options.times:
                found["times"] += list(_times(bench))
            if options.profile is not None:
                _profiles(bench, options.profile)
            if 0 in options.delays:
                found["proxy"] = _proxy_cost(bench, options.repeat)
            found["failures"] += bench.failures
    return found


def _named(name: str) -> Contestant:
    return next(one for one in ALL if one.name == name)


def _filled(servers: MailServers, count: int) -> Content:
    """A mailbox with so many messages; what it holds on the wire."""
    say(f"Writing {count:,} messages")
    servers.clear()
    for raw in messages(count):
        servers.deliver(USER, raw)
    return Content.of(messages(count))


def _table(bench: Bench, options: Options, delay: int) -> report.Table:
    count = bench.content.messages
    say(f"{count:,} messages, {delay} ms")
    wanted = [one for one in ALL if one.name in options.names]
    if missing := " ".join(one.package for one in wanted if one.missing):
        say(f"  left out, because they are not installed: apt-get install {missing}")
    left_out = {one.name: _why_not(one, count, delay) for one in wanted}
    present = [one for one in wanted if not left_out[one.name]]
    with ExitStack() as stack:
        port = bench.servers.pop3.pop3s
        if delay:
            port = stack.enter_context(delayed(port, delay))
        runs = bench.rounds(present, port, options.repeat)
    lines = tuple(
        report.Line(
            one.name,
            one.label,
            tuple(runs.get(one.name, ())),
            left_out[one.name] or ("" if runs[one.name] else "failed"),
        )
        for one in wanted
    )
    return report.Table(count, bench.content.size, delay, lines)


def _why_not(one: Contestant, count: int, delay: int) -> str:
    if one.missing:
        return "not installed"
    if not one.ahead and count * delay / 1000 > MOST_WAITING:
        return "waits for each message"
    return ""


def _times(bench: Bench) -> Iterator[dict[str, Any]]:
    """Growth, and the first message, with one step after the other and side by side."""
    for how in ("steps", "side"):
        with bench.attempt(bench.servers.pop3.pop3s) as attempt:
            _named("fetch").prepare(attempt)
            run(our_fetch(attempt, how), attempt.folder)
            times = Times.read(attempt.folder / TIMES)
        print(f"{bench.content.messages:,} messages, {how}: {times.text()}\n", flush=True)
        yield {"messages": bench.content.messages, "how": how, **times.document()}


def _profiles(bench: Bench, path: Path) -> None:
    for name in ("fetch", "complete"):
        for look in (profiles.by_calls, profiles.by_samples):
            with bench.attempt(bench.servers.pop3.pop3s) as attempt:
                text = look(_named(name).prepare(attempt), attempt.folder / "measured")
            with path.open("a", encoding="utf-8") as file:
                title = f"{name}, {bench.content.messages:,} messages, {look.__name__}"
                file.write(f"== {title}\n\n{text}\n")


def _proxy_cost(bench: Bench, repeat: int) -> dict[str, Any]:
    """The raw reader with and without the proxy, at no delay."""
    raw = [_named(RAW)]
    port = bench.servers.pop3.pop3s
    direct: list[Figures] = []
    through: list[Figures] = []
    with delayed(port, 0) as other:
        for _ in range(repeat):
            direct += bench.rounds(raw, port, 1)[RAW]
            through += bench.rounds(raw, other, 1)[RAW]
    one, two = Figures.median(direct), Figures.median(through)
    print(
        f"The proxy at 0 ms: {two.seconds:.3f} s through it, {one.seconds:.3f} s without "
        f"({two.seconds / one.seconds:.2f} ×, {bench.content.messages:,} messages)\n",
        flush=True,
    )
    return {
        "messages": bench.content.messages,
        "direct": asdict(one),
        "through": asdict(two),
        "ratio": two.seconds / one.seconds,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--messages", type=_numbers, default=MESSAGES)
    parser.add_argument("--delay", type=_numbers, default=DELAYS, help="milliseconds")
    parser.add_argument("--only", type=_names, default=NAMES, help=",".join(NAMES))
    parser.add_argument("--repeat", type=int, default=REPEAT, help="at most so many runs each")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the runs")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--profile", type=Path, help="append where the time goes to this file")
    parser.add_argument("--no-times", action="store_true", help="leave the growth out")


def main(arguments: argparse.Namespace) -> None:
    """Measure what the options ask for."""
    options = Options(
        messages=arguments.messages,
        delays=arguments.delay,
        names=arguments.only,
        repeat=arguments.repeat,
        seed=arguments.seed,
    )
    found = measure(replace(options, times=not arguments.no_times, profile=arguments.profile))
    if arguments.json:
        report.write(arguments.json, found)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(","))


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(NAMES):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {NAMES}")
    return names
