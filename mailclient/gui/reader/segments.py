"""Plain text cut into what is text, what is a link, and how deep it is quoted.

Pure. The text is inserted as text: no character of it is ever read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST = 200_000
MOST_LINES = 20_000
LONGEST_LINE = 5_000  # painting one paragraph of 300,000 letters takes seconds
_LINK = re.compile(
    r"\b(?:https?://[^\s<>\"'`|\\^{}]+|mailto:[^\s<>\"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}'\"»”’"
_QUOTE = re.compile(r"^(?:>[ ]?)+")


_BLANK_START = re.compile(r"\A(?:[^\S\r\n]*\r?\n)+")


def from_first_line(text: str) -> str:
    """A text without the empty lines above its first words, as a reply leaves room for them."""
    return _BLANK_START.sub("", text)


def beginning(text: str) -> str:
    """As much of a text as is shown unasked."""
    return "\n".join(text[:LONGEST].split("\n")[:MOST_LINES])


def in_lines(text: str) -> str:
    """A text whose lines are short enough to be painted at once, cut at blanks where it can be."""
    lines = text.split("\n")
    if max(map(len, lines)) <= LONGEST_LINE:
        return text
    return "\n".join(piece for line in lines for piece in _cut(line))


def _cut(line: str) -> Iterator[str]:
    while len(line) > LONGEST_LINE:
        at = line.rfind(" ", LONGEST_LINE // 2, LONGEST_LINE) + 1 or LONGEST_LINE
        yield line[:at]
        line = line[at:]
    yield line


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text; `depth` is how often it is quoted, `target` where a link leads."""

    text: str
    depth: int = 0
    target: str = ""
    signature: bool = False


def segments(text: str) -> Iterator[Segment]:
    """Cut `text`, line ends kept; neighbours that look alike stay together."""
    held = ""
    held_look = (0, False)
    signature = False
    for line in text.splitlines(keepends=True):
        found = _QUOTE.match(line)
        depth = found.group().count(">") if found else 0
        signature = (signature or line.rstrip("\r\n") == "-- ") and depth == 0
        look = (depth, signature)
        if held and look != held_look:
            yield from _links(held, *held_look)
            held = ""
        held += line
        held_look = look
    if held:
        yield from _links(held, *held_look)


def _links(text: str, depth: int, signature: bool) -> Iterator[Segment]:
    at = 0
    for found in _LINK.finditer(text):
        link = found.group().rstrip(_TRAILING)
        if found.start() > at:
            yield Segment(text[at : found.start()], depth, "", signature)
        scheme = "" if ":" in link.split("/")[0] and "@" not in link.split(":")[0] else "mailto:"
        yield Segment(link, depth, scheme + link, signature)
        at = found.start() + len(link)
    if at < len(text):
        yield Segment(text[at:], depth, "", signature)


def host(url: str) -> str:
    """The host that a link leads to; "" where it has none."""
    try:
        return (urlsplit(url).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""


def lies(words: str, target: str) -> bool:
    """Whether a link's words name one host while it leads to another."""
    said = re.search(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:[/:?#]|$)", words.strip(), re.I)
    if said is None or "@" in words:
        return False
    named = said.group(1).lower().removeprefix("www.")
    real = host(target)
    return bool(real) and real != named and not real.endswith("." + named)


def allowed(target: str) -> bool:
    """Whether a link may be opened at all."""
    try:
        return urlsplit(target).scheme.lower() in ("http", "https", "mailto")
    except ValueError:
        return False
