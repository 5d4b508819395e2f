"""T1–T4: servers that cannot prove who they are, and lines on which somebody takes TLS away."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from hashlib import sha256

from mailclient.account import Security
from tests.faults.network_people import (
    PASSWORD,
    Place,
    before,
    before_dovecot,
    deliver,
    mailbox,
    somebody,
)
from tests.faults.networks import network
from tests.faults.oracle import letter
from tests.faults.papers import HOST, Authority, doubtful, self_signed
from tests.faults.proxy import After, Change, Way, proxy, to_client, to_server
from tests.faults.registry import Bench, case
from tests.faults.server import Manners, Pop3, serving
from tests.servers.scripted import Conversation, scripted

ENCRYPTED = (Security.TLS, Security.STARTTLS)
SAID_IN_CLEAR = {b"STLS", b"CAPA", b"QUIT", b"STARTTLS", b"EHLO [127.0.0.1]", b"HELO [127.0.0.1]"}
BIG = "pop.gmail.com"


def says_nothing_secret(heard: list[bytes]) -> None:
    """Nothing was said in clear but how to begin encryption."""
    assert {line.upper() for line in heard} <= SAID_IN_CLEAR, heard


def with_papers(papers: ssl.SSLContext, security: Security) -> Pop3:
    return mailbox(
        [letter(number) for number in range(3)],
        Manners(papers=papers, security=security, offers=(b"UIDL", b"TOP", b"STLS")),
    )


def fingerprint(papers: ssl.SSLContext) -> str:
    """Of what a server with these papers shows."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    ends = [(ssl.MemoryBIO(), ssl.MemoryBIO())] * 2
    (back, forth), _ = ends
    here = client.wrap_bio(back, forth)
    there = papers.wrap_bio(forth, back, server_side=True)
    for _ in range(4):
        for one in (here, there):
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue
    shown = here.getpeercert(binary_form=True)
    assert shown
    return sha256(shown).hexdigest()


def refused(place: Place, server: Pop3, word: str) -> None:
    """Nothing is collected, it is said why, and the server learns nothing."""
    told = place.collect()
    assert (told.status, told.received) == (1, 0), told
    assert word in told.problems, told.problems
    says_nothing_secret(server.sessions[-1])


@case(
    "T1", "a certificate out of date, of nobody, for elsewhere, too weak: refused, with the reason"
)
def doubtful_certificates(bench: Bench) -> None:
    kinds = doubtful(bench.folder)
    trusted = bench.folder / "authority.pem"
    for name in bench.chance.sample(sorted(kinds), len(kinds)):
        make, word = kinds[name]
        server = with_papers(make(), bench.chance.choice(ENCRYPTED))
        with before(bench, server, ca_file=trusted) as place:
            refused(place, server, word)
            server.manners.papers = Authority(bench.folder, "new").papers()
            place.bob.ok("account", "set", place.bob.address, f"ca-file={bench.folder / 'new.pem'}")
            place.collected_all(f"after {name}, with proper papers")
        bench.tries["certificates"] += 1


@case("T1", "an exception is for one host and one certificate alone")
def an_exception_is_for_one_host(bench: Bench) -> None:
    papers = self_signed(bench.folder)
    server = with_papers(papers, bench.chance.choice(ENCRYPTED))
    with before(bench, server) as place:
        refused(place, server, "made its certificate itself")
        bob = place.bob
        bob.ok("account", "set", bob.address, f"pop3-certificate={fingerprint(papers)}")
        place.collected_all("with an exception")
        bob.ok("account", "set", bob.address, f"pop3=127.0.0.1:{place.proxy.port}")
        refused(place, server, "could not prove that it is 127.0.0.1")


@case("T1", "no exception is made for a large provider, whoever answers in its name")
def no_exception_for_large_providers(bench: Bench) -> None:
    papers = Authority(bench.folder, "somebody").papers(BIG)
    server = with_papers(papers, Security.TLS)
    with ExitStack() as stack:
        net = stack.enter_context(network(bench.folder / "net"))
        net.names(f"127.0.0.1 {BIG}")
        running = stack.enter_context(net.holding(serving(server)))
        bob = stack.enter_context(
            somebody(bench, running.port, security=Security.TLS, host=BIG, entry=net.entry)
        )
        done = bob.run("receive")
        assert done.returncode == 1
        assert f"could not prove that it is {BIG}" in done.stderr
        done = bob.run("account", "set", bob.address, f"pop3-certificate={fingerprint(papers)}")
        assert done.returncode == 1
        assert "No exception" in done.stderr
        says_nothing_secret(server.sessions[-1])


