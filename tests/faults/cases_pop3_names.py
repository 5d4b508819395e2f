"""R7–R12, R20: servers whose names and numbers for messages are not what they should be."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.network_people import before, mailbox, put
from tests.faults.oracle import digest, letter
from tests.faults.registry import Bench, case
from tests.faults.server import Letter, Manners, Pop3


def uids(server: Pop3) -> list[bytes]:
    return [one.uid for one in server.letters]


@case("R7", "no UIDL and mail stays there: all is here once, and the user is told what it costs")
def no_names_and_left_there(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(6)], Manners(uidl=False))
    with before(bench, server) as place:
        for _ in range(3):
            told = place.collect()
            assert "UIDL" in told.problems
            place.oracle.complete("without names")
        put(place, server, Letter(b"", letter(50)))
        assert place.collect().received == 1
        place.oracle.complete("one more")
        assert len(server.letters) == 7


@case("R7", "no UIDL and mail is deleted there: each comes once, and only what is stored goes")
def no_names_and_deleted(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(6)], Manners(uidl=False))
    with before(bench, server, leave="no") as place:
        place.collect()
        assert not server.letters
        put(place, server, Letter(b"", letter(50)), Letter(b"", letter(51)))
        server.manners.answers[b"RETR 1"] = b"-ERR damaged\r\n"
        place.collect()
        assert [one.raw for one in server.letters] == [letter(50)]
        place.oracle.safe("one was refused")


@case("R8", "CAPA is unknown, empty, or never ends with what it should; no TOP: all of it works")
def no_capabilities(bench: Bench) -> None:
    for offers, top in ((None, False), ((), True), ((b"", b"\xff\xfe", b"SASL"), False)):
        server = mailbox([letter(number) for number in range(4)], Manners(offers=offers, top=top))
        with before(bench, server, leave="no") as place:
            told = place.collected_all(f"{offers}")
            assert told.problems == ""
            assert not server.letters


@case("R9", "one name for several messages: all come once, none of them is deleted by rule")
def one_name_for_several(bench: Bench) -> None:
    same = [Letter(b"same", letter(number, number * 100)) for number in range(4)]
    alike = [Letter(b"alike", letter(number)) for number in (20, 21, 22)]  # of one size, too
    server = Pop3([*same, *alike, Letter(b"own", letter(9))])
    with before(bench, server, leave="no") as place:
        for _ in range(3):
            place.collect()
            place.oracle.complete("names stand twice")
        assert set(uids(server)) == {b"same", b"alike"}
        assert len(server.letters) == 7


@case("R9", "the same message lies there twice under two names: both are kept, none is lost")
def one_message_twice(bench: Bench) -> None:
    server = Pop3([Letter(b"a", letter(1)), Letter(b"b", letter(1)), Letter(b"c", letter(2))])
    with before(bench, server) as place:
        place.collect()
        place.oracle.safe("twice on the server")
        assert place.collect().received == 0


def named_anew(bench: Bench, manners: Manners, leave: str, other: bytes) -> None:
    """The name of a deleted message is given to another one."""
    server = Pop3([Letter(b"reused", letter(1)), Letter(b"b", letter(2))], manners)
    with before(bench, server, leave=leave) as place:
        place.collected_all("at first")
        server.letters = [one for one in server.letters if one.uid != b"reused"]
        put(place, server, Letter(b"reused", other))
        for _ in range(3):
            place.collect()
            place.oracle.safe(f"the name was given anew, kept: {leave}")
        if leave == "no":
            place.oracle.complete("deleted there")
            assert not server.letters


@case("R10", "a name is given to a message of another size: it comes")
def name_given_to_another_size(bench: Bench) -> None:
    for leave in ("yes", "no"):
        named_anew(bench, Manners(), leave, letter(7, 4000))


@case("R10", "a name is given to a message of the same size: it is never deleted unfetched")
def name_given_to_the_same_size(bench: Bench) -> None:
    for leave in ("yes", "no"):
        named_anew(bench, Manners(), leave, letter(3))


@case("R10", "a name is given anew, of the same size, and no TOP: it is never deleted unfetched")
def name_given_anew_without_top(bench: Bench) -> None:
    for leave in ("yes", "no"):
        named_anew(bench, Manners(top=False), leave, letter(3))


@case("R10", "a name is given anew where DELE was asked and QUIT was lost, and no TOP")
def name_given_anew_after_a_lost_quit(bench: Bench) -> None:
    for top in (True, False):
        server = Pop3([Letter(b"reused", letter(1))], Manners(top=top))
        with before(bench, server, leave="no") as place:
            server.manners.answers[b"QUIT"] = b"-ERR some were not deleted\r\n"
            place.collect()
            del server.manners.answers[b"QUIT"]
            server.letters = [Letter(b"reused", place.oracle.put(letter(3)))]
            for _ in range(2):
                place.collect()
                place.oracle.safe(f"TOP: {top}")
            place.oracle.complete(f"TOP: {top}")


@case("R10", "a message without a head gives its name to another one of the same size")
def name_given_anew_without_a_head(bench: Bench) -> None:
    server = Pop3([Letter(b"reused", b"\r\nJust text, one.\r\n")])
    with before(bench, server) as place:
        place.collected_all("at first")
        server.letters = [Letter(b"reused", place.oracle.put(b"\r\nJust text, two.\r\n"))]
        place.retain("no")
        for _ in range(2):
            place.collect()
            place.oracle.safe("the name was given anew")


@case("R11", "all names change, once and again: nothing is here twice, nothing is lost")
def all_names_change_again(bench: Bench) -> None:
    for leave in ("yes", "14"):
        server = mailbox([letter(number) for number in range(40)])
        with before(bench, server, leave=leave) as place:
            place.collected_all("at first")
            for word in (b"moved-", b"once-more-"):
                server.letters = [replace(one, uid=word + one.uid) for one in server.letters]
                told = place.collect()
                assert "new names" in told.problems
                place.oracle.complete(word.decode())
                assert place.collect().received == 0


@case("R11", "all names change while new mail comes and a part of the old is gone")
def names_change_among_others(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(30)])
    with before(bench, server, leave="yes") as place:
        place.collected_all("at first")
        kept = bench.chance.sample(list(server.letters), 20)
        server.letters = [replace(one, uid=b"new-" + one.uid) for one in kept]
        put(place, server, *(Letter(b"later-%d" % at, letter(at)) for at in range(100, 106)))
        place.collect()
        place.oracle.complete("after the move")
        place.retain("no")
        place.collect()
        place.oracle.complete("after the deletion")
        assert not server.letters


@case("R11", "names swap their messages: nothing is lost, nothing is here twice")
def names_are_swapped(bench: Bench) -> None:
    server = mailbox([letter(number, number * 90) for number in range(10)])
    with before(bench, server) as place:
        place.collected_all("at first")
        shuffled = bench.chance.sample(uids(server), 10)
        server.letters = [
            replace(one, uid=uid) for one, uid in zip(server.letters, shuffled, strict=True)
        ]
        for leave in ("yes", "no"):
            place.retain(leave)
            place.collect()
            place.oracle.safe(f"swapped, {leave}")


@case("R11", "names are numbers: another program deletes the first messages and all names shift")
def names_are_numbers(bench: Bench) -> None:
    server = Pop3([Letter(b"%d" % at, letter(at, at * 90)) for at in range(1, 9)])
    with before(bench, server) as place:
        place.collected_all("at first")
        for leave in ("yes", "yes", "no"):
            left = list(server.letters)[bench.chance.randrange(1, 3) :]
            server.letters = [
                replace(one, uid=b"%d" % at, claim=b"") for at, one in enumerate(left, 1)
            ]
            place.retain(leave)
            place.collect()
            place.oracle.safe(f"shifted, {leave}")


NAMES = (
    b"x" * 71,
    b"y" * 4000,
    b"two words",
    b"  before",
    b"after  ",
    b"\xff\xfe\x80",
    b"\xc3\xa4",
    b"+OK",
    b"%20",
    b".",
    b"..x",
    b"1",
    b"a\tb",
    b"a\nb",
    b"a\0b",
)


@case("R12", "names of every kind: each message comes once and can be deleted")
def names_of_every_kind(bench: Bench) -> None:
    names = bench.chance.sample(NAMES, len(NAMES))
    server = Pop3([Letter(name, letter(at)) for at, name in enumerate(names)])
    with before(bench, server) as place:
        place.collected_all("at first")
        assert place.collect().received == 0
        place.retain("no")
        place.collect()
        place.oracle.complete("deleted there")
        assert {name for name in uids(server) if name != b"a\nb"} == set()


@case("R12", "blank names among others: as without UIDL for those alone")
def blank_names(bench: Bench) -> None:
    letters = [Letter(b"" if at % 3 == 0 else b"u%d" % at, letter(at)) for at in range(9)]
    server = Pop3(letters)
    with before(bench, server) as place:
        for _ in range(3):
            place.collect()
            place.oracle.complete("blank names")


@case("R12", "gaps in the numbers, and +OK before each name")
def gaps_in_the_numbers(bench: Bench) -> None:
    numbers = sorted(bench.chance.sample(range(1, 900), 7))
    server = Pop3(
        [Letter(b"u%d" % at, letter(at), number=number) for at, number in enumerate(numbers)],
        Manners(uidl_line=lambda number, uid: b"+OK %d   %s" % (number, uid)),
    )
    with before(bench, server) as place:
        place.collected_all("gaps")
        assert place.collect().received == 0
        place.retain("no")
        place.collect()
        assert not server.letters


@case("R20", "LIST and UIDL do not name the same messages: what only one names waits")
def lists_that_differ(bench: Bench) -> None:
    manners = Manners(only_in_uidl=frozenset({2}), only_in_list=frozenset({4, 5}))
    server = mailbox([letter(number) for number in range(1, 8)], manners)
    with before(bench, server, leave="yes") as place:
        assert place.collect().received == 4
        here = place.oracle.safe("a part is listed")
        assert {digest(letter(number)) for number in (1, 3, 6, 7)} == set(here)
        manners.only_in_uidl = manners.only_in_list = frozenset()
        assert place.collected_all("all is listed").received == 3


@case("R20", "the numbers in LIST stand twice, or out of order")
def numbers_out_of_order(bench: Bench) -> None:
    server = mailbox([letter(number) for number in range(1, 5)])
    sizes = {number: one.size for number, one in enumerate(server.letters, 1)}
    rows = [b"%d %s\r\n" % (number, sizes[number]) for number in (3, 1, 4, 2, 3, 1)]
    server.manners.answers[b"LIST"] = b"+OK\r\n" + b"".join(rows) + b".\r\n"
    with before(bench, server) as place:
        place.collected_all("out of order")
