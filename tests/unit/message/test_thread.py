"""What a message refers to, what a subject is at its base, and the tree of a conversation."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from mailclient.message.envelope import Envelope
from mailclient.message.thread import (
    MOST_LINKS,
    Linked,
    arrange,
    base_subject,
    references,
)


@pytest.mark.parametrize(
    ("subject", "base", "answer"),
    [
        ("Lunch?", "lunch?", False),
        ("Re: Lunch?", "lunch?", True),
        ("RE: re:  Re: Lunch?", "lunch?", True),
        ("Re[2]: Lunch?", "lunch?", True),
        ("AW: WG: Lunch?", "lunch?", True),
        ("Fwd: Lunch?", "lunch?", False),
        ("Lunch? (fwd) (FWD)", "lunch?", False),
        ("[fwd: Re: Lunch?]", "lunch?", True),
        ("[list] Re: [list] Lunch?", "lunch?", True),
        ("Re:  Lunch \t today", "lunch today", True),
        ("[urgent]", "[urgent]", False),
        ("Re: [urgent]", "[urgent]", True),
        ("Re：午餐", "午餐", True),
        ("Regards", "regards", False),
        ("Re:", "", True),
        ("", "", False),
    ],
)
def test_a_subject_has_its_base(subject: str, base: str, answer: bool) -> None:
    found = base_subject(subject)
    assert (found.text, found.answer) == (base, answer)


def test_a_subject_of_prefixes_alone_is_read_to_its_end() -> None:
    assert base_subject("Re: [x] " * 200 + "end").text == "end"


def test_references_count_before_what_is_answered() -> None:
    seen = Envelope("<c@x>", references=("<a@x>", "<b@x>"), in_reply_to="<z@x>")
    assert references(seen) == ("<a@x>", "<b@x>")
    assert references(replace(seen, references=())) == ("<z@x>",)
    assert references(Envelope("<c@x>")) == ()


def test_a_message_never_refers_to_itself_and_to_each_other_once() -> None:
    seen = Envelope("<c@x>", references=("<a@x>", "<c@x>", "<a@x>", "<b@x>"))
    assert references(seen) == ("<a@x>", "<b@x>")


def test_of_thousands_of_references_the_first_and_the_newest_count() -> None:
    many = tuple(f"<{at}@x>" for at in range(5000))
    found = references(Envelope("<new@x>", references=many))
    assert len(found) == MOST_LINKS
    assert (found[0], found[1], found[-1]) == (many[0], many[1 - MOST_LINKS], many[-1])


def tree(*messages: Linked) -> list[tuple[int, int, int]]:
    return [(one.id, one.parent, one.depth) for one in arrange(messages)]


A = Linked(1, 10, "<a>")
B = Linked(2, 20, "<b>", ("<a>",))
C = Linked(3, 30, "<c>", ("<a>", "<b>"))
D = Linked(4, 40, "<d>", ("<a>",))


def test_answers_stand_below_what_they_answer() -> None:
    assert tree(A, B, C, D) == [(1, 0, 0), (2, 1, 1), (3, 2, 2), (4, 1, 1)]


def test_the_order_of_coming_makes_no_difference() -> None:
    chance = random.Random(5322)
    messages = [A, B, C, D]
    for _ in range(24):
        chance.shuffle(messages)
        assert tree(*messages) == tree(A, B, C, D)


def test_what_is_not_here_leaves_no_gap() -> None:
    assert tree(A, C, D) == [(1, 0, 0), (3, 1, 1), (4, 1, 1)]
    assert tree(C, D) == [(3, 0, 0), (4, 0, 0)]


def test_a_circle_of_references_has_a_beginning() -> None:
    first, second = Linked(1, 1, "<a>", ("<b>",)), Linked(2, 2, "<b>", ("<a>",))
    assert tree(first, second) == [(2, 0, 0), (1, 2, 1)]
    assert sorted(id for id, _, _ in tree(Linked(1, 1, "<a>", ("<b>", "<a>", "<b>")))) == [1]


def test_two_copies_of_a_message_both_have_a_place() -> None:
    copy = replace(B, id=5, date=21)
    assert tree(A, B, copy) == [(1, 0, 0), (2, 1, 1), (5, 1, 1)]


def test_a_chain_of_thousands_is_arranged_without_recursion() -> None:
    chain = [Linked(at, at, f"<{at}>", (f"<{at - 1}>",)) for at in range(1, 5000)]
    assert arrange(chain)[-1].depth == 4998


def test_whatever_is_said_each_message_has_one_place_and_its_parent_stands_before_it() -> None:
    chance = random.Random(5256)
    for _ in range(200):
        names = [f"<{at}>" for at in range(chance.randint(1, 8))]
        messages = [
            Linked(
                id,
                chance.randint(0, 9),
                chance.choice([*names, ""]),
                tuple(chance.choices(names, k=chance.randint(0, 4))),
            )
            for id in range(1, chance.randint(2, 14))
        ]
        found = arrange(messages)
        assert sorted(one.id for one in found) == sorted(one.id for one in messages)
        depth = {0: -1}
        for one in found:
            assert one.depth == depth[one.parent] + 1
            depth[one.id] = one.depth
        chance.shuffle(messages)
        assert arrange(messages) == found
