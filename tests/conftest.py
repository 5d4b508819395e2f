"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.surroundings import MailServers, mail_servers_running


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailServers]:
    """A real Dovecot and a real Postfix on the loopback, with alice, bob and carol."""
    with mail_servers_running() as servers:
        yield servers