@case("T4", "the certificate of an exception changes: refused until somebody decides again")
def an_exception_whose_certificate_changes(bench: Bench) -> None:
    server = with_papers(self_signed(bench.folder), bench.chance.choice(ENCRYPTED))
    with before(bench, server) as place:
        bob = place.bob
        for cycle in range(1 + bench.cycles):
            papers = server.manners.papers
            assert papers is not None
            bob.ok("account", "set", bob.address, f"pop3-certificate={fingerprint(papers)}")
            place.collected_all(f"exception {cycle}")
            server.manners.papers = self_signed(bench.folder)
            refused(place, server, "is not the one that you have accepted")
        bob.ok("account", "set", bob.address, "pop3-certificate=")
        refused(place, server, "made its certificate itself")


@case("T2", "STARTTLS is taken away between here and Dovecot: refused, nothing goes in clear")
def encryption_taken_away(bench: Bench) -> None:
    with before_dovecot(bench, security=Security.STARTTLS) as place:
        deliver(bench, place, letter(1))
        for strip in (
            (to_server(After(rb"(?=STLS)"), Change(1, b"X")),),
            (to_client(After(rb"(?=\+OK Begin TLS)"), Change(3, b"-ERR")),),
            (
                to_client(After(rb"(?=STLS\r\n)"), Change(1, b"X")),
                to_server(After(rb"(?=STLS)"), Change(1, b"X")),
            ),
        ):
            told = place.collect(*strip)
            assert (told.status, told.received) == (1, 0)
            assert "offers no encryption" in told.problems, told.problems
            sent = bytes(place.proxy.last.passed[Way.TO_SERVER])
            for word in (b"PASS", b"USER", b"AUTH", PASSWORD.encode(), b"bob"):
                assert word not in sent, sent
        place.collected_all("with encryption")


@case("T2", "STARTTLS is taken away before Postfix: the message waits, nothing goes in clear")
def encryption_taken_away_from_sending(bench: Bench) -> None:
    heard: list[bytes] = []

    def stripped(client: Conversation) -> None:
        client.say(b"220 ready\r\n")
        while True:
            line = client.hear()
            heard.append(line)
            offers = b"250-here\r\n250 AUTH PLAIN\r\n" if line.upper().startswith(b"EHLO") else b""
            client.say(offers or b"502 what?\r\n")

    with ExitStack() as stack:
        running = stack.enter_context(scripted(stripped))
        between = stack.enter_context(proxy(bench.servers.smtp.smtp))
        between.play(
            to_client(After(rb"(?=STARTTLS)"), Change(1, b"X")),
            to_server(After(rb"(?=STARTTLS)"), Change(1, b"X")),
        )
        bob = stack.enter_context(somebody(bench, running.port))
        for port in (running.port, between.port):
            bob.ok(
                *("account", "set", bob.address, "smtp-security=starttls"),
                *(f"smtp={HOST}:{port}", f"ca-file={bench.servers.ca_file}"),
            )
            letter_ = ("send", "--to", "carol@example.org", "--subject", "x", "--encrypt", "no")
            bob.run(*letter_, stdin="x")
            waiting = [one["state"] for one in bob.json("outbox")["items"]]
            assert waiting
            assert "sent" not in waiting
        says_nothing_secret(heard)
        sent = b"".join(bytes(wires.passed[Way.TO_SERVER]) for wires in between.connections)
        assert b"AUTH PLAIN " not in sent
        assert b"MAIL" not in sent


SLIPPED = (
    b"+OK\r\n",
    b"-ERR [AUTH] type your password again\r\n",
    b"+OK\r\n+OK\r\n+OK 1 messages\r\n",
    b"* BYE\r\n",
    b"\r\n",
    b"+",
)


@case("T3", "answers are slipped in before TLS begins: it ends, and none of them counts")
def answers_slipped_in(bench: Bench) -> None:
    authority = Authority(bench.folder)
    for slipped in SLIPPED:
        server = with_papers(authority.papers(), Security.STARTTLS)
        with before(bench, server, ca_file=authority.file) as place:
            server.manners.slipped_in = slipped
            told = place.collect()
            assert (told.status, told.received) == (1, 0), slipped
            assert any(
                word in told.problems for word in ("interfered", "No encrypted connection")
            ), told.problems
            says_nothing_secret(server.sessions[-1])
            server.manners.slipped_in = b""
            place.collected_all("nothing slipped in")


@case("T3", "an answer is slipped in on the way to Dovecot, before it says that TLS may begin")
def answers_slipped_in_on_the_way(bench: Bench) -> None:
    with before_dovecot(bench, security=Security.STARTTLS) as place:
        deliver(bench, place, letter(1))
        places = (rb"(?=\+OK Begin TLS)", rb"\+OK Begin TLS[^\n]*\n")
        chosen = [
            (bench.chance.choice(SLIPPED), bench.chance.choice(places))
            for _ in range(2 * bench.cycles)
        ]
        for slipped, where in (*chosen, (b"+", places[0])):
            told = place.collect(to_client(After(where), Change(insert=slipped)))
            assert told.received == 0, (where, slipped, told)
            assert told.status == 1
        place.collected_all("nothing slipped in")
