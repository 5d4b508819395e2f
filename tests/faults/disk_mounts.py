"""Small disks, and disks that cannot be written: in memory, for root alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(point: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size at `point`; the case is skipped where it cannot be had."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    point.mkdir()
    size = f"size={megabytes}m"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(point)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


def remount(point: Path, option: str) -> None:
    """Change a mounted disk: `size=64m`, `ro`, `rw`."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(point)], check=True)
