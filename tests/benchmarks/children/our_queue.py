"""Fills our queue: `python -m tests.benchmarks.children.our_queue PROFILE PASSPHRASE_FILE …`.

Further arguments: USER RECIPIENT COUNT SIZE. Queues so many messages with so many bytes of text.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mailclient.app import open_profile
from mailclient.message.address import Address
from mailclient.message.build import Draft
from mailclient.paths import Profile

LINE = "Words that stand for a letter of the usual length, one line after the other.\n"


def main() -> None:
    """Open, queue, close."""
    profile, passphrase, user, recipient, count, size = sys.argv[1:]
    app = open_profile(
        Profile(Path(profile)),
        passphrase=Path(passphrase).read_text(encoding="utf-8").strip(),
        gnupg_home=Path(profile).parent / "gnupg",
    )
    text = LINE * (int(size) // len(LINE))
    try:
        for number in range(int(count)):
            to = (Address("", recipient),)
            app.send.queue(Draft(Address("", user), to, subject=f"Letter {number}", text=text))
    finally:
        app.close()


if __name__ == "__main__":
    main()
