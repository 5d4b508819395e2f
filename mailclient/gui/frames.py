"""What the interpreter does so that the window lives well beside lanes that are at work.

Threads take turns after a millisecond. Garbage is collected in the GUI thread alone: a closed
window is a cycle of references, and Qt bears no widget that ends in the thread of a lane. What a
window is made of lives as long as it does; the collector need not go through all of it again and
again, with everybody waiting. PySide need not read the source of each module that is imported.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QAbstractEventDispatcher  # from here on PySide looks at each import

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


@contextmanager
def beside_lanes() -> Iterator[None]:
    """While the application runs: have threads take turns often, and collect garbage here, each
    time before the loop rests, and nowhere else."""
    sys.setswitchinterval(SWITCH_SECONDS)
    dispatcher = QAbstractEventDispatcher.instance()
    was_on = gc.isenabled()
    gc.disable()
    dispatcher.aboutToBlock.connect(collect_if_due)
    try:
        yield
    finally:
        dispatcher.aboutToBlock.disconnect(collect_if_due)
        if was_on:
            gc.enable()


def collect_if_due() -> None:
    """Do what the collector would have done by itself by now, in this thread."""
    counts = zip(range(3), gc.get_count(), gc.get_threshold(), strict=True)
    due = [generation for generation, count, most in counts if count > most]
    if due:
        gc.collect(due[-1])


def spare() -> None:
    """Leave what there is now out of the collector's rounds; when a window has been made."""
    gc.freeze()


def spare_no_more() -> None:
    """Let the collector find what was left out; when a profile is closed, so that none of it
    stays."""
    gc.unfreeze()
