"""The words around what was searched for, and where in them it stands. Pure.

Looks as the index does: letters without their accents and without case; words that follow one
another with anything but letters between them; Chinese, Japanese and Korean signs one by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

BEFORE = 40  # characters of text before the first place
LONGEST = 160
LOOKED_THROUGH = 200_000  # characters
MOST_MARKS = 20
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKENS = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words that follow one another; the last may go on where `goes_on`."""

    text: str
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some words; `marks` are the places of what was searched for, as start and end.

    `source` is the name of the attachment that they stand in, "" for the message itself.
    """

    text: str
    marks: tuple[tuple[int, int], ...] = ()
    source: str = ""


def excerpt(text: str, wanted: Sequence[Wanted], source: str = "") -> Excerpt | None:
    """The words around the first place of any of them; None where none is there."""
    pattern = _pattern(wanted)
    if pattern is None:
        return None
    text = text[:LOOKED_THROUGH]
    first = pattern.search(folded(text))
    if first is None:
        return None
    begin = _word_start(text, max(0, first.start() - BEFORE), first.start())
    piece = text[begin : begin + 2 * LONGEST]
    shown = " ".join(piece.split())
    shown = shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1].rstrip()}…"
    shown = f"…{shown}" if text[:begin].strip() else shown
    return Excerpt(shown, marks_in(shown, wanted), source)


def marks_in(text: str, wanted: Sequence[Wanted]) -> tuple[tuple[int, int], ...]:
    """Where the words stand in a text."""
    pattern = _pattern(wanted)
    if pattern is None:
        return ()
    found = [match.span() for match in pattern.finditer(folded(text))]
    return tuple(found[:MOST_MARKS])


def folded(text: str) -> str:
    """A text without case and accents, of the same length."""
    if text.isascii():
        return text.lower()
    return "".join(_letter(one) for one in text)


def _letter(one: str) -> str:
    """One character without its accents; as it is where that would be none or several."""
    plain = unicodedata.normalize("NFD", one)[:1].lower()
    return plain if len(plain) == 1 else one


def _word_start(text: str, earliest: int, first: int) -> int:
    """Where a word begins, no earlier than that and no later than the place itself."""
    if earliest == 0:
        return 0
    blank = re.search(r"\s", text[earliest:first])
    return first if blank is None else earliest + blank.end()


def _pattern(wanted: Sequence[Wanted]) -> re.Pattern[str] | None:
    """What finds any of them in a folded text."""
    each = [one for one in (_one(some) for some in wanted) if one]
    return re.compile("|".join(each)) if each else None


def _one(wanted: Wanted) -> str:
    tokens = _TOKENS.findall(folded(wanted.text))
    if not tokens:
        return ""
    found = "" if _is_sign(tokens[0]) else r"(?<![^\W_])"
    for at, token in enumerate(tokens):
        if at:
            apart = _is_sign(token) or _is_sign(tokens[at - 1])
            found += r"[\W_]*" if apart else r"[\W_]+"
        found += re.escape(token)
    if _is_sign(tokens[-1]):
        return found
    return found + (r"[^\W_]*" if wanted.goes_on else r"(?![^\W_])")


def _is_sign(token: str) -> bool:
    return re.match(f"[{_CJK}]", token) is not None
