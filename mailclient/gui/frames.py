"""What the interpreter does so that the window is painted evenly while lanes are at work.

Threads take turns after a millisecond. What a window is made of lives as long as it does; the
collector of garbage need not go through all of it again and again, with everybody waiting.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.001


@contextmanager
def loading() -> Iterator[None]:
    """Import the window in one go: the collector would go through what is there a dozen times, a
    tenth of the start, and find nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_short() -> None:
    """Have threads take turns often."""
    sys.setswitchinterval(SWITCH_SECONDS)


def spare() -> None:
    """Leave what there is now out of the collector's rounds; when a window has been made."""
    gc.freeze()


def spare_no_more() -> None:
    """Let the collector find what was left out; when a profile is closed, so that none of it
    stays."""
    gc.unfreeze()
