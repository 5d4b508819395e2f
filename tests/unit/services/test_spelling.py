"""Spelling: what is looked up and what is not, and the words of the user's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailclient.errors import BadInput
from mailclient.paths import Profile
from mailclient.services.spelling import Spelling
from mailclient.settings import SPELLING_LANGUAGE, SPELLING_WORDS
from mailclient.store import Store

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    profile = Profile(tmp_path / "p")
    profile.folder.mkdir()
    made = Store.open(profile, passphrase="x", keyring=None, clock=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def spelling(store: Store) -> Spelling:
    store.settings.set(SPELLING_LANGUAGE, "en_US")
    return Spelling(store.settings)


def unknown(spelling: Spelling, line: str) -> list[str]:
    return [line[start:end] for start, end in spelling.unknown(line)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("I recieve the letter tommorow.", ["recieve", "tommorow"]),
        ("It doesn't matter, and it doesn\u2019t hurt.", []),
        ("See https://exampel.org/recieve or www.exampel.org", []),
        ("write to bob@exampel.org, please", []),
        ("the file /usr/lib/tommorow and b2c and x_recieve", []),
        ("NATO and the UNHCR", []),
        ("> I recieve what is quoted", []),
        ("two 🙂 signs and recieve", ["recieve"]),
        ("", []),
    ],
)
def test_words_alone_are_looked_up(spelling: Spelling, line: str, found: list[str]) -> None:
    assert unknown(spelling, line) == found


def test_what_was_meant_is_suggested(spelling: Spelling) -> None:
    assert spelling.suggestions("recieve")[0] == "receive"
    assert len(spelling.suggestions("recieve")) <= 6


def test_a_word_of_ones_own_is_right_until_it_is_forgotten(
    spelling: Spelling, store: Store
) -> None:
    spelling.learn("quuxify")
    assert unknown(spelling, "Quuxify it, quuxify it") == []
    again = Spelling(store.settings)
    assert unknown(again, "quuxify") == []
    assert store.settings.get(SPELLING_WORDS) == '["quuxify"]'
    again.forget("Quuxify")
    assert unknown(again, "quuxify") == ["quuxify"]


def test_no_word_of_ones_own_lies_outside_the_store(
    spelling: Spelling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enchant keeps a list of its own, readable by anybody."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    spelling.learn("quuxify")
    assert unknown(spelling, "quuxify recieve") == ["recieve"]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"quuxify" not in path.read_bytes()


def test_switched_off_nothing_is_marked(spelling: Spelling) -> None:
    spelling.switch(False)
    assert unknown(spelling, "recieve") == []
    spelling.switch(True)
    assert unknown(spelling, "recieve") == ["recieve"]


def test_a_language_without_a_dictionary_is_refused(spelling: Spelling) -> None:
    with pytest.raises(BadInput, match="no dictionary for xx_XX"):
        spelling.choose("xx_XX")
    assert spelling.language == "en_US"


def test_a_system_without_the_library_says_what_to_install(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "enchant", None)
    spelling = Spelling(store.settings)
    assert spelling.languages() == ()
    assert unknown(spelling, "recieve") == []
    assert "libenchant-2-2" in spelling.lack
    assert not spelling.is_on


def test_a_system_without_dictionaries_says_so(spelling: Spelling) -> None:
    class NoDictionaries:
        def list_languages(self) -> list[str]:
            return []

    spelling.__dict__["_broker"] = NoDictionaries()
    spelling.begin()
    assert "no dictionary here" in spelling.lack
    assert unknown(spelling, "recieve") == []
