"""Discovery against real HTTPS, a real name server, and a real Dovecot and Postfix to probe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mailclient.account import Authentication, Security, Server
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, Cancelled
from mailclient.transport.discover.autoconfig import read
from mailclient.transport.discover.places import Places
from mailclient.transport.discover.search import search
from mailclient.transport.discover.values import Outcome, Report, Source, Tried
from tests.integration.transport.conftest import Papers
from tests.servers.names import Mangle, Zone, names_running
from tests.servers.scripted import Conversation, scripted
from tests.servers.surroundings import MailServers
from tests.servers.web import Answer, Web, document, endless, redirect, web_running

ADDRESS = "ann.secret@example.org"
NOWHERE = Places(
    autoconfig="", well_known="", database="", dns="", guess="", private=True, seconds=120
)
Ask = Callable[..., Report]


def xml(
    host: str, security: str = "SSL", *, port: int = 995, way: str = "password-cleartext"
) -> bytes:
    """A document that names one host for both ways."""
    both = "".join(
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{number}</port>'
        f"<socketType>{security}</socketType><username>%EMAILADDRESS%</username>"
        f"<authentication>{way}</authentication></{tag}>"
        for tag, kind, number in (("incomingServer", "pop3", port), ("outgoingServer", "smtp", 465))
    )
    return f"<clientConfig><emailProvider>{both}</emailProvider></clientConfig>".encode()


@dataclass(slots=True)
class World:
    """The sources of a test, and what they were asked."""

    web: Web
    places: Places

    def ask(self, **changes: object) -> Report:
        return search(ADDRESS, replace(self.places, **changes), CancelToken())  # type: ignore[arg-type]


@pytest.fixture
def world(papers: Papers) -> Iterator[Callable[[Mapping[str, Answer]], World]]:
    with ExitStack() as stack:

        def make(answers: Mapping[str, Answer], *, slow: str = "") -> World:
            web = stack.enter_context(web_running(papers.context, answers, slow=slow))
            places = replace(
                NOWHERE,
                autoconfig=web.url("/own/{domain}"),
                well_known=web.url("/known/{domain}"),
                database=web.url("/db/{domain}"),
                ca_file=papers.ca_file,
            )
            return World(web, places)

        yield make


def outcomes(report: Report) -> dict[Source, Outcome]:
    return {one.source: one.outcome for one in report.tried}


def hosts(report: Report) -> tuple[str, str]:
    assert report.found is not None
    return report.found.incoming.host, report.found.outgoing.host


# The provider's own document, and the database


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/own/example.org", Source.AUTOCONFIG),
        ("/known/example.org", Source.WELL_KNOWN),
        ("/db/example.org", Source.DATABASE),
    ],
)
def test_a_document_is_found_wherever_it_lies(path: str, source: Source, world: Ask) -> None:
    one = world({path: document(xml("mail.provider.example"))})
    report = one.ask()
    assert report.found is not None
    assert report.found.source is source
    assert report.found.source.authenticated
    assert hosts(report) == ("mail.provider.example", "mail.provider.example")
    assert report.found.incoming.username == ADDRESS
    assert report.found.foreign == ()


def test_only_the_domain_is_told_to_anybody(world: Ask) -> None:
    one = world({})
    report = one.ask()
    assert report.found is None
    assert sorted(one.web.asked) == ["/db/example.org", "/known/example.org", "/own/example.org"]
    assert [one.outcome for one in report.tried] == [
        Outcome.NOT_FOUND, Outcome.NOT_FOUND, Outcome.NOT_FOUND, Outcome.NOT_FOUND,
        Outcome.NOT_ASKED, Outcome.NOT_ASKED, Outcome.NOT_ASKED,
    ]  # fmt: skip


def test_the_providers_own_word_counts_more_than_the_databases(world: Ask) -> None:
    one = world(
        {
            "/own/example.org": document(xml("own.example.org")),
            "/db/example.org": document(xml("db.example.org")),
        }
    )
    assert hosts(one.ask())[0] == "own.example.org"


def test_an_encrypted_server_of_the_database_is_preferred_to_an_open_one(world: Ask) -> None:
    one = world(
        {
            "/own/example.org": document(xml("open.example.org", "plain", port=110)),
            "/db/example.org": document(xml("closed.example.org")),
        }
    )
    report = one.ask()
    assert hosts(report)[0] == "closed.example.org"
    told = next(one for one in report.tried if one.source is Source.AUTOCONFIG)
    assert "without encryption" in told.reason


def test_what_is_only_open_is_told_as_open(world: Ask) -> None:
    report = world({"/own/example.org": document(xml("open.example.org", "plain"))}).ask()
    assert report.found is not None
    assert not report.found.encrypted


def test_a_provider_that_wants_oauth2_is_known_as_such(world: Ask) -> None:
    report = world({"/own/example.org": document(xml("x.example.org", way="OAuth2"))}).ask()
    assert report.found is not None
    assert report.found.incoming.authentication is Authentication.OAUTH2
    assert report.found.needs_oauth2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (endless, "too large"),
        (document(b"<html>Log in to this network</html>", "text/html"), "something else"),
        (document(b"\x89PNG....", "image/png"), "something else"),
        (document(b"{}", "application/json"), "something else"),
        (document(b"not xml at all"), "not what it should be"),
        (document(b"<clientConfig>" + b" " * 66_000 + b"</clientConfig>"), "too large"),
        (redirect("http://example.org/"), "Only https"),
        (redirect("/own/example.org"), "from one place to the next"),
    ],
    ids=["endless", "html", "picture", "json", "text", "large", "http", "round"],
)
def test_hostile_answers_are_refused_and_the_next_source_is_taken(
    answer: Answer, words: str, world: Ask
) -> None:
    one = world({"/own/example.org": answer, "/db/example.org": document(xml("mail.example.net"))})
    report = one.ask()
    told = next(one for one in report.tried if one.source is Source.AUTOCONFIG)
    assert told.outcome is Outcome.REFUSED
    assert words in told.reason
    assert hosts(report)[0] == "mail.example.net"


@pytest.mark.parametrize("host", ["127.0.0.1", "router.local", "intranet", "192.168.1.1"])
def test_internal_servers_in_a_public_answer_are_refused(host: str) -> None:
    with pytest.raises(BadInput):
        read(xml(host), ADDRESS)


def test_sources_inside_a_private_network_are_not_spoken_to(world: Ask) -> None:
    one = world({"/own/example.org": document(xml("mail.example.org"))})
    report = one.ask(private=False)
    assert report.found is None
    assert outcomes(report)[Source.AUTOCONFIG] is Outcome.REFUSED
    assert one.web.asked == []


def test_a_source_that_says_nothing_is_given_up(world: Ask) -> None:
    one = world({}, slow="/own/example.org")
    report = one.ask(seconds=0.5, database="", well_known="")
    assert outcomes(report)[Source.AUTOCONFIG] is Outcome.SILENT
    assert report.found is None


def test_a_better_answer_is_not_kept_waiting_by_a_slow_one(world: Ask) -> None:
    one = world({"/own/example.org": document(xml("mail.example.net"))}, slow="/db/example.org")
    report = one.ask()  # its time is two minutes
    assert outcomes(report)[Source.DATABASE] is Outcome.NOT_AWAITED


def test_the_search_can_be_stopped(world: Ask) -> None:
    one = world({}, slow="/own/example.org")
    cancel = CancelToken()

    def told(tried: Tried) -> None:
        if tried.source is Source.WELL_KNOWN and tried.outcome is Outcome.NOT_FOUND:
            cancel.cancel()

    with pytest.raises(Cancelled):
        search(ADDRESS, one.places, cancel, told=told)


def test_each_source_is_told_as_it_is_asked_and_answers(world: Ask) -> None:
    one = world({"/own/example.org": document(xml("mail.example.net"))}, slow="/db/example.org")
    heard: list[tuple[Source, Outcome]] = []
    search(
        ADDRESS,
        one.places,
        CancelToken(),
        told=lambda tried: heard.append((tried.source, tried.outcome)),
    )
    assert heard[:2] == [
        (Source.TABLE, Outcome.NOT_FOUND),
        (Source.AUTOCONFIG, Outcome.ASKING),
    ]
    assert (Source.AUTOCONFIG, Outcome.FOUND) in heard
    assert heard[-1] == (Source.DATABASE, Outcome.NOT_AWAITED)


def test_a_provider_of_the_table_is_known_without_asking_anybody(world: Ask) -> None:
    one = world({})
    report = search("ann@gmail.com", one.places, CancelToken())
    assert report.found is not None
    assert report.found.source is Source.TABLE
    assert one.web.asked == []


def test_without_network_nobody_is_asked(world: Ask) -> None:
    one = world({"/own/example.org": document(xml("mail.example.org"))})
    report = search(ADDRESS, one.places, CancelToken(), offline=True)
    assert report.found is None
    assert one.web.asked == []


def test_a_firm_can_have_a_table_of_its_own(tmp_path: Path) -> None:
    table = tmp_path / "firm.toml"
    table.write_text(
        '[[provider]]\nname = "Our firm"\ndomains = ["example.org"]\nchecked = 2026-11-25\n'
        'pop3 = "mail.example.org:995"\nsmtp = "mail.example.org:587 starttls"\n'
    )
    report = search(ADDRESS, replace(NOWHERE, table=str(table)), CancelToken())
    assert report.found is not None
    assert report.found.outgoing.security is Security.STARTTLS


# DNS


def ask_names(zone: Zone, *, mangle: Mangle = lambda data: data, **changes: object) -> Report:
    with names_running(zone, mangle=mangle) as names:
        places = replace(NOWHERE, dns=names.place, **changes)  # type: ignore[arg-type]
        report = search(ADDRESS, places, CancelToken())
        assert not any("secret" in one for one in names.asked)
        return report


def records(**targets: str) -> Zone:
    return {(f"_{name}._tcp.example.org.", "SRV"): [target] for name, target in targets.items()}


def test_srv_records_of_the_own_domain_are_taken() -> None:
    report = ask_names(
        records(pop3s="0 1 995 pop.example.org.", submissions="0 1 465 smtp.example.org.")
    )
    assert report.found is not None
    assert (report.found.source, report.found.foreign) == (Source.SRV, ())
    assert not report.found.source.authenticated
    assert report.found.incoming == Server("pop.example.org", 995, username=ADDRESS)
    assert report.found.outgoing == Server("smtp.example.org", 465, username=ADDRESS)


def test_tls_from_the_first_byte_is_preferred_and_starttls_taken_where_it_is_alone() -> None:
    report = ask_names(
        records(
            pop3s="9 1 995 a.example.org.",
            pop3="0 1 110 b.example.org.",
            submission="0 1 587 c.example.org.",
            submissions="0 0 0 .",
        )
    )
    assert report.found is not None
    assert report.found.incoming.host == "a.example.org"
    assert (report.found.outgoing.host, report.found.outgoing.security) == (
        "c.example.org",
        Security.STARTTLS,
    )


def test_a_dot_says_that_it_is_not_offered() -> None:
    report = ask_names(
        records(pop3s="0 0 0 .", pop3="0 0 0 .", submissions="0 1 465 smtp.example.org.")
    )
    assert report.found is None
    told = next(one for one in report.tried if one.source is Source.SRV)
    assert (told.outcome, told.reason) == (
        Outcome.NOT_FOUND,
        "The domain says that it does not offer this.",
    )


def test_the_least_priority_and_then_the_greatest_weight_is_taken() -> None:
    zone = {
        ("_pop3s._tcp.example.org.", "SRV"): [
            "20 9 995 late.example.org.",
            "10 1 995 light.example.org.",
            "10 5 995 heavy.example.org.",
        ],
        ("_submissions._tcp.example.org.", "SRV"): ["0 1 465 smtp.example.org."],
    }
    assert hosts(ask_names(zone))[0] == "heavy.example.org"


def test_a_target_outside_of_the_domain_is_marked_to_be_asked_about() -> None:
    report = ask_names(
        records(pop3s="0 1 995 pop.else.example.", submissions="0 1 465 smtp.example.org.")
    )
    assert report.found is not None
    assert report.found.foreign == ("pop.else.example",)


@pytest.mark.parametrize("target", ["printer.local.", "127.0.0.1.", "intranet."])
def test_a_target_inside_a_private_network_is_refused(target: str) -> None:
    zone = records(pop3s=f"0 1 995 {target}", submissions="0 1 465 smtp.example.org.")
    report = ask_names(zone, private=False)
    assert report.found is None
    assert outcomes(report)[Source.SRV] is Outcome.REFUSED


@pytest.mark.parametrize(
    "mangled", [b"\x00" * 5, b"", b"\xff" * 600], ids=["short", "none", "junk"]
)
def test_a_name_server_that_answers_nonsense_ends_nothing(mangled: bytes) -> None:
    report = ask_names(
        records(pop3s="0 1 995 pop.example.org."), mangle=lambda data: mangled, seconds=1.0
    )
    assert report.found is None
    assert outcomes(report)[Source.SRV] in (Outcome.SILENT, Outcome.REFUSED)


def test_a_domain_without_records_is_not_found() -> None:
    report = ask_names({})
    assert outcomes(report)[Source.SRV] is Outcome.NOT_FOUND
    assert outcomes(report)[Source.MX] is Outcome.NOT_FOUND


def test_the_mail_exchanger_leads_to_a_provider_of_the_table() -> None:
    zone = {("example.org.", "MX"): ["20 other.example.net.", "1 aspmx.l.google.com."]}
    report = ask_names(zone)
    assert report.found is not None
    assert (report.found.source, report.found.place) == (Source.MX, "aspmx.l.google.com")
    assert hosts(report) == ("pop.gmail.com", "smtp.gmail.com")
    assert report.found.foreign == ("pop.gmail.com", "smtp.gmail.com")
    assert report.found.incoming.username == ADDRESS


def test_the_mail_exchanger_leads_to_the_database(world: Ask) -> None:
    one = world({"/db/provider.example": document(xml("mail.provider.example"))})
    zone = {("example.org.", "MX"): ["10 mx1.in.provider.example."]}
    with names_running(zone) as names:
        report = one.ask(dns=names.place)
    assert report.found is not None
    assert report.found.source is Source.MX
    assert report.found.foreign == ("mail.provider.example",)
    assert {"/db/in.provider.example", "/db/provider.example"} <= set(one.web.asked)


def test_a_domain_that_takes_no_mail_says_so() -> None:
    report = ask_names({("example.org.", "MX"): ["0 ."]})
    told = next(one for one in report.tried if one.source is Source.MX)
    assert told.reason == "The domain takes no mail."


def test_a_name_server_that_is_set_wrongly_is_told() -> None:
    report = search(ADDRESS, replace(NOWHERE, dns="name.example"), CancelToken())
    told = next(one for one in report.tried if one.source is Source.SRV)
    assert "is no name server" in told.reason


# Guessing


def guesses(servers: MailServers, *, first: str = "") -> str:
    return (
        f"{first} pop3s://localhost:{servers.pop3.pop3s} pop3://localhost:{servers.pop3.pop3} "
        f"submissions://localhost:{servers.smtp.smtps} submission://localhost:{servers.smtp.smtp}"
    )


def probe(guess: str, ca_file: str, **changes: object) -> Report:
    places = replace(NOWHERE, guess=guess, ca_file=ca_file, **changes)  # type: ignore[arg-type]
    return search(ADDRESS, places, CancelToken())


def test_real_servers_are_found_by_their_usual_names(mail_servers: MailServers) -> None:
    report = probe(guesses(mail_servers), str(mail_servers.ca_file))
    assert report.found is not None
    incoming, outgoing = report.found.incoming, report.found.outgoing
    assert (incoming.port, incoming.security) == (mail_servers.pop3.pop3s, Security.TLS)
    assert (outgoing.port, outgoing.security) == (mail_servers.smtp.smtps, Security.TLS)
    assert incoming.authentication is Authentication.PASSWORD
    assert (report.found.source, report.found.foreign) == (Source.PROBE, ())


def test_starttls_is_found_where_there_is_nothing_else(mail_servers: MailServers) -> None:
    alone = re.sub(r"(pop3s|submissions)://\S+", "", guesses(mail_servers))
    report = probe(alone, str(mail_servers.ca_file))
    assert report.found is not None
    assert report.found.incoming.security is Security.STARTTLS
    assert report.found.outgoing.security is Security.STARTTLS


def test_a_server_that_cannot_prove_its_name_is_not_found(mail_servers: MailServers) -> None:
    report = probe(guesses(mail_servers), "")
    assert report.found is None
    told = next(one for one in report.tried if one.source is Source.PROBE)
    assert told.outcome is Outcome.REFUSED
    assert "could not prove" in told.reason


def test_one_server_alone_is_not_enough(mail_servers: MailServers) -> None:
    alone = re.sub(r"submissions?://\S+", "", guesses(mail_servers))
    report = probe(alone, str(mail_servers.ca_file))
    assert report.found is None
    told = next(one for one in report.tried if one.source is Source.PROBE)
    assert told.reason == "Only one of the two servers was found."


def test_nothing_inside_a_private_network_is_probed(mail_servers: MailServers) -> None:
    report = probe(guesses(mail_servers), str(mail_servers.ca_file), private=False)
    assert report.found is None
    assert outcomes(report)[Source.PROBE] is Outcome.REFUSED


def test_neither_name_nor_password_is_said_while_probing(papers: Papers) -> None:
    def pop3(server: Conversation) -> None:
        server.encrypt(papers.context)
        server.say(b"+OK ready\r\n")
        server.answer(b"CAPA", b"+OK\r\nSASL XOAUTH2 OAUTHBEARER\r\n.\r\n")
        server.answer(b"QUIT", b"+OK\r\n")

    def smtp(server: Conversation) -> None:
        server.say(b"220 ready\r\n")
        server.answer(b"EHLO", b"250-hello\r\n250 STARTTLS\r\n")
        server.answer(b"STARTTLS", b"220 go\r\n")
        server.encrypt(papers.context)
        server.answer(b"EHLO", b"250-hello\r\n250 AUTH XOAUTH2\r\n")
        server.answer(b"QUIT", b"221 bye\r\n")

    with scripted(pop3) as incoming, scripted(smtp) as outgoing:
        report = probe(
            f"pop3s://localhost:{incoming.port} submission://localhost:{outgoing.port}",
            papers.ca_file,
        )
        heard = bytes(incoming.heard + outgoing.heard)
    assert report.found is not None
    assert report.found.needs_oauth2
    assert b"ann" not in heard.lower()
    assert b"AUTH" not in heard.upper()
    assert b"USER" not in heard.upper()


def test_a_server_without_encryption_is_never_found(papers: Papers) -> None:
    def pop3(server: Conversation) -> None:
        server.say(b"+OK ready\r\n")
        server.answer(b"STLS", b"-ERR no\r\n")

    def smtp(server: Conversation) -> None:
        server.say(b"220 ready\r\n")
        server.answer(b"EHLO", b"250-hello\r\n250 AUTH PLAIN\r\n")
        server.answer(b"STARTTLS", b"502 no\r\n")

    with scripted(pop3) as incoming, scripted(smtp) as outgoing:
        report = probe(
            f"pop3://localhost:{incoming.port} submission://localhost:{outgoing.port}",
            papers.ca_file,
        )
    assert report.found is None
    assert outcomes(report)[Source.PROBE] is Outcome.REFUSED
