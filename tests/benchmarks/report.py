"""Tables for people, JSON for programs, and what they were measured on."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Figures

ROOT = Path(__file__).parents[2]
VERSIONS = {
    "dovecot": ["dovecot", "--version"],
    "mpop": ["mpop", "--version"],
    "fetchmail": ["fetchmail", "--version"],
    "getmail": ["getmail", "--version"],
    "msmtp": ["msmtp", "--version"],
    "postfix": ["postconf", "mail_version"],
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one contestant did; `left_out` says why it did not run."""

    name: str
    label: str
    runs: tuple[Figures, ...] = ()
    left_out: str = ""

    @property
    def figures(self) -> Figures | None:
        return Figures.median(list(self.runs)) if self.runs else None


@dataclass(frozen=True, slots=True)
class Table:
    """All contestants over the same messages at one delay; ratios are to the two of `bases`."""

    messages: int
    size: int
    delay: int
    lines: tuple[Line, ...]
    bases: tuple[str, str] = ("raw", "mpop")
    where: str = ""

    def seconds(self, name: str) -> float | None:
        """The median wall time of a contestant."""
        figures = next((one.figures for one in self.lines if one.name == name), None)
        return figures.seconds if figures else None

    def text(self) -> str:
        """The table as Markdown."""
        first, second = (self.seconds(one) for one in self.bases)
        one, two = self.bases
        size = f"{self.size / 1e6:.1f} MB"
        rows = [
            f"{self.messages:,} messages, {size}, {self.delay} ms added{self.where}",
            "",
            f"| | s | s, open | × {one} | × {two} | messages/s | CPU s | peak MB | runs |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for line in self.lines:
            found = line.figures
            if found is None:
                rows.append(f"| {line.label} | – | – | – | – | – | – | – | {line.left_out} |")
                continue
            rows.append(
                f"| {line.label} | {found.seconds:.2f} "
                f"| {'' if found.open is None else f'{found.open:.2f}'} "
                f"| {_ratio(found.seconds, first)} "
                f"| {_ratio(found.seconds, second)} | {self.messages / found.seconds:,.0f} "
                f"| {found.cpu:.2f} | {found.memory / 1e6:.0f} | {len(line.runs)} |"
            )
        return "\n".join(rows) + "\n"

    def document(self) -> dict[str, Any]:
        """The table as JSON."""
        bases = {one: self.seconds(one) for one in self.bases}
        return {
            "messages": self.messages,
            "bytes": self.size,
            "delay_ms": self.delay,
            "where": self.where,
            "contestants": [
                {
                    "name": one.name,
                    "left_out": one.left_out,
                    "median": asdict(one.figures) if one.figures else None,
                    **{
                        f"to_{name}": one.figures and base and one.figures.seconds / base
                        for name, base in bases.items()
                    },
                    "runs": [asdict(run) for run in one.runs],
                }
                for one in self.lines
            ],
        }


def _ratio(seconds: float, base: float | None) -> str:
    return f"{seconds / base:.2f}" if base else "–"


def surroundings() -> dict[str, Any]:
    """The machine, the versions and the state of the source that a figure belongs to."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "commit": _first_line(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]),
        **{name: _first_line(command) for name, command in VERSIONS.items()},
    }


def _first_line(command: Sequence[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0]


def write(path: Path, document: dict[str, Any]) -> None:
    """Write JSON."""
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
