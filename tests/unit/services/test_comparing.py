"""Words and codes by which two people find out that they have the same key."""

from __future__ import annotations

from base64 import b64encode

import pytest

from mailclient.services.comparing import COUNT, WORDS, Scanned, code_of, same, scanned, words_of

KEY = "0123456789ABCDEF" * 2 + "01234567"
OTHER = KEY[:-1] + "8"
ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----"


def test_there_is_a_word_for_each_byte_and_none_twice() -> None:
    assert len(WORDS) == len(set(WORDS)) == 256
    assert all(one.isascii() and one.isalpha() and one.islower() for one in WORDS)


def test_no_word_is_the_beginning_of_another_or_differs_in_one_letter() -> None:
    near = [
        (one, two)
        for one in WORDS
        for two in WORDS
        if one < two
        if two.startswith(one)
        or (len(one) == len(two) and sum(a != b for a, b in zip(one, two, strict=True)) == 1)
    ]
    assert near == []


def test_a_key_has_the_same_words_for_everybody_and_another_key_has_others() -> None:
    assert words_of(KEY) == words_of(KEY.lower())
    assert len(words_of(KEY)) == COUNT
    assert words_of(KEY) != words_of(OTHER)


@pytest.mark.parametrize(
    "given",
    [
        KEY, KEY.lower(), " ".join(KEY[at : at + 4] for at in range(0, 40, 4)), f"0x{KEY}",
        code_of(KEY), f"openpgp4fpr:{KEY.lower()}#v=3&a=bob%40example.org",
        " ".join(words_of(KEY)), ", ".join(words_of(KEY)).upper(), "\n".join(words_of(KEY)),
    ],
)  # fmt: skip
def test_what_somebody_gives_is_compared_however_it_is_written(given: str) -> None:
    assert same(given, KEY) is True
    assert same(given, OTHER) is False


@pytest.mark.parametrize("given", ["", KEY[:39], KEY[-16:], KEY[-8:], "acid admiral", "no key"])
def test_what_is_not_complete_is_no_answer(given: str) -> None:
    """A short key ID can be made by anybody and proves nothing."""
    assert same(given, KEY) is None


def test_a_text_may_hold_a_key_itself() -> None:
    assert scanned(f"Hello {ARMOR} Bob") == Scanned(key=f"Hello {ARMOR} Bob".encode())
    packets = b"\x98" + b"x" * 200
    assert scanned(b64encode(packets).decode()) == Scanned(key=packets)
    assert scanned(b64encode(b"hello" * 50).decode()) is None
    assert scanned("https://example.org") is None
