"""The table of providers: complete, well-formed, nothing twice, and each fact with its day."""

from __future__ import annotations

from datetime import date

import pytest

from mailclient.account import POP3_PORTS, SUBMISSION_PORTS, Authentication, Security
from mailclient.errors import BadInput
from mailclient.transport.discover.providers import Table, known_hosts, shipped
from mailclient.transport.discover.values import Provider, Source, Step
from mailclient.transport.reach import host_name

ROWS = shipped().providers


def test_there_are_the_large_providers() -> None:
    assert len(ROWS) >= 55
    for domain in ("gmail.com", "outlook.com", "yahoo.com", "gmx.net", "web.de", "mail.ru"):
        assert domain in shipped().by_domain


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_well_formed(row: Provider) -> None:
    assert row.domains
    for name in (*row.domains, *row.mx, *row.hosts()):
        assert host_name(name) == name
    for server, ports in ((row.incoming, POP3_PORTS), (row.outgoing, SUBMISSION_PORTS)):
        assert server.security is not Security.NONE
        assert server.port == ports[server.security]
    assert date(2026, 11, 23) <= row.checked
    assert row.page == "" or row.page.startswith("https://")
    assert (row.step is Step.NONE) == (row.say == "")
    assert row.say == "" or row.say.endswith((".", "account."))
    assert (row.step is Step.OAUTH2) == (row.incoming.authentication is Authentication.OAUTH2)


def test_no_domain_stands_in_two_rows() -> None:
    domains = [name for row in ROWS for name in {*row.domains, *row.mx}]
    assert len(domains) == len(set(domains))


def test_the_user_name_is_the_address_or_its_local_part() -> None:
    whole = shipped().lookup("Ann.Smith@gmail.com")
    local = shipped().lookup("ann.smith@WEB.de")
    assert whole is not None
    assert local is not None
    assert whole.incoming.username == "Ann.Smith@gmail.com"
    assert local.outgoing.username == "ann.smith"
    assert local.source is Source.TABLE


def test_an_unknown_domain_and_what_only_ends_like_a_known_one_are_not_found() -> None:
    assert shipped().lookup("ann@example.org") is None
    assert shipped().lookup("ann@notgmail.com") is None
    assert shipped().lookup("ann@mail.gmail.com") is None


@pytest.mark.parametrize(
    ("exchanger", "name"),
    [
        ("aspmx.l.google.com", "Gmail"),
        ("smtp.google.com", "Gmail"),
        ("example-org.mail.protection.outlook.com", "Microsoft 365"),
        ("in1-smtp.messagingengine.com", "Fastmail"),
        ("mx00.kundenserver.de", "IONOS"),
        ("smtpin.rzone.de", "Strato"),
        ("mx00.gmx.net", "GMX"),
    ],
)
def test_a_mail_exchanger_tells_the_provider(exchanger: str, name: str) -> None:
    provider = shipped().behind(exchanger)
    assert provider is not None
    assert provider.name == name


def test_a_foreign_exchanger_tells_nothing() -> None:
    assert shipped().behind("mx.example.com") is None
    assert shipped().behind("evilgoogle.com") is None


def test_no_exception_for_a_certificate_is_made_for_these_hosts() -> None:
    assert {"pop.gmail.com", "smtp-mail.outlook.com"} <= known_hosts()


@pytest.mark.parametrize(
    "text",
    [
        "provider = 3",
        "[[provider]]\nname = 'x'",
        "[[provider]]\nname='x'\ndomains=['x.org']\npop3='a:995'\nsmtp='a:465'",
        "[[provider]]\nname='x'\ndomains=['x.org']\npop3='a:995 ssl'\nsmtp='a:465'\n"
        "checked=2026-01-01",
        "[[provider]]\nname='x'\ndomains=['x.org']\npop3='a:995'\nsmtp='a:465'\n"
        "checked=2026-01-01\nstep='oauth2'",
    ],
)
def test_a_table_that_is_malformed_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        Table.read(text)
