"""R1–R4, T5: the line is cut, anywhere. The proxy cuts; Dovecot and a scripted server answer."""

from __future__ import annotations

import ssl

import trustme

from mailclient.account import Security
from tests.faults.network_people import Place, before, before_dovecot, deliver, mailbox
from tests.faults.oracle import letter
from tests.faults.proxy import After, Cut, Fault, Way, command, to_client, to_server
from tests.faults.registry import Bench, case

LETTERS = 8
CUTS = (Cut(), Cut(reset=True))


def some_letters(bench: Bench, place: Place) -> None:
    for number in range(LETTERS):
        deliver(bench, place, letter(number, bench.chance.choice((0, 300, 5000))))


def cut_again_and_again(bench: Bench, place: Place, cuts: list[Fault]) -> None:
    """After each cut nothing is lost or doubled; without one all of it comes."""
    for at, fault in enumerate(cuts):
        if bench.chance.random() < 0.5:
            deliver(bench, place, letter(100 + at, 200))
        told = place.collect(fault)
        bench.tries["cuts"] += 1
        where = f"cut {at}: {fault}"
        place.oracle.safe(where)
        assert told.status == 0 or told.problems, where
    if not any(one.struck for one in place.proxy.connections):  # all lay behind the end
        place.collect(to_client(20, Cut()))
    assert any(one.struck for one in place.proxy.connections), "no cut has struck"
    place.collected_all("after the cuts")
    assert place.collect().received == 0


@case("R1", "cut at any byte of what the server says, in clear")
def cut_at_any_byte(bench: Bench) -> None:
    with before_dovecot(bench, leave=bench.chance.choice(("yes", "no"))) as place:
        some_letters(bench, place)
        length = 900 + sum(len(raw) + 60 for raw in bench.servers.mailbox("bob"))
        cuts = [
            to_client(bench.chance.randrange(length), bench.chance.choice(CUTS))
            for _ in range(5 * bench.cycles)
        ]
        cut_again_and_again(bench, place, cuts)


@case("R1", "cut at the dot, the line end and the first line of an answer")
def cut_at_the_edges(bench: Bench) -> None:
    edges = (rb"\+OK \d+ octets", rb"\+OK \d+ octets\r\n", rb"\r\n\r\n", rb"\r\n\.", rb"\r\n\.\r")
    with before_dovecot(bench) as place:
        some_letters(bench, place)
        chosen = bench.chance.sample(edges, min(len(edges), 2 + bench.cycles))
        cuts = [
            to_client(After(edge, bench.chance.randrange(3, 6)), bench.chance.choice(CUTS))
            for edge in chosen
        ]
        cut_again_and_again(bench, place, cuts)


@case("R1", "cut at any byte of what the program says")
def cut_in_a_question(bench: Bench) -> None:
    with before_dovecot(bench, leave="no") as place:
        some_letters(bench, place)
        cuts = [
            to_server(bench.chance.randrange(200), bench.chance.choice(CUTS))
            for _ in range(3 * bench.cycles)
        ]
        cut_again_and_again(bench, place, cuts)


@case("R1", "cut at any byte under TLS, between its records and within them")
def cut_under_tls(bench: Bench) -> None:
    with before_dovecot(bench, security=Security.TLS) as place:
        some_letters(bench, place)
        cuts = [
            to_client(bench.chance.randrange(30_000), bench.chance.choice(CUTS))
            for _ in range(3 * bench.cycles)
        ]
        cut_again_and_again(bench, place, cuts)


@case("R1", "cut while STARTTLS is agreed on, and after it")
def cut_under_starttls(bench: Bench) -> None:
    with before_dovecot(bench, security=Security.STARTTLS) as place:
        some_letters(bench, place)
        cuts = [
            to_client(bench.chance.choice((10, 30, 60, 500, 3000, 9000)), Cut())
            for _ in range(3 * bench.cycles)
        ]
        cut_again_and_again(bench, place, cuts)


