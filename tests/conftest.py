"""What every test has: nothing of the person who runs it, and servers for the session."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from mailclient.gui.frames import collect_if_due
from tests.servers.surroundings import MailServers, mail_servers_running
from tests.servers.warm import Warm, warm_running

# How long an example takes says nothing where several tests run at once, and a change is judged by
# itself and not by the chances of one run.
settings.register_profile(
    "patient",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")

# A closed window may end in no other thread than this one; as in the program, see gui/frames.py.
gc.disable()


def pytest_runtest_logfinish() -> None:
    """Collect what the test left."""
    collect_if_due()


@pytest.fixture(autouse=True)
def nobody_outside_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither servers nor keys are looked up, unless a test names its own sources."""
    for source in ("WKD", "WKD_DIRECT", "VKS"):
        monkeypatch.setenv(f"MAILCLIENT_KEYS_{source}", "")
    for source in ("AUTOCONFIG", "WELL_KNOWN", "DATABASE", "DNS", "GUESS"):
        monkeypatch.setenv(f"MAILCLIENT_DISCOVERY_{source}", "")


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailServers]:
    """A real Dovecot and a real Postfix on the loopback, with alice, bob and carol."""
    with mail_servers_running() as servers:
        yield servers


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Runs commands of the program in processes that need not load it."""
    with warm_running() as running:
        yield running
