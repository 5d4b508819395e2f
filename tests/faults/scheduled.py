"""A program that collects by its schedule alone, and tells what comes and how each one ended.

    python -m tests.faults.scheduled PROFILE PASSPHRASE GNUPG

It ends when its input does. Its pauses are as long as ever, so that only a reason shortens them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mailclient.app import open_profile
from mailclient.paths import Profile
from mailclient.services.events import CollectionEnded, Event, MessagesChanged


def tell(event: Event) -> None:
    """One line for each collection, and `+ COUNT` for what can be seen from now on."""
    if isinstance(event, CollectionEnded):
        say(str(event.problem or "collected"))
    elif isinstance(event, MessagesChanged) and event.ids:
        say(f"+ {len(event.ids)}")


def say(line: str) -> None:
    """A whole line at once: several lanes tell of what they do."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    profile, passphrase, gnupg = sys.argv[1:]
    app = open_profile(Profile(Path(profile)), passphrase=passphrase, gnupg_home=Path(gnupg))
    app.events.subscribe(tell)
    print("ready", flush=True)
    app.schedule.start()
    sys.stdin.read()
    app.close()


if __name__ == "__main__":
    main()
