"""One step with our store at its size: `children.at_size PROFILE STEP …`.

STEP is `count`, `import MBOX [FOLDER]`, `ask PAGE QUERY…`, `search`, `unread`, `threads`, `mark`,
`delete` or `compact`.
The key lies in a file beside the profile, as if a keyring gave it: no passphrase is stretched.
Prints JSON; times in milliseconds, memory in bytes, as the peak of the step and not of what was
before.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from mailclient.app import App, now, open_profile
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.services.upkeep import Upkeep
from tests.benchmarks.letters import EVERYWHERE

PAGE = 100
SHOWN = 20  # rows that a window shows at once
MARKED = 10_000
DELETED = 100_000
REPEAT = 5
QUERIES = (
    EVERYWHERE,  # in nine of ten messages
    "re",
    "order",
    "quincunx0",  # in one
    "nowherenowhere",
    "from:an",
    "subject:ls",
    f"{EVERYWHERE} has:attachment",
    f"{EVERYWHERE} is:unread",
    f'"at the {EVERYWHERE}"',
    f"{EVERYWHERE} before:2025-02",
    f"-{EVERYWHERE}",
    "has:attachment in:inbox",
    "東京",
    "船",
    "plan-17",
    "ord OR quincunx0",
    "order ls ef",
)


OF_UNREAD = (
    "is:unread",
    f"{EVERYWHERE} is:unread",
    "order is:unread",
    "quincunx0 is:unread",
    "from:an is:unread",
    "has:attachment is:unread",
    "is:read",
)


class KeyInFile:
    """A keyring that keeps its secrets in one file; for measuring only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _all(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        found: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        return found

    def get_password(self, service: str, username: str) -> str | None:
        return self._all().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._path.write_text(
            json.dumps({**self._all(), f"{service}/{username}": password}), encoding="utf-8"
        )

    def delete_password(self, service: str, username: str) -> None:
        kept = {name: one for name, one in self._all().items() if name != f"{service}/{username}"}
        self._path.write_text(json.dumps(kept), encoding="utf-8")


def keyring_of(profile: Path) -> KeyInFile:
    """The keyring beside a profile."""
    return KeyInFile(profile.with_name(f"{profile.name}.key"))


def open_at(profile: Path) -> App:
    """Open the profile."""
    home = profile.parent / "gnupg"
    home.mkdir(mode=0o700, exist_ok=True)
    return open_profile(Profile(profile), keyring=keyring_of(profile), gnupg_home=home)


def forget_peak() -> None:
    """Begin to look for the peak of memory anew (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> int:
    """The peak of memory since then, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0


def timed(work: Callable[..., object], *values: Any) -> float:
    """How long it takes, in milliseconds."""
    began = time.perf_counter()
    work(*values)
    return 1000 * (time.perf_counter() - began)


def take_in(app: App, path: Path, folder: str | None) -> dict[str, Any]:
    """Import an mbox: stored, then understood and indexed."""
    understood: list[float] = []
    run = app.intake.run

    def noted(job: Job) -> int:
        understood.append(timed(run, job))
        return 0

    app.intake.run = noted  # type: ignore[method-assign]
    whole = timed(app.transfer.import_paths, [path], folder, Job(0))
    return {"ms": whole, "understood_ms": sum(understood)}


def unread(app: App) -> dict[str, Any]:
    """Questions about unread mail where every other message is; all are read again after it."""
    ids = list(app.search.find("", None).ids)[::2]
    marking = timed(partial(app.organise.mark, ids, unread=True))
    found = search(app, OF_UNREAD)
    app.organise.mark(ids, unread=False)
    return {**found, "messages": len(ids), "ms": marking}


def threads(app: App) -> dict[str, Any]:
    """Find the place of each message in a conversation anew, as a change of the rule does."""
    found: list[int] = []
    taken = timed(lambda: found.append(app.conversations.again(Job(0))))
    return {"messages": found[0], "ms": taken}


def search(app: App, queries: Sequence[str] = QUERIES) -> dict[str, Any]:
    """Each query: the first page, all of it with its count, and the words around the hits."""
    each = {query: _one_search(app, query) for query in queries}
    names = ("first_ms", "cold_ms", "all_ms", "rows_ms", "excerpts_ms")
    return {
        **{name: _spread([one[name] for one in each.values()]) for name in names},
        "queries": each,
    }


def _one_search(app: App, query: str) -> dict[str, float]:
    first = [timed(app.search.first, query, PAGE) for _ in range(REPEAT)]
    whole = min(timed(app.search.find, query, PAGE) for _ in range(2))
    found = app.search.find(query, PAGE)
    return {
        "count": found.count,
        "first_ms": median(first),
        "cold_ms": first[0],
        "all_ms": whole,
        "rows_ms": timed(app.search.rows, found.ids),
        "excerpts_ms": timed(app.search.excerpts, query, found.ids[:SHOWN]),
    }


def ask(app: App, page: int, queries: Sequence[str]) -> dict[str, Any]:
    """The first page of each query, and all of it with its count; the size of the index."""
    first, whole, found = [], [], []
    for query in queries:
        first.append(median(timed(app.search.first, query, page) for _ in range(REPEAT)))
        whole.append(median(timed(app.search.find, query, page) for _ in range(REPEAT)))
        found.append(len(app.search.first(query, page)))
    with app._store.database.read() as connection:
        [size] = connection.execute("SELECT sum(length(block)) FROM words_data", ()).fetchone()  # type: ignore[misc]
    return {"first_ms": first, "all_ms": whole, "found": found, "index_size": size}


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": median(ordered),
        "p95": ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))],
        "max": ordered[-1],
    }


def mark(app: App) -> dict[str, Any]:
    """Mark 10,000 unread and read again (or all there are)."""
    ids = list(app.search.find("", MARKED).ids)
    app.organise.mark(ids, unread=True)
    return {"messages": len(ids), "ms": timed(partial(app.organise.mark, ids, unread=False))}


def delete(app: App) -> dict[str, Any]:
    """Delete 100,000 (or a tenth) of the oldest: into the trash, then for good."""
    every = app.search.find("", None).ids
    ids = list(every[-min(DELETED, max(1, len(every) // 10)) :])
    moved = timed(app.organise.delete, ids)
    return {"messages": len(ids), "trash_ms": moved, "ms": timed(app.organise.delete, ids)}


def main() -> None:
    """Open, measure, close, tell."""
    path, step, *rest = sys.argv[1:]
    profile = Path(path)
    if step == "compact":
        upkeep = Upkeep(Profile(profile), now, passphrase=None, keyring=keyring_of(profile))
        forget_peak()
        found: dict[str, Any] = {"ms": timed(upkeep.compact)}
    else:
        app = open_at(profile)
        forget_peak()
        try:
            match step:
                case "import":
                    found = take_in(app, Path(rest[0]), rest[1] if len(rest) > 1 else None)
                case "count":
                    found = {"count": sum(one.total for one in app.search.folders())}
                case "ask":
                    found = ask(app, int(rest[0]), rest[1:])
                case "search":
                    found = search(app)
                case "unread":
                    found = unread(app)
                case "threads":
                    found = threads(app)
                case "mark":
                    found = mark(app)
                case _:
                    found = delete(app)
            found["memory"] = peak()
            closing = timed(app.close)
            found["closing_ms"] = closing
        finally:
            app.close()
    found.setdefault("memory", peak())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
