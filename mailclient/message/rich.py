"""Rich text of our own: lines of runs, as HTML and back, and as plain text. Pure.

What is written holds a dozen tags and nothing else: no styles, no scripts, no address that anything
would be loaded from. Reading takes any HTML and keeps of it what these lines can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from html import escape
from html.parser import HTMLParser

from mailclient.message.words import clean

DEEPEST = 256
DEEPEST_QUOTE = 20
MOST_LINES = 50_000
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+\Z", re.IGNORECASE)
_FOUND_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]']")
_MARKS = re.compile(r"(?:>[ ]?)*")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_KEPT = re.compile(r"\u00a0+(?= |\Z)|(?<= )\u00a0+|\A\u00a0+")
_BLOCKS_NAMES = (
    "address article blockquote caption center dd div dl dt figure footer form h1 h2 h3 h4 h5 "
    "h6 header hr li main nav ol p pre section table tr ul"
)
_BLOCKS = frozenset(_BLOCKS_NAMES.split())
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table"})
_SILENT = frozenset({"head", "script", "style", "template", "title"})
_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_BOLD = frozenset({"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"})
_ITALIC = frozenset({"i", "em"})
_UNDERLINE = frozenset({"u", "ins"})


class ListKind(Enum):
    """What a line is in a list, if it is in one."""

    NONE = ""
    BULLETS = "ul"
    NUMBERS = "ol"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look. `picture` is the Content-ID of a picture that stands for it."""

    text: str
    bold: bool = False
    italic: bool = False
    underline: bool = False
    link: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph; `quote` is how deep it is quoted."""

    runs: tuple[Run, ...] = ()
    quote: int = 0
    list: ListKind = ListKind.NONE

    @property
    def text(self) -> str:
        """Its letters alone."""
        return "".join(run.text for run in self.runs)


# Writing


def to_html(lines: Sequence[Line]) -> str:
    """The lines as a document of their own."""
    out: list[str] = []
    depth, kind = 0, ListKind.NONE
    for line in (*lines, Line()):
        if kind is not ListKind.NONE and (line.list, line.quote) != (kind, depth):
            out.append(f"</{kind.value}>")
            kind = ListKind.NONE
        out += ["</blockquote>"] * (depth - line.quote)
        out += ['<blockquote type="cite">'] * (line.quote - depth)
        depth = line.quote
        if line.list is not kind:
            kind = line.list
            out.append(f"<{kind.value}>")
        tag = "div" if kind is ListKind.NONE else "li"
        out.append(f"<{tag}>{''.join(_run_html(one) for one in _spaced(line)) or '<br>'}</{tag}>")
    body = "\n".join(out[:-1])  # the last one only closed what was open
    return f'<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _spaced(line: Line) -> tuple[Run, ...]:
    """Spaces that HTML would swallow become ones that it keeps."""
    whole = _SPACES.sub(lambda found: "\u00a0" * (len(found[0]) - 1) + " ", line.text)
    if whole.startswith(" "):
        whole = "\u00a0" + whole[1:]
    if whole.endswith(" "):
        whole = whole[:-1] + "\u00a0"
    runs, at = [], 0
    for run in line.runs:
        runs.append(replace(run, text=whole[at : at + len(run.text)]))
        at += len(run.text)
    return tuple(runs)


def _run_html(run: Run) -> str:
    text = escape(run.text)
    if run.picture:
        text = f'<img src="cid:{escape(run.picture)}" alt="{text}">'
    for is_set, tag in ((run.underline, "u"), (run.italic, "i"), (run.bold, "b")):
        text = f"<{tag}>{text}</{tag}>" if is_set else text
    return f'<a href="{escape(run.link)}">{text}</a>' if is_link(run.link) else text


def is_link(address: str) -> bool:
    """Whether this may stand behind a link: to the web, or to write to."""
    return bool(_LINK.match(address)) and clean(address) == address


# Reading


def from_html(html: str) -> tuple[Line, ...]:
    """The lines of any HTML; never raises."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:  # the parser's own, on a broken declaration
        pass
    return reader.lines()


