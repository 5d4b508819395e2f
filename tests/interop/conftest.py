"""Alice with our program and Carol with Thunderbird, in a network where nobody else is."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.networks import Network, network
from tests.interop.thunderbird import Thunderbird, thunderbird_running
from tests.scenarios.people import Person
from tests.servers.surroundings import MailServers, mail_servers_running

ASKED = "MAILCLIENT_TESTS_INTEROP"
NOBODY = {f"MAILCLIENT_KEYS_{one}": "" for one in ("WKD", "WKD_DIRECT", "VKS")}


@dataclass(slots=True)
class Neighbour(Person):
    """A user of our program within the network."""

    entry: tuple[str, ...] = ()

    def command(self, *arguments: str) -> list[str]:
        return [*self.entry, *Person.command(self, *arguments)]


@dataclass(frozen=True, slots=True)
class Street:
    """The network, its mail servers, and who lives in it."""

    folder: Path
    network: Network
    servers: MailServers
    thunderbird: Thunderbird
    people: Callable[[str], Neighbour]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    if not os.environ.get(ASKED):
        pytest.skip("other mail programs are tried with 'python -m tests.interop' alone")
    if shutil.which("thunderbird") is None:
        pytest.skip("Thunderbird is not installed; 'apt-get install thunderbird' has this tested")
    folder = tmp_path_factory.mktemp("street")
    with ExitStack() as stack:
        net = stack.enter_context(network(folder / "network"))
        servers = stack.enter_context(net.holding(mail_servers_running()))
        theirs = stack.enter_context(thunderbird_running(folder, net))
        theirs.set_up(servers, "carol")

        def moves_in(name: str) -> Neighbour:
            home = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
            gnupg = Path(tempfile.mkdtemp(prefix="mc-"))  # short: socket paths are limited
            stack.callback(shutil.rmtree, gnupg, ignore_errors=True)
            one = Neighbour(name, home, gnupg, servers, dict(NOBODY), net.entry)
            stack.callback(one.stop_agent)
            return one

        yield Street(folder, net, servers, theirs, moves_in)
