"""The layers of the next messages, opened while the one before is judged and kept.

An engine is a process of its own: on two cores some at once are nearly twice as fast. What comes
out is handed over in the order that was asked for; nothing is judged here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from mailclient.errors import MailError
from mailclient.message.facts import Outcome, SignatureStatus
from mailclient.message.layers import find_wrapping
from mailclient.message.tree import Part
from mailclient.services.bugs import BUGS
from mailclient.services.unwrap import Unwrapped

AT_ONCE = 3  # engines; with two, one core waits while what came is judged
AHEAD = 6  # messages
LARGEST = 1024 * 1024  # bytes; larger ones are opened when it is their turn, one by one


@dataclass(frozen=True, slots=True)
class _Begun:
    """A message whose layers are being opened, before or after some key came."""

    id: int
    outer: Part | None = None
    work: Future[Unwrapped] | None = None
    keys: int = 0


class Ahead:
    """Opens the layers of some messages before their turn."""

    def __init__(self, read: Callable[[int], Part], unwrap: Callable[[Part], Unwrapped]) -> None:
        self._read = read
        self._unwrap = unwrap
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="opening")
        self._keys = 0

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def each(self, ids: Sequence[int]) -> Iterator[tuple[int, Callable[[], Unwrapped]]]:
        """Each message in turn, and how to get what came out of it: that raises what was met."""
        begun: deque[_Begun] = deque()
        for id in ids:
            begun.append(self._begin(id))
            if len(begun) > AHEAD:
                yield self._due(begun.popleft())
        while begun:
            yield self._due(begun.popleft())

    def key_came(self) -> None:
        """What was locked, or signed by a key that was not here, is to be opened once more."""
        self._keys += 1

    def _begin(self, id: int) -> _Begun:
        try:
            outer = self._read(id)
            if find_wrapping(outer) is None:
                return _Begun(id, outer)
        except (MailError, *BUGS):
            return _Begun(id)  # it is met again when it is its turn
        if outer.length > LARGEST:
            return _Begun(id, outer)
        return _Begun(id, outer, self._pool.submit(self._unwrap, outer), self._keys)

    def _due(self, begun: _Begun) -> tuple[int, Callable[[], Unwrapped]]:
        return begun.id, lambda: self._finish(begun)

    def _finish(self, begun: _Begun) -> Unwrapped:
        outer = begun.outer if begun.outer is not None else self._read(begun.id)
        if begun.work is None:
            return self._unwrap(outer)
        found = begun.work.result()
        if begun.keys != self._keys and _lacks_a_key(found):
            return self._unwrap(outer)
        return found


def _lacks_a_key(found: Unwrapped) -> bool:
    return any(
        one.opened.outcome is Outcome.LOCKED
        or any(fact.status is SignatureStatus.UNKNOWN_KEY for fact in one.opened.signatures)
        for one in found.layers
    )
