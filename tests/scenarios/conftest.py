"""People for the scenarios, each with a short GnuPG home (socket paths are limited)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers
from tests.servers.warm import Warm


@pytest.fixture
def person(
    tmp_path: Path, mail_servers: MailServers, warm: Warm
) -> Iterator[Callable[[str], Person]]:
    """Makes people, and clears up after them; the mailboxes are empty at the start."""
    mail_servers.clear()
    people: list[Person] = []

    def make(name: str) -> Person:
        home = tmp_path / name
        home.mkdir()
        gnupg = Path(tempfile.mkdtemp(prefix="mc-"))
        gnupg.chmod(0o700)
        people.append(Person(name, home, gnupg, mail_servers, warm=warm))
        return people[-1]

    yield make
    for one in people:
        one.stop_agent()
        shutil.rmtree(one.gnupg, ignore_errors=True)