@case("R2", "cut within LIST or UIDL: the listing is thrown away whole, no name is forgotten")
def cut_in_the_listing(bench: Bench) -> None:
    raws = [letter(number) for number in range(30)]
    server = mailbox(raws)
    with before(bench, server) as place:
        place.collected_all("at first")
        for _ in range(2 * bench.cycles):
            number = bench.chance.randrange(1, 30)
            pattern = bench.chance.choice((rb"\r\n%d \d", rb"\r\n%d uid-", rb"\r\n%d uid-\d+\r\n"))
            told = place.collect(to_client(After(pattern % number), bench.chance.choice(CUTS)))
            assert told.status == 1, f"{pattern!r} {number}: a part of a listing was believed"
            assert told.received == 0
        last = place.collect()
        assert (last.received, last.receipt["already_here"]) == (0, 30)
        place.oracle.complete("at last")


@case("R3", "cut after DELE and before QUIT: nothing lost, nothing fetched again, DELE again")
def cut_between_dele_and_quit(bench: Bench) -> None:
    for _ in range(bench.cycles):
        with before_dovecot(bench, leave="no") as place:
            some_letters(bench, place)
            deleted = bench.chance.randrange(1, LETTERS + 1)
            place.collect(to_server(After(rb"DELE \d+\r\n", deleted), Cut(reset=True)))
            assert len(bench.servers.mailbox("bob")) == LETTERS
            place.oracle.complete("before QUIT")
            told = place.collected_all("after the cut")
            assert told.received == 0
            assert told.receipt["deleted_on_server"] == LETTERS
            assert bench.servers.mailbox("bob") == []


@case("R4", "cut after QUIT and before its answer: nothing lost, nothing fetched again")
def cut_between_quit_and_its_answer(bench: Bench) -> None:
    places = (
        to_client(After(rb"Marked to be deleted\.\r\n", LETTERS), Cut(reset=True)),
        to_server(After(rb"QUIT\r\n"), Cut()),
        to_client(After(rb"Logging ou"), Cut()),
    )
    for fault in places:
        with before_dovecot(bench, leave="no") as place:
            some_letters(bench, place)
            place.collect(fault)
            assert len(place.oracle.safe(str(fault))) == LETTERS
            told = place.collected_all("after the cut")
            assert told.received == 0
            assert bench.servers.mailbox("bob") == []


@case("R4", "the server deletes at QUIT and its answer never comes: nothing is fetched again")
def deleted_without_a_word(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(5)])
    with before(bench, server, leave="no") as place:
        told = place.collect(to_client(After(rb"\+OK bye"), Cut(reset=True)))
        assert len(server.letters) == 0
        assert told.received == 5
        place.oracle.complete("after QUIT")
        assert place.collect().received == 0


@case("T5", "TLS is ended without its farewell, in order, or by a stranger's FIN: no message ends")
def tls_cut_off(bench: Bench) -> None:
    authority = trustme.CA()
    papers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(papers)
    ca_file = bench.folder / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    places = [
        After(rb"octets\r\n", 4),
        After(rb"\r\n\.", 5),
        After(rb"\r\n\.\r", 6),
        After(rb"This"),
    ]
    with before_dovecot(bench, security=Security.TLS, papers=papers, ca_file=ca_file) as place:
        some_letters(bench, place)
        cuts = [
            Fault(Way.TO_CLIENT, bench.chance.choice(places), deed)
            for deed in (Cut(), Cut(farewell=True), Cut(reset=True)) * bench.cycles
        ]
        cut_again_and_again(bench, place, cuts)


@case("R1", "the program is cut off at a command that it has written ahead")
def cut_among_commands_ahead(bench: Bench) -> None:
    with before_dovecot(bench, leave="no") as place:
        some_letters(bench, place)
        cuts = [
            to_server(command(bench.chance.randrange(1, 25)), bench.chance.choice(CUTS))
            for _ in range(3 * bench.cycles)
        ]
        cut_again_and_again(bench, place, cuts)
