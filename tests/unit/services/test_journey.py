"""Which servers count as the own provider's."""

from __future__ import annotations

import pytest

from mailclient.account import Account, Identity, Server
from mailclient.services.journey import authorities, own_domains


def account(address: str, incoming: str, *provider: str) -> Account:
    return Account((Identity(address),), Server(incoming, 995), provider=provider)


@pytest.mark.parametrize(
    ("address", "incoming", "domains"),
    [
        ("ann@example.org", "pop.provider.net", {"example.org", "provider.net"}),
        ("ann@example.org", "pop3.mail.provider.net", {"example.org", "mail.provider.net"}),
        ("ann@firm.co.uk", "firm.co.uk", {"firm.co.uk"}),  # never all of co.uk
        ("ann@firm.co.uk", "box.firm.co.uk", {"firm.co.uk", "box.firm.co.uk"}),
        ("ann@gmail.com", "pop.gmail.com", {"gmail.com", "google.com"}),
        ("ann@example.org", "localhost", {"example.org", "localhost"}),
    ],
)
def test_the_own_provider_is_told_by_the_names_in_the_account(
    address: str, incoming: str, domains: set[str]
) -> None:
    assert own_domains(account(address, incoming)) == domains


def test_a_name_that_the_user_gives_counts_for_steps_and_for_checks() -> None:
    named = account("ann@example.org", "pop.example.org", "filter.example.net")
    assert "filter.example.net" in own_domains(named)
    assert authorities(named) == {"filter.example.net"}


def test_only_some_providers_are_known_to_take_out_forged_checks() -> None:
    assert authorities(account("ann@gmail.com", "pop.gmail.com")) == {"mx.google.com"}
    assert authorities(account("ann@example.org", "pop.example.org")) == frozenset()
