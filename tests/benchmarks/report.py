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
    """All contestants over one mailbox at one delay."""

    messages: int
    size: int
    delay: int
    lines: tuple[Line, ...]

    def seconds(self, name: str) -> float | None:
        """The median wall time of a contestant."""
        figures = next((one.figures for one in self.lines if one.name == name), None)
        return figures.seconds if figures else None

    def text(self) -> str:
        """The table as Markdown."""
        raw, mpop = self.seconds("raw"), self.seconds("mpop")
        rows = [
            f"{self.messages:,} messages, {self.size / 1e6:.1f} MB, {self.delay} ms added",
            "",
            "| | s | s, open | × raw | × mpop | messages/s | CPU s | peak MB | runs |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for one in self.lines:
            found = one.figures
            if found is None:
                rows.append(f"| {one.label} | – | – | – | – | – | – | – | {one.left_out} |")
                continue
            rows.append(
                f"| {one.label} | {found.seconds:.2f} "
                f"| {'' if found.open is None else f'{found.open:.2f}'} "
                f"| {_ratio(found.seconds, raw)} "
                f"| {_ratio(found.seconds, mpop)} | {self.messages / found.seconds:,.0f} "
                f"| {found.cpu:.2f} | {found.memory / 1e6:.0f} | {len(one.runs)} |"
            )
        return "\n".join(rows) + "\n"

    def document(self) -> dict[str, Any]:
        """The table as JSON."""
        raw, mpop = self.seconds("raw"), self.seconds("mpop")
        return {
            "messages": self.messages,
            "bytes": self.size,
            "delay_ms": self.delay,
            "contestants": [
                {
                    "name": one.name,
                    "left_out": one.left_out,
                    "median": asdict(one.figures) if one.figures else None,
                    "to_raw": one.figures and raw and one.figures.seconds / raw,
                    "to_mpop": one.figures and mpop and one.figures.seconds / mpop,
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
