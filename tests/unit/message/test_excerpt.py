"""The words around what was searched for: found as the index finds them, and marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailclient.message.excerpt import LONGEST, Wanted, excerpt, folded, marks_in


@pytest.mark.parametrize(
    ("text", "words", "goes_on", "marked"),
    [
        ("The rent is due.", "rent", False, ["rent"]),
        ("The rental is due.", "rent", True, ["rental"]),
        ("The rental is due.", "rent", False, []),
        ("Current", "rent", True, []),
        ("A CAFÉ, and a café", "cafe", False, ["CAFÉ", "café"]),
        ("Straße", "straße", False, ["Straße"]),
        ("ann@example.org", "example.org", False, ["example.org"]),
        ("usual\n  account", "usual account", False, ["usual\n  account"]),
        ("東京都庁で会いましょう", "京都", False, ["京都"]),
        ("東京 都庁", "東京都", False, ["東京 都"]),
        ("İstanbul", "stanbul", False, []),
        ("(a+b)*", "a+b", False, ["a+b"]),
        ("anything", "...", True, []),
    ],
)
def test_words_are_marked_where_they_stand(
    text: str, words: str, goes_on: bool, marked: list[str]
) -> None:
    marks = marks_in(text, [Wanted(words, goes_on)])
    assert [text[start:end] for start, end in marks] == marked


def test_the_excerpt_begins_at_a_word_before_the_place() -> None:
    text = "word " * 50 + "the harbour\n\n  at night " + "and more " * 50
    found = excerpt(text, [Wanted("harb", True)])
    assert found is not None
    assert found.text.startswith("…word word")
    assert found.text.endswith("…")
    assert "the harbour at night" in found.text
    assert [found.text[start:end] for start, end in found.marks] == ["harbour"]


def test_where_nothing_stands_there_is_no_excerpt() -> None:
    assert excerpt("The rent is due.", [Wanted("lease", True)]) is None
    assert excerpt("The rent is due.", []) is None


@given(st.text(), st.text(), st.booleans())
def test_any_text_and_any_words_give_places_inside_the_text(
    text: str, words: str, goes_on: bool
) -> None:
    assert len(folded(text)) == len(text)
    found = excerpt(f"{text} {words}", [Wanted(words, goes_on)])
    if found is not None:
        assert len(found.text) <= LONGEST + 1
        assert all(0 <= start < end <= len(found.text) for start, end in found.marks)
