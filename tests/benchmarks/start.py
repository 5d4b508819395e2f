"""How long the command line takes to begin: this program beside what it stands on.

Everybody once in each round; the least of the rounds is shown beside the median, since whatever
else the machine does only adds. The profile holds a few messages and is unlocked by a passphrase.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from compileall import compile_dir
from pathlib import Path
from statistics import median
from typing import Any

import mailclient
from mailclient.app import open_profile
from mailclient.paths import Profile
from tests.benchmarks import report
from tests.benchmarks.contestants import PASSPHRASE
from tests.benchmarks.measure import Figures, run

REPEAT = 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--repeat", type=int, default=REPEAT)
    parser.add_argument("--json", type=Path)


def _commands(folder: Path) -> dict[str, list[str]]:
    """What is started, by what it is called."""
    secret, gnupg = folder / "passphrase", folder / "gnupg"
    gnupg.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(PASSPHRASE, encoding="utf-8")
    open_profile(Profile(folder / "profile"), passphrase=PASSPHRASE, gnupg_home=gnupg).close()
    program = [sys.executable, "-m", "mailclient"]
    profile = [*program, "--profile", str(folder / "profile"), "--gnupg-home", str(gnupg)]
    unlocked = [*profile, "--passphrase-file", str(secret)]
    stretch = (
        "from argon2.low_level import Type, hash_secret_raw as stretch; "
        "stretch(b'x', b'0123456789abcdef', time_cost=3, memory_cost=65536, parallelism=4,"
        " hash_len=64, type=Type.ID)"
    )
    return {
        "Python alone": [sys.executable, "-c", "pass"],
        "Python with click": [sys.executable, "-c", "import click"],
        "Argon2 alone": [sys.executable, "-c", stretch],
        "`mailclient --version`": [*program, "--version"],
        "`mailclient list`": [*unlocked, "list"],
        "`mailclient doctor`": [*unlocked, "doctor"],
    }


def measure(repeat: int) -> dict[str, Any]:
    """Run everything; returns what goes into the JSON file."""
    compile_dir(Path(mailclient.__file__).parent, quiet=1)  # as installing a program does
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = _commands(folder)
        runs: dict[str, list[Figures]] = {one: [] for one in commands}
        for _ in range(repeat):
            for one, command in commands.items():
                runs[one].append(run(command, folder)[0])
    return {
        "benchmark": "start",
        "surroundings": report.surroundings(),
        "lines": [_line(name, figures) for name, figures in runs.items()],
    }


def _line(name: str, runs: Sequence[Figures]) -> dict[str, Any]:
    return {
        "name": name,
        "least_seconds": min(one.seconds for one in runs),
        "median_seconds": median(one.seconds for one in runs),
        "least_cpu": min(one.cpu for one in runs),
        "memory": max(one.memory for one in runs),
    }


def main(options: argparse.Namespace) -> None:
    """Measure, and print a table."""
    found = measure(options.repeat)
    print("| | least s | median s | least CPU s | peak MB |\n|---|--:|--:|--:|--:|")
    for one in found["lines"]:
        print(
            f"| {one['name']} | {one['least_seconds']:.3f} | {one['median_seconds']:.3f} "
            f"| {one['least_cpu']:.3f} | {one['memory'] / 1e6:.0f} |"
        )
    if options.json:
        report.write(options.json, found)
