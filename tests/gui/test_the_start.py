"""What the start of the window leaves undone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from pytestqt.qtbot import QtBot

from mailclient.app import App
from mailclient.gui.bridge import Bridge
from mailclient.gui.main_window import MainWindow
from tests.gui.conftest import MakeApp

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


def test_plug_ins_are_not_loaded_before_the_window_is_there(
    qtbot: QtBot, make_app: MakeApp, bridge_of: Callable[[App], Bridge]
) -> None:
    app = make_app("ann")
    window = MainWindow(app, bridge_of(app))
    qtbot.addWidget(window)
    window.show()
    window.read_folders()
    assert "plugins" not in vars(app)
