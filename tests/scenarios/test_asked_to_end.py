"""The system ends the session: what is written is kept, and what was started is ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mailclient.gui.ending import SIGNALS, Ending

PATIENCE = 120


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: GnuPG keeps sockets in the demo's folder."""
    folder = Path(tempfile.mkdtemp(prefix="mc-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def agents(place: Path) -> list[str]:
    """The agents of GnuPG that run for homes below a folder."""
    found: list[str] = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = one.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if "gpg-agent" in line and str(place) in line:
            found.append(line)
    return found


@pytest.mark.parametrize("in_window", [True, False])
def test_a_demo_that_is_told_to_end_leaves_nothing_behind(place: Path, in_window: bool) -> None:
    """In its window, which listens for another start at a socket, and while it is being set up."""
    environment = {**os.environ, "TMPDIR": str(place), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "mailclient", "--demo"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    until = time.monotonic() + PATIENCE
    while not any(one.is_socket() if in_window else one.is_dir() for one in place.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < until, sorted(place.rglob("*"))
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode in (0, 128 + signal.SIGTERM), said
    assert b"Traceback" not in said
    assert list(place.iterdir()) == []
    assert agents(place) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_told_to_the_window(
    qtbot: QtBot, qapp: QApplication, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    ending = Ending()
    try:
        with qtbot.waitSignal(ending.wanted, timeout=PATIENCE * 1000):
            os.kill(os.getpid(), number)
    finally:
        ending.close()
    assert signal.getsignal(number) is before
