"""Our store as it grows: import, start, folders, list, search, marking, deleting, compacting.

Letters of about 2 kB are made, imported, and everything is measured at each size, each step in a
process of its own, with its peak of memory. Growth is drawn as a picture, too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from compileall import compile_dir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mailclient
from tests.benchmarks import plot, report
from tests.benchmarks.letters import Letters, write_mbox
from tests.benchmarks.measure import RunFailed

AT_ONCE = 50_000  # letters in one file that is imported
SECOND = 0.4  # as much of it goes into a second folder
STEPS = ("search", "unread", "threads", "mark", "delete", "compact")
Figures = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--messages", default="1000,10000,100000", help="sizes, in their order")
    parser.add_argument("--folder", type=Path, help="where the store grows; it is kept")
    parser.add_argument("--only", default="", help="these steps alone, on a store that is there")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plots", type=Path, help="a folder for pictures of the growth")


@dataclass(slots=True)
class Growing:
    """A profile, and how many letters were put into it so far."""

    folder: Path
    letters: Letters
    written: int = 0

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    def grow(self, count: int) -> Figures:
        """Import so many more letters; messages a second, and the peak of memory."""
        milliseconds = understood = 0.0
        memory = 0
        for share, where in ((1 - SECOND, []), (SECOND, ["Second"])):
            left = round(count * share)
            while left > 0:
                some = min(left, AT_ONCE)
                found = self._import(some, where)
                milliseconds += found["ms"]
                understood += found["understood_ms"]
                memory = max(memory, found["memory"])
                left -= some
        return {
            "messages": count,
            "per_second": 1000 * count / milliseconds,
            "indexed_per_second": 1000 * count / understood,
            "memory": memory,
        }

    def _import(self, count: int, where: list[str]) -> Figures:
        path = self.folder / "letters.mbox"
        numbers = range(self.written, self.written + count)
        write_mbox(path, (self.letters.letter(number) for number in numbers))
        self.written += count
        try:
            return child("at_size", str(self.profile), "import", str(path), *where)
        finally:
            path.unlink()

    def size(self) -> int:
        """The bytes of the store."""
        return sum(one.stat().st_size for one in self.profile.glob("store.db*"))


def child(module: str, *words: str) -> Figures:
    """What a child of the benchmark prints; raises RunFailed."""
    command = [sys.executable, "-m", f"tests.benchmarks.children.{module}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailed(done.stderr)
    found: Figures = json.loads(done.stdout)
    return found


def measure(
    sizes: list[int], folder: Path, only: list[str], tell: Callable[[str], None]
) -> Figures:
    """Everything at each size."""
    compile_dir(Path(mailclient.__file__).parent, quiet=1)  # as installing a program does
    growing = Growing(folder, Letters())
    state = folder / "written"
    if state.exists():
        growing.written = int(state.read_text(encoding="ascii"))
    found: list[Figures] = []
    for size in sizes:
        here: Figures = {"size": size}
        missing = size - (child("at_size", str(growing.profile), "count")["count"])
        if missing > 0:
            here["import"] = growing.grow(missing)
            state.write_text(str(growing.written), encoding="ascii")
            tell(f"{size:,}: imported at {here['import']['per_second']:,.0f}/s")
        here["bytes"] = growing.size()
        if not only or "window" in only:
            here["bare"] = child("window_at_size", "bare")
            here["window"] = child("window_at_size", str(growing.profile))
        for step in STEPS:
            if not only or step in only:
                began = time.perf_counter()
                here[step] = child("at_size", str(growing.profile), step)
                tell(f"{size:,}: {step} took {time.perf_counter() - began:.1f} s")
        here["bytes_after"] = growing.size()
        found.append(here)
    return {"surroundings": report.surroundings(), "sizes": found}


# What is told


ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("import, messages/s (all)", lambda one: f"{one['import']['per_second']:,.0f}"),
    (
        "understood and indexed, messages/s",
        lambda one: f"{one['import']['indexed_per_second']:,.0f}",
    ),
    ("  peak MB", lambda one: _mb(one["import"])),
    ("store, MB", lambda one: f"{one['bytes'] / 1e6:,.0f}"),
    ("first paint, ms", lambda one: f"{one['window']['first_paint_ms']:.0f}"),
    ("  × bare shell", lambda one: _times(one, "first_paint_ms")),
    ("first list, ms", lambda one: f"{one['window']['first_list_ms']:.0f}"),
    ("folder switch, ms (p50, max)", lambda one: _two(one["window"]["switch_ms"], "p50", "max")),
    ("list scrolled, ms (p50, p95)", lambda one: _two(one["window"]["scroll_ms"])),
    ("  window in use, MB", lambda one: _mb(one["window"])),
    ("search, first page, ms (p50, p95)", lambda one: _two(one["search"]["first_ms"])),
    ("search, all and count, ms (p50, p95)", lambda one: _two(one["search"]["all_ms"])),
    ("words around 20 hits, ms (p50, p95)", lambda one: _two(one["search"]["excerpts_ms"])),
    ("  peak MB", lambda one: _mb(one["search"])),
    (
        "half unread: first page, ms (p50, max)",
        lambda one: _two(one["unread"]["first_ms"], "p50", "max"),
    ),
    (
        "half unread: all and count, ms (p50, max)",
        lambda one: _two(one["unread"]["all_ms"], "p50", "max"),
    ),
    ("conversations found anew, s", lambda one: _some(one["threads"], "ms", 1000)),
    ("  peak MB", lambda one: _mb(one["threads"])),
    ("mark read, ms", lambda one: _some(one["mark"])),
    ("  peak MB", lambda one: _mb(one["mark"])),
    ("into the trash, s", lambda one: _some(one["delete"], "trash_ms", 1000)),
    ("delete for good, s", lambda one: _some(one["delete"], "ms", 1000)),
    ("  peak MB", lambda one: _mb(one["delete"])),
    ("compact, s", lambda one: f"{one['compact']['ms'] / 1000:,.1f}"),
    ("  peak MB", lambda one: _mb(one["compact"])),
)


def _mb(figures: Figures) -> str:
    return f"{figures['memory'] / 1e6:,.0f}"


def _two(figures: Figures, first: str = "p50", second: str = "p95") -> str:
    return f"{figures[first]:.1f}, {figures[second]:.1f}"


def _times(one: Figures, name: str) -> str:
    return f"{one['window'][name] / one['bare'][name]:.1f}"


def _some(figures: Figures, name: str = "ms", unit: int = 1) -> str:
    return f"{figures[name] / unit:,.1f} ({figures['messages']:,})"


def table(found: Figures) -> str:
    """The figures as Markdown, a column for each size."""
    sizes = found["sizes"]
    lines = [
        "| messages | " + " | ".join(f"{one['size']:,}" for one in sizes) + " |",
        "|---|" + "--:|" * len(sizes),
    ]
    for label, cell in ROWS:
        cells = []
        for one in sizes:
            try:
                cells.append(cell(one))
            except KeyError:
                cells.append("–")
        lines.append(f"| {label.strip()} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(found: Figures, folder: Path) -> None:
    """The growth as pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = found["sizes"]

    def line(label: str, of: Callable[[Figures], float]) -> plot.Line:
        points = []
        for one in sizes:
            try:
                points.append((one["size"], of(one)))
            except KeyError:
                continue
        return plot.Line(label, tuple(points))

    waits = (
        line("folder switch", lambda one: one["window"]["switch_ms"]["p50"]),
        line("search, first page, p95", lambda one: one["search"]["first_ms"]["p95"]),
        line("search, first page, p50", lambda one: one["search"]["first_ms"]["p50"]),
        line("list scrolled, p95", lambda one: one["window"]["scroll_ms"]["p95"]),
        line("first paint", lambda one: one["window"]["first_paint_ms"]),
    )
    rates = (
        line("import, complete", lambda one: one["import"]["per_second"]),
        line("understood and indexed", lambda one: one["import"]["indexed_per_second"]),
    )
    memory = (
        line("window", lambda one: one["window"]["memory"] / 1e6),
        line("import", lambda one: one["import"]["memory"] / 1e6),
        line("search", lambda one: one["search"]["memory"] / 1e6),
    )
    for name, title, unit, lines in (
        ("waits", "What a user waits for", "ms", waits),
        ("rates", "Import", "messages/s", rates),
        ("memory", "Memory", "MB", memory),
    ):
        picture = plot.picture(title, "messages in the store", unit, lines)
        (folder / f"growth-{name}.svg").write_text(picture, encoding="utf-8")


def main(options: argparse.Namespace) -> None:
    """Measure and print."""
    sizes = sorted(int(one) for one in options.messages.split(","))
    only = [one for one in options.only.split(",") if one]
    folder = options.folder or Path(tempfile.mkdtemp(prefix="mc-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = measure(sizes, folder, only, lambda text: print(text, file=sys.stderr, flush=True))
    finally:
        if options.folder is None:
            shutil.rmtree(folder)
    print(table(found))
    if options.json:
        report.write(options.json, found)
    if options.plots:
        draw(found, options.plots)
