"""Which answer is taken, when the search may end, and what the user is asked: pure decisions."""

from __future__ import annotations

import pytest

from mailclient.account import Authentication, Security, Server
from mailclient.errors import BadInput, CertificateRejected, MailError, NotFound, Unreachable
from mailclient.services.discovery import Situation, situation
from mailclient.transport.discover.names import marked, provider_domains
from mailclient.transport.discover.places import GUESSES, Places
from mailclient.transport.discover.providers import offer, shipped
from mailclient.transport.discover.search import choose, outcome_of, settled
from mailclient.transport.discover.values import Found, Outcome, Report, Source, Tried
from mailclient.transport.reach import host_name, is_public

NOTHING = NotFound("Nothing is there.")


def found(
    source: Source, security: Security = Security.TLS, foreign: tuple[str, ...] = ()
) -> Found:
    server = Server("mail.example.org", 995, security, username="ann")
    return Found(server, server, source, foreign=foreign)


def chosen(*answers: Found) -> Source | None:
    best = choose({one.source: one for one in answers})
    return best.source if best else None


def test_the_first_source_is_believed_among_equals() -> None:
    assert chosen(found(Source.PROBE), found(Source.DATABASE), found(Source.WELL_KNOWN)) is (
        Source.WELL_KNOWN
    )


def test_starttls_is_as_good_as_tls_because_there_is_no_way_back_from_it() -> None:
    assert chosen(found(Source.AUTOCONFIG, Security.STARTTLS), found(Source.PROBE)) is (
        Source.AUTOCONFIG
    )


def test_an_encrypted_answer_is_preferred_to_one_in_clear_of_a_better_source() -> None:
    assert chosen(found(Source.AUTOCONFIG, Security.NONE), found(Source.PROBE)) is Source.PROBE


def test_a_proved_answer_is_preferred_to_what_unsigned_dns_says() -> None:
    dns = found(Source.SRV, foreign=("mail.evil.example",))
    assert chosen(dns, found(Source.PROBE)) is Source.PROBE
    assert chosen(dns, found(Source.AUTOCONFIG, Security.NONE)) is Source.SRV


def test_nothing_comes_of_nothing() -> None:
    assert choose({Source.SRV: NOTHING}) is None


ORDER = [Source.AUTOCONFIG, Source.DATABASE, Source.SRV, Source.PROBE]


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        ({}, False),
        ({Source.AUTOCONFIG: found(Source.AUTOCONFIG)}, True),
        ({Source.DATABASE: found(Source.DATABASE)}, False),
        ({Source.DATABASE: found(Source.DATABASE), Source.AUTOCONFIG: NOTHING}, True),
        ({Source.AUTOCONFIG: found(Source.AUTOCONFIG, Security.NONE)}, False),
        (
            {
                Source.AUTOCONFIG: NOTHING,
                Source.DATABASE: NOTHING,
                Source.SRV: found(Source.SRV, foreign=("else.where.example",)),
            },
            False,
        ),
    ],
)
def test_the_search_ends_when_nothing_better_can_come(
    answers: dict[Source, Found | MailError], ends: bool
) -> None:
    assert settled(ORDER, answers) is ends


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (NOTHING, Outcome.NOT_FOUND),
        (Unreachable("x"), Outcome.SILENT),
        (CertificateRejected("x"), Outcome.REFUSED),
        (BadInput("x"), Outcome.REFUSED),
        (found(Source.SRV), Outcome.FOUND),
    ],
)
def test_a_source_has_a_word_for_what_came_of_it(answer: Found | MailError, word: Outcome) -> None:
    assert outcome_of(answer) is word


def test_servers_outside_of_the_own_domain_are_marked() -> None:
    def hosts(incoming: str, outgoing: str) -> tuple[str, ...]:
        pair = Found(Server(incoming, 995), Server(outgoing, 465), Source.SRV)
        return marked(pair, "example.org").foreign

    assert hosts("pop.example.org", "example.org") == ()
    assert hosts("pop.example.org", "smtp.example.com") == ("smtp.example.com",)
    assert hosts("popexample.org", "popexample.org") == ("popexample.org",)


