"""The layers of the program hold as pyproject.toml declares them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_imports_go_downwards_only_and_every_contract_is_kept() -> None:
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 kept, 0 broken" in done.stdout


def test_only_transport_fetches_over_http() -> None:
    # import-linter knows packages of others as a whole, and urllib.parse is welcome everywhere.
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mailclient").rglob("*.py")
        if "transport" not in path.parts and "urllib.request" in path.read_text(encoding="utf-8")
    ]
    assert found == []
