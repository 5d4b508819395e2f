"""The two commands of the README and what they stand on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ["packaging/quickstart.sh", "packaging/test.sh"]


@pytest.mark.parametrize("script", ["packaging/setup.sh", *SCRIPTS])
def test_a_script_is_valid_posix_shell(script: str) -> None:
    done = subprocess.run(["sh", "-n", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_readme_names_the_command(script: str) -> None:
    assert f"sh {script}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_without_a_screen_the_window_demo_says_so_and_names_the_other_way() -> None:
    done = subprocess.run(
        ["sh", "packaging/quickstart.sh"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "There is no screen here" in done.stderr
    assert "quickstart.sh --headless" in done.stderr


def test_an_unknown_option_is_refused_before_anything_is_installed() -> None:
    done = subprocess.run(
        ["sh", "packaging/quickstart.sh", "--bogus"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "--headless" in done.stderr
