"""What the interpreter does so that the window is painted evenly while lanes are at work.

Threads take turns after a millisecond. What a window is made of lives as long as it does; the
collector of garbage need not go through all of it again and again, with everybody waiting.
PySide need not read the source of each module that is imported.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import PySide6.QtCore  # noqa: F401 - from here on it looks at each import

SWITCH_SECONDS = 0.001


@contextmanager
def loading() -> Iterator[None]:
    """Import the window in one go: the collector would go through what is there a dozen times, a
    tenth of the start, and find nothing."""
    _leave_sources_unread()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _leave_sources_unread() -> None:
    """PySide looks whether an imported module uses it, for other ways to write its names, which
    nothing here uses. It reads the whole source for that, and Python keeps what was read: a tenth
    of the time of the imports, and 9 MB."""
    feature: Any = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = lambda module: False


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
