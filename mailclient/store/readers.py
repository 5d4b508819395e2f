"""Connections that cannot write: taken for a question, given back after it, a few kept open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

from mailclient.cancel import CancelToken
from mailclient.errors import StoreLocked

IDLE_READERS = 8
LOOK = 10_000  # steps of the engine after which it is looked whether the answer is still wanted


@contextmanager
def stoppable(reader: apsw.Connection, cancel: CancelToken) -> Iterator[None]:
    """Have a question of this connection stopped with its job; raises Cancelled."""
    reader.set_progress_handler(lambda: cancel.cancelled, LOOK)
    try:
        yield
    except apsw.InterruptError:
        cancel.check()
        raise
    finally:
        reader.set_progress_handler(None)


class Readers:
    """The idle ones of a store."""

    def __init__(self, make: Callable[[], apsw.Connection]) -> None:
        self._make = make
        self._idle: list[apsw.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[apsw.Connection]:
        """A connection for this thread alone; raises StoreLocked once the store is closed."""
        reader = self._take()
        try:
            yield reader
        finally:
            self._give_back(reader)

    def _take(self) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise StoreLocked("The store is closed.", "Open the profile again.")
            if self._idle:
                return self._idle.pop()
        return self._make()

    def _give_back(self, reader: apsw.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_READERS:
                self._idle.append(reader)
                return
        reader.close(True)

    def close(self) -> None:
        """Close the idle ones now, and each other one when it is given back."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close(True)
