"""A program that writes and sends without end until it is killed, and tells what it has queued.

    python -m tests.faults.send_worker PROFILE PASSPHRASE GNUPG SENDER SEED NUMBER RECIPIENT...

A line `- SUBJECT` is written once a draft is kept, `+ SUBJECT` once it is in the queue. The
subjects count up from NUMBER.
"""

from __future__ import annotations

import random
import sys
from itertools import count
from pathlib import Path

from mailclient.app import open_profile
from mailclient.errors import MailError
from mailclient.message.address import Address
from mailclient.message.draft import Draft
from mailclient.paths import Profile
from mailclient.services.jobs import Job

MOST = 4  # messages in one session


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    profile, passphrase, gnupg, sender, seed, number, *recipients = sys.argv[1:]
    chance = random.Random(seed)
    app = open_profile(Profile(Path(profile)), passphrase=passphrase, gnupg_home=Path(gnupg))
    account = app.accounts.get(sender)
    people = tuple(Address("", one) for one in recipients)
    say("ready")
    numbers = count(int(number))
    while True:
        for _ in range(chance.randint(1, MOST)):
            subject = f"once {next(numbers)}"
            size = chance.choice((10, 3_000, 60_000))
            draft = Draft(Address("", sender), people, subject=subject, text="x" * size)
            id = app.compose.save_draft(draft)
            say(f"- {subject}")
            draft = app.compose.open_draft(id)
            for _ in range(chance.randint(1, 2)):  # pressed twice, perhaps
                app.send.queue(draft, draft_id=id, undo_seconds=chance.choice((0, 0, 0, 1)))
            say(f"+ {subject}")
        try:
            app.send.flush(account, Job(0))
        except MailError as problem:
            say(f"! {problem}")


if __name__ == "__main__":
    main()