class _Reader(HTMLParser):
    """Walks through HTML from left to right; what it does not know is passed over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[Line] = []
        self._runs: list[Run] = []
        self._open: list[tuple[str, str]] = []  # tag, and the address of a link
        self._silent = 0
        self._gap = False

    def lines(self) -> tuple[Line, ...]:
        """What was read."""
        self._end()
        return tuple(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what holds from here on."""
        values = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._end(always=True)
        elif tag == "img":
            self._picture(values)
        elif tag in _BLOCKS:
            self._end()
            self._gap = self._gap or (tag in _SPACED and bool(self._lines))
        if tag not in _VOID and len(self._open) < DEEPEST:
            self._open.append((tag, values.get("href", "") if tag == "a" else ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<br/>` and the like."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """What this tag began holds no longer."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _BLOCKS:
            self._end()
            self._gap = self._gap or tag in _SPACED
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at][0] == tag:
                del self._open[at:]
                return

    def handle_data(self, data: str) -> None:
        """Text, in the look of the tags around it."""
        if self._silent or len(self._lines) > MOST_LINES:
            return
        if self._is_open("pre"):
            first, *others = data.split("\n")
            self._add(first)
            for one in others:
                self._end(always=True)
                self._add(one)
            return
        text = _SPACES.sub(" ", data)
        before = self._runs[-1].text if self._runs else ""
        if not before or before.endswith(" "):
            text = text.removeprefix(" ")
        self._add(text)

    def _add(self, text: str, picture: str = "") -> None:
        text = clean(text)
        if not text and not picture:
            return
        names = {tag for tag, _ in self._open}
        link = next((address for tag, address in reversed(self._open) if address), "")
        look = Run(
            text,
            bold=bool(names & _BOLD),
            italic=bool(names & _ITALIC),
            underline=bool(names & _UNDERLINE),
            link=link if is_link(link) else "",
            picture=picture,
        )
        self._runs.append(look)

    def _picture(self, values: dict[str, str]) -> None:
        address = values.get("src", "")
        if address.lower().startswith("cid:"):
            self._add(values.get("alt", "") or "picture", clean(address[4:]).strip())
        elif values.get("alt"):
            self._add(f"[{values['alt']}]")

    def _end(self, *, always: bool = False) -> None:
        """A line ends here."""
        runs = _joined(self._runs)
        self._runs = []
        if not runs and not always:
            return
        names = [tag for tag, _ in self._open]
        kinds = [ListKind(tag) for tag in names if tag in ("ul", "ol")]
        in_item = bool(kinds) and "li" in names
        quote = min(names.count("blockquote"), DEEPEST_QUOTE)
        if self._gap and self._lines and self._lines[-1].runs:
            self._lines.append(Line(quote=min(quote, self._lines[-1].quote)))
        self._gap = False
        self._lines.append(Line(runs, quote, kinds[-1] if in_item else ListKind.NONE))

    def _is_open(self, tag: str) -> bool:
        return any(name == tag for name, _ in self._open)


def _joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Neighbours of one look as one run, their spaces as they were written."""
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if last and not run.picture and not last.picture and replace(last, text=run.text) == run:
            found[-1] = replace(last, text=last.text + run.text)
        else:
            found.append(run)
    whole = "".join(run.text for run in found)
    if whole.endswith(" ") and found:  # HTML swallows it
        whole = whole[:-1]
        found[-1] = replace(found[-1], text=found[-1].text[:-1])
    plain = _KEPT.sub(lambda kept: " " * len(kept[0]), whole)
    out, at = [], 0
    for run in found:
        if run.text or run.picture:
            out.append(replace(run, text=plain[at : at + len(run.text)]))
        at += len(run.text)
    return tuple(out)


# Plain text


def to_plain(lines: Sequence[Line]) -> str:
    """The text that goes beside the HTML for those who read no HTML."""
    out: list[str] = []
    number = 0
    for line in lines:
        number = number + 1 if line.list is ListKind.NUMBERS else 0
        mark = {ListKind.NONE: "", ListKind.BULLETS: "* ", ListKind.NUMBERS: f"{number}. "}
        text = mark[line.list] + "".join(_run_plain(run) for run in line.runs)
        prefix = ">" * line.quote + (" " if line.quote else "")
        out.append(prefix + text if text else prefix.rstrip())
    return "\n".join(out)


def _run_plain(run: Run) -> str:
    if run.picture:
        return f"[{run.text}]"
    if run.link and run.link not in (run.text, f"mailto:{run.text}"):
        return f"{run.text} <{run.link}>"
    return run.text


def from_plain(text: str) -> tuple[Line, ...]:
    """Plain text as lines: quotes as quotes, addresses of the web as links."""
    lines: list[Line] = []
    for one in text.split("\n"):
        marks = _MARKS.match(one)
        depth = marks[0].count(">") if marks else 0
        content = one[marks.end() :] if marks and depth else one
        lines.append(Line(_with_links(clean(content)), min(depth, DEEPEST_QUOTE)))
    return tuple(lines)


def _with_links(text: str) -> tuple[Run, ...]:
    runs: list[Run] = []
    at = 0
    for found in _FOUND_LINK.finditer(text):
        if found.start() > at:
            runs.append(Run(text[at : found.start()]))
        runs.append(Run(found[0], link=found[0]))
        at = found.end()
    if at < len(text):
        runs.append(Run(text[at:]))
    return tuple(runs)


def pictures_in(lines: Sequence[Line]) -> frozenset[str]:
    """The Content-IDs of the pictures that are shown."""
    return frozenset(run.picture for line in lines for run in line.runs if run.picture)
