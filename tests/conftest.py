"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.surroundings import MailServers, mail_servers_running


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
