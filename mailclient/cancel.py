"""Stopping a job from another thread.

A job checks its token between steps and waits with it instead of sleeping. What blocks in a system
call registers how it is to be interrupted (a socket: shut it down; a process: kill it).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailclient.errors import Cancelled


class CancelToken:
    """Says whether a job was asked to stop; safe to use from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to stop."""
        return self._event.is_set()

    @property
    def waits(self) -> bool:
        """Whether the job is inside of a wait that `cancel` would end."""
        with self._lock:
            return bool(self._interrupts)

    def cancel(self) -> None:
        """Ask the job to stop, and interrupt what it waits for."""
        with self._lock:
            self._event.set()
            interrupts = list(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    def check(self) -> None:
        """Go on, or raise Cancelled."""
        if self._event.is_set():
            raise Cancelled("Stopped.")

    def wait(self, seconds: float) -> bool:
        """Wait for at most `seconds`; return whether the job was asked to stop meanwhile."""
        return self._event.wait(seconds)

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt` (from another thread) if the job is asked to stop inside the block."""
        with self._lock:
            self._interrupts.append(interrupt)
            late = self._event.is_set()
        try:
            if late:
                interrupt()
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)
