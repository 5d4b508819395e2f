"""Files that ship with the program.

They lie in `resources/` in a checkout, and in a folder of the package once it is installed.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def resource(name: str) -> Path:
    """The path of the shipped file `name`."""
    installed = _HERE / "_resources"
    return (installed if installed.is_dir() else _HERE.parent / "resources") / name
