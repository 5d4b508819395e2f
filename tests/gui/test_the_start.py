"""What the start of the window leaves undone."""

from __future__ import annotations

import subprocess
import sys

LOAD = """
import linecache, sys
from mailclient.gui import frames
with frames.loading():
    from mailclient.gui.run import run
print(*linecache.cache)
print(*sys.modules)
"""


def test_no_source_is_read_and_no_other_window_imported() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    read, modules = done.stdout.splitlines()
    assert [path for path in read.split() if "mailclient" in path] == []
    assert "mailclient.gui.main_window" in modules.split()
    for one in ("settings", "keys", "wizard", "compose"):
        assert f"mailclient.gui.{one}.window" not in modules.split()
