"""A query as one condition over the table of messages. Pure.

Words that must all be there are looked up together, in one pass of the index. Where only a stretch
of ids is asked about (`Span`), the index is read for that stretch alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailclient.store.query import All, Any, Node, Not
from mailclient.store.query_fields import Test, Words


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over the table of messages, with its values."""

    sql: str
    values: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of ids, both ends in it; of those `only` these, as JSON, where that is given."""

    first: int
    last: int
    only: str = ""


def condition_of(node: Node, span: Span | None = None) -> Condition:
    """The condition that a message fits a query."""
    if (match := match_of(node)) is not None:
        return _looked_up(match, span)
    match node:
        case Test():
            return Condition(node.sql, node.values)
        case Not():
            inner = condition_of(node.node, span)
            return Condition(f"NOT ({inner.sql})", inner.values)
        case Any():
            return _joined([condition_of(one, span) for one in node.nodes], " OR ")
        case All():
            return _all(node, span)
        case Words():
            return _looked_up(node.match, span)


def match_of(node: Node) -> str | None:
    """What the index is asked, where it alone can answer."""
    if isinstance(node, Words):
        return node.match
    if isinstance(node, All | Any) and node.nodes:
        matches = [match_of(one) for one in node.nodes]
        if all(matches):
            return (" AND " if isinstance(node, All) else " OR ").join(
                f"({one})" for one in matches
            )
    return None


def parted(node: Node) -> tuple[str, Node]:
    """What the index is asked of a query, "" for nothing, and the rest of it."""
    nodes = node.nodes if isinstance(node, All) else (node,)
    matches = [match for one in nodes if (match := match_of(one)) is not None]
    rest = tuple(one for one in nodes if match_of(one) is None)
    return " AND ".join(f"({one})" for one in matches), All(rest)


def before(node: Node) -> int | None:
    """The time before which all lies that fits, in seconds; None where there is no such time."""
    match node:
        case Test():
            return node.before
        case All():
            times = [time for one in node.nodes if (time := before(one)) is not None]
            return min(times, default=None)
        case _:
            return None


def indexed(node: Node) -> Test | None:
    """The test that must fit of which an index holds just what does."""
    nodes = node.nodes if isinstance(node, All) else (node,)
    return next((one for one in nodes if isinstance(one, Test) and one.index), None)


def _all(node: All, span: Span | None) -> Condition:
    match, rest = parted(node)
    assert isinstance(rest, All)
    conditions = [_looked_up(match, span)] if match else []
    conditions += [condition_of(one, span) for one in rest.nodes]
    return _joined(conditions, " AND ") if conditions else Condition("1")


def _looked_up(match: str, span: Span | None) -> Condition:
    if span is None:
        return Condition("id IN (SELECT rowid FROM words WHERE words MATCH ?)", (match,))
    within = "words MATCH ? AND rowid BETWEEN ? AND ?"
    if not span.only:
        sql = f"id IN (SELECT rowid FROM words WHERE {within})"
        return Condition(sql, (match, span.first, span.last))
    # +: else each of them is looked up by itself, and beginnings of words are found anew each time
    within += " AND +rowid IN (SELECT value FROM json_each(?))"
    return Condition(
        f"id IN (SELECT rowid FROM words WHERE {within})",
        (match, span.first, span.last, span.only),
    )


def _joined(conditions: Sequence[Condition], word: str) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    sql = word.join(f"({one.sql})" for one in conditions)
    return Condition(sql, tuple(value for one in conditions for value in one.values))
