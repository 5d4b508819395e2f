"""The query language: what each term finds, what is refused in words; nothing typed breaks it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailclient.account import Account, Identity
from mailclient.errors import BadInput
from mailclient.store import search
from mailclient.store.folders import Role
from mailclient.store.query import COLUMNS, IS, LONGEST, MOST_TERMS, read_query
from tests.unit.store.box import Box, found


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
     "in:archive account:a@b tag:x after:2026 is:answered is:forwarded is:encrypted"],
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
    box.store.messages.processed(id, found(envelope=None, text="lighthouse"))
    assert box.store.search.query("harbour").count == 0
    assert box.store.search.query("lighthouse").ids.tolist() == [id]


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
