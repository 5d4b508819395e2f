"""Named points at which the tests kill the program, to show that nothing is lost there."""

from __future__ import annotations

import os
import signal

_AT = os.environ.get("MAILCLIENT_CRASH_AT", "")
_passed: dict[str, int] = {}


def crash_point(name: str) -> None:
    """Die here if MAILCLIENT_CRASH_AT is `name:count` and this is the count-th time."""
    if not _AT:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if f"{name}:{_passed[name]}" == _AT:
        os.kill(os.getpid(), signal.SIGKILL)
