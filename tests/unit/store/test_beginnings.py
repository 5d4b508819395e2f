"""Beginnings of words are asked for as the words that begin so, and find the same."""

from __future__ import annotations

import pytest

from mailclient.store import beginnings, search
from mailclient.store.beginnings import whole_words
from mailclient.store.condition import Among, condition_of
from mailclient.store.query import read_query
from mailclient.store.query_fields import ATTACHED
from mailclient.store.search import Scope
from tests.unit.store.box import Box

TEXTS = (
    "harbour", "Harbours", "HARBOURMASTER", "harb", "Härbeth", "hare", "harebell lighthouse",
    "port harbour lights", "東京都庁", "İstanbul", "straße", "o'harbour",
    "harb\ue000our", "ｈarbour",
)  # fmt: skip


@pytest.fixture
def letters(box: Box) -> dict[int, str]:
    return {box.letter(text): text for text in TEXTS}


def spelled(box: Box, query: str, most: int = 100) -> str:
    """What the index is asked for a query."""
    [match, *_] = condition_of(whole_words(read_query(query), box.store.database, most)).values
    return str(match)


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("hareb", '("harebell")'),
        ("HÄREB", '("harebell")'),
        ("subject:hareb", '{subject} : ("harebell")'),
        ("to:hare", '{recipients copies} : ("hare" OR "harebell")'),
        ("harbo", '("harbour" OR "harbourmaster" OR "harbours")'),
        ("hare OR light", '(("hare" OR "harebell")) OR (("lighthouse" OR "lights"))'),
        ("hare port", '(("hare" OR "harebell")) AND (("port"))'),
        ("ha", '"ha"'),
        ('"harb"', '"harb"'),
        ("nowhere", '"nowhere" *'),
        ("port-harb", '"port-harb" *'),
        ("東京都庁", '"東 京 都 庁"'),
    ],
)
def test_a_beginning_becomes_the_words_that_begin_so(box: Box, query: str, asked: str) -> None:
    assert spelled(box, query) == asked


@pytest.mark.usefixtures("letters")
def test_a_beginning_of_too_many_words_stays(box: Box) -> None:
    assert spelled(box, "harbo", 2) == '"harbo" *'
    assert spelled(box, "harbo", 3) != '"harbo" *'


@pytest.mark.parametrize(
    "query",
    ["harb", "HARBOUR", "härb", "-harb", "hare -light", "harb OR hareb", "ｈar", "ist", "stra",
     "from:ann", "from:exam", "to:exam -harb", "harb\ue000", "\ud800harb", "har\0b", "o'harb"],
)  # fmt: skip
@pytest.mark.parametrize("most", [0, 2, 100])
def test_it_finds_the_same(
    box: Box, letters: dict[int, str], monkeypatch: pytest.MonkeyPatch, query: str, most: int
) -> None:
    whole = box.store.search.query(query).ids.tolist()
    for name in ("FEW", "MANY"):
        monkeypatch.setattr(search, name, most)
    assert box.store.search.query(query).ids.tolist() == whole
    for windows in ((), (3,), (100,)):
        monkeypatch.setattr(search, "WINDOWS", windows)
        assert box.store.search.newest(query, 4).tolist() == whole[:4]


def test_a_term_that_would_be_read_as_another_is_not_asked_for(
    box: Box, letters: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginnings, "_terms", lambda *given: ["harbour lights"])
    assert spelled(box, "harb") == '"harb" *'


def test_what_has_attachments_is_found_with_the_words(box: Box) -> None:
    with_file = box.letter("The plan.", attachments=("",))
    box.letter("The plan.")
    box.letter(f"{ATTACHED} plan {ATTACHED}", subject=ATTACHED)
    node = read_query("plan has:attachment")
    [match, *_] = condition_of(node).values
    assert match == f'("plan" *) AND {{attachments}} : "{ATTACHED}"'
    assert match in condition_of(node, Among([1, 2])).values
    assert box.store.search.query("plan has:attachment").ids.tolist() == [with_file]
    assert box.store.search.newest("has:attachment plan", 9, scope=Scope()).tolist() == [with_file]
    assert box.store.search.query("plan -has:attachment").count == 2
