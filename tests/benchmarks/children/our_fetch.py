"""Our own collecting, with a clock beside it: `python -m tests.benchmarks.children.our_fetch …`.

Arguments: PROFILE PASSPHRASE_FILE HOW FILE. HOW is `fetch` (stored durably, not processed), `steps`
(then processed, as the command line does) or `side` (processed while it is fetched, as the window
does). FILE gets JSON: when the log-in was through and, for each commit, when it was visible and how
many messages were by then; the same for what was processed. Also the memory in use, as seen at each
commit: the peak of the whole process is that of unlocking the profile by a passphrase (Argon2).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mailclient.app import App, open_profile
from mailclient.paths import Profile
from mailclient.services.events import Event, MessagesChanged
from mailclient.services.jobs import Job
from mailclient.services.receive import Receipt
from mailclient.transport import pop3


class Clock:
    """Notes what became visible when, in seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.logged_in = 0.0
        self.memory = 0
        self.stored: list[tuple[float, int]] = []
        self.processed: list[tuple[float, int]] = []
        self._seen: set[int] = set()

    def now(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._began

    def hear(self, event: Event) -> None:
        """Note messages: the first time they are told of they are stored, then processed."""
        if not isinstance(event, MessagesChanged) or not event.ids:
            return
        self.memory = max(self.memory, memory_in_use())
        new = [id for id in event.ids if id not in self._seen]
        self._seen.update(new)
        line, count = (self.stored, len(new)) if new else (self.processed, len(event.ids))
        line.append((self.now(), count + (line[-1][1] if line else 0)))

    def watch_log_in(self) -> None:
        """Have the end of the log-in noted."""
        connect = pop3.connect

        @contextlib.contextmanager
        def watched(*values: Any, **named: Any) -> Iterator[pop3.Pop3Session]:
            with connect(*values, **named) as session:
                self.logged_in = self.now()
                yield session

        pop3.connect = watched


def memory_in_use() -> int:
    """The resident memory of this process, in bytes (Linux)."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def collect(app: App, how: str) -> Receipt:
    """Collect from the one account."""
    account = app.accounts.list()[0]
    stored = app.receive.start_intake if how == "side" else lambda: None
    receipt = app.receive.collect(account, Job(0), stored=stored)
    if how == "steps":
        app.intake.run(Job(0))
    elif how == "side":
        app.jobs.submit("intake", app.intake.run, quiet=True).result()
    return receipt


def main() -> None:
    """Open, collect, close, tell."""
    profile, passphrase, how, path = sys.argv[1:]
    clock = Clock()
    clock.watch_log_in()
    app = open_profile(
        Profile(Path(profile)),
        passphrase=Path(passphrase).read_text(encoding="utf-8").strip(),
        gnupg_home=Path(profile).parent / "gnupg",
    )
    app.events.subscribe(clock.hear)
    opened = clock.now()
    try:
        receipt = collect(app, how)
        ended = clock.now()
    finally:
        app.close()
    found = {
        "opened": opened,
        "logged_in": clock.logged_in,
        "ended": ended,
        "closed": clock.now(),
        "memory": clock.memory,
        "received": receipt.received,
        "problems": [*receipt.problems, *([str(receipt.failure)] if receipt.failure else [])],
        "stored": clock.stored,
        "processed": clock.processed,
    }
    Path(path).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