@pytest.mark.parametrize(
    ("exchanger", "domains"),
    [
        ("mx1.mail.example.net", ("mail.example.net", "example.net")),
        ("mx.example.net", ("example.net",)),
        ("example.net", ("example.net",)),
        ("mx.example.co.uk", ("example.co.uk",)),
        ("a.b.example.com.br", ("b.example.com.br", "example.com.br")),
        ("mx", ()),
    ],
)
def test_the_provider_is_sought_by_the_parents_of_its_exchanger(
    exchanger: str, domains: tuple[str, ...]
) -> None:
    assert provider_domains(exchanger) == domains


def report(answer: Found | None, outcome: Outcome = Outcome.NOT_FOUND) -> Report:
    return Report(
        "ann@example.org",
        answer,
        (Tried(Source.TABLE, Outcome.NOT_FOUND), Tried(Source.AUTOCONFIG, outcome)),
    )


def of_provider(domain: str, source: Source = Source.TABLE) -> Found:
    return offer(shipped().by_domain[domain], "ann@example.org", source)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (report(found(Source.AUTOCONFIG)), Situation.READY),
        (report(None), Situation.NOT_FOUND),
        (report(None, Outcome.SILENT), Situation.OFFLINE),
        (report(None, Outcome.NOT_ASKED), Situation.OFFLINE),
        (report(found(Source.AUTOCONFIG, Security.NONE)), Situation.UNENCRYPTED),
        (report(found(Source.SRV, foreign=("else.where.example",))), Situation.UNSIGNED),
        (report(of_provider("outlook.com")), Situation.OAUTH2),
        (report(of_provider("gmail.com")), Situation.STEP),
        (report(of_provider("posteo.de")), Situation.READY),
    ],
)
def test_what_stands_between_the_servers_and_a_log_in(given: Report, expected: Situation) -> None:
    assert situation(given, offline=False) is expected


def test_without_network_only_the_table_is_asked() -> None:
    assert situation(report(None), offline=True) is Situation.OFFLINE
    assert situation(report(of_provider("posteo.de")), offline=True) is Situation.READY


def test_the_password_way_is_taken_where_a_provider_has_app_passwords() -> None:
    assert of_provider("gmail.com").incoming.authentication is Authentication.PASSWORD
    assert of_provider("hotmail.com").needs_oauth2


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:192.168.1.1", False),
        ("2002:c0a8:0101::1", False),
    ],
)
def test_private_addresses_are_known(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_names_of_hosts_are_made_uniform() -> None:
    assert host_name(" POP.Example.org. ") == "pop.example.org"
    assert host_name("pop.müller.example") == "pop.xn--mller-kva.example"
    assert host_name("localhost", private=True) == "localhost"


def test_every_source_can_be_set_and_switched_off() -> None:
    places = Places.of(
        {
            "MAILCLIENT_DISCOVERY_AUTOCONFIG": "https://set-up.example.org/{domain}.xml",
            "MAILCLIENT_DISCOVERY_DATABASE": "",
            "MAILCLIENT_DISCOVERY_DNS": "192.0.2.1:5353",
            "MAILCLIENT_DISCOVERY_PRIVATE": "yes",
            "MAILCLIENT_DISCOVERY_SECONDS": "10",
            "MAILCLIENT_DISCOVERY_GUESS": "pop3s://mail.{domain}:9995",
            "OTHER": "x",
        }
    )
    assert places.autoconfig == "https://set-up.example.org/{domain}.xml"
    assert (places.database, places.dns, places.seconds) == ("", "192.0.2.1:5353", 10.0)
    assert places.private
    assert places.well_known == Places().well_known
    [guess] = places.guesses("example.org")
    assert (guess.host, guess.port, guess.security) == ("mail.example.org", 9995, Security.TLS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTOCONFIG", "http://autoconfig.example.org/"),
        ("DATABASE", "file:///etc/passwd"),
        ("SECONDS", "soon"),
        ("SECONDS", "0"),
    ],
)
def test_a_source_that_is_set_up_wrongly_is_told(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name):
        Places.of({f"MAILCLIENT_DISCOVERY_{name}": value})


def test_only_encrypted_servers_are_guessed() -> None:
    guesses = Places().guesses("example.org")
    assert len(guesses) == len(GUESSES.split()) == 10
    assert {one.security for one in guesses} == {Security.TLS, Security.STARTTLS}
    with pytest.raises(BadInput):
        Places(guess="http://mail.{domain}").guesses("example.org")
