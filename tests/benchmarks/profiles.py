"""Where the time of a child goes: by cProfile, and by py-spy where it is installed."""

from __future__ import annotations

import io
import pstats
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from tests.benchmarks.measure import RunFailed

LINES = 25


def by_calls(command: list[str], path: Path) -> str:
    """Run `python -m MODULE …` under cProfile: functions by their own time, then with callees.

    It makes small functions look dearer than they are, and sees the main thread only.
    """
    python, *rest = command
    _run([python, "-m", "cProfile", "-o", str(path), *rest])
    out = io.StringIO()
    stats = pstats.Stats(str(path), stream=out)
    stats.strip_dirs().sort_stats("tottime").print_stats(LINES)
    stats.sort_stats("cumulative").print_stats("^(?!.*frozen)", 2 * LINES)
    return out.getvalue()


def by_samples(command: list[str], path: Path) -> str:
    """Run a command under py-spy, which slows nothing down: lines, of native code functions, by
    their own time, then our functions with callees; "" where py-spy is not installed."""
    py_spy = shutil.which("py-spy")
    if py_spy is None:
        return ""
    options = ["--format", "raw", "--native", "--rate", "200", "--output", str(path)]
    _run([py_spy, "record", *options, "--", *command])
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        own[frames[-1]] += int(count)
        for name in {one.rpartition(":")[0] for one in frames if "mailclient/" in one}:
            within[name] += int(count)
    total = own.total() or 1
    return "\n".join(
        f"{title}\n{_shares(counts, total)}"
        for title, counts in (("own time, samples", own), ("with callees, samples", within))
    )


def _shares(counts: Counter[str], total: int) -> str:
    top = counts.most_common(2 * LINES)
    return "".join(f"{100 * count / total:5.1f} %  {frame}\n" for frame, count in top)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailed(done.stderr)
