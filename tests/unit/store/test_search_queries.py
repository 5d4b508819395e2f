"""The query language: what each term finds, what is refused in words; nothing typed breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailclient.account import Account, Identity
from mailclient.cancel import CancelToken
from mailclient.errors import BadInput, Cancelled
from mailclient.message.envelope import Envelope
from mailclient.store import readers, search
from mailclient.store.condition import Among, Condition, condition_of
from mailclient.store.database import Database, Values
from mailclient.store.folders import Role
from mailclient.store.query import COLUMNS, IS, LONGEST, MOST_TERMS, Node
from mailclient.store.query import read_query as read_tree
from mailclient.store.search import Scope
from tests.unit.store.box import Box, found


def read_query(query: str) -> Condition:
    return condition_of(read_tree(query))


@pytest.fixture
def ids(box: Box) -> dict[str, int]:
    """A small mailbox; each name says what is remarkable about the message."""
    made = {
        "rent": box.letter(
            "The rent of the boathouse is due on Friday.",
            subject="Boathouse rent",
            date=datetime(2026, 1, 15, 12, tzinfo=UTC),
            attachments=("invoice-2026.pdf",),
        ),
        "lease": box.letter(
            "The lease ends in March. The usual account.",
            sender="bob@example.net",
            name="Bob Stone",
            to="ann@example.org",
            cc="carol@example.com",
            subject="Lease",
            date=datetime(2026, 2, 1, 12, tzinfo=UTC),
            unread=False,
        ),
        "secret": box.letter(
            "Meet at the café near the harbour. Account usual.",
            sender="dora@example.net",
            subject="Plan",
            role=Role.ARCHIVE,
            date=datetime(2026, 3, 3, 12, tzinfo=UTC),
            encryption="encrypted",
            signature="good",
        ),
        "tokyo": box.letter(
            "東京都庁で会いましょう。안녕하세요",
            subject="Привет, Мир",
            role=Role.JUNK,
            date=datetime(2025, 7, 1, 12, tzinfo=UTC),
        ),
    }
    box.store.messages.set_flags([made["lease"]], flagged=True, answered=True)
    box.store.messages.tags.add([made["rent"]], "work")
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "secret lease rent tokyo"),
        ("   ", "secret lease rent tokyo"),
        ("boathouse", "rent"),
        ("BOATHOUSE rent", "rent"),
        ("boathouse lease", ""),
        ("boat", "rent"),
        ("re", ""),
        ('"usual account"', "lease"),
        ('"usual acc"', ""),
        ("usual account", "secret lease"),
        ("rent OR lease", "lease rent"),
        ("rent OR lease march", "lease"),
        ("the -rent", "secret lease"),
        ("-boathouse -lease", "secret tokyo"),
        ('-"usual account" the', "secret rent"),
        ("rent OR -the", "rent tokyo"),
        ("OR rent", "rent"),
        ("rent OR", "rent"),
        ("cafe", "secret"),
        ("CAFÉ", "secret"),
        ("привет", "tokyo"),
        ("東京", "tokyo"),
        ("京都", "tokyo"),
        ("京東", ""),
        ("안녕", "tokyo"),
        ("from:bob", "lease"),
        ("from: bob", "lease"),
        ("FROM:Bob", "lease"),
        ("from:bob@example.net", "lease"),
        ("from:example.net", "secret lease"),
        ('from:"Bob Stone"', "lease"),
        ("from:carol", ""),
        ("to:ann", "lease"),
        ("to:carol", "lease"),
        ("cc:carol", "lease"),
        ("cc:ann", ""),
        ("subject:rent", "rent"),
        ("subject:friday", ""),
        ("body:friday", "rent"),
        ("body:lease", "lease"),
        ("filename:invoice", "rent"),
        ("invoice", "rent"),
        ("has:attachment", "rent"),
        ("-has:attachment", "secret lease tokyo"),
        ("is:unread", "secret rent tokyo"),
        ("-is:unread", "lease"),
        ("is:read", "lease"),
        ("is:flagged", "lease"),
        ("is:answered", "lease"),
        ("is:encrypted", "secret"),
        ("is:signed", "secret"),
        ("is:encrypted OR is:flagged", "secret lease"),
        ("is:encrypted OR boathouse", "secret rent"),
        ("in:archive", "secret"),
        ("in:Junk", "tokyo"),
        ("in:inbox", "lease rent"),
        ("-in:inbox", "secret tokyo"),
        ("in:nowhere", ""),
        ("account:me@example.org", "secret lease rent tokyo"),
        ("account:other@example.org", ""),
        ("tag:work", "rent"),
        ("tag:WORK", "rent"),
        ("-tag:work", "secret lease tokyo"),
        ("after:2026-01-01 before:2026-02-01", "rent"),
        ("on:2026-01-15", "rent"),
        ("on:2026-03", "secret"),
        ("on:2025", "tokyo"),
        ("before:2026", "tokyo"),
        ("after:2026-02", "secret lease"),
        ("-after:2026", "tokyo"),
        ("from:ann has:attachment before:2026-02 is:unread in:inbox -lease", "rent"),
        ("https://example.org/x", ""),
        ("12:30", ""),
        ("...", "secret lease rent tokyo"),
        ("-", "secret lease rent tokyo"),
        ('"', "secret lease rent tokyo"),
        ('"boathouse', "rent"),
        ("rent)", "rent"),
        ("rent*", "rent"),
        ("NEAR(rent)", ""),
        ("(rent OR lease) march", "lease"),
        ("(the rent) OR (lease march)", "lease rent"),
        ("the -(rent OR lease)", "secret"),
        ("-(the rent) the", "secret lease"),
        ("(boathouse", "rent"),
        ("()", "secret lease rent tokyo"),
        ("() rent", "rent"),
        ("-()", "secret lease rent tokyo"),
        ("((rent) (boathouse))", "rent"),
        ("(is:flagged OR tag:work) the", "lease rent"),
        ("older:1y", "tokyo"),
        ("newer:1y older:9m", "lease rent"),
        ("newer:999y", "secret lease rent tokyo"),
        ("size:>1mb", ""),
        ("size:<1mb rent", "rent"),
        ("size:1", "secret lease rent tokyo"),
        ("larger:0.5k", ""),
        ("smaller:1gb -the", "tokyo"),
        ("rent'; DROP TABLE messages; --", ""),
        ('subject:"rent" body:"friday"', "rent"),
    ],
)
def test_each_term_finds_what_it_says(
    box: Box, ids: dict[str, int], query: str, expected: str
) -> None:
    answer = box.store.search.query(query)
    names = {id: name for name, id in ids.items()}
    assert [names[id] for id in answer.ids] == expected.split()
    assert answer.count == len(expected.split())


@pytest.mark.parametrize(
    "query",
    ["", "rent", "rent OR -lease", "is:unread", "from:ann has:attachment -is:flagged is:signed",
     "in:archive account:a@b tag:x after:2026 is:answered is:forwarded is:encrypted",
     "is:undelivered size:>1mb smaller:2k older:2w -(rent lease) (a OR is:read)"],
)  # fmt: skip
def test_no_row_is_read_to_answer_a_query(box: Box, query: str) -> None:
    condition = read_query(query)
    plan = box.store.database.rows(
        f"EXPLAIN QUERY PLAN {search._FROM} WHERE {condition.sql} ORDER BY date DESC, id DESC",
        condition.values,
    )
    of_messages = [row[3] for row in plan if " messages" in row[3]]
    assert of_messages
    assert all("COVERING INDEX messages_for_search" in line for line in of_messages)


@pytest.mark.parametrize("query", ["", "rent", "rent -lease", "is:unread", "size:>1mb rent"])
@pytest.mark.parametrize("folders", [(), (1,), (1, 2)])
def test_the_first_page_is_found_by_indexes_alone(
    box: Box, monkeypatch: pytest.MonkeyPatch, query: str, folders: tuple[int, ...]
) -> None:
    for _ in range(3):
        box.letter("The rent.")
    asked: list[tuple[str, tuple[str | int, ...]]] = []
    rows = Database.rows

    def noted(self: Database, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        asked.append((sql, values))
        return rows(self, sql, values)

    monkeypatch.setattr(Database, "rows", noted)
    box.store.search.newest(query, 2, scope=Scope(folders))
    monkeypatch.undo()
    condition = search._in(Scope(folders), condition_of(read_tree(query), Among([1, 3])))
    asked.append((f"{search._FROM} WHERE id BETWEEN 1 AND 3 AND {condition.sql}", condition.values))
    for sql, values in asked:
        plan = [row[3] for row in box.store.database.rows(f"EXPLAIN QUERY PLAN {sql}", values)]
        of_messages = [line for line in plan if " messages" in line]
        assert of_messages
        assert all("COVERING INDEX" in line for line in of_messages), plan


def made_of(box: Box, count: int) -> dict[int, str]:
    """Letters in an order that is not that of their dates; by their ids what stands in them."""
    return {
        box.letter(text, date=datetime(2020 + at % 7, 1 + at % 12, 1 + at % 28, tzinfo=UTC)): text
        for at in range(count)
        for text in [f"Every one. {'Third.' if at % 3 == 0 else ''} {'Last' if at == 0 else ''}"]
    }


@pytest.mark.parametrize("windows", [(), (1,), (4, 8), (7, 30), (100,)])
@pytest.mark.parametrize(
    "query", ["", "every", "third", "last", "none", "every -third", "is:read", "third OR last"]
)
def test_the_first_page_is_the_beginning_of_all_that_fits(
    box: Box, monkeypatch: pytest.MonkeyPatch, windows: tuple[int, ...], query: str
) -> None:
    made_of(box, 40)
    monkeypatch.setattr(search, "WINDOWS", windows)
    inbox, archive = box.folder().id, box.folder(Role.ARCHIVE).id
    for scope in (Scope(), Scope((inbox,)), Scope((inbox, archive)), Scope((archive,))):
        whole = box.store.search.query(query, scope=scope).ids.tolist()
        assert box.store.search.newest(query, 5, scope=scope).tolist() == whole[:5]


@pytest.mark.parametrize(
    "query",
    ["is:unread", "is:unread third", "thi is:unread -last", "is:flagged OR third", "-is:unread",
     "is:flagged is:unread (third OR last)", "is:starred every", "older:1d is:flagged"],
)  # fmt: skip
def test_what_few_messages_are_is_found_the_same_way_where_they_are_many(
    box: Box, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    ids = list(made_of(box, 40))
    box.store.messages.set_flags(ids, unread=False)
    box.store.messages.set_flags(ids[::4], unread=True)
    box.store.messages.set_flags(ids[::6], flagged=True)
    for scope in (Scope(), Scope((box.folder().id,)), Scope(keep=(ids[1], ids[4]))):
        few = box.store.search.query(query, scope=scope).ids.tolist()
        assert box.store.search.newest(query, 3, scope=scope).tolist() == few[:3]
        with monkeypatch.context() as patched:
            patched.setattr(search, "WINDOWS", ())
            assert box.store.search.query(query, scope=scope).ids.tolist() == few


def test_what_is_unread_is_asked_about_alone_where_it_is_little(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = list(made_of(box, 20))
    box.store.messages.set_flags(ids, unread=False)
    node = read_tree("every is:unread")
    assert box.store.search._asked(Scope(), node).values == ("[]",)
    box.store.messages.set_flags(ids[1:3], unread=True)
    assert box.store.search._asked(Scope(), node).values[0] == f"[{ids[1]}, {ids[2]}]"
    monkeypatch.setattr(search, "WINDOWS", (1, 2))
    assert box.store.search._asked(Scope(), node) == search._in(Scope(), condition_of(node))


@pytest.mark.parametrize(
    ("ids", "stretches"),
    [
        ([], []),
        ([7], [(7, 7)]),
        ([9, 7, 8], [(7, 9)]),
        ([1, 2, 5_000, 5_001], [(1, 2), (5_000, 5_001)]),
        ([at * 2_000 for at in range(1, 8)], [(2_000, 2_000), (4_000, 4_000), (6_000, 6_000),
                                              (8_000, 14_000)]),
        ([1, 900], [(1, 900)]),
    ],
)  # fmt: skip
def test_the_index_is_read_where_what_is_asked_about_lies(
    ids: list[int], stretches: list[tuple[int, int]]
) -> None:
    found = Among(ids).looked_up("word").values
    numbers = [one for one in found if isinstance(one, int)]
    assert list(zip(numbers[::2], numbers[1::2], strict=True)) == stretches


def test_only_the_folders_that_are_asked_about_are_looked_in(box: Box, ids: dict[str, int]) -> None:
    archive = Scope((box.folder(Role.ARCHIVE).id,))
    assert box.store.search.query("the", scope=archive).ids.tolist() == [ids["secret"]]
    kept = Scope(archive.folders, keep=(ids["secret"], ids["rent"]))
    assert box.store.search.query("is:flagged", scope=kept).ids.tolist() == [ids["secret"]]


def test_what_fits_best_comes_first_where_that_is_asked(box: Box) -> None:
    weak = box.letter("harbour " + "and other words " * 50, date=datetime(2026, 5, 1, tzinfo=UTC))
    strong = box.letter("x", subject="Harbour", date=datetime(2026, 1, 1, tzinfo=UTC))
    by = box.store.search.query("harbour", order=search.Order.RELEVANCE)
    assert by.ids.tolist() == [strong, weak]
    assert box.store.search.query("harbour").ids.tolist() == [weak, strong]
    unread = box.store.search.query("harbour is:read", order=search.Order.RELEVANCE)
    assert unread.count == 0
    every = box.store.search.query("is:unread", order=search.Order.RELEVANCE)
    assert every.ids.tolist() == [weak, strong]


def test_of_very_many_only_the_newest_are_sorted_by_how_well_they_fit(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_RANKED", 2)
    texts = ("harbour harbour", "harbour once", "harbour " + "and words " * 50)
    oldest, strong, weak = (
        box.letter(text, date=datetime(2026, at + 1, 1, tzinfo=UTC))
        for at, text in enumerate(texts)
    )
    found = box.store.search.query("harbour", order=search.Order.RELEVANCE)
    assert (found.ids.tolist(), found.count) == ([strong, weak, oldest], 3)


def test_what_is_kept_in_the_list_comes_last(box: Box) -> None:
    kept = box.letter("nothing of it", date=datetime(2026, 6, 1, tzinfo=UTC))
    fits = box.letter("harbour", date=datetime(2026, 1, 1, tzinfo=UTC))
    found = box.store.search.query(
        "harbour", scope=Scope(keep=(kept,)), order=search.Order.RELEVANCE
    )
    assert found.ids.tolist() == [fits, kept]


def test_a_question_that_nobody_waits_for_any_more_is_stopped(
    box: Box, ids: dict[str, int]
) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        box.store.search.query("the", cancel=cancel)
    assert box.store.search.query("the", cancel=CancelToken()).count == 3


def test_a_question_is_stopped_in_the_middle(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    made_of(box, 30)
    monkeypatch.setattr(readers, "LOOK", 5)

    class Late(CancelToken):
        """Is cancelled at the third look."""

        looks = 0

        @property
        def cancelled(self) -> bool:
            self.looks += 1
            if self.looks == 3:
                self.cancel()
            return super().cancelled

    with pytest.raises(Cancelled):
        box.store.search.query("every", cancel=Late())
    assert box.store.search.query("every").count == 30


def test_a_limit_cuts_the_list_and_not_the_count(box: Box, ids: dict[str, int]) -> None:
    answer = box.store.search.query("", limit=2)
    assert (answer.count, answer.ids.tolist()) == (4, [ids["secret"], ids["lease"]])
    assert box.store.search.query("", limit=0).ids.tolist() == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("is:happy", "is:happy"),
        ("has:wings", "has:wings"),
        ("before:yesterday", "yesterday"),
        ("after:2026-13", "2026-13"),
        ("on:2026-02-30", "2026-02-30"),
        ("on:0000", "0000"),
        ("older:soon", "soon"),
        ("newer:3", "'3'"),
        ("size:huge", "huge"),
        ("rent is:happy", r"at character 6"),
        ("(" * 30 + "rent", "nested"),
        ("x " * (MOST_TERMS + 1), f"{MOST_TERMS} terms"),
        ("x" * (LONGEST + 1), "too long"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(query: str, named: str) -> None:
    with pytest.raises(BadInput, match=named) as told:
        read_query(query)
    assert told.value.advice


def test_a_message_understood_anew_is_found_by_its_new_words_alone(box: Box) -> None:
    id = box.letter("harbour")
    box.store.messages.processed({id: found(envelope=None, text="lighthouse")})
    assert box.store.search.query("harbour").count == 0
    assert box.store.search.query("lighthouse").ids.tolist() == [id]


def test_what_is_kept_together_is_one_piece_of_the_index(box: Box) -> None:
    ids = [box.letter(f"word{number}") for number in range(20)]
    box.store.search.purge()
    pieces = box.store.database.row("SELECT count(DISTINCT segid) FROM words_idx")
    anew = found(envelope=Envelope(subject="lamp", message_id="<a@example.org>"))
    box.store.messages.processed(dict.fromkeys(ids, anew))
    again = box.store.database.row("SELECT count(DISTINCT segid) FROM words_idx")
    assert (pieces, again) == ((1,), (2,))
    assert box.store.search.query("lamp").count == 20


def test_a_deleted_message_is_found_no_more(box: Box, ids: dict[str, int]) -> None:
    box.store.messages.delete([ids["rent"]])
    assert box.store.search.query("boathouse").count == 0


def test_an_account_and_a_folder_are_named_with_quotes_too(box: Box) -> None:
    other = box.store.accounts.add(Account((Identity("Other@Example.org"),)))
    folder = box.store.folders.create(other.id, "Old letters")
    id = box.letter("x")
    box.store.messages.move([id], folder.id)
    assert box.store.search.query('in:"old letters"').ids.tolist() == [id]
    assert box.store.search.query("account:other@example.org").ids.tolist() == [id]


WORDS = st.sampled_from(
    [*(f"{name}:" for name in COLUMNS), *(f"is:{name}" for name in IS), "has:attachment", "in:",
     "account:", "tag:", "before:", "after:", "on:2026-01", "OR", "AND", "NOT", "NEAR", "-", '"',
     "(", ")", "*", "^", "{", "}", "+", ":", "'", "\\", "\0", "rent", "東京", "²", "ⅷ", "َ",
     "\ud800",
     "{sender} : x", "words MATCH", "2026-13", "0001-01-01", "9999-12-31", "9999"]
)  # fmt: skip


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.text(max_size=40), st.lists(st.one_of(WORDS, st.text(max_size=5))).map(
    lambda some: " ".join(some)), st.lists(WORDS, max_size=12).map("".join)))  # fmt: skip
def test_whatever_is_typed_finds_something_or_is_refused_in_words(box: Box, query: str) -> None:
    try:
        answer = box.store.search.query(query)
    except BadInput:
        return
    assert answer.count == len(answer.ids)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_no_typed_text_ever_becomes_sql(query: str) -> None:
    marker = "zq7"
    try:
        condition = read_query(f"{query} {marker}")
    except BadInput:
        return
    assert marker not in condition.sql


def test_what_is_seldom_is_looked_up_in_the_index_at_once(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of(box, 40)
    looked: list[int] = []
    likeliest = box.store.search._likeliest

    def noted(scope: Scope, node: Node) -> Iterator[tuple[list[int], bool]]:
        for ids, complete in likeliest(scope, node):
            looked.append(len(ids))
            yield ids, complete

    monkeypatch.setattr(box.store.search, "_likeliest", noted)
    for windows, query, expected in (
        ((4, 20), "every", [4, 20]),  # all of them fit
        ((8, 38), "third", [8]),  # so many more would be looked at that the index is sooner done
        ((8, 38), "third is:unread", [8, 38]),  # what of it is unread the index does not know
    ):
        whole = box.store.search.query(query).ids.tolist()
        looked.clear()
        monkeypatch.setattr(search, "WINDOWS", windows)
        found = box.store.search.newest(query, 20).tolist()
        assert (looked, found) == (expected, whole[:20])
