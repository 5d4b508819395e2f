"""What a command took: wall time, processor time of it and its children, peak of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

LAUNCH = Path(__file__).with_name("launch.py")
LIMIT = 1800  # seconds that one run may take


@dataclass(frozen=True, slots=True)
class Figures:
    """One run, or the medians of several; seconds and bytes."""

    seconds: float
    cpu: float
    memory: int
    open: float | None = None  # those of `seconds` in which our profile was open

    @classmethod
    def median(cls, runs: list[Figures]) -> Figures:
        """The median of each figure by itself."""
        opened = [one.open for one in runs if one.open is not None]
        return cls(
            median(one.seconds for one in runs),
            median(one.cpu for one in runs),
            int(median(one.memory for one in runs)),
            median(opened) if opened else None,
        )


class RunFailed(Exception):
    """A command did not do what it was to do; says what it printed."""


def run(command: list[str], folder: Path) -> tuple[Figures, str]:
    """Run a command; returns what it printed, too. Raises RunFailed for any status but 0."""
    result, printed, complaints = folder / "figures.json", folder / "printed", folder / "complaints"
    launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(result), str(LIMIT), *command]
    with printed.open("wb") as out, complaints.open("wb") as err:
        subprocess.run(launcher, stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=True)
    text = printed.read_text(encoding="utf-8", errors="replace")
    found = json.loads(result.read_text(encoding="utf-8"))
    if found["timed_out"]:
        raise RunFailed(f"{command[0]} was stopped after {LIMIT} s")
    if found["status"]:
        said = complaints.read_text(encoding="utf-8", errors="replace") or text
        raise RunFailed(f"{command[:4]} ended with {found['status']}: {said[-2000:]}")
    return Figures(found["seconds"], found["cpu"], found["memory"]), text
