"""What the list is to show: ids in their order, and how conversations stand among them.

A head stands for its conversation in the folders that are shown; where it is `opened`, the other
messages follow it and are `below`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailclient.store.threads import Conversation


@dataclass(frozen=True, slots=True)
class Listed:
    """Ids in the order of the list; `below` and `opened` are empty where nothing is grouped."""

    ids: array[int]
    grouped: bool = False
    below: frozenset[int] = frozenset()
    opened: frozenset[int] = frozenset()

    def without(self, gone: Collection[int]) -> Listed:
        """The same without some messages."""
        left = array("q", (id for id in self.ids if id not in gone))
        return Listed(left, self.grouped, self.below - set(gone), self.opened - set(gone))

    def folds(self, id: int) -> bool:
        """Whether a row stands for its whole conversation."""
        return self.grouped and id not in self.below and id not in self.opened

    def open(self, at: int, members: Sequence[int]) -> Listed:
        """With the other messages of the conversation of the head at a position shown after it."""
        head = self.ids[at]
        others = array("q", (id for id in members if id != head))
        ids = self.ids[: at + 1] + others + self.ids[at + 1 :]
        return Listed(ids, True, self.below | set(others), self.opened | {head})

    def close(self, at: int) -> Listed:
        """With the conversation of the head at a position shown as one row."""
        end = self.end(at)
        gone = set(self.ids[at + 1 : end])
        ids = self.ids[: at + 1] + self.ids[end:]
        return Listed(ids, True, self.below - gone, self.opened - {self.ids[at]})

    def end(self, at: int) -> int:
        """The position after the last message that is shown below the head at a position."""
        end = at + 1
        while end < len(self.ids) and self.ids[end] in self.below:
            end += 1
        return end

    def head(self, at: int) -> int:
        """The position of the head that the message at a position is shown below, or its own."""
        while at > 0 and self.ids[at] in self.below:
            at -= 1
        return at


NOTHING = Listed(array("q"))


@dataclass(frozen=True, slots=True)
class Grouping:
    """How the model learns of conversations, seen from the folders that are shown: `members` are
    all that are shown of one, `inside` those that lie in these folders."""

    states: Callable[[Sequence[int]], Mapping[int, Conversation]] = field(default=lambda ids: {})
    members: Callable[[Sequence[int]], array[int]] = field(default=lambda ids: array("q", ids))
    inside: Callable[[Sequence[int]], array[int]] = field(default=lambda ids: array("q", ids))
