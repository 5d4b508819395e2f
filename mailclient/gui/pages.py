"""The pages of the documentation as they ship, and where words stand in them. Nothing is drawn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from mailclient.resources import document

INDEX = "README.md"
_ENTRY = re.compile(r"^- \[(?P<title>[^\]]+)\]\((?P<name>[\w/.-]+\.md)\)", re.MULTILINE)
_MARKS = re.compile(r"[*`#|]|!?\[|\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name, what it is about, and what it says (Markdown)."""

    name: str
    title: str
    text: str

    @property
    def words(self) -> str:
        """What it says, without the marks."""
        return _MARKS.sub("", self.text)


@cache
def pages() -> tuple[Page, ...]:
    """The pages that are there, in the order of the list of contents."""
    index = _text(INDEX)
    names = dict.fromkeys(one["name"] for one in _ENTRY.finditer(index))
    titles = {one["name"]: one["title"] for one in _ENTRY.finditer(index)}
    found = [Page(name, titles[name], _text(name)) for name in names if is_page(name)]
    return (Page(INDEX, "Contents", index), *found)


def page(name: str) -> Page:
    """The page of that name, also one that the list of contents does not name."""
    known = next((one for one in pages() if one.name == name), None)
    if known is not None:
        return known
    text = _text(name)
    return Page(name, text.partition("\n")[0].lstrip("# "), text)


def is_page(name: str) -> bool:
    """Whether a page of that name ships; one outside of the documentation does not."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and path.suffix == ".md"
    return inside and document(name).is_file()


def holding(words: str, among: Iterable[Page]) -> tuple[Page, ...]:
    """The pages in which all of these words stand, in their order."""
    wanted = folded(words).split()
    return tuple(
        one for one in among if all(word in folded(f"{one.title} {one.words}") for word in wanted)
    )


def folded(text: str) -> str:
    """A text as it is looked for: large or small, with accents or without."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def anchor(heading: str) -> str:
    """What a link calls a heading."""
    kept = "".join(sign for sign in heading.lower() if sign.isalnum() or sign in " -_")
    return kept.strip().replace(" ", "-")


def _text(name: str) -> str:
    return document(name).read_text(encoding="utf-8")
