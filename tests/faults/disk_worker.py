"""A program that does everything at random until it is killed, and tells what it has done.

    python -m tests.faults.disk_worker PROFILE PASSPHRASE GNUPG SEED IMPORTS

Each line is written before or after a step: `- SHA` before a message is deleted for good.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from mailclient.app import App, open_profile
from mailclient.errors import MailError
from mailclient.paths import Profile
from mailclient.services.jobs import Job
from mailclient.store import Store
from mailclient.store.folders import Role
from tests.faults.disk_people import digest


def say(line: str) -> None:
    print(line, flush=True)


def receive(app: App, imports: Path, chance: random.Random) -> None:
    for account in app.accounts.list():
        if account.incoming is not None:
            app.receive.collect(account, Job(0))


def understand(app: App, imports: Path, chance: random.Random) -> None:
    app.intake.run(Job(0))


def understand_anew(app: App, imports: Path, chance: random.Random) -> None:
    store_of(app).messages.reprocess(some(app, chance, 20))


def file_away(app: App, imports: Path, chance: random.Random) -> None:
    folders = [folder for folder in store_of(app).folders.all() if folder.role is not Role.TRASH]
    app.organise.move(some(app, chance, 10), chance.choice(folders).id)
    app.organise.mark(some(app, chance, 10), unread=False, flagged=True)


def delete(app: App, imports: Path, chance: random.Random) -> None:
    ids = some(app, chance, 2)
    for id in ids:
        say(f"- {digest(store_of(app).bodies.raw(id))}")
    app.organise.delete(ids)
    app.organise.delete(ids)


def bring_in(app: App, imports: Path, chance: random.Random) -> None:
    app.transfer.import_paths([imports], "Old", Job(0))


def store_of(app: App) -> Store:
    return app._store


def some(app: App, chance: random.Random, count: int) -> list[int]:
    folders = [folder.id for folder in store_of(app).folders.all()]
    ids = store_of(app).messages.ids_in(folders)
    return chance.sample(list(ids), min(count, len(ids)))


STEPS = (receive, understand, understand_anew, file_away, delete, bring_in)


def main() -> None:
    profile, passphrase, gnupg, seed, imports = sys.argv[1:]
    chance = random.Random(seed)
    app = open_profile(Profile(Path(profile)), passphrase=passphrase, gnupg_home=Path(gnupg))
    say("ready")
    while True:
        for step in chance.sample(STEPS, len(STEPS)):
            try:
                step(app, Path(imports), chance)
            except MailError as problem:
                say(f"! {problem}")
            say(step.__name__)


if __name__ == "__main__":
    main()
