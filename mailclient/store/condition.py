"""A query as one condition over the table of messages. Pure.

Words that must all be there are looked up together, in one pass of the index, with the word that a
test among them knows of. Where only some messages are asked about (`Among`), the index is read for
the stretches of ids that they lie in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mailclient.store.query import All, Any, Node, Not
from mailclient.store.query_fields import Test, Words

MOST_STRETCHES = 4  # beginnings of words are found anew for each
APART = 1_000  # ids that are not worth a stretch of their own
THIN = 8  # a stretch with so many times more ids is read with a look at which are asked about


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over the table of messages, with its values."""

    sql: str
    values: tuple[str | int, ...] = ()


class Among:
    """The messages that are asked about, each by its id."""

    def __init__(self, ids: Sequence[int]) -> None:
        ordered = sorted(ids)
        gaps = sorted(range(1, len(ordered)), key=lambda at: ordered[at - 1] - ordered[at])
        cuts = [at for at in gaps[: MOST_STRETCHES - 1] if ordered[at] - ordered[at - 1] > APART]
        self._stretches = [
            ordered[first:end] for first, end in pairwise([0, *sorted(cuts), len(ordered)])
        ]

    def within(self, asked: Condition) -> Condition:
        """The condition for these messages alone."""
        sql = f"id IN (SELECT value FROM json_each(?)) AND ({asked.sql})"
        every = [id for one in self._stretches for id in one]
        return Condition(sql, (json.dumps(every), *asked.values))

    def looked_up(self, match: str) -> Condition:
        """The condition that the index finds one of them."""
        each: list[str] = []
        values: list[str | int] = []
        for ids in filter(None, self._stretches):
            sql = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?"
            values += [match, ids[0], ids[-1]]
            if ids[-1] - ids[0] > THIN * len(ids):
                # +: else each is looked up by itself, and beginnings of words are found anew
                sql += " AND +rowid IN (SELECT value FROM json_each(?))"
                values.append(json.dumps(ids))
            each.append(sql)
        return Condition(f"id IN ({' UNION ALL '.join(each) or 'NULL'})", tuple(values))


def condition_of(node: Node, among: Among | None = None) -> Condition:
    """The condition that a message fits a query, for all messages or `among` those."""
    if (match := match_of(node)) is not None:
        return _looked_up(match, among)
    match node:
        case Test():
            return Condition(node.sql, node.values)
        case Not():
            inner = condition_of(node.node, among)
            return Condition(f"NOT ({inner.sql})", inner.values)
        case Any():
            return _joined([condition_of(one, among) for one in node.nodes], " OR ")
        case All():
            return _all(node, among)
        case Words():
            return _looked_up(node.match, among)


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


def _all(node: All, among: Among | None) -> Condition:
    match, rest = parted(node)
    assert isinstance(rest, All)
    if match:
        marks = [one.match for one in rest.nodes if isinstance(one, Test) and one.match]
        match = " AND ".join([match, *marks])
    conditions = [_looked_up(match, among)] if match else []
    conditions += [condition_of(one, among) for one in rest.nodes]
    return _joined(conditions, " AND ") if conditions else Condition("1")


def _looked_up(match: str, among: Among | None) -> Condition:
    if among is not None:
        return among.looked_up(match)
    return Condition("id IN (SELECT rowid FROM words WHERE words MATCH ?)", (match,))


def _joined(conditions: Sequence[Condition], word: str) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    sql = word.join(f"({one.sql})" for one in conditions)
    return Condition(sql, tuple(value for one in conditions for value in one.values))
