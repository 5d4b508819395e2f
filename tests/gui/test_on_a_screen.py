"""The walk once more on a real X server, where windows have frames, focus and fonts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WALK = "tests/gui/test_walk.py::test_from_the_wizard_to_an_encrypted_exchange"
PICTURES = {"compose", "main"}


def test_the_walk_works_under_an_x_server_and_leaves_pictures(tmp_path: Path) -> None:
    environment = {
        **os.environ, "QT_QPA_PLATFORM": "xcb", "MAILCLIENT_PICTURES": str(tmp_path)
    }  # fmt: skip
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1400x900x24", sys.executable, "-m", "pytest", "-q",
         "-p", "no:cacheprovider", WALK],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.stem for path in tmp_path.glob("*.png")}
    assert made == {f"{name}-{theme}" for name in PICTURES for theme in ("light", "dark")}
