"""The query language of the search field, read into a tree. Pure.

`from:ann has:attachment before:2026-01 "exact words" -not (rent OR lease) size:>5mb older:2w`.
All terms must fit; OR stands between two of which one must, and binds before that; parentheses
hold terms together. A word of three letters or more finds words that begin so, a phrase in quotes
finds itself. What looks like a field but is none is text. What is begun and not ended yet (a quote,
a parenthesis) ends with the query, so that it can be asked while it is typed. Whatever is typed
gives a tree or BadQuery, which says where; nothing of it becomes SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from mailclient.errors import BadInput
from mailclient.message.words import clean
from mailclient.store.query_fields import COLUMNS, FIELDS, IS, Test, Words, Wrong, test_of, words_of

__all__ = ["COLUMNS", "FIELDS", "IS", "All", "Any", "BadQuery", "Node", "Not", "read_query"]

MOST_TERMS = 50
LONGEST = 2000
DEEPEST = 10
_TERM = re.compile(
    rf"(?P<open>-?\()|(?P<close>\))|(?P<not>-?)(?:(?P<field>{'|'.join(FIELDS)}):\s*)?"
    r'(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"()]+))',
    re.IGNORECASE,
)


class BadQuery(BadInput):
    """A query that cannot be meant so; `start` and `end` are the place of it, in characters."""

    def __init__(self, text: str, advice: str, start: int, end: int) -> None:
        super().__init__(text, advice)
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class Not:
    """What must not fit."""

    node: Node


@dataclass(frozen=True, slots=True)
class All:
    """What must all fit; of none everything does."""

    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """Of which one must fit."""

    nodes: tuple[Node, ...]


Node = Words | Test | Not | All | Any


def read_query(text: str, now: datetime | None = None) -> Node:
    """The tree of a query; an empty one fits every message. `now` is what ages count from.

    Raises BadQuery.
    """
    if len(text) > LONGEST:
        raise BadQuery("The query is too long.", "Use fewer words.", LONGEST, len(text))
    text = clean(text)
    return _Reader(text, now or datetime.now(UTC)).group(0)


class _Reader:
    """Reads one query from left to right."""

    def __init__(self, text: str, now: datetime) -> None:
        self._now = now
        self._terms = _counted(_TERM.finditer(text))

    def group(self, depth: int) -> Node:
        """The terms until the parenthesis that ends them, those with OR between them together."""
        clauses: list[list[Node]] = []
        either = False
        for found in self._terms:
            if found["close"]:
                if depth:
                    break
                continue  # it closes nothing
            if found[0] == "OR":
                either = bool(clauses)
                continue
            node = self._inside(found, depth) if found["open"] else self._term(found)
            if node is None:
                continue
            if either:
                clauses[-1].append(node)
            else:
                clauses.append([node])
            either = False
        nodes = [one[0] if len(one) == 1 else Any(tuple(one)) for one in clauses]
        return nodes[0] if len(nodes) == 1 else All(tuple(nodes))

    def _inside(self, found: re.Match[str], depth: int) -> Node | None:
        if depth == DEEPEST:
            raise BadQuery(
                "The parentheses are nested too deep.", "Use fewer.", found.start(), found.end()
            )
        node = self.group(depth + 1)
        if node == All():
            return None
        return Not(node) if found[0].startswith("-") else node

    def _term(self, found: re.Match[str]) -> Node | None:
        field, phrase = (found["field"] or "").lower(), found["phrase"]
        value = (found["word"] if phrase is None else phrase).strip()
        node: Node | None
        if not field or field in COLUMNS:
            node = words_of(COLUMNS.get(field, ""), value, whole=phrase is not None)
        else:
            try:
                node = test_of(field, value, self._now)
            except Wrong as wrong:
                place = f" (at character {found.start() + 1})" if found.start() else ""
                raise BadQuery(
                    f"{wrong.text}{place}.", wrong.advice, found.start(), found.end()
                ) from wrong
        return Not(node) if node is not None and found["not"] else node


def _counted(terms: Iterator[re.Match[str]]) -> Iterator[re.Match[str]]:
    """The terms; raises BadQuery where there are too many."""
    for count, found in enumerate(terms):
        if count >= MOST_TERMS:
            raise BadQuery(
                f"The query has more than {MOST_TERMS} terms.",
                "Use fewer.",
                found.start(),
                found.end(),
            )
        yield found


def words_in(node: Node) -> Iterator[Words]:
    """The words that a message must or may have to fit, as they were typed."""
    match node:
        case Words():
            yield node
        case All() | Any():
            for one in node.nodes:
                yield from words_in(one)
        case Not() | Test():
            return
