"""Do something in the network of another process: what is opened there stays in it."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

CLONE_NEWNET = 0x40000000
R = TypeVar("R")


def entered(pid: int, work: Callable[[], R]) -> R:
    """Do it in a thread, as only that one goes there."""
    results: list[R] = []
    problems: list[BaseException] = []

    def there() -> None:
        try:
            with open(f"/proc/{pid}/ns/net") as door:
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(door.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            results.append(work())
        except BaseException as problem:  # noqa: BLE001 - raised in the caller's thread
            problems.append(problem)

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]
    return results[0]
